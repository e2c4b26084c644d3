"""The life of one response: what is said or called, announced piece by piece, and how it ends."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypedDict

import msgspec
from msgspec import UNSET

from speaker.core import pcm
from speaker.core.pcm import SESSION_HZ
from speaker.core.wire import server as ev
from speaker.core.wire.objects import (
    Content,
    Item,
    Response,
    ResponseAudioOutput,
    ResponseWish,
    Session,
    StatusDetails,
    Usage,
)
from speaker.offline.counting import ASSISTANT_MS_PER_TOKEN, Counter, audio_tokens, text_tokens
from speaker.offline.definitions import Call, Reply
from speaker.offline.items import Entry, Items
from speaker.offline.mind import Mind
from speaker.offline.terms import sides

DELTA_MS: Final = 100
"""Longest piece of sound in one event."""

VERBATIM: Final = "Say exactly:"
"""A response whose instructions begin so is the rest of them, word for word."""


class Place(TypedDict):
    """Where in a response an event belongs."""

    response_id: str
    item_id: str
    output_index: int
    content_index: int


Emit = Callable[[ev.ServerEvent], None]
Outcome = Literal["completed", "cancelled", "failed"]


def new_id(kind: str) -> str:
    """A fresh id such as ``item_9f8e7d6c5b4a``."""
    return f"{kind}_{secrets.token_hex(8)}"


@dataclass(slots=True)
class Made:
    """What a response has put out so far."""

    items: list[Item] = field(default_factory=list)
    text_tokens: int = 0
    audio_tokens: int = 0


@dataclass(slots=True)
class Answer:
    """One response, from ``response.created`` to ``response.done``."""

    mind: Mind
    items: Items
    session: Session
    wish: ResponseWish
    counter: Counter
    emit: Emit
    id: str = field(default_factory=lambda: new_id("resp"))
    why_cancelled: str = ""
    _made: Made = field(default_factory=Made)
    _open: "Message | None" = None

    @property
    def in_conversation(self) -> bool:
        """Whether its items join the conversation."""
        return self.wish.conversation != "none"

    async def run(self) -> None:
        """Make the response. Cancelling the task with ``why_cancelled`` set ends it in good order."""
        self.emit(ev.ResponseCreated(response=self._report("in_progress")))
        read = list(self.items) if self.wish.input is UNSET else [Entry(item) for item in self.wish.input]
        try:
            reply = await self._think(read)
            for call in reply.calls:
                self._call(call)
            if not reply.calls:
                await self._say(reply.text)
        except asyncio.CancelledError:
            if not self.why_cancelled:
                raise
            if self._open is not None:
                self._finish(self._open, "incomplete")
            self._end("cancelled", read, StatusDetails(type="cancelled", reason=self.why_cancelled))
            return
        self._end("completed", read, None)

    async def _think(self, read: Sequence[Entry]) -> Reply:
        instructions = self.wish.instructions if self.wish.instructions is not UNSET else self.session.instructions
        if str(instructions).startswith(VERBATIM):
            return Reply(text=str(instructions).removeprefix(VERBATIM).strip())
        tools = self.wish.tools if self.wish.tools is not UNSET else self.session.tools
        choice = self.wish.tool_choice if self.wish.tool_choice is not UNSET else self.session.tool_choice
        usable = tools if isinstance(tools, list) and choice != "none" else []
        brain = await self.mind.brain(str(instructions), usable)
        outputs = _unanswered(read)
        if outputs:
            return Reply(text=brain.answer(outputs))
        return await self.mind.reply(brain, await self._words(read))

    async def _words(self, read: Sequence[Entry]) -> str:
        """The user's last words: written, or heard in the sound."""
        for entry in reversed(read):
            if entry.item.role == "user":
                return await hear(self.mind, entry)
        return ""

    async def _say(self, text: str) -> None:
        spoken = self._modality() == "audio"
        message = self._open = Message(new_id("item"), len(self._made.items), spoken=spoken)
        entry = Entry(message.item("in_progress"))
        self._announce(message, entry)
        if spoken:
            _, voice = sides(self.session)
            speed = voice.speed if isinstance(voice.speed, float) else 1.0
            self._write(message, text)
            async for sentence in self.mind.speak(text, speed):
                await self._sound(message, entry, pcm.to_bytes(sentence))
        else:
            self._write(message, text)
        self._finish(message, "completed")

    def _modality(self) -> str:
        wanted = self.wish.output_modalities
        if wanted is UNSET:
            wanted = self.session.output_modalities
        return "text" if wanted == ["text"] else "audio"

    def _announce(self, message: "Message", entry: Entry) -> None:
        before = self.items.add(entry) if self.in_conversation else None
        at = message.place(self.id)
        self.emit(ev.OutputItemAdded(response_id=self.id, output_index=message.index, item=message.item("in_progress")))
        if self.in_conversation:
            self.emit(ev.ItemAdded(item=message.item("in_progress"), previous_item_id=before))
        self.emit(ev.ContentPartAdded(**at, part=message.part()))
        message.entry = entry

    def _write(self, message: "Message", text: str) -> None:
        message.text += text
        self._made.text_tokens += text_tokens(text)
        delta = ev.TranscriptDelta if message.spoken else ev.TextDelta
        self.emit(delta(**message.place(self.id), delta=text))

    async def _sound(self, message: "Message", entry: Entry, audio: bytes) -> None:
        step = pcm.BYTES_PER_SAMPLE * pcm.ms_to_samples(DELTA_MS, SESSION_HZ)
        for start in range(0, len(audio), step):
            piece = audio[start : start + step]
            entry.audio += piece
            self.emit(ev.AudioDelta(**message.place(self.id), delta=piece))
            await asyncio.sleep(0)  # a cancel must find its way in between
        self._made.audio_tokens += audio_tokens(audio, ASSISTANT_MS_PER_TOKEN)

    def _finish(self, message: "Message", status: Literal["completed", "incomplete"]) -> None:
        """Send the ``.done`` events of everything that was opened."""
        self._open = None
        at = message.place(self.id)
        if message.spoken:
            self.emit(ev.AudioDone(**at))
            self.emit(ev.TranscriptDone(**at, transcript=message.text))
        else:
            self.emit(ev.TextDone(**at, text=message.text))
        self.emit(ev.ContentPartDone(**at, part=message.part()))
        item = message.item(status)
        self._settle(item, message.index, message.entry)

    def _call(self, call: Call) -> None:
        index = len(self._made.items)
        arguments = msgspec.json.encode(dict(call.arguments)).decode()
        item = Item(
            type="function_call", id=new_id("item"), object="realtime.item", status="in_progress",
            name=call.name, call_id=new_id("call"), arguments="",
        )  # fmt: skip
        entry = Entry(item)
        before = self.items.add(entry) if self.in_conversation else None
        self.emit(ev.OutputItemAdded(response_id=self.id, output_index=index, item=item))
        if self.in_conversation:
            self.emit(ev.ItemAdded(item=item, previous_item_id=before))
        self.emit(
            ev.ArgumentsDelta(
                response_id=self.id,
                output_index=index,
                item_id=item.id or "",
                call_id=item.call_id or "",
                delta=arguments,
            )
        )
        self.emit(
            ev.ArgumentsDone(
                response_id=self.id,
                output_index=index,
                item_id=item.id or "",
                call_id=item.call_id or "",
                name=call.name,
                arguments=arguments,
            )
        )
        self._made.text_tokens += text_tokens(call.name + arguments)
        self._settle(msgspec.structs.replace(item, arguments=arguments, status="completed"), index, entry)

    def _settle(self, item: Item, index: int, entry: Entry | None) -> None:
        self._made.items.append(item)
        self.emit(ev.OutputItemDone(response_id=self.id, output_index=index, item=item))
        if entry is not None:
            entry.item = item
        if self.in_conversation:
            self.emit(ev.ItemDone(item=item, previous_item_id=self.items.before(item.id or "")))

    def _end(self, outcome: Outcome, read: Sequence[Entry], details: StatusDetails | None) -> None:
        usage = self.counter.usage(self.session, read, self._made.text_tokens, self._made.audio_tokens)
        self.emit(ev.ResponseDone(response=self._report(outcome, details, usage)))

    def _report(
        self,
        status: Literal["in_progress", "completed", "cancelled", "failed"],
        details: StatusDetails | None = None,
        usage: Usage | None = None,
    ) -> Response:
        _, voice = sides(self.session)
        modality = self._modality()
        return Response(
            id=self.id,
            status=status,
            status_details=details,
            output=list(self._made.items),
            output_modalities=[modality],
            conversation_id="conv_1" if self.in_conversation else None,
            metadata=self.wish.metadata or None,
            max_output_tokens=self.session.max_output_tokens,
            audio=ResponseAudioOutput(output=msgspec.structs.replace(voice, speed=UNSET)),
            usage=usage,
        )


@dataclass(slots=True)
class Message:
    """The message item that a response is writing or speaking."""

    id: str
    index: int
    spoken: bool
    text: str = ""
    entry: Entry | None = None

    def place(self, response_id: str) -> "Place":
        """Where an event about its content belongs."""
        return {"response_id": response_id, "item_id": self.id, "output_index": self.index, "content_index": 0}

    def part(self) -> Content:
        """The content as ``content_part`` events show it: named differently than in the item."""
        return Content(type="audio", transcript=self.text) if self.spoken else Content(type="text", text=self.text)

    def item(self, status: Literal["in_progress", "completed", "incomplete"]) -> Item:
        """The item as it is now."""
        spoken, written = (
            Content(type="output_audio", transcript=self.text),
            Content(type="output_text", text=self.text),
        )
        kind = spoken if self.spoken else written
        return Item(
            type="message", id=self.id, object="realtime.item", status=status, role="assistant",
            content=[] if status == "in_progress" else [kind],
        )  # fmt: skip


async def hear(mind: Mind, entry: Entry) -> str:
    """The words of a user item; its sound is worked through once only."""
    if entry.words is None:
        if entry.audio:
            entry.words = (await mind.hear(pcm.from_bytes(entry.audio))).text
        else:
            entry.words = " ".join(part.text or "" for part in entry.item.content or []).strip()
    return entry.words


def _unanswered(read: Sequence[Entry]) -> list[str]:
    """Outputs of tools that came after the user's last words and that no message has answered yet."""
    outputs: list[str] = []
    for entry in reversed(read):
        if entry.item.type == "message":
            break
        if entry.item.type == "function_call_output":
            outputs.append(entry.item.output or "")
    return outputs[::-1]
