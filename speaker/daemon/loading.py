"""From the process and its files to what a daemon is made of: settings, secrets, wake words, tools, endpoints."""

import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from speaker.config.loading import load_settings
from speaker.config.settings import Settings, WakeWord
from speaker.daemon.systemd import (
    HiddenSecretError,
    Systemd,
    read_secret,
    state_directory,
    state_place,
)
from speaker.errors import ConfigError, ModelError, SpeakerError
from speaker.home.device_registry import DeviceRegistry
from speaker.hub.control_kinds import EVERY_WORD
from speaker.realtime.endpoint import Target
from speaker.realtime.failover import Endpoint
from speaker.tools import registry
from speaker.tools.api import AnyTool
from speaker.wake.detector import WakeModel, open_word

LEDGER: Final = "ledger.sqlite"
"""The ledger's file in the state directory."""


def read_settings(file: Path | None) -> Settings:
    """Settings from a file; without one, all defaults. Raises ConfigError."""
    document: object = None
    if file is not None:
        try:
            document = yaml.safe_load(file.read_text())
        except OSError as error:
            raise ConfigError([f"{file}: {error.strerror}; name the file with --config"]) from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            place = " ".join(str(error).split())
            raise ConfigError([f"{file} is not YAML: {place}"]) from error
    return load_settings(document, socket.gethostname(), os.environ.get("OPENAI_REALTIME_MODEL"))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the daemon takes from its process rather than from its configuration."""

    config_file: Path | None
    state: Path
    systemd: Systemd
    api_key: str | None
    mqtt_password: str | None

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


def configured_house(settings: Settings) -> DeviceRegistry:
    """A house with the devices that stand in the configuration. Raises ConfigError."""
    house = DeviceRegistry(settings.mqtt.discovery_prefix)
    try:
        house.add_configured(settings.house.devices)
    except SpeakerError as error:
        raise ConfigError([str(error)]) from error
    return house


def check_settings(settings: Settings, config_file: Path | None) -> None:
    """Everything about a configuration that can be known without starting. Raises ConfigError."""
    open_words(settings)
    configured_house(settings)
    try:
        key = read_secret("openai_api_key", config_file)
    except HiddenSecretError:
        key = "hidden"  # there is one, as far as this user can see
    endpoints(settings, key, "")


def make_registry(
    settings: Settings,
    house: DeviceRegistry | None = None,
    *,
    more: Callable[[], Mapping[str, AnyTool]] = dict,
    approve: Callable[[str], Awaitable[bool]] = registry.approve_no_call,
) -> tuple[registry.ToolRegistry, list[str]]:
    """The tools that the configuration allows, and what is wrong with files that hold none.

    With a ``house``, those that have nothing to act on there are not offered.
    """
    tools, problems = registry.find([registry.bundled(), *map(Path, settings.tools.paths)])
    kinds = house.kinds if house is not None else None
    quiet = settings.cost.quiet_tools
    return registry.ToolRegistry(tools, settings.tools, quiet, more=more, approve=approve, kinds=kinds), problems
