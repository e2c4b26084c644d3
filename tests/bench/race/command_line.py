"""The command line of ``python -m tests.bench``."""

import argparse
from pathlib import Path
from typing import Final

from tests.bench.race.contestants import EVERYBODY, Contestant, chosen
from tests.bench.race.environments import cache_folder

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


def build_bench_parser(about: str) -> argparse.ArgumentParser:
    """All options."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only", type=_names, default=chosen(""), metavar="NAME,NAME", help=f"of {', '.join(EVERYBODY)}"
    )
    parser.add_argument("--rounds", type=_rounds, default=ROUNDS, metavar="N", help=f"default {ROUNDS}")
    parser.add_argument(
        "--venvs", type=Path, default=cache_folder(), metavar="DIR", help="rivals' environments; default %(default)s"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every value there")
    parser.add_argument(
        "--markdown", type=Path, metavar="FILE", help="write both tables there, as the documents have them"
    )
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw the medians there")
    return parser
