"""The life of one response: what is said or called, announced piece by piece, and how it ends."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec
from msgspec import UNSET

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ
from speaker.cost.tokens import ASSISTANT_MS_PER_TOKEN, text_tokens
from speaker.language.phrasebook import phrasebook
from speaker.offline.server.conversation_entry import Entry, new_id
from speaker.offline.server.conversation_items import Items
from speaker.offline.server.message_item import MessageItem
from speaker.offline.server.past_turns import past_turns, unanswered_outputs
from speaker.offline.server.session_settings import sides, wished
from speaker.offline.server.token_counter import Counter, audio_tokens, rate_limits
from speaker.offline.server.transcriber import hear
from speaker.offline.speech.engine_messages import House
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.speech.espeak import speaking_book
from speaker.offline.understanding.tool_schema import Call, Reply
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.objects import (
    AudioOutput,
    Failure,
    Item,
    Response,
    ResponseAudioOutput,
    ResponseWish,
    Session,
    StatusDetails,
    Usage,
)
from speaker.realtime.session_config import spoken_language

log = logging.getLogger(__name__)

DELTA_MS: Final = 100
"""Longest piece of sound in one event."""

MOST_AHEAD_MS: Final = 15_000
"""How much sound may be out that cannot have been played yet. A story is not made at one go: that would take the
machine away from the echo canceller for seconds, and most of it for nothing if somebody interrupts."""

VERBATIM: Final = "Say exactly:"
"""A response whose instructions begin so is the rest of them, word for word."""

EmitEvent = Callable[[ev.ServerEvent], None]
ResponseStatus = Literal["completed", "cancelled", "failed"]


@dataclass(slots=True)
class ResponseOutput:
    """What a response has put out so far."""

    items: list[Item] = field(default_factory=list)
    text_tokens: int = 0
    audio: int = 0
    """Bytes of sound."""
    sounds_since: float = 0.0
    """Loop time of its first piece; 0 before."""


def house_of(engines: OfflineEngines, session: Session) -> House:
    """For whom the rules are asked."""
    tools = (session.tools or []) if session.tool_choice != "none" else []
    return engines.house(str(session.instructions), tools, spoken_language(session))


class Answer:
    """One response, from ``response.created`` to ``response.done``.

    ``done`` always follows ``created``, unless the session itself ends: at the end of the work, by
    ``cancel``, or because the work failed. The last two do not wait for the engines.
    """

    def __init__(
        self,
        engines: OfflineEngines,
        items: Items,
        session: Session,
        wish: ResponseWish,
        *,
        counter: Counter,
        emit: EmitEvent,
    ) -> None:
        """Raises RefusedError, and nothing has happened, when the wish cannot be granted."""
        self.id = new_id("resp")
        self.ended = False
        self.in_conversation = wish.conversation != "none"
        self._engines = engines
        self._items = items
        self._session = wished(session, wish)
        self._metadata = wish.metadata or None
        self._read = list(items) if wish.input is UNSET else items.read(wish.input)
        self._counter = counter
        self._emit = emit
        self._made = ResponseOutput()
        self._open: MessageItem | None = None
        self._work: asyncio.Task[None] | None = None

    @property
    def ahead_ms(self) -> float:
        """How long a client that plays it from its first piece on still has to play."""
        sounding_ms = 1000 * (asyncio.get_running_loop().time() - self._made.sounds_since)
        return max(0.0, pcm.bytes_to_ms(self._made.audio, SESSION_HZ) - sounding_ms)

    @property
    def calls_tools(self) -> bool:
        """Whether it has called a tool, so that the next word is not the user's."""
        return any(item.type == "function_call" for item in self._made.items)

    def start(self) -> None:
        """Announce the response and begin to make it."""
        self._emit(ev.ResponseCreated(response=self._report("in_progress")))
        self._emit(ev.RateLimits(rate_limits=rate_limits()))
        self._work = asyncio.create_task(self._make(), name=self.id)
        self._work.add_done_callback(self._worked)

    def cancel(self, why: Literal["turn_detected", "client_cancelled"]) -> None:
        """End it now, in good order: what is out stays, and everything that was opened gets its ``done``."""
        self._stop("cancelled", StatusDetails(type="cancelled", reason=why))
        if self._work is not None:
            self._work.cancel()

    async def close(self) -> None:
        """Stop the work without a word: nobody listens any more."""
        self.ended = True
        if self._work is not None:
            self._work.cancel()
            await asyncio.wait([self._work])

    def _worked(self, work: asyncio.Task[None]) -> None:
        if work.cancelled() or work.exception() is None:
            return
        log.error("a response could not be made", exc_info=work.exception())
        if not self.ended:
            error = Failure(type="server_error", code="server_error", message="The response could not be made.")
            self._stop("failed", StatusDetails(type="failed", error=error))

    async def _make(self) -> None:
        reply = await self._think()
        for call in reply.calls:
            self._call(call)
        if not reply.calls:
            await self._say(reply.text)
        self._end("completed", None)

    async def _think(self) -> Reply:
        instructions = str(self._session.instructions)
        if instructions.startswith(VERBATIM):
            return Reply(text=instructions.removeprefix(VERBATIM).strip())
        house = house_of(self._engines, self._session)
        last = next((entry for entry in reversed(self._read) if entry.item.role == "user"), None)
        if outputs := unanswered_outputs(self._read):
            asked = (last.words if last is not None else None) or ""
            return Reply(text=await self._engines.answer(house, outputs, asked))
        if last is not None and last.silent:
            return Reply(text=phrasebook(self._engines.language).own.still_there)
        if last is not None and last.audio and not self._engines.can_hear(self._engines.language):
            code = self._engines.language
            return Reply(text=phrasebook(code).own.no_ears.format(code=code))
        if last is None:
            return await self._engines.reply(house, "")
        before = past_turns(self._read, last, self._mark_as_read())
        return await self._engines.reply(house, await hear(self._engines, last), before)

    def _mark_as_read(self) -> float:
        """Note on what is new that it was said now; the loop time."""
        now_s = asyncio.get_running_loop().time()
        for entry in self._read:
            entry.read_at_s = entry.read_at_s or now_s
        return now_s

    async def _say(self, text: str) -> None:
        spoken = self._session.output_modalities != ["text"]
        message = MessageItem(self.id, new_id("item"), len(self._made.items), spoken=spoken)
        self._announce(message)
        self._write(message, text)
        if spoken:
            book = speaking_book(self._engines.language)
            speed = self._voice.speed if isinstance(self._voice.speed, int | float) else 1.0
            async with contextlib.aclosing(self._engines.speak(text, speed, book)) as sentences:
                async for sentence in sentences:
                    await self._sound(message, pcm.to_bytes(sentence))
                    await asyncio.sleep(max(0.0, self.ahead_ms - MOST_AHEAD_MS) / 1000)
        self._finish(message, "completed")

    @property
    def _voice(self) -> AudioOutput:
        return sides(self._session)[1]

    def _announce(self, message: MessageItem) -> None:
        self._open = message
        item = message.item("in_progress")
        self._emit(ev.OutputItemAdded(response_id=self.id, output_index=message.index, item=item))
        self._join(message.entry)
        self._emit(ev.ContentPartAdded(**message.place, part=message.part()))

    def _join(self, entry: Entry) -> None:
        """Let an item enter the conversation, if this response is part of it."""
        if self.in_conversation:
            before = self._items.add(entry)
            self._emit(ev.ItemAdded(item=entry.item, previous_item_id=before))

    def _write(self, message: MessageItem, text: str) -> None:
        message.text += text
        self._made.text_tokens += text_tokens(text)
        delta = ev.TranscriptDelta if message.spoken else ev.TextDelta
        self._emit(delta(**message.place, delta=text))

    async def _sound(self, message: MessageItem, audio: bytes) -> None:
        self._made.sounds_since = self._made.sounds_since or asyncio.get_running_loop().time()
        step = pcm.BYTES_PER_SAMPLE * pcm.ms_to_samples(DELTA_MS, SESSION_HZ)
        for start in range(0, len(audio), step):
            piece = audio[start : start + step]
            message.entry.audio += piece
            self._made.audio += len(piece)
            self._emit(ev.AudioDelta(**message.place, delta=piece))
            await asyncio.sleep(0)  # a cancel must find its way in between

    def _finish(self, message: MessageItem, status: Literal["completed", "incomplete"]) -> None:
        """Send the ``.done`` events of everything that was opened."""
        self._open = None
        if message.spoken:
            self._emit(ev.AudioDone(**message.place))
            self._emit(ev.TranscriptDone(**message.place, transcript=message.text))
        else:
            self._emit(ev.TextDone(**message.place, text=message.text))
        self._emit(ev.ContentPartDone(**message.place, part=message.part()))
        self._settle(message.entry, message.item(status), message.index)

    def _call(self, call: Call) -> None:
        index, call_id = len(self._made.items), new_id("call")
        arguments = msgspec.json.encode(dict(call.arguments)).decode()
        item = Item(
            type="function_call", id=new_id("item"), object="realtime.item", status="in_progress",
            name=call.name, call_id=call_id, arguments="",
        )  # fmt: skip
        entry, item_id = Entry(item), item.id or ""
        self._emit(ev.OutputItemAdded(response_id=self.id, output_index=index, item=item))
        self._join(entry)
        self._emit(
            ev.ArgumentsDelta(
                response_id=self.id, item_id=item_id, output_index=index, call_id=call_id, delta=arguments
            )
        )
        self._emit(
            ev.ArgumentsDone(
                response_id=self.id, item_id=item_id, output_index=index, call_id=call_id,
                name=call.name, arguments=arguments,
            )
        )  # fmt: skip
        self._made.text_tokens += text_tokens(call.name + arguments)
        self._settle(entry, msgspec.structs.replace(item, arguments=arguments, status="completed"), index)

    def _settle(self, entry: Entry, item: Item, index: int) -> None:
        entry.item = item
        self._made.items.append(item)
        self._emit(ev.OutputItemDone(response_id=self.id, output_index=index, item=item))
        if self.in_conversation:
            self._emit(ev.ItemDone(item=item, previous_item_id=self._items.before(item.id or "")))

    def _stop(self, outcome: ResponseStatus, details: StatusDetails) -> None:
        if self._open is not None:
            self._finish(self._open, "incomplete")
        self._end(outcome, details)

    def _end(self, outcome: ResponseStatus, details: StatusDetails | None) -> None:
        self.ended = True
        sounded = audio_tokens(self._made.audio, ASSISTANT_MS_PER_TOKEN)
        usage = self._counter.usage(self._session, self._read, self._made.text_tokens, sounded)
        self._emit(ev.ResponseDone(response=self._report(outcome, details, usage)))

    def _report(
        self,
        status: Literal["in_progress", "completed", "cancelled", "failed"],
        details: StatusDetails | None = None,
        usage: Usage | None = None,
    ) -> Response:
        modalities = self._session.output_modalities
        return Response(
            id=self.id,
            status=status,
            status_details=details,
            output=list(self._made.items),
            output_modalities=["text"] if modalities == ["text"] else ["audio"],
            conversation_id="conv_1" if self.in_conversation else None,
            metadata=self._metadata,
            max_output_tokens=self._session.max_output_tokens,
            audio=ResponseAudioOutput(output=msgspec.structs.replace(self._voice, speed=UNSET)),
            usage=usage,
        )
