"""One conversation's session: who answers it, over how many connections, and what it is told.

It lives from wake to sleep and knows nothing of states. What comes of the user's turns, ``Answers`` makes out; the
rest of its news becomes events for the inbox.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Final

from msgspec import UNSET

from speaker.audio.pcm import Samples
from speaker.audio.playback_queue import PlayedItem
from speaker.conversation import events
from speaker.conversation.answer_faults import ASIDE
from speaker.conversation.answer_writing import AnswerWriting, writer_of
from speaker.conversation.answers import Answers
from speaker.conversation.midnight import Midnight
from speaker.conversation.session_needs import SessionNeeds
from speaker.conversation.tool_calls import ToolCalls
from speaker.errors import SessionError
from speaker.realtime.client import Closed, Lost, News, Opened, RealtimeClient
from speaker.realtime.error_mapping import reported
from speaker.realtime.failover import Endpoint
from speaker.realtime.protocol import client_events as cl
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.objects import Content, Item, Session

log = logging.getLogger(__name__)

GOOD_BYE: Final = "1000"
"""The code of a close in good order."""


class ConversationSession:
    """Session ``number`` of the conversation, over as many connections as it takes."""

    def __init__(self, number: int, wanted: Session, endpoints: Sequence[Endpoint], needs: SessionNeeds) -> None:
        self.number = number
        self.wanted = wanted
        """What is asked of the service."""
        self.is_open = False
        self.endpoint = ""
        """Who answers: ``cloud``, ``offline``, or nobody yet."""
        self._endpoints = endpoints
        self._needs = needs
        self._post, self._observers = needs.post, needs.observers
        self._client: RealtimeClient | None = None
        self._calls = ToolCalls(self, needs)
        self._answers: Answers | None = None
        self._writing: AnswerWriting | None = None
        self._lost: SessionError | None = None
        self._prompts: list[str] = []
        """Written requests that no answer has come to yet; a session that is opened anew gets them again."""
        self._sent_before = 0
        self._transcriber = ""
        """The model of the service that writes down what is said, where the configuration names none."""
        self._midnight = Midnight(needs.day_left_s, self._tell_surroundings, needs.tasks)

    @property
    def sent_bytes(self) -> int:
        """Sound that went out, 16-bit mono at 24 kHz."""
        return self._sent_before + (self._client.sent_bytes if self._client else 0)

    @property
    def problem(self) -> SessionError | None:
        """Why the session ended, if it was not we who ended it; or why its last answer is none."""
        return self._lost or (self._answers.problem if self._answers is not None else None)

    async def run(self) -> None:
        """Hold the session with the first endpoint that answers; cancelling closes it politely."""
        try:
            for endpoint in self._endpoints:
                patience_s = None if endpoint is self._endpoints[-1] else self._needs.patience.open_s
                self._sent_before = self.sent_bytes
                self._client = client = RealtimeClient(
                    endpoint.target, self.wanted, self._hear(endpoint), open_within_s=patience_s
                )
                await client.run()
                if self._lost is None or (self._lost.code == GOOD_BYE and self._is_settled):
                    break
                self._give_up(endpoint, self._lost)
        finally:
            self._end_connection()
        self._post(events.SessionClosed(self.number, self._why_closed))

    @property
    def _is_settled(self) -> bool:
        """Whether the user has been answered in this connection, and waits for nothing."""
        answers = self._answers
        return answers is not None and answers.given and not answers.owed and not self._calls.running

    @property
    def _why_closed(self) -> str:
        barred = self._needs.barred if not self.endpoint else None
        return "budget" if barred is not None and barred.code.startswith("budget") else "error"

    def append(self, samples: Samples) -> None:
        """Send microphone sound: int16, 16 kHz."""
        if self._client is not None:
            self._client.append(samples)

    def commit(self) -> None:
        """What was appended so far is a turn of the user; only where turn ends are found here."""
        if self._client is not None and self.is_open:
            self._client.commit()

    def clear(self) -> None:
        """What was appended since the last turn is none."""
        if self._client is not None and self.is_open:
            self._client.clear()

    async def write_down(self, samples: Samples) -> str | None:
        """What the service writes down of an answer to a question of ours: int16, 16 kHz; None when it does not.

        Its model is asked nothing, and the answer does not stay in the conversation.
        """
        writer = writer_of(self.wanted, self._transcriber)
        if not self.is_open or writer is None or self._writing is not None:
            return None
        self._writing = writing = AnswerWriting(self, self.wanted, writer)
        try:
            return await writing.write(samples)
        finally:
            self._writing = None

    def prompt(self, text: str) -> None:
        """Somebody wrote what they could have said."""
        self._prompts.append(text)
        if self.is_open:
            self._write(text)

    def _write(self, text: str) -> None:
        content = [Content(type="input_text", text=text)]
        self.send(cl.CreateItem(item=Item(type="message", role="user", content=content)))
        self._observers.said("user", text)

    def reply(self, *, last_word: bool = False) -> None:
        """Ask for a response: all tools have answered, or a turn has ended whose end was found here.

        ``last_word``: it is to be in words, and no more tools are carried out.
        """
        if self._answers is not None:
            self._answers.ask(last_word=last_word)

    def confirmed(self) -> None:
        """A sound was answer enough."""
        if self._answers is not None:
            self._answers.confirmed()

    def renew(self) -> None:
        """Go on in a new session, before the service ends this one for its age."""
        if self._client is not None:
            self.is_open = False
            self._client.renew()

    def hush(self, cuts: Sequence[PlayedItem]) -> None:
        """Stop the answer; the service is told what was really heard, so that it remembers no more than that."""
        if self._answers is not None:
            self._answers.hush(cuts)

    def send(self, event: cl.ClientEvent) -> None:
        """Send an event, unless the session is not open."""
        if self._client is not None and self.is_open:
            self._client.send(event)

    def tell(self, text: str, *, name: str | None = None) -> None:
        """Let the model know something that nobody said; ``name`` is the event's."""
        item = Item(type="message", role="system", content=[Content(type="input_text", text=text)])
        self.send(cl.CreateItem(item=item, event_id=name or UNSET))

    def _tell_surroundings(self) -> None:
        """When it is, and where; under a name, so that a service that takes no such item fails no answer by that."""
        if text := self._needs.surroundings():
            self.tell(text, name=f"{ASIDE}surroundings")

    def answered(self) -> None:
        """The user has got an answer: written requests need not be sent again, and lost connections are forgiven."""
        self._prompts.clear()
        if self._client is not None:
            self._client.answered()

    # The connection.

    def _hear(self, endpoint: Endpoint) -> Callable[[News], None]:
        def hear(news: News) -> None:
            match news:
                case Opened():
                    self._opened(endpoint, news)
                case Lost(error=error):
                    self._end_connection()
                    self._lost = error
                    if error is not None:
                        self._observers.trouble(f"{error}; it is opened anew")
                        self._post(events.SessionLost(self.number))
                case Closed(error=error):
                    self._lost = error
                case ev.Error(error=problem) if self._answers is None:
                    self._observers.trouble(str(reported(endpoint.target.place, problem)))
                case _ if self._writing is not None and self._writing.hear(news):
                    if isinstance(news, ev.TranscriptionCompleted) and news.status != "in_progress":
                        self._observers.transcribed(news.usage)
                case _ if self._answers is not None:
                    self._answers.hear(news)

        return hear

    def _opened(self, endpoint: Endpoint, opened: Opened) -> None:
        self.is_open, self._lost, self.endpoint = True, None, endpoint.name
        target = endpoint.target
        self._transcriber = target.profile.transcriber
        self._calls.connected(by_rules=endpoint.name == "offline")
        self._answers = Answers(
            self, self._needs, self._calls, place=target.place, profile=target.profile, plays_hz=opened.plays_hz,
            own_tools=frozenset(str(tool.get("name")) for tool in self.wanted.tools or []),
        )  # fmt: skip
        self._tell_surroundings()
        self._midnight.start()
        if known := self._needs.recall():
            self.tell(known)
        for text in self._prompts:
            self._write(text)
        self._observers.opened(endpoint.name)
        self._post(events.SessionOpened(self.number))

    def _give_up(self, endpoint: Endpoint, error: SessionError) -> None:
        self._observers.trouble(str(error))
        if error.fatal:
            self._observers.refused(endpoint.name, error)
        if self.is_open and endpoint is not self._endpoints[-1]:
            self._end_connection()
            self._post(events.SessionLost(self.number))

    def _end_connection(self) -> None:
        """Nothing of this connection counts in the next one."""
        self.is_open = False
        self._midnight.stop()
        if self._writing is not None:
            self._writing.close()
        if self._answers is not None:
            self._answers.close()
