"""The speaker beside what people would run instead: ``python -m tests.bench``.

In one virtual room, at one server, on this machine, one after the other again and again: awake, in a conversation with
a Realtime server that hears by loudness; asleep, waiting for the wake word. Rivals are installed once, each into a
virtual environment of its own. It takes about twelve minutes and needs PulseAudio's programs, arecord and mosquitto;
the machine should have nothing else to do.
"""

import argparse
import asyncio
import json
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.bench import table
from tests.bench.race.chart import both_charts
from tests.bench.race.contest import hold_contest
from tests.bench.race.contestants import EVERYBODY, Contestant, chosen
from tests.bench.race.environments import cache_folder
from tests.bench.race.figures import ASLEEP, AWAKE, Figure, Outcome, as_data, table_rows
from tests.bench.race.machine import machine

ROUNDS: Final = 3


def _names(text: str) -> list[Contestant]:
    try:
        return chosen(text)
    except KeyError as error:
        raise argparse.ArgumentTypeError(f"there is no {error}; there are {', '.join(EVERYBODY)}") from None


def _rounds(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is no number of rounds; it is 1 or more")
    return int(text)


def build_bench_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only", type=_names, default=chosen(""), metavar="NAME,NAME", help=f"of {', '.join(EVERYBODY)}"
    )
    parser.add_argument("--rounds", type=_rounds, default=ROUNDS, metavar="N", help=f"default {ROUNDS}")
    parser.add_argument(
        "--venvs", type=Path, default=cache_folder(), metavar="DIR", help="rivals' environments; default %(default)s"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every value there")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw the medians there")
    return parser


def _show(title: str, outcome: Outcome, figures: Sequence[Figure]) -> None:
    if outcome.names():
        table(title, ["median (least-most)", *outcome.names()], table_rows(outcome, figures))
    for name, problems in outcome.problems.items():
        for problem in problems:
            print(f"{name} could not be measured: {problem}")


def main() -> None:
    """From the command line."""
    options = build_bench_parser().parse_args()
    awake, asleep = asyncio.run(hold_contest(options.only, options.rounds, options.venvs.absolute()))
    print(f"\n{machine()}")
    _show("Awake", awake, AWAKE)
    _show("Asleep", asleep, ASLEEP)
    if options.json:
        document = {
            "machine": machine(), "python": platform.python_version(), "at": datetime.now(UTC).isoformat(),
            "awake": as_data(awake, AWAKE), "asleep": as_data(asleep, ASLEEP),
        }  # fmt: skip
        options.json.write_text(json.dumps(document, indent=1))
    if options.svg:
        options.svg.write_text(both_charts(awake, asleep))


if __name__ == "__main__":
    main()
