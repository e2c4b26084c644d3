"""The services that speak the Realtime protocol, and how each differs from it: data, read in one place each.

What a service wants to be sent differently stands here; what it sends differently is understood from every service,
since none says so before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from speaker.audio.pcm import SESSION_HZ
from speaker.config.settings import ServiceName, SessionSettings

TRANSCRIBER: Final = "gpt-4o-mini-transcribe"
"""What writes down an answer to a question of the speaker's own, where the service is OpenAI's or has its models."""

Json = dict[str, Any]
SettingPath = tuple[str, ...]
"""Where a setting stands in the session object."""

_VOICE: Final = ("audio", "output", "voice")
_TURNS: Final = ("audio", "input", "turn_detection")
_OPENAI_VOICE: Final = SessionSettings().voice


@dataclass(frozen=True, slots=True)
class ServiceProfile:
    """How to introduce oneself to a service, and what it wants to be asked."""

    name: ServiceName
    hosts: tuple[str, ...] = ()
    """Ends of the host names by which it is known."""
    key_header: str = "Authorization"
    key_prefix: str = "Bearer "
    model_in: Mapping[str, str] = field(default_factory=lambda: {"ga": "model", "beta": "model"})
    """By dialect: the key of the query that names the model, where the URL does not name one."""
    beta_header: bool = True
    """Whether the beta dialect is asked for by a header."""
    greetings: frozenset[str] = frozenset({"session.created"})
    """The events of which the first one says that the session is there."""
    silent_after_s: float | None = None
    """It may not confirm what was asked of the session; how long a confirmation is waited for. None = always."""
    moved: Mapping[SettingPath, SettingPath] = field(default_factory=dict)
    """Settings that it wants elsewhere in the session object."""
    unknown: frozenset[SettingPath] = frozenset()
    """Settings that it does not take."""
    voice: str = ""
    """Its voice where the configuration has that of another service; empty = that is sent."""
    hears_hz: int = SESSION_HZ
    """Rate of the sound that it takes, where it does not report another."""
    nested_tools: bool = False
    """Whether a tool's fields stand in an object ``function``."""
    echoes_metadata: bool = False
    """Whether a response shows the metadata of the request for it."""
    abandons_responses: bool = False
    """Whether it may begin a response without ending the one before, which is over then."""
    transcriber: str = ""
    """Its model that writes down what people say, where `session.transcription` names none; empty = none is known."""
    calls_of_its_own: bool = False
    """Whether it tells of calls that it carries out itself; they are not answered."""

    def asked(self, session: Json) -> Json:
        """A session object, as the protocol has it, as this service wants it."""
        shaped = _copied(session)
        if self.voice and _take(shaped, _VOICE, keep=True) == _OPENAI_VOICE:
            _put(shaped, _VOICE, self.voice)
        for path in self.unknown:
            _take(shaped, path)
        for path, place in self.moved.items():
            if (value := _take(shaped, path, _ABSENT)) is not _ABSENT:
                _put(shaped, place, value)
        if self.nested_tools and "tools" in shaped:
            shaped["tools"] = [_nested(tool) for tool in shaped["tools"]]
        return shaped


_ABSENT: Final = object()

SERVICES: Final[dict[ServiceName, ServiceProfile]] = {
    one.name: one
    for one in (
        ServiceProfile("openai", ("api.openai.com",), echoes_metadata=True, transcriber=TRANSCRIBER),
        ServiceProfile(
            "azure", ("openai.azure.com", "cognitiveservices.azure.com", "services.ai.azure.com"),
            key_header="api-key", key_prefix="", model_in={"ga": "model", "beta": "deployment"}, beta_header=False,
            echoes_metadata=True, transcriber=TRANSCRIBER,
        ),
        ServiceProfile(
            "xai", ("api.x.ai",), greetings=frozenset({"session.created", "conversation.created"}),
            moved={_VOICE: ("voice",), _TURNS: ("turn_detection",)}, voice="ara", abandons_responses=True,
            calls_of_its_own=True,
            unknown=frozenset({
                ("type",), ("output_modalities",), ("truncation",), ("max_output_tokens",),
                ("audio", "input", "noise_reduction"), ("audio", "output", "speed"),
            }),
        ),
        ServiceProfile(
            "qwen", ("dashscope.aliyuncs.com", "dashscope-intl.aliyuncs.com"), hears_hz=16_000, nested_tools=True,
            unknown=frozenset({("audio", "input", "noise_reduction")}), voice="Cherry",
        ),
        ServiceProfile("local", silent_after_s=3.0),
    )
}  # fmt: skip
"""By the name that ``session.service`` has. ``local`` is any server that is none of the others."""


def profile_of(url: str, service: ServiceName | None = None) -> ServiceProfile:
    """The profile of a service: the named one, else the one whose host the URL has."""
    if service is not None:
        return SERVICES[service]
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        host = ""
    named = (one for one in SERVICES.values() if any(host == end or host.endswith(f".{end}") for end in one.hosts))
    return next(named, SERVICES["local"])


def _copied(value: Json) -> Json:
    return {key: _copied(below) if isinstance(below, dict) else below for key, below in value.items()}


def _take(session: Json, path: SettingPath, otherwise: object = None, *, keep: bool = False) -> Any:  # noqa: ANN401 - a JSON value
    """Take a setting out of a session object, or only look at it."""
    for step in path[:-1]:
        below = session.get(step)
        if not isinstance(below, dict):
            return otherwise
        session = below
    return session.get(path[-1], otherwise) if keep else session.pop(path[-1], otherwise)


def _put(session: Json, path: SettingPath, value: object) -> None:
    for step in path[:-1]:
        session = session.setdefault(step, {})
    session[path[-1]] = value


def _nested(tool: Json) -> Json:
    return {"type": "function", "function": {key: value for key, value in tool.items() if key != "type"}}
