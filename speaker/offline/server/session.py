"""One connection to the embedded server: client events in, server events out, in the protocol's order."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from msgspec import UNSET

from speaker.audio.pcm import BYTES_PER_SAMPLE, SESSION_HZ, ms_to_samples
from speaker.audio.vad import SpeechOnset
from speaker.config.turn_detection import SemanticVad, ServerVad
from speaker.offline.server.conversation_entry import Entry, new_id
from speaker.offline.server.conversation_items import Items
from speaker.offline.server.idle_timeout import IdleWait
from speaker.offline.server.input_buffer import Buffer, Listener
from speaker.offline.server.item_events import ItemEvents
from speaker.offline.server.problems import buffer_full, refused
from speaker.offline.server.readiness import Readiness
from speaker.offline.server.response import Answer, house_of
from speaker.offline.server.session_settings import idle_timeout_ms, requested_turn_settings, sides, updated
from speaker.offline.server.token_counter import Counter
from speaker.offline.server.transcriber import Transcriber
from speaker.offline.server.turn_hearing import TurnHearing
from speaker.offline.speech.engines import OfflineEngines
from speaker.realtime.protocol import client_events as cl
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.codec import Dialect, RefusedError, decode_client, type_of
from speaker.realtime.protocol.objects import InputAudioContent, Item, ResponseWish, Session
from speaker.realtime.session_config import spoken_language

log = logging.getLogger(__name__)

KEPT_SILENCE_MS: Final = 2_000
"""How much sound before a turn is kept; longer than any sensible prefix padding."""

SHORTEST_COMMIT_MS: Final = 100

MOST_RESPONSES: Final = 8
"""So many responses may be made at once, those beside the conversation included."""

_SLICE_BYTES: Final = BYTES_PER_SAMPLE * ms_to_samples(5_000, SESSION_HZ)
"""A long append is taken in by slices: minutes of sound at one go would hold up everybody else's events."""


class ServerSession:
    """The state of one client. ``send`` takes events in the order they are to go out."""

    def __init__(
        self, session: Session, engines: OfflineEngines, send: Callable[[ev.ServerEvent], None], dialect: Dialect
    ) -> None:
        self.session = session
        self._engines = engines
        self._send = send
        self._dialect = dialect
        self._items = Items(lambda item_id: self.emit(ev.ItemDeleted(item_id=item_id)))
        self._item_events = ItemEvents(self._items, self.emit)
        self._transcriber = Transcriber(engines, self.emit)
        self._counter = Counter()
        self._readiness = Readiness(engines, lambda: house_of(engines, self.session))
        self._buffer = Buffer()
        self._listener = Listener(engines)
        self._idle = IdleWait(lambda: self._buffer.end_ms, self._time_out)
        self._turn: tuple[str, float] | None = None
        """The id of the user item to come and where its sound begins."""
        self._hearing: TurnHearing | None = None
        """Who makes out the words of the sound that will be the next item."""
        self._told_full = False
        """Whether the client knows that its oldest sound is being dropped."""
        self._answers: dict[str, Answer] = {}
        """Responses that are being made; those of the conversation are one at most."""
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
        self._readiness.begin()

    async def close(self) -> None:
        """Stop whatever is being made."""
        self._idle.cancel()
        self._readiness.close()
        self._drop_hearing()
        self._items.drop_hearings()
        await asyncio.gather(
            self._transcriber.close(), *(answer.close() for answer in self._answers.values()), return_exceptions=True
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
            self.emit(ev.Error(error=refused(refusal, event_id)))

    async def _on(self, event: cl.ClientEvent) -> None:
        match event:
            case cl.AppendAudio(audio=audio):
                await self._append(audio)
            case cl.SessionUpdate(session=update):
                self.session = updated(self.session, update, spoke=self._spoke)
                if idle_timeout_ms(self.session) is None:
                    self._idle.cancel()
                self._engines.language = spoken_language(self.session)
                self.emit(ev.SessionUpdated(session=self.session))
                self._readiness.begin()
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
                self._item_events.on(event)

    # What the user says.

    @property
    def _turn_detection(self) -> ServerVad | SemanticVad | None:
        found = sides(self.session)[0].turn_detection
        return found if isinstance(found, ServerVad | SemanticVad) else None

    async def _append(self, audio: bytes) -> None:
        for start in range(0, len(audio), _SLICE_BYTES):
            await self._take_in(audio[start : start + _SLICE_BYTES])

    async def _take_in(self, audio: bytes) -> None:
        begins_ms = self._buffer.end_ms
        if self._buffer.append(audio) and not self._told_full:
            self._told_full = True
            self.emit(ev.Error(error=buffer_full()))
        turns = self._turn_detection
        if turns is None:
            self._listener.forget()
            self._hearing = self._hearing or self._hear_from(self._buffer.begins_ms)
        else:
            judged = isinstance(turns, SemanticVad) and await self._engines.can_judge()
            settings = requested_turn_settings(turns, judged=judged)
            for change in await self._listener.hear(audio, begins_ms, settings):
                if isinstance(change, SpeechOnset):
                    self._begin_turn(change.start_ms, turns)
                else:
                    self._end_turn(change.end_ms, turns)
            if self._turn is None:
                self._drop_hearing()
                self._buffer.forget(min(self._idle.since_ms, self._buffer.end_ms - KEPT_SILENCE_MS))
        if self._hearing is not None:
            self._hearing.follow(self._buffer.end_ms, self._listener.silent_ms)

    def _hear_from(self, begins_ms: float) -> TurnHearing:
        return TurnHearing(self._engines, begins_ms, self._buffer.copy)

    def _drop_hearing(self) -> None:
        if self._hearing is not None:
            self._hearing.drop()
            self._hearing = None

    def _begin_turn(self, start_ms: int, turns: ServerVad | SemanticVad) -> None:
        item_id = new_id("item")
        self._turn = (item_id, start_ms)
        self._drop_hearing()
        self._hearing = self._hear_from(start_ms)
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
        begins_ms = max(float(start_ms), self._buffer.begins_ms)
        self._commit(item_id, self._buffer.cut(start_ms, end_ms), begins_ms)
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
        begins_ms = self._buffer.begins_ms
        self._commit(item_id, self._buffer.cut(0, self._buffer.end_ms), begins_ms)
        self._forget_turn()

    def _forget_turn(self) -> None:
        self._turn = None
        self._listener.forget()
        self._drop_hearing()
        self._told_full = False

    def _commit(self, item_id: str, audio: bytes, begins_ms: float, *, silent: bool = False) -> None:
        item = Item(
            type="message", id=item_id, object="realtime.item", status="completed", role="user",
            content=[InputAudioContent(type="input_audio", transcript=None)],
        )  # fmt: skip
        entry = Entry(item, audio, words="" if silent else None, silent=silent)
        if self._hearing is not None and not silent:
            self._hearing.end(audio, begins_ms)
            entry.ahead, self._hearing = self._hearing, None
        self._told_full = False
        before = self._items.add(entry)
        self.emit(ev.AudioCommitted(item_id=item_id, previous_item_id=before))
        self._item_events.announce(item, before)
        if sides(self.session)[0].transcription:
            self._transcriber.begin(entry)

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
        self._commit(item_id, self._buffer.copy(start_ms, end_ms), start_ms, silent=True)
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
        if sum(not one.ended for one in self._answers.values()) >= MOST_RESPONSES:
            message = f"No more than {MOST_RESPONSES} responses can be made at once. Wait until one is finished."
            raise RefusedError(message, code="rate_limit_exceeded")
        answer = Answer(self._engines, self._items, self.session, wish, counter=self._counter, emit=self.emit)
        self._answers = {one.id: one for one in (*self._answers.values(), answer) if not one.ended}
        answer.start()

    def _cancel_wanted(self, response_id: str | None) -> None:
        answer = self._active if response_id is None else self._answers.get(response_id)
        if answer is None or answer.ended:
            raise RefusedError("Cancellation failed: no active response found", code="response_cancel_not_active")
        answer.cancel("client_cancelled")
