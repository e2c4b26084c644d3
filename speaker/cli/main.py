"""The command line: one command is parsed, called, and what went wrong is said."""

import argparse
import gc
import logging
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from speaker.cli.output import explain, leaves
from speaker.cli.parser import Load, build_parser
from speaker.daemon.systemd import JournalFormatter
from speaker.errors import SpeakerError


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit: 0 good, 1 failed, 2 wrong usage or configuration."""
    options = build_parser().parse_args(arguments)
    _set_up_log(options)
    load: Load = options.load
    try:
        command = load()
        # Sound waits while garbage is looked for, and nothing of what was imported will ever be any.
        gc.freeze()
        code = command(options)
    except BaseExceptionGroup as group:
        code = explain(list(leaves(group)))
    except (SpeakerError, KeyboardInterrupt) as error:
        code = explain([error])
    finally:
        gc.unfreeze()  # at the end everything is garbage, and native modules complain about what is not collected
    sys.exit(code)


def _set_up_log(options: argparse.Namespace) -> None:
    # A descriptor of its own: while PortAudio probes devices, descriptor 2 leads nowhere.
    handler = logging.StreamHandler(os.fdopen(os.dup(sys.stderr.fileno()), "w", buffering=1))
    under_systemd = "JOURNAL_STREAM" in os.environ
    handler.setFormatter(
        JournalFormatter() if under_systemd else logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S")
    )
    level = logging.DEBUG if options.verbose else logging.INFO if options.logs else logging.CRITICAL
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("speaker").setLevel(level)
