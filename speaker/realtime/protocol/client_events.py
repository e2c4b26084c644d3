"""What a Realtime client sends: the eleven GA events."""

from msgspec import UNSET, Struct, UnsetType

from speaker.realtime.protocol.objects import Item, ResponseWish, Session


class ClientEvent(Struct, kw_only=True):
    """Any of them. ``event_id`` comes back only inside an error that answers the event."""

    event_id: str | UnsetType = UNSET


class SessionUpdate(ClientEvent, kw_only=True, tag="session.update"):
    """Change the session; what is not mentioned stays."""

    session: Session


class AppendAudio(ClientEvent, kw_only=True, tag="input_audio_buffer.append"):
    """More microphone audio; the only event without an answer."""

    audio: bytes


class CommitAudio(ClientEvent, kw_only=True, tag="input_audio_buffer.commit"):
    """Make the buffered audio a user item (at least 100 ms)."""


class ClearAudio(ClientEvent, kw_only=True, tag="input_audio_buffer.clear"):
    """Forget the buffered audio."""


class CreateItem(ClientEvent, kw_only=True, tag="conversation.item.create"):
    """Put an item into the conversation: at the end, after an id, or first (``root``)."""

    item: Item
    previous_item_id: str | UnsetType | None = UNSET


class RetrieveItem(ClientEvent, kw_only=True, tag="conversation.item.retrieve"):
    """Ask for an item with its audio."""

    item_id: str


class DeleteItem(ClientEvent, kw_only=True, tag="conversation.item.delete"):
    """Take an item out of the conversation."""

    item_id: str


class TruncateItem(ClientEvent, kw_only=True, tag="conversation.item.truncate"):
    """Say how much of an assistant's audio was heard."""

    item_id: str
    content_index: int
    audio_end_ms: int


class CreateResponse(ClientEvent, kw_only=True, tag="response.create"):
    """Ask the model to answer."""

    response: ResponseWish | UnsetType = UNSET


class CancelResponse(ClientEvent, kw_only=True, tag="response.cancel"):
    """Stop the response that is being made."""

    response_id: str | UnsetType = UNSET


class ClearOutput(ClientEvent, kw_only=True, tag="output_audio_buffer.clear"):
    """WebRTC and SIP only; a client on a WebSocket never sends it."""


CLIENT_EVENTS: tuple[type[ClientEvent], ...] = (
    SessionUpdate,
    AppendAudio,
    CommitAudio,
    ClearAudio,
    CreateItem,
    RetrieveItem,
    DeleteItem,
    TruncateItem,
    CreateResponse,
    CancelResponse,
    ClearOutput,
)
