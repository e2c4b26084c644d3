"""One connection to the embedded server: client events in, server events out, in the protocol's order."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Final

import msgspec
from msgspec import UNSET

from speaker.core import pcm
from speaker.core.pcm import BYTES_PER_SAMPLE, SESSION_HZ, WAKE_HZ
from speaker.core.wire import client as cl
from speaker.core.wire import server as ev
from speaker.core.wire.codec import Dialect, RefusedError, decode_client, type_of
from speaker.core.wire.objects import Content, Item, Problem, ResponseWish, SemanticVad, ServerVad, Session
from speaker.offline.counting import Counter
from speaker.offline.items import Entry, Items
from speaker.offline.mind import Mind
from speaker.offline.responding import Answer, hear, new_id
from speaker.offline.terms import sides, turn_settings, updated
from speaker.offline.vad import SpeechStarted, TurnDetector

log = logging.getLogger(__name__)

KEPT_SILENCE_MS: Final = 2_000
"""How much sound before a turn is kept; longer than any sensible prefix padding."""

SHORTEST_COMMIT_MS: Final = 100


class Buffer:
    """The input audio buffer: 24 kHz sound since the last commit, with the stream's own clock."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._begins_ms = 0.0

    @property
    def end_ms(self) -> float:
        """Milliseconds since the first sample of the session."""
        return self._begins_ms + pcm.bytes_to_ms(len(self._data), SESSION_HZ)

    @property
    def length_ms(self) -> float:
        """Milliseconds held."""
        return self.end_ms - self._begins_ms

    def append(self, audio: bytes) -> None:
        """More sound."""
        self._data += audio

    def cut(self, start_ms: float, end_ms: float) -> bytes:
        """Take out a stretch; everything before it is forgotten too."""
        start, end = self._offset(start_ms), self._offset(end_ms)
        taken = bytes(self._data[start:end])
        self.forget(end_ms)
        return taken

    def forget(self, until_ms: float) -> None:
        """Drop everything before a moment."""
        end = self._offset(until_ms)
        del self._data[:end]
        self._begins_ms += pcm.bytes_to_ms(end, SESSION_HZ)

    def _offset(self, at_ms: float) -> int:
        samples = pcm.ms_to_samples(max(0.0, at_ms - self._begins_ms), SESSION_HZ)
        return min(BYTES_PER_SAMPLE * samples, len(self._data))


class ServerSession:
    """The state of one client. ``send`` takes events in the order they are to go out."""

    def __init__(self, session: Session, mind: Mind, send: Callable[[ev.ServerEvent], None], dialect: Dialect) -> None:
        self.session = session
        self._mind = mind
        self._send = send
        self._dialect = dialect
        self._items = Items()
        self._counter = Counter()
        self._buffer = Buffer()
        self._to_wake_hz = pcm.Resampler(SESSION_HZ, WAKE_HZ)
        self._detector: TurnDetector | None = None
        self._turn: tuple[str, float] | None = None
        """The id of the user item to come and where its sound begins."""
        self._answer: Answer | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._spoke = False

    def emit(self, event: ev.ServerEvent) -> None:
        """Send an event under a fresh id."""
        event.event_id = new_id("event")
        self._send(event)

    def open(self) -> None:
        """Send the first event."""
        self.emit(ev.SessionCreated(session=self.session))

    async def close(self) -> None:
        """Stop whatever is being made."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def receive(self, frame: str | bytes) -> None:
        """Take in one frame; what is wrong with it is answered, and the session stays open."""
        event_id: str | None = None
        try:
            event = decode_client(frame, self._dialect)
            event_id = None if event.event_id is UNSET else str(event.event_id)
            log.debug("< %s", type_of(event))
            await self._on(event)
        except RefusedError as refusal:
            self.emit(
                ev.Error(
                    error=Problem(
                        type="invalid_request_error",
                        code=refusal.code,
                        message=str(refusal),
                        param=refusal.param,
                        event_id=refusal.event_id or event_id,
                    )
                )
            )

    async def _on(self, event: cl.ClientEvent) -> None:
        match event:
            case cl.AppendAudio(audio=audio):
                await self._append(audio)
            case cl.SessionUpdate(session=update):
                self.session = updated(self.session, update, spoke=self._spoke)
                self.emit(ev.SessionUpdated(session=self.session))
            case cl.CommitAudio():
                self._commit_all()
            case cl.ClearAudio():
                self._buffer.forget(self._buffer.end_ms)
                self._forget_turn()
                self.emit(ev.AudioCleared())
            case cl.CreateItem():
                self._create_item(event)
            case cl.CreateResponse(response=wish):
                self._respond(ResponseWish() if wish is UNSET else wish)
            case cl.CancelResponse(response_id=response_id):
                self._cancel_wanted(None if response_id is UNSET else str(response_id))
            case cl.DeleteItem(item_id=item_id):
                self._items.delete(item_id)
                self.emit(ev.ItemDeleted(item_id=item_id))
            case cl.RetrieveItem(item_id=item_id):
                self.emit(ev.ItemRetrieved(item=self._items.with_audio(item_id)))
            case cl.TruncateItem(item_id=item_id, content_index=index, audio_end_ms=end_ms):
                self._items.truncate(item_id, end_ms)
                self.emit(ev.ItemTruncated(item_id=item_id, content_index=index, audio_end_ms=end_ms))
            case _:
                raise RefusedError(
                    f"{type_of(event)} has no meaning on a WebSocket.", code="invalid_value", param="type"
                )

    @property
    def _turn_detection(self) -> ServerVad | SemanticVad | None:
        found = sides(self.session)[0].turn_detection
        return found if isinstance(found, ServerVad | SemanticVad) else None

    async def _append(self, audio: bytes) -> None:
        self._buffer.append(audio)
        turns = self._turn_detection
        if turns is None:
            return
        settings = turn_settings(turns)
        if self._detector is None:
            self._detector = await self._mind.detector(settings)
        self._detector.settings = settings
        samples = self._to_wake_hz.push(pcm.from_bytes(audio))
        for change in await self._mind.detect(self._detector, samples):
            if isinstance(change, SpeechStarted):
                self._begin_turn(change.start_ms, turns)
            else:
                self._end_turn(change.end_ms, turns)
        if self._turn is None:
            self._buffer.forget(self._buffer.end_ms - KEPT_SILENCE_MS)

    def _begin_turn(self, start_ms: int, turns: ServerVad | SemanticVad) -> None:
        item_id = new_id("item")
        self._turn = (item_id, start_ms)
        self.emit(ev.SpeechStarted(audio_start_ms=start_ms, item_id=item_id))
        if turns.interrupt_response is not False:
            self._cancel("turn_detected")

    def _end_turn(self, end_ms: int, turns: ServerVad | SemanticVad) -> None:
        if self._turn is None:
            return
        item_id, start_ms = self._turn
        self._turn = None
        self.emit(ev.SpeechStopped(audio_end_ms=end_ms, item_id=item_id))
        self._commit(item_id, self._buffer.cut(start_ms, end_ms))
        if turns.create_response is not False and not self._busy:
            self._respond(ResponseWish())

    def _commit_all(self) -> None:
        held_ms = self._buffer.length_ms
        if held_ms < SHORTEST_COMMIT_MS:
            message = (
                "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, "
                f"but buffer only has {held_ms:.2f}ms of audio."
            )
            raise RefusedError(message, code="input_audio_buffer_commit_empty")
        item_id = self._turn[0] if self._turn else new_id("item")
        self._forget_turn()
        self._commit(item_id, self._buffer.cut(0, self._buffer.end_ms))

    def _forget_turn(self) -> None:
        self._turn = None
        if self._detector is not None:
            self._detector.reset()

    def _commit(self, item_id: str, audio: bytes) -> None:
        content = [Content(type="input_audio", transcript=None)]
        item = Item(
            type="message", id=item_id, object="realtime.item", status="completed", role="user", content=content
        )
        entry = Entry(item, audio)
        before = self._items.add(entry)
        self.emit(ev.AudioCommitted(item_id=item_id, previous_item_id=before))
        self._announce(item, before)
        if sides(self.session)[0].transcription:
            self._start(self._transcribe(entry))

    async def _transcribe(self, entry: Entry) -> None:
        words = await hear(self._mind, entry)
        seconds = pcm.bytes_to_ms(len(entry.audio), SESSION_HZ) / 1000
        self.emit(
            ev.TranscriptionCompleted(
                item_id=entry.item.id or "", transcript=words, usage={"type": "duration", "seconds": seconds}
            )
        )

    def _create_item(self, event: cl.CreateItem) -> None:
        item = event.item
        if item.type == "function_call_output" and item.call_id not in self._items.calls():
            message = f"Tool call ID '{item.call_id}' not found in conversation."
            raise RefusedError(message, code="invalid_tool_call_id", param="item.call_id")
        if item.type == "message" and any(part.type == "output_audio" for part in item.content or []):
            message = "Invalid value: 'output_audio'. Clients cannot create assistant audio."
            raise RefusedError(message, code="invalid_value", param="item.content[0].type")
        audio = b"".join(part.audio or b"" for part in item.content or [])
        shown = [msgspec.structs.replace(part, audio=None) for part in item.content] if item.content else item.content
        item = msgspec.structs.replace(
            item, id=item.id or new_id("item"), object="realtime.item", status="completed", content=shown
        )
        self._announce(item, self._items.add(Entry(item, audio), event.previous_item_id))

    def _announce(self, item: Item, before: str | None) -> None:
        self.emit(ev.ItemAdded(item=item, previous_item_id=before))
        self.emit(ev.ItemDone(item=item, previous_item_id=before))

    @property
    def _busy(self) -> bool:
        return self._answer is not None

    def _respond(self, wish: ResponseWish) -> None:
        aside = wish.conversation == "none"
        if self._answer is not None and not aside:
            message = f"Conversation already has an active response in progress: {self._answer.id}. Wait until it ends."
            raise RefusedError(message, code="conversation_already_has_active_response")
        answer = Answer(self._mind, self._items, self.session, wish, self._counter, self.emit)
        if not aside:
            self._answer = answer
        self._start(self._make(answer), name=answer.id)

    async def _make(self, answer: Answer) -> None:
        try:
            self._spoke = self._spoke or answer.wish.output_modalities != ["text"]
            await answer.run()
        finally:
            if self._answer is answer:
                self._answer = None

    def _cancel_wanted(self, response_id: str | None) -> None:
        if self._answer is None or response_id not in {None, self._answer.id}:
            raise RefusedError("Cancellation failed: no active response found", code="response_cancel_not_active")
        self._cancel("client_cancelled")

    def _cancel(self, why: str) -> None:
        answer = self._answer
        if answer is None or answer.why_cancelled:
            return
        answer.why_cancelled = why
        for task in self._tasks:
            if task.get_name() == answer.id:
                task.cancel()

    def _start(self, work: Coroutine[None, None, None], name: str = "") -> None:
        task = asyncio.create_task(work, name=name or None)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a response ended badly: %s", task.exception())
            self.emit(ev.Error(error=Problem(type="server_error", message="The response could not be made.")))
