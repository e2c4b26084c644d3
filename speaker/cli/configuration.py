"""``speaker config``: what is wrong with a configuration, and which one is in force."""

import argparse
import sys
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from speaker.cli.output import FAILED, GOOD, config_file, explain
from speaker.config.settings import Settings
from speaker.daemon.checking import inspect_config
from speaker.daemon.loading import read_settings
from speaker.daemon.systemd import SERVICE_CONFIG
from speaker.errors import ConfigError, plain

_SAME: Final = object()


def check_or_show(options: argparse.Namespace) -> int:
    """Check a configuration, or show the one in force."""
    if options.check is not None or options.what == "check":
        return _check(options.check or options.file or SERVICE_CONFIG)
    if options.what is None:
        raise ConfigError(["say what to do: speaker config check, or speaker config show"])
    options.config = options.file
    settings = read_settings(config_file(options))
    print(shown(settings, read_settings(None), changed=options.changed), end="")
    return GOOD


def shown(settings: Settings, usual: Settings, *, changed: bool = False) -> str:
    """The settings as YAML; with ``changed`` those alone that differ from the ``usual`` ones."""
    ours, theirs = (msgspec.to_builtins(one, builtin_types=()) for one in (settings, usual))
    kept = _differing(ours, theirs) if changed else ours
    if kept is _SAME:
        return "# Nothing differs from the defaults.\n"
    if isinstance(kept.get("session"), dict) and "url" in kept["session"]:
        kept["session"]["url"] = plain(kept["session"]["url"])
    text: str = yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=120)
    return text


def _differing(ours: Any, theirs: Any) -> Any:  # noqa: ANN401 - walks values of any kind
    """What of ``ours`` is not the same in ``theirs``."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        below = {key: _differing(value, theirs.get(key, _SAME)) for key, value in ours.items()}
        return {key: value for key, value in below.items() if value is not _SAME} or _SAME
    return _SAME if ours == theirs else ours


def _check(file: Path) -> int:
    found = inspect_config(file)
    for doubt in found.doubts:
        print(f"speaker: warning: {doubt}", file=sys.stderr)
    if found.problems:
        # The mistake is what was looked for, and no wrong use of this command.
        explain([ConfigError(found.problems)])
        return FAILED
    print(f"{file} is good")
    return GOOD
