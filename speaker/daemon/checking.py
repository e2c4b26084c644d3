"""Everything about a configuration that can be known without starting: its text, what it names, and the secrets."""

import os
import pwd
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from speaker.config.secret_shapes import hide_secrets
from speaker.config.settings import Settings, ToolSettings
from speaker.config.validation import Mistake
from speaker.config.web_settings import token_fault
from speaker.daemon.loading import configured_house, endpoints, open_judge, read_config
from speaker.daemon.systemd import SECRETS, HiddenSecretError, read_secret, state_place
from speaker.errors import ConfigError, ModelError, SpeakerError, plain
from speaker.mqtt.topic_names import filter_fault, shown_topic
from speaker.tools import registry
from speaker.tools.known_names import doubtful_names, impossible_names
from speaker.wake.detector import BUNDLED, open_word

_USUAL: Final = frozenset(ToolSettings().paths)
"""Folders that may be missing: nobody has asked for them."""


@dataclass(frozen=True, slots=True)
class ConfigFindings:
    """What was found out about a configuration; its lines are sentences with path and line."""

    settings: Settings | None
    """None: the file is no YAML."""
    problems: list[str]
    """What must be mended."""
    doubts: list[str]
    """What works, and is probably not what was meant."""


def inspect_config(config_file: Path | None) -> ConfigFindings:
    """Read and check everything, and find all mistakes of all kinds at once."""
    secrets = {name: _secret(name, config_file) for name in SECRETS}
    # What only root may see is there, as far as this user can tell.
    shut = [one for one in secrets.values() if isinstance(one, ConfigError) and not isinstance(one, HiddenSecretError)]
    told = list(dict.fromkeys(line for one in shut for line in one.problems))
    try:
        found = read_config(config_file)
    except ConfigError as error:
        return ConfigFindings(None, [*error.problems, *told], [])
    key = secrets["openai_api_key"]
    # A key that is there and cannot be read is a mistake of its own; it is not also missing.
    named = _not_known(found.mistakes, _named_things(found.settings, "-" if isinstance(key, ConfigError) else key))
    named += _not_known([*found.mistakes, *named], _judge_fault(found.settings, config_file))
    token = secrets["web_token"]
    if not isinstance(token, ConfigError) and (fault := token_fault(found.settings.web, token)):
        named.append(Mistake("web.host", fault))
    doubts = _not_known([*found.mistakes, *named], _doubts(found.settings))
    return ConfigFindings(found.settings, [*found.problems(named), *told], found.document.located(doubts))


def check_settings(config_file: Path | None) -> Settings:
    """Settings without mistakes. Raises ConfigError with all of them."""
    found = inspect_config(config_file)
    if found.problems or found.settings is None:
        raise ConfigError(found.problems)
    return found.settings


def _secret(name: str, config_file: Path | None) -> str | ConfigError | None:
    try:
        return read_secret(name, config_file)
    except ConfigError as error:
        return error


def _not_known(known: Iterable[Mistake], more: Iterable[Mistake]) -> list[Mistake]:
    """Those at places of which nothing is known yet."""
    places = {one.place for one in known}
    return [one for one in more if one.place not in places]


def _named_things(settings: Settings, api_key: str | None) -> Iterator[Mistake]:
    """What the configuration names and what is not there, or not usable."""
    for index, word in enumerate(settings.wake.words):
        try:
            open_word(word.model, word.threshold, word.frames)
        except ModelError as error:
            yield Mistake(f"wake.words[{index}].model", plain(str(error).removeprefix("wake.words: ")))
    for index, folder in enumerate(settings.tools.paths):
        if folder not in _USUAL and (fault := _folder_fault(Path(folder))):
            yield Mistake(f"tools.paths[{index}]", fault)
    for index, one in enumerate(settings.tools.mcp_servers):
        if fault := filter_fault(one):
            yield Mistake(f"tools.mcp_servers[{index}]", f"the name {shown_topic(one)} {fault}")
    yield from _tls_faults(settings)
    yield from impossible_names(settings)
    for check in (lambda: configured_house(settings), lambda: endpoints(settings, api_key, "")):
        try:
            check()
        except ConfigError as error:
            yield from (_placed(problem) for problem in error.problems)


def _judge_fault(settings: Settings, config_file: Path | None) -> Iterator[Mistake]:
    """The model that judges sentences, if it is wanted, and missing where this user may look."""
    try:
        open_judge(settings, state_place(config_file))
    except ConfigError as error:
        yield from (_placed(problem) for problem in error.problems)
    except SpeakerError:
        return


def _placed(problem: str) -> Mistake:
    place, _, text = hide_secrets(problem).partition(": ")
    return Mistake(place, text) if text else Mistake("session.endpoint", place.removeprefix("session.endpoint is "))


def _folder_fault(folder: Path) -> str | None:
    try:
        is_folder = folder.is_dir()
        next(folder.iterdir(), None) if is_folder else folder.stat()
    except OSError as error:
        return _unusable(folder, error)
    return None if is_folder else f"{folder} is not a folder"


def _tls_files(settings: Settings) -> list[tuple[str, str]]:
    """The files for TLS that are named, by the name of their key."""
    mqtt = settings.mqtt
    named = (("ca_file", mqtt.ca_file), ("cert_file", mqtt.cert_file), ("key_file", mqtt.key_file))
    return [(name, given) for name, given in named if given is not None]


def _tls_faults(settings: Settings) -> Iterator[Mistake]:
    """Files for TLS that are missing, cannot be read, or are not what they should be."""
    mqtt, sound = settings.mqtt, True
    for name, given in _tls_files(settings):
        try:
            with Path(given).open("rb") as opened:
                opened.read(1)
        except OSError as error:
            sound = False
            yield Mistake(f"mqtt.{name}", _unusable(Path(given), error))
    if mqtt.key_file is not None and mqtt.cert_file is None:
        yield Mistake("mqtt.key_file", "a key without its certificate; give mqtt.cert_file, too")
    if not sound:
        return
    try:
        context = ssl.create_default_context(cafile=mqtt.ca_file)
    except (OSError, ValueError):
        yield Mistake("mqtt.ca_file", f"{mqtt.ca_file} holds no certificate in PEM form")
        return
    try:
        if mqtt.cert_file is not None:
            # A key with a pass phrase would be asked for at the terminal; the service has none.
            context.load_cert_chain(mqtt.cert_file, mqtt.key_file, password="")
    except (OSError, ValueError):
        files = f"{mqtt.cert_file} and {mqtt.key_file}" if mqtt.key_file else f"{mqtt.cert_file} alone"
        yield Mistake("mqtt.cert_file", f"{files} give no certificate with its unlocked key in PEM form")


def _unusable(path: Path, error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"the user {_user()} may not read {path}; if the service runs as another one, check as that one"
    return f"{path}: {error.strerror}"


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _doubts(settings: Settings) -> Iterator[Mistake]:
    """What works, and probably not as it is meant."""
    mqtt = settings.mqtt
    for name, _ in _tls_files(settings):
        if not mqtt.tls:
            yield Mistake(f"mqtt.{name}", "is not used while mqtt.tls is false; nothing is encrypted")
    files = [(f"mqtt.{name}", given) for name, given in _tls_files(settings)]
    files += [(f"tools.paths[{index}]", folder) for index, folder in enumerate(settings.tools.paths)]
    words = enumerate(settings.wake.words)
    files += [(f"wake.words[{index}].model", word.model) for index, word in words if word.model not in BUNDLED]
    for place, path in files:
        if not Path(path).is_absolute():
            yield Mistake(
                place, f"{path} is looked for below {Path.cwd()}, and by the service elsewhere; write it from / on"
            )
    tools, faults = registry.find([registry.bundled(), *map(Path, settings.tools.paths)])
    yield from (Mistake("tools.paths", plain(fault)) for fault in faults)
    yield from doubtful_names(settings, tools)
