"""From the process and its files to what a daemon is made of: settings, secrets, wake words, tools, endpoints."""

import logging
import os
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from speaker.audio.smart_turn import SmartTurn, smart_turn_file
from speaker.config.loading import examine_settings
from speaker.config.settings import Settings, WakeWord
from speaker.config.turn_detection import ClientTurns
from speaker.config.validation import Mistake
from speaker.config.yaml_text import LARGEST_FILE, YamlDocument, read_yaml
from speaker.daemon.systemd import Systemd, read_secret, state_directory, state_place
from speaker.errors import ConfigError, ModelError, SpeakerError
from speaker.home.device_registry import DeviceRegistry
from speaker.home.own_topics import forbidden_topics
from speaker.home.places import Places
from speaker.hub.control_kinds import EVERY_WORD
from speaker.language.codes import language_name
from speaker.language.phrasebook import ENGLISH_PHRASES, Phrasebook
from speaker.listening.turn_judge import TurnJudge
from speaker.offline.speech.engines import OfflineEngines
from speaker.realtime.endpoint import Target
from speaker.realtime.failover import Endpoint
from speaker.tools import registry
from speaker.tools.api import AnyTool
from speaker.tools.known_names import doubtful_names
from speaker.wake.detector import WakeModel, open_word

log = logging.getLogger(__name__)

LEDGER: Final = "ledger.sqlite"
"""The ledger's file in the state directory."""


@dataclass(frozen=True, slots=True)
class ReadConfig:
    """A configuration file as it was found: settings with the default in place of what is wrong, and what is wrong."""

    settings: Settings
    document: YamlDocument
    mistakes: list[Mistake]

    def problems(self, more: Iterable[Mistake] = ()) -> list[str]:
        """Every mistake as a sentence, with its line."""
        return [*self.document.repeated, *self.document.located([*self.mistakes, *more])]


def read_document(file: Path | None) -> YamlDocument:
    """A configuration file, parsed; None: an empty one. Raises ConfigError."""
    if file is None:
        return read_yaml(b"", "the configuration")
    try:
        with file.open("rb") as opened:
            data = opened.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ConfigError([f"{file}: {error.strerror}; name the file with --config"]) from error
    return read_yaml(data, str(file))


def read_config(file: Path | None) -> ReadConfig:
    """Everything that a file's own text tells. Raises ConfigError when it is no YAML."""
    document = read_document(file)
    model = os.environ.get("OPENAI_REALTIME_MODEL")
    settings, mistakes = examine_settings(document.value, socket.gethostname(), model, document.words)
    return ReadConfig(settings, document, mistakes)


def read_settings(file: Path | None) -> Settings:
    """Settings from a file; without one, all defaults. Raises ConfigError."""
    found = read_config(file)
    if problems := found.problems():
        raise ConfigError(problems)
    return found.settings


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the daemon takes from its process rather than from its configuration."""

    config_file: Path | None
    state: Path
    systemd: Systemd
    api_key: str | None
    mqtt_password: str | None
    web_token: str | None = None

    @property
    def secrets(self) -> list[str | None]:
        """What must not be shown to anybody."""
        return [self.api_key, self.mqtt_password, self.web_token]

    @classmethod
    def here(cls, config_file: Path | None) -> "Surroundings":
        """As the daemon finds them, which makes its folder. Raises ConfigError for a secret that everybody can read."""
        return cls.seen(config_file, state_directory())

    @classmethod
    def seen(cls, config_file: Path | None, state: Path | None = None) -> "Surroundings":
        """As a command in a shell finds those of the service. Makes nothing. Raises SpeakerError."""
        return cls(
            config_file,
            state or state_place(config_file),
            Systemd(),
            read_secret("openai_api_key", config_file),
            read_secret("mqtt_password", config_file),
            read_secret("web_token", config_file),
        )


def offline_endpoint(url: str) -> Endpoint:
    """The embedded server."""
    return Endpoint("offline", Target(url, "offline"))


def endpoints(settings: Settings, api_key: str | None, offline_url: str, chosen: str | None = None) -> list[Endpoint]:
    """Who may answer, in order; ``chosen`` (auto, cloud or offline) instead of what is configured.

    Raises ConfigError when the impossible is asked for.
    """
    session = settings.session
    wanted = chosen or session.endpoint
    offline = offline_endpoint(offline_url)
    cloud = Endpoint("cloud", Target(session.url, session.model, session.protocol, api_key, session.service))
    if wanted == "offline":
        return [offline]
    if wanted == "cloud":
        if not api_key and session.url.startswith("wss:"):
            raise ConfigError(["session.endpoint is cloud, but there is no key; set the credential openai_api_key"])
        return [cloud]
    return [cloud, offline] if api_key else [offline]


def open_words(settings: Settings, chosen: str = EVERY_WORD) -> list[WakeModel]:
    """The wake words of the configuration, or the chosen one. Raises ConfigError."""
    configured = settings.wake.words
    if chosen != EVERY_WORD:
        configured = [word for word in configured if word.model == chosen] or [WakeWord(model=chosen)]
    try:
        return [open_word(word.model, word.threshold, word.frames) for word in configured]
    except ModelError as error:
        raise ConfigError([str(error)]) from error


def open_judge(settings: Settings, state: Path) -> TurnJudge | None:
    """Who judges whether a sentence is complete; None where nobody asks. Raises ConfigError without the model."""
    turns = settings.session.turn_detection
    if not isinstance(turns, ClientTurns) or turns.endpointing != "smart":
        return None
    try:
        return TurnJudge(SmartTurn(smart_turn_file(state)).is_complete)
    except ModelError as error:
        raise ConfigError([f"session.turn_detection.endpointing: {error}"]) from error


def configured_house(settings: Settings) -> DeviceRegistry:
    """A house with the devices that stand in the configuration. Raises ConfigError."""
    mqtt = settings.mqtt
    places = Places(settings.room or "", settings.house.floors)
    house = DeviceRegistry(mqtt.discovery_prefixes, forbidden_topics(mqtt.base, mqtt.discovery_prefixes), places)
    try:
        house.add_configured(settings.house.devices)
    except SpeakerError as error:
        raise ConfigError([str(error)]) from error
    return house


def tell_missing_ears(engines: OfflineEngines, language: str) -> None:
    """One line when this machine hears nothing of what is said in a language."""
    if not engines.can_hear(language):
        log.warning(
            "this machine has no recogniser for %s, so only the service understands what is said; see: speaker "
            "language add %s", language_name(language), language,
        )  # fmt: skip


def make_registry(
    settings: Settings,
    house: DeviceRegistry | None = None,
    *,
    more: Callable[[], Mapping[str, AnyTool]] = dict,
    approve: Callable[[str], Awaitable[bool]] = registry.approve_no_call,
    book: Phrasebook = ENGLISH_PHRASES,
) -> tuple[registry.ToolRegistry, list[str]]:
    """The tools that the configuration allows, and what is wrong with files that hold none.

    With a ``house``, those that have nothing to act on there are not offered.
    """
    tools, problems = registry.find([registry.bundled(), *map(Path, settings.tools.paths)])
    kinds = house.kinds if house is not None else None
    quiet = settings.cost.quiet_tools
    for doubt in doubtful_names(settings, tools):
        log.warning("%s", doubt)
    made = registry.ToolRegistry(tools, settings.tools, quiet, more=more, approve=approve, kinds=kinds, book=book)
    return made, problems
