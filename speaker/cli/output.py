"""What all commands share: exit codes, the configuration that counts, and how things are printed."""

import argparse
import difflib
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from speaker.daemon.systemd import SERVICE_CONFIG
from speaker.errors import ConfigError, SpeakerError

Json = dict[str, Any]

GOOD: Final = 0
FAILED: Final = 1
WRONG_USE: Final = 2
"""systemd does not start the daemon again after this one."""


def config_file(options: argparse.Namespace) -> Path | None:
    """The file that was named, else the usual one if it is there."""
    named: Path | None = options.config
    return named or (SERVICE_CONFIG if SERVICE_CONFIG.exists() else None)


def print_json(event: Json) -> None:
    """One object on one line."""
    print(json.dumps(event, ensure_ascii=False), flush=True)


def leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    """The errors in a group, however deep."""
    for one in group.exceptions:
        if isinstance(one, BaseExceptionGroup):
            yield from leaves(one)
        else:
            yield one


def explain(errors: Sequence[BaseException]) -> int:
    """Say what went wrong, one line each, and choose the exit code; what nobody foresaw keeps its trace."""
    from speaker.cli.screen import Screen  # noqa: PLC0415 - most commands end well

    screen = Screen(sys.stderr)
    for error in errors:
        if isinstance(error, KeyboardInterrupt):
            return 130
        if not isinstance(error, SpeakerError):
            raise error
        for line in str(error).splitlines():
            screen.line(("speaker:", "failed"), f" {line}")
    return WRONG_USE if any(isinstance(error, ConfigError) for error in errors) else FAILED


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``, did you mean …?`` when a known word is near; else nothing."""
    near = difflib.get_close_matches(word, list(known), 1)
    return f", did you mean {near[0]!r}?" if near else ""
