"""The speaker beside what people would run instead: ``python -m tests.bench``.

In one virtual room, at one server, on this machine, one after the other again and again: awake, in a conversation with
a Realtime server that hears by loudness; asleep, waiting for the wake word. Rivals are installed once, each into a
virtual environment of its own. It takes about twelve minutes and needs PulseAudio's programs, arecord and mosquitto;
the machine should have nothing else to do.
"""

import asyncio
import json
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from speaker.errors import SpeakerError
from tests.bench import table
from tests.bench.race.chart import both_charts
from tests.bench.race.command_line import build_bench_parser
from tests.bench.race.contest import hold_contest
from tests.bench.race.figures import ASLEEP, AWAKE, Figure, Outcome, as_data, markdown, table_rows
from tests.bench.race.machine import machine


def _show(title: str, outcome: Outcome, figures: Sequence[Figure]) -> None:
    if outcome.names():
        table(title, ["median (least-most)", *outcome.names()], table_rows(outcome, figures))
    for name, problems in outcome.problems.items():
        for problem in problems:
            print(f"{name} could not be measured: {problem}")


def main() -> None:
    """From the command line."""
    options = build_bench_parser(__doc__ or "").parse_args()
    try:
        awake, asleep = asyncio.run(hold_contest(options.only, options.rounds, options.venvs.absolute()))
    except SpeakerError as error:
        sys.exit(str(error))
    print(f"\n{machine()}")
    _show("Awake", awake, AWAKE)
    _show("Asleep", asleep, ASLEEP)
    if options.json:
        document = {
            "machine": machine(), "python": platform.python_version(), "at": datetime.now(UTC).isoformat(),
            "awake": as_data(awake, AWAKE), "asleep": as_data(asleep, ASLEEP),
        }  # fmt: skip
        options.json.write_text(json.dumps(document, indent=1))
    if options.markdown:
        both = (markdown(awake, AWAKE), markdown(asleep, ASLEEP))
        options.markdown.write_text("\n".join([f"{machine()}\n", *both]))
    if options.svg:
        options.svg.write_text(both_charts(awake, asleep))


if __name__ == "__main__":
    main()
