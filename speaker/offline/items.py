"""The conversation as the server keeps it: items in order, with the sound that belongs to them."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from msgspec import UNSET, UnsetType

from speaker.core.pcm import SESSION_HZ, bytes_to_ms, ms_to_samples
from speaker.core.wire.codec import RefusedError
from speaker.core.wire.objects import Content, Item

ROOT = "root"


@dataclass(slots=True)
class Entry:
    """An item and its sound (16-bit mono, 24 kHz)."""

    item: Item
    audio: bytes = b""
    words: str | None = None
    """What was heard in the user's sound, once it was asked for."""


class Items:
    """All entries, first to last."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def last_id(self) -> str | None:
        """The id of the last item."""
        return self._entries[-1].item.id if self._entries else None

    def add(self, entry: Entry, after: str | UnsetType | None = UNSET) -> str | None:
        """Put an entry at its place and return the id of the one before it. Raises RefusedError."""
        if any(one.item.id == entry.item.id for one in self._entries):
            message = f"Error adding item: an item with id '{entry.item.id}' already exists."
            raise RefusedError(message, code="item_create_duplicate_item_id", param="item.id")
        if after is UNSET or after is None:
            place = len(self._entries)
        elif after == ROOT:
            place = 0
        else:
            place = self._place(str(after), "create") + 1
        self._entries.insert(place, entry)
        return self._entries[place - 1].item.id if place else None

    def get(self, item_id: str, act: str) -> Entry:
        """The entry of an id. Raises RefusedError, with the code for what was to be done with it."""
        return self._entries[self._place(item_id, act)]

    def before(self, item_id: str) -> str | None:
        """The id of the item before this one."""
        place = self._place(item_id, "retrieve")
        return self._entries[place - 1].item.id if place else None

    def delete(self, item_id: str) -> None:
        """Take an entry out. Raises RefusedError."""
        del self._entries[self._place(item_id, "delete")]

    def truncate(self, item_id: str, audio_end_ms: int) -> None:
        """Cut an assistant's sound to what was heard; its words are gone with it. Raises RefusedError."""
        entry = self.get(item_id, "truncate")
        if entry.item.role != "assistant" or not entry.audio:
            raise RefusedError("Only model output audio messages can be truncated", code="unsupported_content_type")
        length_ms = int(bytes_to_ms(len(entry.audio), SESSION_HZ))
        if audio_end_ms > length_ms:
            message = f"Audio content of {length_ms}ms is already shorter than {audio_end_ms}ms"
            raise RefusedError(message, code="invalid_value", param="audio_end_ms")
        entry.audio = entry.audio[: 2 * ms_to_samples(max(0, audio_end_ms), SESSION_HZ)]
        entry.item = msgspec.structs.replace(entry.item, content=[Content(type="output_audio", transcript="")])

    def with_audio(self, item_id: str) -> Item:
        """An item with its sound, as ``retrieve`` gives it. Raises RefusedError."""
        entry = self.get(item_id, "retrieve")
        if not entry.audio:
            return entry.item
        (part,) = entry.item.content or [Content(type="input_audio")]
        return msgspec.structs.replace(entry.item, content=[msgspec.structs.replace(part, audio=entry.audio)])

    def calls(self) -> set[str]:
        """The ids of all calls that were made."""
        return {entry.item.call_id or "" for entry in self._entries if entry.item.type == "function_call"}

    def _place(self, item_id: str, act: str) -> int:
        for place, entry in enumerate(self._entries):
            if entry.item.id == item_id:
                return place
        message = f"Error {act.removesuffix('e')}ing item: the item with id '{item_id}' does not exist."
        raise RefusedError(message, code=f"item_{act}_invalid_item_id", param="item_id")
