"""The configuration as frozen structs: every key, its default, its unit and why it is there.

``loading`` checks a whole document and reports every mistake at once, each with its path. config.yaml and the
table in docs/configuration.md are generated from this file: users read the text under a field.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, field

from speaker.config.audio_settings import AudioSettings
from speaker.config.instructions import INSTRUCTIONS
from speaker.config.prices import PRICES, Price
from speaker.config.section import Section
from speaker.config.turn_detection import ClientTurns, SemanticTurns, ServerTurns
from speaker.config.units import ClockTime, Percent, Seconds, Share, Slug, TopicPath, Url, Usd
from speaker.config.web_settings import WebSettings

ServiceName = Literal["openai", "azure", "xai", "qwen", "local"]
"""The Realtime services that are known by name; local is any other that speaks the protocol."""


DEFAULT_RISK: Final[Mapping[str, Literal["allow", "confirm", "never"]]] = MappingProxyType(
    {"lock": "confirm", "cover.garage": "confirm"}
)
"""What is asked for first, unless the owner says otherwise by the same key."""


DISCOVERY_PREFIX: Final = "homeassistant"
"""Where Home Assistant looks for announcements, and where bridges make them."""


class WakeWord(Section, frozen=True, kw_only=True):
    """One wake word."""

    model: str = "hey_jarvis"
    """A bundled name (alexa, hey_jarvis, hey_marvin, hey_mycroft) or a path to an openWakeWord ONNX file."""
    threshold: Share = 0.5
    """Score, 0-1, from which the word counts as heard."""
    frames: Annotated[int, Meta(ge=1, le=10)] = 1
    """How many consecutive 80 ms frames must reach the threshold."""


class WakeSettings(Section, frozen=True, kw_only=True):
    """The wake word, heard on this machine only."""

    words: Annotated[list[WakeWord], Meta(min_length=1)] = field(default_factory=lambda: [WakeWord()])
    """Wake words; any of them wakes the speaker."""
    barge_in_threshold: Share = 0.25
    """Score, 0-1, that interrupts an answer; lower, since the loudspeaker talks at the same time.
    Two consecutive frames must reach it."""
    stop_word: bool = True
    """Whether "stop" alone, without the wake word, silences the speaker. Takes 140 MB of memory for a while once you
    talk over an answer."""
    refractory_s: Seconds = 1.5
    """Seconds after a detection in which the same word is not heard again."""


class SessionSettings(Section, frozen=True, kw_only=True):
    """The Realtime session that answers."""

    endpoint: Literal["auto", "cloud", "offline"] = "auto"
    """Who answers: cloud = `url`, offline = the embedded server, auto = cloud if there is a key, else offline."""
    url: Url = "wss://api.openai.com/v1/realtime"
    """Address of the Realtime service; a `speaker offline` elsewhere in the house works too."""
    model: Annotated[str, Meta(min_length=1)] = "gpt-realtime-2.1-mini"
    """Model name; the environment variable OPENAI_REALTIME_MODEL overrides it."""
    service: ServiceName | None = None
    """Which service answers at `url`, since each wants some things differently (see docs/services.md): openai, azure,
    xai, qwen, or local for any other server. null = as the host name in `url` says."""
    protocol: Literal["ga", "beta"] = "ga"
    """Dialect: ga for the cloud; beta only for older compatible servers, the cloud refuses it."""
    voice: str = "marin"
    """Voice of the answers."""
    language: str = "en"
    """Language of the answers and of all that the speaker says and understands by itself: a two-letter code, with a
    region if you like (de, de-AT, pt-BR, zh-CN). docs/languages.md tells what there is for each."""
    instructions: str = INSTRUCTIONS
    """What the model is told about its role; the list of your devices is added to it."""
    speed: Annotated[float, Meta(ge=0.25, le=1.5)] = 1.0
    """How fast the answers are spoken, 0.25-1.5."""
    output: Literal["audio", "text"] = "audio"
    """audio = the model speaks; text = it writes and the offline voice speaks."""
    turn_detection: ServerTurns | SemanticTurns | ClientTurns = field(
        default_factory=lambda: ServerTurns(threshold=0.5, prefix_padding_ms=300, silence_duration_ms=500)
    )
    """How the end of your sentence is found: by the service, type server_vad (threshold 0-1, prefix_padding_ms,
    silence_duration_ms, idle_timeout_ms) or semantic_vad (eagerness); or on this machine, type client_vad (threshold,
    prefix_padding_ms, silence_duration_ms, endpointing), and then nothing but speech is sent. `endpointing: smart` ends
    a complete sentence after 0.2 s and waits up to 2 s for the rest of another (docs/configuration.md)."""
    noise_reduction: Literal["near_field", "far_field"] | None = "far_field"
    """What the service does to your voice first: far_field for a speaker across the room, near_field for a
    microphone at your mouth, null = nothing."""
    local_first: Literal["off", "confident"] = "off"
    """Who is asked first: off = the service, confident = the rules of this machine, which answer when they hardly
    doubt what was said and all that it takes are tools with risk allow. Needs turn_detection of type client_vad."""
    transcription: str | None = None
    """Model that writes down what you say, such as gpt-transcribe; billed extra. Published transcripts need it, and
    "stop" in a language that only the service hears. null = none, but for an answer to the speaker's own question."""
    reasoning_effort: Literal["minimal", "low", "medium", "high", "xhigh"] | None = None
    """How hard the model thinks; only sent to models that do (gpt-realtime-2 and later). null = its own choice."""
    max_output_tokens: Annotated[int, Meta(ge=1, le=4096)] | None = None
    """Longest answer in tokens (20 a second of speech), 1-4096. null = no limit."""
    retention_ratio: Annotated[float, Meta(gt=0, le=1)] | None = None
    """Share of a full context that is kept when old turns are dropped, 0-1. null = the service's own way."""


class Limits(Section, frozen=True, kw_only=True):
    """Longest stay in each state, in seconds, and what else has an end."""

    connect_s: Seconds = 8
    """Opening a session."""
    listen_s: Seconds = 8
    """Waiting for the first word after the wake word; then the speaker goes back to sleep."""
    utterance_s: Seconds = 60
    """One uninterrupted utterance of yours."""
    think_s: Seconds = 20
    """Waiting for an answer to begin, tools included."""
    speak_s: Seconds = 120
    """One spoken answer."""
    follow_up_s: Seconds = 6
    """Waiting for another request after an answer, without the wake word."""
    question_s: Seconds = 12
    """The same after an answer that ends in a question, since you may have to think."""
    answer_s: Seconds = 8
    """Waiting for a yes or no when the speaker asks before something risky, and for answers to questions of the hub."""
    tool_rounds: Annotated[int, Meta(ge=1, le=50)] = 8
    """How often in one turn of yours the model may call tools; then it is asked to answer without."""
    stalled_s: Seconds = 15
    """An answer that is being made and of which nothing was heard for so long is given up."""
    remember_s: Annotated[float, Meta(ge=0)] = 180
    """How long after a conversation the next one still knows, in short, what was said. 0 = not at all."""
    session_s: Seconds = 3300
    """Age at which a session is opened anew, at the next calm moment; the service ends sessions after 60 minutes."""


class CostSettings(Section, frozen=True, kw_only=True):
    """What the speaker may spend."""

    daily_usd: Usd | None = None
    """Budget a day in USD, for the days of the house's time zone. null = none."""
    monthly_usd: Usd | None = None
    """Budget a calendar month in USD. null = none."""
    ladder: list[Literal["short", "mini", "offline", "refuse"]] = field(
        default_factory=lambda: ["short", "mini", "offline", "refuse"]
    )
    """What happens as a budget runs out, in this order: the first of short and mini from 60 % of it on, the second
    from 80 %; at 100 % the first of offline and refuse. short = one short sentence an answer, mini = `mini_model`,
    offline = the offline server answers, refuse = nobody answers, which is said once. Without offline and refuse a
    budget is not kept."""
    mini_model: Annotated[str, Meta(min_length=1)] = "gpt-realtime-2.1-mini"
    """Cheaper model for the step mini, which is passed over when `session.model` is this one already."""
    short_tokens: Annotated[int, Meta(ge=100, le=4096)] = 600
    """Longest answer in tokens from the step short on, 100-4096; 600 are about 20 seconds of speech."""
    quiet_tools: list[str] = field(default_factory=list)
    """Tools whose success is told by a sound instead of a paid sentence, such as set_light; * and ? match. Only what
    a device has confirmed is told so."""
    prices: dict[str, Price] = field(default_factory=lambda: dict(PRICES))
    """What each model costs, and as of when; yours are added to these. By the token: USD per million of text_in,
    text_cached, text_out, audio_in, audio_cached, audio_out. By the minute of sound: audio_in_usd_per_minute,
    audio_out_usd_per_minute. By the second of an open session: session_usd_per_second, at least session_min_s."""


class MqttSettings(Section, frozen=True, kw_only=True):
    """The broker of the house."""

    host: Annotated[str, Meta(min_length=1)] = "localhost"
    """Host name or address of the MQTT broker."""
    port: Annotated[int, Meta(ge=1, le=65535)] = 1883
    """Port of the broker; usually 8883 with TLS."""
    username: str | None = None
    """User name; the password is a credential (mqtt_password) and never stands here."""
    tls: bool = False
    """Encrypt the connection."""
    ca_file: str | None = None
    """Certificate authority for TLS; null = the system's."""
    cert_file: str | None = None
    """Certificate of this speaker, for brokers that want one; PEM."""
    key_file: str | None = None
    """Private key of that certificate, PEM, if it is not in the same file; only the speaker's user may read it."""
    base: TopicPath = "speaker"
    """First part of the speaker's own topics."""
    discovery_prefixes: Annotated[list[TopicPath], Meta(min_length=1, max_length=16)] = field(
        default_factory=lambda: [DISCOVERY_PREFIX]
    )
    """Prefixes of Home Assistant's discovery topics: devices are read under all of them, and this speaker is announced
    under the first."""
    discovery_prefix: TopicPath = DISCOVERY_PREFIX
    """The old name, for one prefix alone."""
    discovery: Literal["device", "components", "off"] = "device"
    """How this speaker announces itself: device = one message, Home Assistant 2024.11 or newer; components = one
    message for each control, for older hubs; off = not at all."""
    version: Literal[5, 311] = 5
    """MQTT protocol: 5, or 311 for brokers that know only 3.1.1."""
    mcp: bool = False
    """Offer this speaker's tools, and say, ask and announce, to other programs on the broker as the MCP server
    speaker/<id> (MCP over MQTT); needs MQTT 5. Their calls keep to tools.allow, tools.deny and tools.risk."""


class ToolSettings(Section, frozen=True, kw_only=True):
    """What the model may do."""

    paths: list[str] = field(default_factory=lambda: ["/etc/speaker/tools"])
    """Folders with your own tools, beside the bundled ones; a later file of the same tool name wins."""
    allow: list[str] = field(default_factory=lambda: ["*"])
    """Tool names that may be used; * and ? match."""
    deny: list[str] = field(default_factory=list)
    """Tool names that may not, whatever `allow` says."""
    risk: dict[str, Literal["allow", "confirm", "never"]] = field(default_factory=lambda: dict(DEFAULT_RISK))
    """allow, confirm or never, by the name of a tool, by the kind of a device (lock) or its kind and class
    (cover.garage); yours are added to these, and the same key replaces one. The strictest that applies wins. A
    device's confirm asks before all but locking, closing and stopping it; never means never."""
    confirm_timeout_s: Seconds = 5
    """Seconds to wait for a device to report its new state."""
    mcp_servers: list[Annotated[str, Meta(min_length=1, max_length=256)]] = field(default_factory=list)
    """MCP servers on the broker whose tools the model gets, by server name; + stands for one level and a last # for
    all that follow (speaker/+, lab/#). Needs MQTT 5. What a server says of its tools' risk is believed."""


class HouseSettings(Section, frozen=True, kw_only=True):
    """The devices of the house."""

    discover: bool = True
    """Use every device that is announced under the discovery prefix."""
    devices: list[dict[str, Any]] = field(default_factory=list)
    """Devices without an announcement: name, room, kind, command_topic, state_topic and so on. An entry with an id
    (unique_id or announced name) and no kind gives an announced device another name or room."""
    floors: dict[str, list[str]] = field(default_factory=dict)
    """Floors and their rooms, as in {upstairs: [bedroom, bathroom]}; a floor is understood wherever a room is."""
    units: Literal["metric", "imperial"] = "metric"
    """How people here count; the model is told so. Tools and devices go on with degrees Celsius."""


class AnnouncementSettings(Section, frozen=True, kw_only=True):
    """What the speaker says by itself."""

    hosts: list[Annotated[str, Meta(min_length=1, max_length=253)]] = field(default_factory=lambda: ["*"])
    """Hosts that may be asked for the sound of an `announce` with a url, after redirects too, by name or address as
    it stands in the url; * and ? match. Narrow it to your hub if others can write to your broker."""


class QuietHours(Section, frozen=True, kw_only=True):
    """When the speaker lowers its voice."""

    from_: ClockTime = field(default="22:30", name="from")
    """Begin, as HH:MM in local time."""
    to: ClockTime = "07:00"
    """End, as HH:MM in local time."""
    volume: Percent = 25
    """Loudest volume within them, in percent."""


class PrivacySettings(Section, frozen=True, kw_only=True):
    """What is told about conversations."""

    publish_transcripts: bool = False
    """Put the words of a turn into its MQTT event."""


class Settings(Section, frozen=True, kw_only=True):
    """The whole configuration."""

    id: Slug | None = None
    """Name in topics: lower-case letters, digits, _ and -; unique per broker, since the broker throws one of
    two that are alike out. null = the host name, so name it where several cards were written alike;
    the installer writes the host name and a mark of the machine."""
    name: str | None = None
    """Name for people; null = made from the id."""
    room: str | None = None
    """Room the speaker stands in; what is said without a room, or "in here", is meant there."""
    audio: AudioSettings = AudioSettings()
    wake: WakeSettings = WakeSettings()
    session: SessionSettings = SessionSettings()
    limits: Limits = Limits()
    cost: CostSettings = CostSettings()
    mqtt: MqttSettings = MqttSettings()
    tools: ToolSettings = ToolSettings()
    house: HouseSettings = HouseSettings()
    announcements: AnnouncementSettings = AnnouncementSettings()
    quiet_hours: QuietHours = QuietHours()
    privacy: PrivacySettings = PrivacySettings()
    web: WebSettings = WebSettings()

    @property
    def topic(self) -> str:
        """Where the speaker's own topics begin: base/id."""
        return f"{self.mqtt.base}/{self.id}"
