"""What a Realtime server sends, as far as the speaker or its own server uses it."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from speaker.realtime.protocol.objects import (
    Content,
    ConversationHead,
    Failure,
    Item,
    Problem,
    RateLimit,
    Response,
    SessionHead,
    Usage,
)


class ServerEvent(Struct, kw_only=True):
    """Any of them."""

    event_id: str = ""


class Error(ServerEvent, kw_only=True, tag="error"):
    """Something went wrong; the session stays open unless a close follows."""

    error: Problem


class SessionCreated(ServerEvent, kw_only=True, tag="session.created"):
    """The first event: only now is the session connected."""

    session: SessionHead


class SessionUpdated(ServerEvent, kw_only=True, tag="session.updated"):
    """The whole session as it now is."""

    session: SessionHead


class ConversationCreated(ServerEvent, kw_only=True, tag="conversation.created"):
    """The conversation is there; some services greet with it, before the session or in place of it."""

    conversation: ConversationHead


class ItemAdded(ServerEvent, kw_only=True, tag="conversation.item.added"):
    """An item entered the conversation."""

    item: Item
    previous_item_id: str | None = None


class ItemDone(ServerEvent, kw_only=True, tag="conversation.item.done"):
    """An item is final."""

    item: Item
    previous_item_id: str | None = None


class ItemCreated(ServerEvent, kw_only=True, tag="conversation.item.created"):
    """The beta name of added and done in one."""

    item: Item
    previous_item_id: str | None = None


class ItemRetrieved(ServerEvent, kw_only=True, tag="conversation.item.retrieved"):
    """An item with its audio."""

    item: Item


class ItemDeleted(ServerEvent, kw_only=True, tag="conversation.item.deleted"):
    """An item is gone."""

    item_id: str


class ItemTruncated(ServerEvent, kw_only=True, tag="conversation.item.truncated"):
    """An assistant item was cut to what was heard."""

    item_id: str
    content_index: int
    audio_end_ms: int


class TranscriptionDelta(ServerEvent, kw_only=True, tag="conversation.item.input_audio_transcription.delta"):
    """A piece of what the user said, in words."""

    item_id: str
    content_index: int | None = None
    delta: str | None = None


class TranscriptionCompleted(ServerEvent, kw_only=True, tag="conversation.item.input_audio_transcription.completed"):
    """What the user said, in words; a guide only, the model heard the sound itself."""

    item_id: str
    content_index: int | None = 0
    transcript: str | None = ""
    usage: dict[str, Any] | None = None
    status: str | UnsetType | None = UNSET
    """``in_progress`` where a service tells of the words again and again until they are final."""


class TranscriptionFailed(ServerEvent, kw_only=True, tag="conversation.item.input_audio_transcription.failed"):
    """The words of a user item could not be found."""

    item_id: str
    content_index: int | None = 0
    error: Failure | None = None


class AudioCommitted(ServerEvent, kw_only=True, tag="input_audio_buffer.committed"):
    """The buffered audio became a user item."""

    item_id: str
    previous_item_id: str | None = None


class AudioCleared(ServerEvent, kw_only=True, tag="input_audio_buffer.cleared"):
    """The buffered audio is gone."""


class SpeechStarted(ServerEvent, kw_only=True, tag="input_audio_buffer.speech_started"):
    """Speech began, ``audio_start_ms`` after the first appended sample, prefix padding included."""

    audio_start_ms: int
    item_id: str = ""


class SpeechStopped(ServerEvent, kw_only=True, tag="input_audio_buffer.speech_stopped"):
    """Speech ended, ``audio_end_ms`` after the first appended sample."""

    audio_end_ms: int
    item_id: str = ""


class SilenceTimedOut(ServerEvent, kw_only=True, tag="input_audio_buffer.timeout_triggered"):
    """Nobody spoke for ``idle_timeout_ms`` after an answer."""

    item_id: str
    audio_start_ms: int = 0
    audio_end_ms: int = 0


class ResponseCreated(ServerEvent, kw_only=True, tag="response.created"):
    """A response is being made."""

    response: Response


class ResponseDone(ServerEvent, kw_only=True, tag="response.done"):
    """A response has ended; always comes once ``response.created`` did."""

    response: Response
    usage: Usage | UnsetType | None = UNSET
    """Where a service tells it here and not in the response."""


class OfResponse(ServerEvent, kw_only=True):
    """Any that is about the content of a response."""

    response_id: str = ""
    output_index: int = 0


class OutputItemAdded(OfResponse, kw_only=True, tag="response.output_item.added"):
    """A new item of the response; its content follows."""

    item: Item


class OutputItemDone(OfResponse, kw_only=True, tag="response.output_item.done"):
    """An item of the response is final."""

    item: Item


class _OfItem(OfResponse, kw_only=True):
    item_id: str


class _OfContent(_OfItem, kw_only=True):
    content_index: int = 0


class ContentPartAdded(_OfContent, kw_only=True, tag="response.content_part.added"):
    """A part of an item begins."""

    part: Content


class ContentPartDone(_OfContent, kw_only=True, tag="response.content_part.done"):
    """A part of an item is final."""

    part: Content


class TextDelta(_OfContent, kw_only=True, tag="response.output_text.delta"):
    """More written answer."""

    delta: str


class TextDone(_OfContent, kw_only=True, tag="response.output_text.done"):
    """The written answer."""

    text: str


class TranscriptDelta(_OfContent, kw_only=True, tag="response.output_audio_transcript.delta"):
    """More words of the spoken answer."""

    delta: str


class TranscriptDone(_OfContent, kw_only=True, tag="response.output_audio_transcript.done"):
    """The words of the spoken answer."""

    transcript: str


class AudioDelta(_OfContent, kw_only=True, tag="response.output_audio.delta"):
    """More sound of the answer; comes faster than it plays."""

    delta: bytes


class AudioDone(_OfContent, kw_only=True, tag="response.output_audio.done"):
    """No more sound for this part; holds none itself."""


class ArgumentsDelta(_OfItem, kw_only=True, tag="response.function_call_arguments.delta"):
    """More of a call's JSON."""

    call_id: str
    delta: str


class ArgumentsDone(_OfItem, kw_only=True, tag="response.function_call_arguments.done"):
    """A call's JSON; also sent, cut short, when the response was cancelled."""

    call_id: str
    arguments: str
    name: str | UnsetType = UNSET


class RateLimits(ServerEvent, kw_only=True, tag="rate_limits.updated"):
    """What is left of the account's limits."""

    rate_limits: list[RateLimit]


SERVER_EVENTS: tuple[type[ServerEvent], ...] = (
    Error,
    SessionCreated,
    SessionUpdated,
    ConversationCreated,
    ItemAdded,
    ItemDone,
    ItemCreated,
    ItemRetrieved,
    ItemDeleted,
    ItemTruncated,
    TranscriptionDelta,
    TranscriptionCompleted,
    TranscriptionFailed,
    AudioCommitted,
    AudioCleared,
    SpeechStarted,
    SpeechStopped,
    SilenceTimedOut,
    ResponseCreated,
    ResponseDone,
    OutputItemAdded,
    OutputItemDone,
    ContentPartAdded,
    ContentPartDone,
    TextDelta,
    TextDone,
    TranscriptDelta,
    TranscriptDone,
    AudioDelta,
    AudioDone,
    ArgumentsDelta,
    ArgumentsDone,
    RateLimits,
)
