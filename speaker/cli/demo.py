"""``speaker demo``: a timeline of what happens on the stage."""

import argparse
import asyncio
from collections.abc import Callable

from speaker.cli.output import FAILED, GOOD, Json, print_json
from speaker.demo.demo import perform


def run_demo(options: argparse.Namespace) -> int:
    """Play the demo; good only if the lamp changed and the answers were heard."""
    show: Callable[[Json], None] = print_json if options.json else _print_line
    failures = asyncio.run(perform(show, wav=options.wav, microphone=options.mic))
    for failure in failures:
        show({"what": "failed", "why": failure})
    show({"what": "verdict", "text": "failed" if failures else "the lamp changed and the answers were heard"})
    return FAILED if failures else GOOD


def _print_line(event: Json) -> None:
    shown = dict(event)
    ms, what = shown.pop("ms", None), str(shown.pop("what"))
    words = " ".join(str(value) if key in {"text", "why", "say"} else f"{key}={value}" for key, value in shown.items())
    print(f"{'' if ms is None else f'{ms:>7} ms':>10}  {what:<9} {words}", flush=True)
