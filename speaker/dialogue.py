"""One conversation's session: who answers it, what it says, which tools it calls, what was heard of it.

It lives from wake to sleep and knows nothing of states: it turns the session's news into events for the
conversation, and sends sound straight to the loudspeaker.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from speaker.adapters.realtime import Closed, News, Opened, RealtimeSession, Target
from speaker.adapters.sound import Heard
from speaker.core import conversation as co
from speaker.core.conversation import Event
from speaker.core.errors import SessionError
from speaker.core.pcm import Samples, from_bytes
from speaker.core.wire import client as cl
from speaker.core.wire import server as ev
from speaker.core.wire.objects import Item, Response, Session
from speaker.toolbelt import Ran

log = logging.getLogger(__name__)

HARMLESS: Final = frozenset({
    "response_cancel_not_active", "item_truncate_invalid_item_id", "item_delete_invalid_item_id",
    "input_audio_buffer_commit_empty", "unsupported_content_type",
})  # fmt: skip
"""Errors that mean no more than that two messages crossed on the way."""

ALREADY_ANSWERING: Final = "conversation_already_has_active_response"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Somebody who can answer: ``cloud`` or ``offline``, and where."""

    name: str
    target: Target


@dataclass(frozen=True, slots=True)
class Ports:
    """What a dialogue may do to the world."""

    post: Callable[[Event], None]
    play: Callable[[Samples, str], None]
    """Queue sound (int16, 24 kHz) of an item."""
    speak: Callable[[str, str], Coroutine[Any, Any, None]]
    """Say a text in the offline voice, as an item."""
    start: Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]
    run_tool: Callable[[str, str], Coroutine[Any, Any, Ran]]
    opened: Callable[[str], None]
    """An endpoint answers; its name."""
    booked: Callable[[Response], None]
    said: Callable[[str, str], None]
    """Words of the user or the assistant."""
    trouble: Callable[[str], None]


class Dialogue:
    """Session ``number`` of the conversation; an endpoint has ``patience_s`` to answer if another could."""

    def __init__(
        self, number: int, wanted: Session, endpoints: Sequence[Endpoint], ports: Ports, patience_s: float
    ) -> None:
        self.number = number
        self._patience_s = patience_s
        self.is_open = False
        self.lost: SessionError | None = None
        """Why the session ended, if it was not we who ended it."""
        self._wanted = wanted
        self._endpoints = endpoints
        self._ports = ports
        self._session: RealtimeSession | None = None
        self._responses: set[str] = set()
        """Responses whose sound may be played."""
        self._active: str | None = None
        self._called: set[str] = set()

    async def run(self) -> None:
        """Hold the session with the first endpoint that answers; cancelling closes it politely."""
        for endpoint in self._endpoints:
            patience_s = None if endpoint is self._endpoints[-1] else self._patience_s
            self._session = session = RealtimeSession(
                endpoint.target, self._wanted, self._hear(endpoint.name), open_within_s=patience_s
            )
            await session.run()
            if self.is_open or self.lost is None:
                break
            self._ports.trouble(str(self.lost))
        self.is_open = False
        self._ports.post(co.SessionClosed(self.number))

    def append(self, samples: Samples) -> None:
        """Send microphone sound: int16, 16 kHz."""
        if self._session is not None:
            self._session.append(samples)

    def reply(self) -> None:
        """Ask for a response: all tools have answered."""
        self._send(cl.CreateResponse())

    def hush(self, cuts: Sequence[Heard]) -> None:
        """Stop the answer; the server is told what was really heard, so that it remembers no more than that."""
        if self._active is not None:
            self._send(cl.CancelResponse(response_id=self._active))
        self._responses.clear()
        for cut in cuts:
            if cut.played_ms > 0:
                self._send(cl.TruncateItem(item_id=cut.item, content_index=0, audio_end_ms=cut.played_ms))
            else:
                self._send(cl.DeleteItem(item_id=cut.item))

    def _send(self, event: cl.ClientEvent) -> None:
        if self._session is not None and self.is_open:
            self._session.send(event)

    def _hear(self, endpoint: str) -> Callable[[News], None]:
        def hear(news: News) -> None:
            match news:
                case Opened():
                    self.is_open = True
                    self._ports.opened(endpoint)
                    self._ports.post(co.SessionOpened(self.number))
                case Closed(error=error):
                    self.lost = error
                    if error is not None and self.is_open:
                        self._ports.trouble(str(error))
                case ev.Error(error=problem):
                    self._hear_error(problem.code or "", problem.message)
                case _:
                    self._hear_turn(news)

        return hear

    def _hear_error(self, code: str, message: str) -> None:
        if code == ALREADY_ANSWERING:
            self._ports.post(co.ReplyRefused(self.number))
        elif code not in HARMLESS:
            self._ports.trouble(f"the Realtime service reports: {message}")

    def _hear_turn(self, news: ev.ServerEvent) -> None:
        match news:
            case ev.SpeechStarted():
                self._ports.post(co.SpeechBegan(self.number))
            case ev.SpeechStopped():
                self._ports.post(co.SpeechEnded(self.number))
            case ev.TranscriptionCompleted(transcript=words):
                self._ports.said("user", words or "")
            case ev.ResponseCreated(response=response):
                self._active = response.id
                self._responses.add(response.id)
                self._ports.post(co.ResponseBegan(self.number, response.id))
            case ev.ResponseDone(response=response):
                self._response_done(response)
            case _:
                self._hear_content(news)

    def _hear_content(self, news: ev.ServerEvent) -> None:
        match news:
            case ev.AudioDelta(response_id=response, item_id=item, delta=delta) if response in self._responses:
                self._ports.play(from_bytes(delta), item)
            case ev.TextDone(response_id=response, item_id=item, text=text) if response in self._responses:
                self._ports.start(self._ports.speak(text, item))
                self._ports.said("assistant", text)
            case ev.TranscriptDone(transcript=words):
                self._ports.said("assistant", words)
            case _:
                pass

    def _response_done(self, response: Response) -> None:
        if self._active == response.id:
            self._active = None
        self._ports.booked(response)
        calls = self._calls(response)
        failed = response.status == "failed"
        if failed and response.status_details and response.status_details.error:
            self._ports.trouble(f"the Realtime service could not answer: {response.status_details.error.message}")
        self._ports.post(co.ResponseEnded(self.number, response.id, failed=failed, calls=frozenset(calls)))
        for call_id, item in calls.items():
            self._ports.start(self._call(call_id, item))

    def _calls(self, response: Response) -> Mapping[str, Item]:
        """The calls to carry out: only complete ones, and none twice."""
        if response.status != "completed":
            return {}
        wanted = {item.call_id: item for item in response.output if item.type == "function_call" and item.call_id}
        fresh = {call_id: item for call_id, item in wanted.items() if call_id not in self._called}
        self._called |= set(fresh)
        return fresh

    async def _call(self, call_id: str, item: Item) -> None:
        """Run a tool and put its output into the conversation, whatever has become of the turn."""
        ran = await self._ports.run_tool(item.name or "", item.arguments or "")
        self._send(cl.CreateItem(item=Item(type="function_call_output", call_id=call_id, output=ran.text)))
        self._ports.post(co.ToolAnswered(self.number, call_id))
