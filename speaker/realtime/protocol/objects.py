"""What Realtime events carry: the session, conversation items, responses and their usage.

In a session UNSET means "not mentioned" and None means "off"; elsewhere None and absent mean the same.
"""

from typing import Any, Final, Literal

from msgspec import UNSET, Struct, UnsetType

from speaker.config.turn_detection import SemanticVad, ServerVad

MaxTokens = int | Literal["inf"]
ToolChoice = Literal["auto", "none", "required"] | dict[str, Any]


class AudioFormat(Struct, kw_only=True):
    """``audio/pcm`` (16-bit mono; rate always 24000 Hz), ``audio/pcmu`` or ``audio/pcma``."""

    type: str = "audio/pcm"
    rate: int | UnsetType = UNSET


SESSION_FORMAT: Final = AudioFormat(type="audio/pcm", rate=24_000)
"""The format that this speaker and its server use in both directions."""


class NoiseReduction(Struct, kw_only=True):
    """What the server does to the microphone's sound before VAD and model."""

    type: Literal["near_field", "far_field"]
    strength: float | UnsetType = UNSET


class Transcription(Struct, kw_only=True):
    """A second model that writes down what the user said; billed separately."""

    model: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    languages: list[str] | UnsetType = UNSET
    prompt: str | UnsetType = UNSET
    keywords: list[str] | UnsetType = UNSET
    delay: Literal["minimal", "low", "medium", "high", "xhigh"] | UnsetType = UNSET


TurnDetection = ServerVad | SemanticVad


class AudioInput(Struct, kw_only=True):
    """The user's side of the sound."""

    format: AudioFormat | UnsetType = UNSET
    transcription: Transcription | UnsetType | None = UNSET
    noise_reduction: NoiseReduction | UnsetType | None = UNSET
    turn_detection: TurnDetection | UnsetType | None = UNSET


class AudioOutput(Struct, kw_only=True):
    """The model's side of the sound."""

    format: AudioFormat | UnsetType = UNSET
    voice: str | dict[str, Any] | UnsetType = UNSET
    speed: float | UnsetType = UNSET


class Audio(Struct, kw_only=True):
    """Both sides of the sound."""

    input: AudioInput | UnsetType = UNSET
    output: AudioOutput | UnsetType = UNSET


class Reasoning(Struct, kw_only=True):
    """How hard a 2.x model thinks."""

    effort: Literal["minimal", "low", "medium", "high", "xhigh"] | UnsetType = UNSET


class ConversationHead(Struct, kw_only=True):
    """What a service says of a conversation."""

    id: str | None = None
    object: str = "realtime.conversation"


class SessionHead(Struct, kw_only=True):
    """The part of a session that a client needs to read, whatever else a server puts in."""

    id: str | UnsetType | None = UNSET
    model: str | UnsetType | None = UNSET
    expires_at: int | UnsetType | None = UNSET
    """Unix seconds; 0 or absent on servers without a limit."""
    audio: Audio | UnsetType = UNSET


class Session(SessionHead, kw_only=True):
    """The whole session object: sent in part by clients, in full by servers."""

    type: Literal["realtime", "transcription"] | UnsetType = UNSET
    object: str | UnsetType = UNSET
    output_modalities: list[Literal["audio", "text"]] | UnsetType = UNSET
    instructions: str | UnsetType = UNSET
    tools: list[dict[str, Any]] | UnsetType = UNSET
    tool_choice: ToolChoice | UnsetType = UNSET
    parallel_tool_calls: bool | UnsetType = UNSET
    reasoning: Reasoning | UnsetType = UNSET
    max_output_tokens: MaxTokens | UnsetType = UNSET
    truncation: Literal["auto", "disabled"] | dict[str, Any] | UnsetType = UNSET
    tracing: Literal["auto"] | dict[str, Any] | UnsetType | None = UNSET
    prompt: dict[str, Any] | UnsetType | None = UNSET
    include: list[str] | UnsetType | None = UNSET


class Content(Struct, kw_only=True, omit_defaults=True):
    """A part of a message item, or of a response while it is being made."""

    type: str
    text: str | None = None
    transcript: str | None = None
    audio: bytes | None = None
    image_url: str | None = None
    detail: str | None = None


class InputAudioContent(Content, kw_only=True, omit_defaults=True):
    """Sound of the user as servers show it: its transcript is always told, null when nobody asked for it.

    Strict clients refuse the whole item where it is left out.
    """

    transcript: str | None


class Item(Struct, kw_only=True, omit_defaults=True):
    """One entry of the conversation: a message, a function call or its output."""

    type: str
    id: str | None = None
    object: str | None = None
    status: str | None = None
    """``in_progress``, ``completed`` or ``incomplete``."""
    role: str | None = None
    phase: str | None = None
    content: list[Content] | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    output: str | None = None


class CachedTokens(Struct, kw_only=True):
    """The cached part of the input, a subset of it."""

    text_tokens: int | None = 0
    audio_tokens: int | None = 0
    image_tokens: int | None = 0


class InputTokens(Struct, kw_only=True):
    """Input tokens by kind; ``cached_tokens`` are among them."""

    text_tokens: int | None = 0
    audio_tokens: int | None = 0
    image_tokens: int | None = 0
    cached_tokens: int | None = 0
    cached_tokens_details: CachedTokens | None = None


class OutputTokens(Struct, kw_only=True):
    """Output tokens by kind."""

    text_tokens: int | None = 0
    audio_tokens: int | None = 0


class Usage(Struct, kw_only=True):
    """What a response used."""

    total_tokens: int | None = 0
    input_tokens: int | None = 0
    output_tokens: int | None = 0
    input_token_details: InputTokens | None = None
    output_token_details: OutputTokens | None = None


class RateLimit(Struct, kw_only=True):
    """One limit of the account."""

    name: str | None = None
    limit: int | None = None
    remaining: int | None = None
    reset_seconds: float | None = None


class Problem(Struct, kw_only=True):
    """The body of an error event."""

    message: str = ""
    type: str | None = None
    code: str | None = None
    param: str | None = None
    event_id: str | None = None
    """The client's own event id, when the error answers one."""


class Failure(Struct, kw_only=True, omit_defaults=True):
    """What went wrong inside a response or a transcription."""

    type: str | None = None
    code: str | None = None
    message: str | None = None


class StatusDetails(Struct, kw_only=True, omit_defaults=True):
    """Why a response ended as it did."""

    type: str | None = None
    reason: str | None = None
    error: Failure | None = None


class ResponseAudioOutput(Struct, kw_only=True):
    """Voice and format of one response."""

    output: AudioOutput | UnsetType = UNSET


class Response(Struct, kw_only=True):
    """A response as servers report it. Texts are free: a new word must not hide that a response is done."""

    id: str
    object: str = "realtime.response"
    status: str | None = None
    """``in_progress``, ``completed``, ``cancelled``, ``incomplete`` or ``failed``."""
    status_details: StatusDetails | None = None
    output: list[Item] = []
    output_modalities: list[str] | UnsetType = UNSET
    conversation_id: str | None = None
    metadata: dict[str, Any] | None = None
    max_output_tokens: int | str | UnsetType = UNSET
    audio: ResponseAudioOutput | UnsetType = UNSET
    usage: Usage | None = None


class ResponseWish(Struct, kw_only=True):
    """What a client may say about the response it asks for; the rest comes from the session."""

    output_modalities: list[Literal["audio", "text"]] | UnsetType = UNSET
    instructions: str | UnsetType = UNSET
    audio: ResponseAudioOutput | UnsetType = UNSET
    tools: list[dict[str, Any]] | UnsetType = UNSET
    tool_choice: ToolChoice | UnsetType = UNSET
    parallel_tool_calls: bool | UnsetType = UNSET
    reasoning: Reasoning | UnsetType = UNSET
    max_output_tokens: MaxTokens | UnsetType = UNSET
    conversation: Literal["auto", "none"] | UnsetType = UNSET
    metadata: dict[str, str] | UnsetType | None = UNSET
    prompt: dict[str, Any] | UnsetType | None = UNSET
    input: list[Item] | UnsetType = UNSET
