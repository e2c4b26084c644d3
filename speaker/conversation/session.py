"""One conversation's session: who answers it, what it says, which tools it calls, what was heard of it.

It lives from wake to sleep and knows nothing of states: it turns the session's news into events for the inbox,
tells the observers, and sends sound straight to the loudspeaker.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Final

from speaker.audio.pcm import SESSION_HZ, Samples, from_bytes, samples_to_ms
from speaker.audio.playback_queue import PlayedItem
from speaker.conversation import events
from speaker.conversation.session_needs import SessionNeeds
from speaker.conversation.stall_watch import StallWatch
from speaker.conversation.tool_calls import ToolCalls
from speaker.errors import SessionError
from speaker.realtime.client import Closed, Lost, News, Opened, RealtimeClient
from speaker.realtime.error_mapping import reported
from speaker.realtime.failover import Endpoint
from speaker.realtime.protocol import client_events as cl
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.objects import Content, Item, Problem, Response, Session

log = logging.getLogger(__name__)

HARMLESS: Final = frozenset({
    "response_cancel_not_active", "item_truncate_invalid_item_id", "item_delete_invalid_item_id",
    "input_audio_buffer_commit_empty", "unsupported_content_type",
})  # fmt: skip
"""Errors that mean no more than that two messages crossed on the way."""

ALREADY_ANSWERING: Final = "conversation_already_has_active_response"

STALLED: Final = "the Realtime service began an answer and sent nothing more for {:g} s"


class ConversationSession:
    """Session ``number`` of the conversation, over as many connections as it takes."""

    def __init__(self, number: int, wanted: Session, endpoints: Sequence[Endpoint], needs: SessionNeeds) -> None:
        self.number = number
        self.wanted = wanted
        """What is asked of the service."""
        self.is_open = False
        self.endpoint = ""
        """Who answers: ``cloud``, ``offline``, or nobody yet."""
        self.lost: SessionError | None = None
        """Why the session ended, if it was not we who ended it; or why its last response failed."""
        self._endpoints = endpoints
        self._needs = needs
        self._post, self._observers = needs.post, needs.observers
        self._client: RealtimeClient | None = None
        self._calls = ToolCalls(self, needs)
        self._responses: set[str] = set()
        """Responses whose sound may be played."""
        self._active: str | None = None
        self._asked = False
        """Whether a response was asked for that has not begun."""
        self._unwanted = False
        """Whether that response is not wanted any more."""
        self._stall = StallWatch(needs.patience.stalled_s, self._stalled)
        self._prompts: list[str] = []
        """Written requests that no answer has come to yet; a session that is opened anew gets them again."""
        self._sent_before = 0

    @property
    def sent_bytes(self) -> int:
        """Sound that went out, 16-bit mono at 24 kHz."""
        return self._sent_before + (self._client.sent_bytes if self._client else 0)

    async def run(self) -> None:
        """Hold the session with the first endpoint that answers; cancelling closes it politely."""
        try:
            for endpoint in self._endpoints:
                patience_s = None if endpoint is self._endpoints[-1] else self._needs.patience.open_s
                self._sent_before = self.sent_bytes
                self._client = client = RealtimeClient(
                    endpoint.target, self.wanted, self._hear(endpoint.name), open_within_s=patience_s
                )
                await client.run()
                if self.lost is None or self.lost.code == "1000":
                    break
                self._give_up(endpoint, self.lost)
        finally:
            self._end_connection()
        self._post(events.SessionClosed(self.number, self._why_closed))

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

    def prompt(self, text: str) -> None:
        """Somebody wrote what they could have said."""
        self._prompts.append(text)
        if self.is_open:
            self._write(text)

    def _write(self, text: str) -> None:
        content = [Content(type="input_text", text=text)]
        self.send(cl.CreateItem(item=Item(type="message", role="user", content=content)))
        self._observers.said("user", text)

    def reply(self) -> None:
        """Ask for a response: all tools have answered, or a turn has ended whose end was found here."""
        self._asked = True
        self.send(cl.CreateResponse())

    def renew(self) -> None:
        """Go on in a new session, before the service ends this one for its age."""
        if self._client is not None:
            self.is_open = False
            self._client.renew()

    def hush(self, cuts: Sequence[PlayedItem]) -> None:
        """Stop the answer; the server is told what was really heard, so that it remembers no more than that."""
        if self._active is not None:
            self.send(cl.CancelResponse(response_id=self._active))
        # One that was asked for and has not begun cannot be cancelled yet.
        self._unwanted, self._asked = self._unwanted or self._asked, False
        self._responses.clear()
        for cut in cuts:
            if cut.played_ms > 0:
                self.send(cl.TruncateItem(item_id=cut.item, content_index=0, audio_end_ms=cut.played_ms))
            else:
                self.send(cl.DeleteItem(item_id=cut.item))

    def send(self, event: cl.ClientEvent) -> None:
        """Send an event, unless the session is not open."""
        if self._client is not None and self.is_open:
            self._client.send(event)

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
                        self._observers.trouble(f"{error}; it is opened anew")
                        self._post(events.SessionLost(self.number))
                case Closed(error=error):
                    self.lost = error
                case ev.Error(error=problem):
                    self._hear_error(problem.code or "", problem.message)
                case _:
                    self._hear_turn(news)
            self._stall.watch(self._active)

        return hear

    def _opened(self, endpoint: str) -> None:
        self.is_open, self.lost, self.endpoint = True, None, endpoint
        self._calls.connected()
        if known := self._needs.recall():
            self.tell(known)
        for text in self._prompts:
            self._write(text)
        self._observers.opened(endpoint)
        self._post(events.SessionOpened(self.number))

    def tell(self, text: str) -> None:
        """Let the model know something that nobody said."""
        content = [Content(type="input_text", text=text)]
        self.send(cl.CreateItem(item=Item(type="message", role="system", content=content)))

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
        self._active = None
        self._asked = self._unwanted = False
        self._responses.clear()
        self._stall.watch(self._active)

    def _stalled(self, response: str) -> None:
        self.send(cl.CancelResponse(response_id=response))
        self._active = None
        self._responses.discard(response)
        self.lost = SessionError(STALLED.format(self._needs.patience.stalled_s), code="stalled")
        self._observers.trouble(str(self.lost))
        self._post(events.ResponseEnded(self.number, response, failed=True))

    def _hear_error(self, code: str, message: str) -> None:
        if code == ALREADY_ANSWERING:
            self._asked = self._unwanted = False
            self._post(events.ReplyRefused(self.number))
        elif code not in HARMLESS and self.is_open:
            # It may be the response that was refused.
            self._asked = self._unwanted = False
            self._observers.trouble(f"the Realtime service reports: {message}")

    # What is said.

    def _hear_turn(self, news: ev.ServerEvent) -> None:
        match news:
            case ev.SpeechStarted():
                self._post(events.SpeechBegan(self.number))
            case ev.SpeechStopped():
                self._post(events.SpeechEnded(self.number))
            case ev.TranscriptionCompleted(transcript=words, usage=usage):
                self._observers.transcribed(usage)
                self._observers.said("user", words or "")
            case ev.ResponseCreated(response=response) if self._unwanted:
                self._asked = self._unwanted = False
                self.send(cl.CancelResponse(response_id=response.id))
            case ev.ResponseCreated(response=response):
                self._active, self._asked, self.lost = response.id, False, None
                self._responses.add(response.id)
                self._post(events.ResponseBegan(self.number, response.id))
            case ev.ResponseDone(response=response):
                self._response_done(response)
            case _:
                self._hear_content(news)

    def _hear_content(self, news: ev.ServerEvent) -> None:
        match news:
            case ev.AudioDelta(response_id=response, item_id=item, delta=delta) if response in self._responses:
                self._play(from_bytes(delta), item)
            case ev.TextDone(response_id=response, item_id=item, text=text) if response in self._responses:
                self._needs.playback.speak(text, item)
                self._said(text)
            case ev.TranscriptDone(response_id=response, transcript=words) if response in self._responses:
                self._said(words)
            case ev.RateLimits(rate_limits=limits):
                for limit in limits:
                    if not limit.remaining and limit.limit:
                        log.warning("the Realtime service has no %s left for %s s", limit.name, limit.reset_seconds)
            case _:
                pass

    def _play(self, samples: Samples, item: str) -> None:
        self._observers.sound_came(item, samples_to_ms(samples.size, SESSION_HZ))
        self._needs.playback.play(samples, item)

    def _said(self, words: str) -> None:
        self._observers.said("assistant", words)
        if words.rstrip().endswith("?"):
            self._post(events.Asked(self.number))

    def _response_done(self, response: Response) -> None:
        if self._active == response.id:
            self._active = None
        self._observers.booked(response)
        calls = self._calls.fresh(response)
        failed = response.status == "failed"
        if response.status == "completed":
            self._prompts.clear()
        if failed:
            self._note_failure(response)
        self._post(events.ResponseEnded(self.number, response.id, failed=failed, calls=frozenset(calls)))
        self._calls.run(calls)

    def _note_failure(self, response: Response) -> None:
        why = response.status_details.error if response.status_details else None
        problem = Problem(message=why.message or "", type=why.type, code=why.code) if why else Problem()
        self.lost = reported("the Realtime service", problem)
        if self.lost.fatal:
            self._observers.refused(self.endpoint, self.lost)
        self._observers.trouble(
            f"the Realtime service could not answer: {problem.message or problem.code or 'no reason'}"
        )
