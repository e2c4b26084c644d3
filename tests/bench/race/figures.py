"""What is measured, and what came of it: medians and spread, as a table and as data."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a table; less is better in all of them."""

    key: str
    label: str
    unit: str
    digits: int = 0


AWAKE: Final = (
    Figure("voice_to_silence", "voice over an answer → silence", "ms"),
    Figure("last_word_to_server", "last word at the microphone → at the server", "ms"),
    Figure("end_to_sound", "end of speech → first sound, less the turn's silence", "ms"),
    Figure("delta_to_sound", "first delta → audible", "ms"),
    Figure("started_to_silence", "speech_started → silence", "ms"),
    Figure("cpu_a_minute", "CPU a minute of conversation", "s", 1),
    Figure("memory", "memory in conversation (RSS)", "MB"),
    Figure("memory_shared", "the same, shared pages counted once (PSS)", "MB"),
    Figure("gaps", "gaps in an answer of 6 s", "ms"),
    Figure("slipped", "left out, since the room itself was torn", "of 7"),
)
ASLEEP: Final = (
    Figure("cpu_silence", "CPU in silence", "% of a core", 1),
    Figure("cpu_noise", "CPU in noise after speech", "% of a core", 1),
    Figure("cpu_speech", "CPU in speech", "% of a core", 1),
    Figure("card_silence", "of the first, in the virtual card's own threads", "% of a core", 1),
    Figure("memory_first", "memory at the first start (RSS)", "MB"),
    Figure("memory_later", "memory later (RSS)", "MB"),
    Figure("wakes", "wake-ups a second in silence", ""),
    Figure("card_wakes", "of them, in the virtual card's own threads", ""),
)

NONE: Final = "–"


@dataclass(slots=True)
class Outcome:
    """All values of one part: contestant → figure → values, and why somebody has none."""

    values: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    problems: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, found: Mapping[str, Sequence[float]]) -> None:
        """What a round of somebody brought."""
        mine = self.values.setdefault(name, {})
        for key, values in found.items():
            mine.setdefault(key, []).extend(values)

    def fail(self, name: str, why: str) -> None:
        """A round that came to nothing."""
        told = self.problems.setdefault(name, [])
        if why not in told:
            told.append(why)

    def names(self) -> list[str]:
        """Who took part, or should have."""
        return list(dict.fromkeys([*self.values, *self.problems]))

    def median(self, name: str, key: str) -> float | None:
        """None when nothing was measured."""
        values = self.values.get(name, {}).get(key)
        return statistics.median(values) if values else None


def cell(values: Sequence[float], digits: int) -> str:
    """Median, and the smallest and largest behind it, as in ``94 (88-121)``."""
    if not values:
        return NONE
    middle, low, high = (f"{one:,.{digits}f}" for one in (statistics.median(values), min(values), max(values)))
    return middle if low == high else f"{middle} ({low}-{high})"


def table_rows(outcome: Outcome, figures: Sequence[Figure]) -> list[list[str]]:
    """A row for each figure, with a cell for each contestant in ``outcome.names()``."""
    rows = []
    for one in figures:
        cells = [cell(outcome.values.get(name, {}).get(one.key, []), one.digits) for name in outcome.names()]
        rows.append([f"{one.label}, {one.unit}" if one.unit else one.label, *cells])
    return rows


def as_data(outcome: Outcome, figures: Sequence[Figure]) -> dict[str, object]:
    """The same for other programs: every value, the median, and what went wrong."""
    medians = {
        name: {one.key: outcome.median(name, one.key) for one in figures} for name in outcome.names()
    }  # fmt: skip
    return {
        "figures": {one.key: {"label": one.label, "unit": one.unit} for one in figures},
        "medians": medians, "values": outcome.values, "problems": outcome.problems,
    }  # fmt: skip


def markdown(outcome: Outcome, figures: Sequence[Figure]) -> str:
    """The table as the documents have it, and why somebody has no figure; nothing when nobody took part."""
    names = outcome.names()
    if not names:
        return ""
    rows = [["", *names], ["---"] * (1 + len(names)), *table_rows(outcome, figures)]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    told = [f"{name}: {one}" for name, problems in outcome.problems.items() for one in problems]
    return "\n".join([*lines, "", *told]).rstrip() + "\n"
