"""One item of the conversation as the server keeps it, with its sound; and which items a client may create."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from speaker.offline.server.turn_hearing import TurnHearing
from speaker.realtime.protocol.codec import RefusedError
from speaker.realtime.protocol.objects import Content, InputAudioContent, Item

CONTENT: Final[Mapping[str, Sequence[str]]] = {
    "user": ("input_text", "input_audio", "input_image"),
    "system": ("input_text",),
    "assistant": ("output_text",),
}
"""What a client may put into a message of each role; assistant sound comes from the server alone."""

NEEDED: Final[Mapping[str, Sequence[str]]] = {
    "message": ("role", "content"),
    "function_call": ("name", "arguments"),
    "function_call_output": ("call_id", "output"),
}
"""The items that this server takes, and the fields that each must have."""


LONGEST_ITEM_TEXT: Final = 262_144
"""Characters of one text of an item."""


def new_id(kind: str) -> str:
    """A fresh id such as ``item_9f8e7d6c5b4a``."""
    return f"{kind}_{secrets.token_hex(8)}"


@dataclass(slots=True, eq=False)
class Entry:
    """An item and its sound (16-bit mono, 24 kHz)."""

    item: Item
    audio: bytes | bytearray = b""
    words: str | None = None
    """What was heard in the user's sound, once it was asked for."""
    silent: bool = False
    """Nobody spoke until the idle timeout committed this sound; what words it may seem to hold are noise."""
    hearing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the sound is worked through, so that this happens only once."""
    ahead: TurnHearing | None = None
    """Who has made out the beginning of the sound already."""
    read_at_s: float = 0.0
    """Loop time at which a response first read it; 0 before."""
    counted: bool = False
    """Whether a response has read it, so that reading it again costs less."""

    _weighed: tuple[Item, int] | None = None

    @property
    def characters(self) -> int:
        """How much text the item holds, ids and pictures that are written as text included."""
        if self._weighed is None or self._weighed[0] is not self.item:
            fields = [
                value for part in (self.item, *(self.item.content or [])) for value in msgspec.structs.astuple(part)
            ]
            self._weighed = self.item, sum(len(value) for value in fields if isinstance(value, str))
        return self._weighed[1]

    def forget_sound(self) -> None:
        """Keep the item without its sound; words that nobody has asked for are gone with it."""
        self.stop_hearing()
        self.audio, self.ahead = b"", None

    def stop_hearing(self) -> None:
        """Hear no further ahead, unless somebody waits for the words."""
        if self.ahead is not None and not self.hearing.locked():
            self.ahead.drop()

    def write_down(self, words: str) -> None:
        """Show the words of the user's sound in the item too, as whoever retrieves it wants them."""
        content = [
            msgspec.structs.replace(part, transcript=words) if isinstance(part, InputAudioContent) else part
            for part in self.item.content or []
        ]
        self.item = msgspec.structs.replace(self.item, content=content)


def accepted(item: Item, where: str) -> Entry:
    """An item from a client as an entry. Raises RefusedError, its parameter beginning with ``where``."""
    if item.type not in NEEDED:
        message = f"Invalid value: '{item.type}'. Supported values are: {', '.join(map(repr, NEEDED))}."
        raise RefusedError(message, code="invalid_value", param=f"{where}.type")
    given = msgspec.structs.asdict(item)
    for name in NEEDED[item.type]:
        if given[name] is None:
            param = f"{where}.{name}"
            message = f"Missing required parameter: '{param}'."
            raise RefusedError(message, code="missing_required_parameter", param=param)
    if item.type == "message":
        _check_content(item, where)
    content = item.content
    audio = b"".join(part.audio or b"" for part in content or [])
    _check_length(item, where)
    call_id = item.call_id or (new_id("call") if item.type == "function_call" else None)
    whole = msgspec.structs.replace(
        item, id=item.id or new_id("item"), object="realtime.item", status="completed", call_id=call_id,
        content=[_shown(part) for part in content] if content is not None else None,
    )  # fmt: skip
    return Entry(whole, audio)


def _check_length(item: Item, where: str) -> None:
    texts = {where: item} | {f"{where}.content[{index}]": part for index, part in enumerate(item.content or [])}
    for path, struct in texts.items():
        for name, text in msgspec.structs.asdict(struct).items():
            if isinstance(text, str) and len(text) > LONGEST_ITEM_TEXT and name != "image_url":
                message = (
                    f"Invalid '{path}.{name}': too long. Expected {LONGEST_ITEM_TEXT} characters at most, "
                    f"but got {len(text)}."
                )
                raise RefusedError(message, code="string_above_max_length", param=f"{path}.{name}")


def _shown(part: Content) -> Content:
    """A part as every event but ``retrieved`` shows it: without its sound."""
    if part.type == "input_audio":
        return InputAudioContent(type=part.type, transcript=part.transcript)
    return msgspec.structs.replace(part, audio=None)


def _check_content(item: Item, where: str) -> None:
    allowed = CONTENT.get(item.role or "")
    if allowed is None:
        message = f"Invalid value: '{item.role}'. Supported values are: {', '.join(map(repr, CONTENT))}."
        raise RefusedError(message, code="invalid_value", param=f"{where}.role")
    for index, part in enumerate(item.content or []):
        if part.type not in allowed:
            supported = ", ".join(map(repr, allowed))
            message = f"Invalid value: '{part.type}'. A message of the {item.role} may hold {supported}."
            raise RefusedError(message, code="invalid_value", param=f"{where}.content[{index}].type")
        if part.type.endswith("_text") and part.text is None:
            param = f"{where}.content[{index}].text"
            message = f"Missing required parameter: '{param}'."
            raise RefusedError(message, code="missing_required_parameter", param=param)
