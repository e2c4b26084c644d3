"""One conversation's session: who answers it, what it says, which tools it calls, what was heard of it.

It lives from wake to sleep and knows nothing of states: it turns the session's news into events for the
conversation, and sends sound straight to the loudspeaker.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from speaker.audio.pcm import Samples, from_bytes
from speaker.audio.playback_queue import PlayedItem
from speaker.conversation import events
from speaker.conversation.events import Event
from speaker.errors import SessionError
from speaker.realtime.client import Closed, Lost, News, Opened, RealtimeClient
from speaker.realtime.error_mapping import reported
from speaker.realtime.failover import Endpoint
from speaker.realtime.protocol import client_events as cl
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.objects import Content, Item, Problem, Response, Session
from speaker.tools.result import ToolResult

log = logging.getLogger(__name__)

HARMLESS: Final = frozenset({
    "response_cancel_not_active", "item_truncate_invalid_item_id", "item_delete_invalid_item_id",
    "input_audio_buffer_commit_empty", "unsupported_content_type",
})  # fmt: skip
"""Errors that mean no more than that two messages crossed on the way."""

ALREADY_ANSWERING: Final = "conversation_already_has_active_response"

STALLED: Final = "the Realtime service began an answer and sent nothing more for {:g} s"


@dataclass(frozen=True, slots=True)
class SessionPatience:
    """How long a dialogue waits, in seconds."""

    patience_s: float
    """For an endpoint to open a session, if another could answer instead."""
    stalled_s: float
    """For the next event of an answer."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What a dialogue may do to the world."""

    post: Callable[[Event], None]
    play: Callable[[Samples, str], None]
    """Queue sound (int16, 24 kHz) of an item."""
    speak: Callable[[str, str], None]
    """Say a text in the offline voice, as an item."""
    start: Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]
    run_tool: Callable[[str, str], Coroutine[Any, Any, ToolResult]]
    recall: Callable[[], str]
    """What was said before, for a session that does not know it; may be empty."""
    opened: Callable[[str], None]
    """An endpoint answers; its name."""
    refused: Callable[[str, SessionError], None]
    """An endpoint will not answer before somebody changes something."""
    booked: Callable[[Response], None]
    said: Callable[[str, str], None]
    """Words of the user or the assistant."""
    transcribed: Callable[[dict[str, Any] | None], None]
    """The user's words were written down; what the service says that this used."""
    trouble: Callable[[str], None]


class ConversationSession:
    """Session ``number`` of the conversation, over as many connections as it takes."""

    def __init__(
        self, number: int, wanted: Session, endpoints: Sequence[Endpoint], ports: Ports, limits: SessionPatience
    ) -> None:
        self.number = number
        self.is_open = False
        self.lost: SessionError | None = None
        """Why the session ended, if it was not we who ended it; or why its last response failed."""
        self._limits = limits
        self._wanted = wanted
        self._endpoints = endpoints
        self._ports = ports
        self._session: RealtimeClient | None = None
        self._endpoint = ""
        self._connections = 0
        self._responses: set[str] = set()
        """Responses whose sound may be played."""
        self._active: str | None = None
        self._asked = False
        """Whether a response was asked for that has not begun."""
        self._unwanted = False
        """Whether that response is not wanted any more."""
        self._stall: asyncio.TimerHandle | None = None
        self._called: set[str] = set()
        self._prompts: list[str] = []
        """Written requests that no answer has come to yet; a session that is opened anew gets them again."""
        self._sent_before = 0

    @property
    def sent_bytes(self) -> int:
        """Sound that went out, 16-bit mono at 24 kHz."""
        return self._sent_before + (self._session.sent_bytes if self._session else 0)

    async def run(self) -> None:
        """Hold the session with the first endpoint that answers; cancelling closes it politely."""
        try:
            for endpoint in self._endpoints:
                patience_s = None if endpoint is self._endpoints[-1] else self._limits.patience_s
                self._sent_before = self.sent_bytes
                self._session = session = RealtimeClient(
                    endpoint.target, self._wanted, self._hear(endpoint.name), open_within_s=patience_s
                )
                await session.run()
                if self.lost is None or self.lost.code == "1000":
                    break
                self._give_up(endpoint, self.lost)
        finally:
            self._end_connection()
        self._ports.post(events.SessionClosed(self.number))

    def append(self, samples: Samples) -> None:
        """Send microphone sound: int16, 16 kHz."""
        if self._session is not None:
            self._session.append(samples)

    def commit(self) -> None:
        """What was appended so far is a turn of the user; only where turn ends are found here."""
        if self._session is not None and self.is_open:
            self._session.commit()

    def clear(self) -> None:
        """What was appended since the last turn is none."""
        if self._session is not None and self.is_open:
            self._session.clear()

    @property
    def wanted(self) -> Session:
        """What was asked of the session."""
        return self._wanted

    def prompt(self, text: str) -> None:
        """Somebody wrote what they could have said."""
        self._prompts.append(text)
        if self.is_open:
            self._write(text)

    def _write(self, text: str) -> None:
        content = [Content(type="input_text", text=text)]
        self._send(cl.CreateItem(item=Item(type="message", role="user", content=content)))
        self._ports.said("user", text)

    def reply(self) -> None:
        """Ask for a response: all tools have answered, or a turn has ended whose end was found here."""
        self._asked = True
        self._send(cl.CreateResponse())

    def renew(self) -> None:
        """Go on in a new session, before the service ends this one for its age."""
        if self._session is not None:
            self.is_open = False
            self._session.renew()

    def hush(self, cuts: Sequence[PlayedItem]) -> None:
        """Stop the answer; the server is told what was really heard, so that it remembers no more than that."""
        if self._active is not None:
            self._send(cl.CancelResponse(response_id=self._active))
        # One that was asked for and has not begun cannot be cancelled yet.
        self._unwanted, self._asked = self._unwanted or self._asked, False
        self._responses.clear()
        for cut in cuts:
            if cut.played_ms > 0:
                self._send(cl.TruncateItem(item_id=cut.item, content_index=0, audio_end_ms=cut.played_ms))
            else:
                self._send(cl.DeleteItem(item_id=cut.item))

    def _send(self, event: cl.ClientEvent) -> None:
        if self._session is not None and self.is_open:
            self._session.send(event)

    # The connection.

    def _hear(self, endpoint: str) -> Callable[[News], None]:
        def hear(news: News) -> None:
            match news:
                case Opened():
                    self._opened(endpoint)
                case Lost(error=error):
                    self._end_connection()
                    self.lost = error
                    if error is not None:
                        self._ports.trouble(f"{error}; it is opened anew")
                        self._ports.post(events.SessionLost(self.number))
                case Closed(error=error):
                    self.lost = error
                case ev.Error(error=problem):
                    self._hear_error(problem.code or "", problem.message)
                case _:
                    self._hear_turn(news)
            self._watch_for_stall()

        return hear

    def _opened(self, endpoint: str) -> None:
        self.is_open, self.lost, self._endpoint = True, None, endpoint
        self._connections += 1
        if known := self._ports.recall():
            self.tell(known)
        for text in self._prompts:
            self._write(text)
        self._ports.opened(endpoint)
        self._ports.post(events.SessionOpened(self.number))

    def tell(self, text: str) -> None:
        """Let the model know something that nobody said."""
        content = [Content(type="input_text", text=text)]
        self._send(cl.CreateItem(item=Item(type="message", role="system", content=content)))

    def _give_up(self, endpoint: Endpoint, error: SessionError) -> None:
        self._ports.trouble(str(error))
        if error.fatal:
            self._ports.refused(endpoint.name, error)
        if self.is_open and endpoint is not self._endpoints[-1]:
            self._end_connection()
            self._ports.post(events.SessionLost(self.number))

    def _end_connection(self) -> None:
        """Nothing of this connection counts in the next one."""
        self.is_open = False
        self._active = None
        self._asked = self._unwanted = False
        self._responses.clear()
        self._watch_for_stall()

    def _watch_for_stall(self) -> None:
        """Every event of an answer buys it time for the next one."""
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None
        if self._active is not None:
            loop = asyncio.get_running_loop()
            self._stall = loop.call_later(self._limits.stalled_s, self._stalled, self._active)

    def _stalled(self, response: str) -> None:
        self._send(cl.CancelResponse(response_id=response))
        self._active = None
        self._responses.discard(response)
        self.lost = SessionError(STALLED.format(self._limits.stalled_s), code="stalled")
        self._ports.trouble(str(self.lost))
        self._ports.post(events.ResponseEnded(self.number, response, failed=True))

    def _hear_error(self, code: str, message: str) -> None:
        if code == ALREADY_ANSWERING:
            self._asked = self._unwanted = False
            self._ports.post(events.ReplyRefused(self.number))
        elif code not in HARMLESS and self.is_open:
            # It may be the response that was refused.
            self._asked = self._unwanted = False
            self._ports.trouble(f"the Realtime service reports: {message}")

    # What is said.

    def _hear_turn(self, news: ev.ServerEvent) -> None:
        match news:
            case ev.SpeechStarted():
                self._ports.post(events.SpeechBegan(self.number))
            case ev.SpeechStopped():
                self._ports.post(events.SpeechEnded(self.number))
            case ev.TranscriptionCompleted(transcript=words, usage=usage):
                self._ports.transcribed(usage)
                self._ports.said("user", words or "")
            case ev.ResponseCreated(response=response) if self._unwanted:
                self._asked = self._unwanted = False
                self._send(cl.CancelResponse(response_id=response.id))
            case ev.ResponseCreated(response=response):
                self._active, self._asked, self.lost = response.id, False, None
                self._responses.add(response.id)
                self._ports.post(events.ResponseBegan(self.number, response.id))
            case ev.ResponseDone(response=response):
                self._response_done(response)
            case _:
                self._hear_content(news)

    def _hear_content(self, news: ev.ServerEvent) -> None:
        match news:
            case ev.AudioDelta(response_id=response, item_id=item, delta=delta) if response in self._responses:
                self._ports.play(from_bytes(delta), item)
            case ev.TextDone(response_id=response, item_id=item, text=text) if response in self._responses:
                self._ports.speak(text, item)
                self._said(text)
            case ev.TranscriptDone(response_id=response, transcript=words) if response in self._responses:
                self._said(words)
            case ev.RateLimits(rate_limits=limits):
                for limit in limits:
                    if not limit.remaining and limit.limit:
                        log.warning("the Realtime service has no %s left for %s s", limit.name, limit.reset_seconds)
            case _:
                pass

    def _said(self, words: str) -> None:
        self._ports.said("assistant", words)
        if words.rstrip().endswith("?"):
            self._ports.post(events.Asked(self.number))

    def _response_done(self, response: Response) -> None:
        if self._active == response.id:
            self._active = None
        self._ports.booked(response)
        calls = self._calls(response)
        failed = response.status == "failed"
        if response.status == "completed":
            self._prompts.clear()
        if failed:
            self._note_failure(response)
        self._ports.post(events.ResponseEnded(self.number, response.id, failed=failed, calls=frozenset(calls)))
        for call_id, item in calls.items():
            self._ports.start(self._call(call_id, item, self._connections))

    def _note_failure(self, response: Response) -> None:
        why = response.status_details.error if response.status_details else None
        problem = Problem(message=why.message or "", type=why.type, code=why.code) if why else Problem()
        self.lost = reported("the Realtime service", problem)
        if self.lost.fatal:
            self._ports.refused(self._endpoint, self.lost)
        self._ports.trouble(f"the Realtime service could not answer: {problem.message or problem.code or 'no reason'}")

    def _calls(self, response: Response) -> Mapping[str, Item]:
        """The calls to carry out: only complete ones, and none twice."""
        if response.status != "completed":
            return {}
        wanted = {item.call_id: item for item in response.output if item.type == "function_call" and item.call_id}
        fresh = {call_id: item for call_id, item in wanted.items() if call_id not in self._called}
        self._called |= set(fresh)
        return fresh

    async def _call(self, call_id: str, item: Item, connection: int) -> None:
        """Run a tool and put its output into the conversation, whatever has become of the turn."""
        ran = await self._ports.run_tool(item.name or "", item.arguments or "")
        if connection == self._connections and self.is_open:
            self._send(cl.CreateItem(item=Item(type="function_call_output", call_id=call_id, output=ran.output)))
        elif connection != self._connections:
            # The session that wanted to know is gone; its successor does not know the call.
            self.tell(f"The tool {item.name} that was called before answers now: {ran.output}")
        self._ports.post(events.ToolAnswered(self.number, call_id, quiet=ran.quiet))
