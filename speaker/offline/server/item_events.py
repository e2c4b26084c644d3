"""What a client does with the conversation's items: create, delete, retrieve and truncate them."""

from collections.abc import Callable

from speaker.offline.server.conversation_entry import accepted
from speaker.offline.server.conversation_items import Items
from speaker.realtime.protocol import client_events as cl
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.codec import RefusedError, type_of
from speaker.realtime.protocol.objects import Item


class ItemEvents:
    """Answers a client's events about items."""

    def __init__(self, items: Items, emit: Callable[[ev.ServerEvent], None]) -> None:
        self._items = items
        self._emit = emit

    def on(self, event: cl.ClientEvent) -> None:
        """Do it and tell. Raises RefusedError, also for an event that is not about items."""
        match event:
            case cl.CreateItem(item=item, previous_item_id=after):
                self._check_call(item)
                entry = accepted(item, "item")
                self.announce(entry.item, self._items.add(entry, after))
            case cl.DeleteItem(item_id=item_id):
                self._items.delete(item_id)
                self._emit(ev.ItemDeleted(item_id=item_id))
            case cl.RetrieveItem(item_id=item_id):
                self._emit(ev.ItemRetrieved(item=self._items.with_audio(item_id)))
            case cl.TruncateItem(item_id=item_id, content_index=index, audio_end_ms=end_ms):
                self._items.truncate(item_id, index, end_ms)
                self._emit(ev.ItemTruncated(item_id=item_id, content_index=index, audio_end_ms=end_ms))
            case _:
                message = f"{type_of(event)} has no meaning on a WebSocket."
                raise RefusedError(message, code="invalid_value", param="type")

    def announce(self, item: Item, before: str | None) -> None:
        """Tell of an item that is complete from the start; ``before`` is the id of the one before it."""
        self._emit(ev.ItemAdded(item=item, previous_item_id=before))
        self._emit(ev.ItemDone(item=item, previous_item_id=before))

    def _check_call(self, item: Item) -> None:
        if item.type == "function_call_output" and item.call_id and item.call_id not in self._items.calls():
            message = f"Tool call ID '{item.call_id}' not found in conversation."
            raise RefusedError(message, code="invalid_tool_call_id", param="item.call_id")
