"""The message item that a response is writing or speaking, as each kind of event shows it."""

from dataclasses import dataclass, field
from typing import Literal, TypedDict

from speaker.offline.server.conversation_entry import Entry
from speaker.realtime.protocol.objects import Content, Item

ItemStatus = Literal["in_progress", "completed", "incomplete"]


class Place(TypedDict):
    """Where in a response an event belongs."""

    response_id: str
    item_id: str
    output_index: int
    content_index: int


@dataclass(slots=True)
class MessageItem:
    """A message under way."""

    response_id: str
    id: str
    index: int
    spoken: bool
    text: str = ""
    entry: Entry = field(init=False)

    def __post_init__(self) -> None:
        self.entry = Entry(self.item("in_progress"), bytearray())

    @property
    def place(self) -> Place:
        """Where an event about its content belongs."""
        return {
            "response_id": self.response_id,
            "item_id": self.id,
            "output_index": self.index,
            "content_index": 0,
        }

    def part(self) -> Content:
        """The content as ``content_part`` events show it: named differently than in the item."""
        return Content(type="audio", transcript=self.text) if self.spoken else Content(type="text", text=self.text)

    def item(self, status: ItemStatus) -> Item:
        """The item as it is now."""
        if self.spoken:
            content = Content(type="output_audio", transcript=self.text)
        else:
            content = Content(type="output_text", text=self.text)
        return Item(
            type="message", id=self.id, object="realtime.item", status=status, role="assistant",
            content=[] if status == "in_progress" else [content],
        )  # fmt: skip
