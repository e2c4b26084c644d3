"""The conversation as the server keeps it: items in order, within limits."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from speaker.audio.pcm import BYTES_PER_SAMPLE, SESSION_HZ, bytes_to_ms, ms_to_samples
from speaker.offline.server.conversation_entry import Entry, accepted
from speaker.realtime.protocol.codec import RefusedError
from speaker.realtime.protocol.objects import Content, Item

ROOT: Final = "root"

MOST_ENTRIES: Final = 2_000
"""More than an hour of talking fills."""

MOST_TEXT: Final = 16 << 20
"""Characters of all items together, pictures that are written as text included."""

MOST_SOUND_BYTES: Final = BYTES_PER_SAMPLE * ms_to_samples(600_000, SESSION_HZ)
"""Of all sound together: ten minutes, 29 MB."""


class Items:
    """All entries, first to last. Past a limit the oldest ones go, or their sound does."""

    def __init__(self, dropped: Callable[[str], None]) -> None:
        """``dropped`` is told the id of each entry that had to go."""
        self._entries: list[Entry] = []
        self._dropped = dropped

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def add(self, entry: Entry, after: str | UnsetType | None = UNSET) -> str | None:
        """Put an entry at its place and return the id of the one before it. Raises RefusedError."""
        if self._place(entry.item.id or "") is not None:
            message = f"Error adding item: an item with id '{entry.item.id}' already exists."
            raise RefusedError(message, code="item_create_duplicate_item_id", param="item.id")
        self._place_after(after)  # room is made only for what can come in
        self._make_room(entry)
        place = self._place_after(after)
        self._entries.insert(place, entry)
        return self._entries[place - 1].item.id if place else None

    def get(self, item_id: str, act: str) -> Entry:
        """The entry of an id. Raises RefusedError, with the code for what was to be done with it."""
        place = self._place(item_id)
        if place is None:
            raise _missing(item_id, act, "item_id")
        return self._entries[place]

    def before(self, item_id: str) -> str | None:
        """The id of the item before this one; None when it is the first, or gone."""
        place = self._place(item_id)
        return self._entries[place - 1].item.id if place else None

    def delete(self, item_id: str) -> None:
        """Take an entry out. Raises RefusedError."""
        entry = self.get(item_id, "delete")
        entry.stop_hearing()
        self._entries.remove(entry)

    def truncate(self, item_id: str, content_index: int, audio_end_ms: int) -> None:
        """Cut an assistant's sound to what was heard; its words are gone with it. Raises RefusedError."""
        entry = self.get(item_id, "truncate")
        if entry.item.role != "assistant" or not entry.audio:
            raise RefusedError("Only model output audio messages can be truncated", code="unsupported_content_type")
        length_ms = int(bytes_to_ms(len(entry.audio), SESSION_HZ))
        if content_index != 0:
            message = f"Invalid value: {content_index}. The item has one part, with index 0."
            raise RefusedError(message, code="invalid_value", param="content_index")
        if audio_end_ms < 0:
            message = f"Invalid value: {audio_end_ms}. Expected 0 or more."
            raise RefusedError(message, code="integer_below_min_value", param="audio_end_ms")
        if audio_end_ms > length_ms:
            message = f"Audio content of {length_ms}ms is already shorter than {audio_end_ms}ms"
            raise RefusedError(message, code="invalid_value", param="audio_end_ms")
        entry.audio = entry.audio[: BYTES_PER_SAMPLE * ms_to_samples(audio_end_ms, SESSION_HZ)]
        entry.item = msgspec.structs.replace(entry.item, content=[Content(type="output_audio", transcript="")])

    def with_audio(self, item_id: str) -> Item:
        """An item with its sound, as ``retrieve`` gives it. Raises RefusedError."""
        entry = self.get(item_id, "retrieve")
        if not entry.audio:
            return entry.item
        content = list(entry.item.content or [Content(type="output_audio")])
        sounding = next(index for index, part in enumerate(content) if part.type.endswith("_audio"))
        content[sounding] = msgspec.structs.replace(content[sounding], audio=bytes(entry.audio))
        return msgspec.structs.replace(entry.item, content=content)

    def read(self, wanted: Sequence[Item]) -> list[Entry]:
        """What a response is to read instead of the conversation. Raises RefusedError."""
        return [
            self.get(item.id or "", "retrieve")
            if item.type == "item_reference"
            else accepted(item, f"response.input[{index}]")
            for index, item in enumerate(wanted)
        ]

    def drop_hearings(self) -> None:
        """Hear no more of anything: nobody asks for words any more."""
        for entry in self._entries:
            if entry.ahead is not None:
                entry.ahead.drop()

    def _make_room(self, coming: Entry) -> None:
        characters = coming.characters + sum(entry.characters for entry in self._entries)
        while self._entries and (len(self._entries) >= MOST_ENTRIES or characters > MOST_TEXT):
            oldest = self._entries.pop(0)
            oldest.forget_sound()
            characters -= oldest.characters
            self._dropped(oldest.item.id or "")
        sound = len(coming.audio) + sum(len(entry.audio) for entry in self._entries)
        for entry in self._entries:
            # What the model is saying just now is a bytearray that grows, and is still to be cut where it is cut off.
            if sound > MOST_SOUND_BYTES and entry.audio and entry.item.status != "in_progress":
                sound -= len(entry.audio)
                entry.forget_sound()

    def calls(self) -> set[str]:
        """The ids of all calls that were made."""
        return {entry.item.call_id or "" for entry in self._entries if entry.item.type == "function_call"}

    def _place(self, item_id: str) -> int | None:
        return next((place for place, entry in enumerate(self._entries) if entry.item.id == item_id), None)

    def _place_after(self, after: str | UnsetType | None) -> int:
        if after is UNSET or after is None:
            return len(self._entries)
        if after == ROOT:
            return 0
        place = self._place(str(after))
        if place is None:
            raise _missing(str(after), "create", "previous_item_id")
        return place + 1


def _missing(item_id: str, act: str, param: str) -> RefusedError:
    message = f"Error {act.removesuffix('e')}ing item: the item with id '{item_id}' does not exist."
    return RefusedError(message, code=f"item_{act}_invalid_item_id", param=param)
