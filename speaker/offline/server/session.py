"""One connection to the embedded server: client events in, server events out, in the protocol's order."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from msgspec import UNSET

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ
from speaker.audio.vad import SpeechOnset
from speaker.config.turn_detection import SemanticVad, ServerVad
from speaker.offline.server.conversation_items import Entry, Items, accepted, new_id
from speaker.offline.server.idle_timeout import IdleWait
from speaker.offline.server.input_buffer import Buffer, Listener
from speaker.offline.server.response import Answer, hear
from speaker.offline.server.session_settings import idle_timeout_ms, requested_turn_settings, sides, updated
from speaker.offline.server.token_counter import Counter
from speaker.offline.speech.engines import OfflineEngines
from speaker.realtime.protocol import client_events as cl
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.codec import Dialect, RefusedError, decode_client, type_of
from speaker.realtime.protocol.objects import Failure, InputAudioContent, Item, Problem, ResponseWish, Session

log = logging.getLogger(__name__)

KEPT_SILENCE_MS: Final = 2_000
"""How much sound before a turn is kept; longer than any sensible prefix padding."""

SHORTEST_COMMIT_MS: Final = 100


class ServerSession:
    """The state of one client. ``send`` takes events in the order they are to go out."""

    def __init__(
        self, session: Session, engines: OfflineEngines, send: Callable[[ev.ServerEvent], None], dialect: Dialect
    ) -> None:
        self.session = session
        self._engines = engines
        self._send = send
        self._dialect = dialect
        self._items = Items()
        self._counter = Counter()
        self._buffer = Buffer()
        self._listener = Listener(engines)
        self._idle = IdleWait(lambda: self._buffer.end_ms, self._time_out)
        self._turn: tuple[str, float] | None = None
        """The id of the user item to come and where its sound begins."""
        self._answers: dict[str, Answer] = {}
        """Responses that are being made; those of the conversation are one at most."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._spoke = False
        """Whether sound of the model went out, which locks its voice."""

    def emit(self, event: ev.ServerEvent) -> None:
        """Send an event under a fresh id."""
        event.event_id = new_id("event")
        self._send(event)
        match event:
            case ev.AudioDelta():
                self._spoke = True
            case ev.SpeechStarted() | ev.ResponseCreated():
                self._idle.cancel()
            case ev.ResponseDone(response=response):
                self._await_speech(self._answers[response.id], failed=response.status == "failed")
            case _:
                pass

    def open(self) -> None:
        """Send the first event."""
        self.emit(ev.SessionCreated(session=self.session))

    async def close(self) -> None:
        """Stop whatever is being made."""
        self._idle.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(
            *self._tasks, *(answer.close() for answer in self._answers.values()), return_exceptions=True
        )

    async def receive(self, frame: str | bytes) -> None:
        """Take in one frame; what is wrong with it is answered, and the session stays open."""
        event_id: str | None = None
        try:
            event = decode_client(frame, self._dialect)
            event_id = None if event.event_id is UNSET else event.event_id
            log.debug("< %s", type_of(event))
            await self._on(event)
        except RefusedError as refusal:
            problem = Problem(
                type="invalid_request_error",
                code=refusal.code,
                message=str(refusal),
                param=refusal.param,
                event_id=refusal.event_id or event_id,
            )
            self.emit(ev.Error(error=problem))

    async def _on(self, event: cl.ClientEvent) -> None:
        match event:
            case cl.AppendAudio(audio=audio):
                await self._append(audio)
            case cl.SessionUpdate(session=update):
                self.session = updated(self.session, update, spoke=self._spoke)
                if idle_timeout_ms(self.session) is None:
                    self._idle.cancel()
                self.emit(ev.SessionUpdated(session=self.session))
            case cl.CommitAudio():
                self._commit_all()
            case cl.ClearAudio():
                self._buffer.forget(self._buffer.end_ms)
                self._forget_turn()
                self.emit(ev.AudioCleared())
            case cl.CreateResponse(response=wish):
                self._respond(ResponseWish() if wish is UNSET else wish)
            case cl.CancelResponse(response_id=response_id):
                self._cancel_wanted(None if response_id is UNSET else response_id)
            case _:
                self._on_item(event)

    def _on_item(self, event: cl.ClientEvent) -> None:
        match event:
            case cl.CreateItem(item=item, previous_item_id=after):
                self._check_call(item)
                entry = accepted(item, "item")
                self._announce(entry.item, self._items.add(entry, after))
            case cl.DeleteItem(item_id=item_id):
                self._items.delete(item_id)
                self.emit(ev.ItemDeleted(item_id=item_id))
            case cl.RetrieveItem(item_id=item_id):
                self.emit(ev.ItemRetrieved(item=self._items.with_audio(item_id)))
            case cl.TruncateItem(item_id=item_id, content_index=index, audio_end_ms=end_ms):
                self._items.truncate(item_id, index, end_ms)
                self.emit(ev.ItemTruncated(item_id=item_id, content_index=index, audio_end_ms=end_ms))
            case _:
                message = f"{type_of(event)} has no meaning on a WebSocket."
                raise RefusedError(message, code="invalid_value", param="type")

    def _check_call(self, item: Item) -> None:
        if item.type == "function_call_output" and item.call_id and item.call_id not in self._items.calls():
            message = f"Tool call ID '{item.call_id}' not found in conversation."
            raise RefusedError(message, code="invalid_tool_call_id", param="item.call_id")

    def _announce(self, item: Item, before: str | None) -> None:
        self.emit(ev.ItemAdded(item=item, previous_item_id=before))
        self.emit(ev.ItemDone(item=item, previous_item_id=before))

    # What the user says.

    @property
    def _turn_detection(self) -> ServerVad | SemanticVad | None:
        found = sides(self.session)[0].turn_detection
        return found if isinstance(found, ServerVad | SemanticVad) else None

    async def _append(self, audio: bytes) -> None:
        begins_ms = self._buffer.end_ms
        self._buffer.append(audio)
        turns = self._turn_detection
        if turns is None:
            self._listener.forget()
            return
        for change in await self._listener.hear(audio, begins_ms, requested_turn_settings(turns)):
            if isinstance(change, SpeechOnset):
                self._begin_turn(change.start_ms, turns)
            else:
                self._end_turn(change.end_ms, turns)
        if self._turn is None:
            self._buffer.forget(min(self._idle.since_ms, self._buffer.end_ms - KEPT_SILENCE_MS))

    def _begin_turn(self, start_ms: int, turns: ServerVad | SemanticVad) -> None:
        item_id = new_id("item")
        self._turn = (item_id, start_ms)
        self.emit(ev.SpeechStarted(audio_start_ms=start_ms, item_id=item_id))
        active = self._active
        if active is not None and turns.interrupt_response is not False:
            active.cancel("turn_detected")

    def _end_turn(self, end_ms: int, turns: ServerVad | SemanticVad) -> None:
        if self._turn is None:
            return
        item_id, start_ms = self._turn
        self._turn = None
        self.emit(ev.SpeechStopped(audio_end_ms=end_ms, item_id=item_id))
        self._commit(item_id, self._buffer.cut(start_ms, end_ms))
        if turns.create_response is not False and self._active is None:
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
        self._listener.forget()

    def _commit(self, item_id: str, audio: bytes, *, silent: bool = False) -> None:
        item = Item(
            type="message", id=item_id, object="realtime.item", status="completed", role="user",
            content=[InputAudioContent(type="input_audio", transcript=None)],
        )  # fmt: skip
        entry = Entry(item, audio, words="" if silent else None, silent=silent)
        before = self._items.add(entry)
        self.emit(ev.AudioCommitted(item_id=item_id, previous_item_id=before))
        self._announce(item, before)
        if sides(self.session)[0].transcription:
            task = asyncio.create_task(self._transcribe(entry), name=item_id)
            self._tasks.add(task)
            task.add_done_callback(self._transcribed)

    async def _transcribe(self, entry: Entry) -> None:
        words = await hear(self._engines, entry)
        entry.write_down(words)
        usage = {"type": "duration", "seconds": pcm.bytes_to_ms(len(entry.audio), SESSION_HZ) / 1000}
        self.emit(ev.TranscriptionCompleted(item_id=entry.item.id or "", transcript=words, usage=usage))

    def _transcribed(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("the words of an item could not be found", exc_info=task.exception())
            error = Failure(type="server_error", message="The words could not be found.")
            self.emit(ev.TranscriptionFailed(item_id=task.get_name(), error=error))

    def _await_speech(self, answer: Answer, *, failed: bool) -> None:
        """After an answer it is the user's turn, unless a tool must answer first or somebody speaks already."""
        idle_ms = idle_timeout_ms(self.session)
        users_turn = not (failed or answer.calls_tools or self._turn)
        if idle_ms is not None and users_turn and all(one.ended for one in self._answers.values()):
            self._idle.begin(answer.ahead_ms, idle_ms)

    def _time_out(self, since_ms: float) -> None:
        item_id, end_ms = new_id("item"), self._buffer.end_ms
        start_ms = max(since_ms, self._buffer.begins_ms)
        self.emit(ev.SilenceTimedOut(audio_start_ms=int(start_ms), audio_end_ms=int(end_ms), item_id=item_id))
        # The end is kept besides: it may be the beginning of a word that is not known as one yet.
        self._commit(item_id, self._buffer.copy(start_ms, end_ms), silent=True)
        self._buffer.forget(end_ms - KEPT_SILENCE_MS)
        turns = self._turn_detection
        if turns is not None and turns.create_response is not False:
            self._respond(ResponseWish())

    # What is answered.

    @property
    def _active(self) -> Answer | None:
        """The response that is being made for the conversation."""
        return next((one for one in self._answers.values() if one.in_conversation and not one.ended), None)

    def _respond(self, wish: ResponseWish) -> None:
        active = self._active
        if active is not None and wish.conversation != "none":
            message = (
                f"Conversation already has an active response in progress: {active.id}. "
                "Wait until the response is finished before creating a new one."
            )
            raise RefusedError(message, code="conversation_already_has_active_response")
        answer = Answer(self._engines, self._items, self.session, wish, counter=self._counter, emit=self.emit)
        self._answers = {one.id: one for one in (*self._answers.values(), answer) if not one.ended}
        answer.start()

    def _cancel_wanted(self, response_id: str | None) -> None:
        answer = self._active if response_id is None else self._answers.get(response_id)
        if answer is None or answer.ended:
            raise RefusedError("Cancellation failed: no active response found", code="response_cancel_not_active")
        answer.cancel("client_cancelled")
