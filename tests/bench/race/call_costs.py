"""Processor time by function, of all Python threads of a process.

cProfile counts with the clock of the thread, so that waiting costs nothing. What C functions take belongs to the Python
function that calls them, and what libraries take to the speaker's function that calls them: a call of ONNX Runtime is
found where the speaker makes it. Only asyncio and the threads' own machinery keep what is theirs.
"""

import cProfile
import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Final, Protocol

Costs = dict[str, float]
"""Function → seconds of processor time."""

ROOT: Final = str(Path(__file__).parents[3])
MACHINERY: Final = ("/asyncio/", "/concurrent/", "/threading.py", "/selectors.py", "/runpy.py", "frozen runpy")
"""What calls everything, and so passes nothing on."""

_ROUNDS: Final = 30
"""No library calls itself deeper than this where it costs."""


class _Called(Protocol):
    @property
    def code(self) -> CodeType | str: ...
    @property
    def inlinetime(self) -> float: ...
    @property
    def totaltime(self) -> float: ...


class _Entry(_Called, Protocol):
    @property
    def calls(self) -> Sequence[_Called] | None: ...


@dataclass(slots=True)
class CallGraph:
    """What functions used themselves, and for whom."""

    own: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    callers: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(float)))
    """Function → who called it, and how long it and all below it took for them."""

    def add(self, entry: _Entry) -> None:
        """Add a function with the C functions it calls."""
        if isinstance(entry.code, str):
            return
        name = _key(entry.code)
        self.own[name] += entry.inlinetime
        for one in entry.calls or ():
            if isinstance(one.code, str):
                self.own[name] += one.inlinetime
            else:
                self.callers[_key(one.code)][name] += one.totaltime


class ThreadProfiles:
    """A profile for each thread, from its first Python call on."""

    def __init__(self) -> None:
        self._profiles: dict[int, tuple[str, cProfile.Profile]] = {}

    def begin(self) -> None:
        """Profile this thread and all that start later."""
        threading.setprofile(self._first_call)
        self._enable()

    def _first_call(self, _frame: FrameType, _event: str, _argument: object) -> None:
        self._enable()

    def _enable(self) -> None:
        thread = threading.current_thread()
        profile = cProfile.Profile(time.thread_time)
        self._profiles[threading.get_native_id()] = (thread.name, profile)
        profile.enable()

    @contextmanager
    def _uncounted(self) -> Iterator[None]:
        """Nothing that this thread does meanwhile is counted."""
        _, mine = self._profiles[threading.get_native_id()]
        mine.disable()
        try:
            yield
        finally:
            mine.enable()

    def dump(self, file: Path) -> None:
        """Write what has been used so far, and the Python threads by their number."""
        with self._uncounted():
            graph = CallGraph()
            for _, profile in list(self._profiles.values()):
                for entry in profile.getstats():
                    graph.add(entry)
            names = {str(number): name for number, (name, _) in self._profiles.items()}
            spare = file.with_suffix(".new")
            spare.write_text(json.dumps({"own": graph.own, "callers": graph.callers, "threads": names}))
            spare.replace(file)


def _key(code: CodeType) -> str:
    return f"{code.co_filename} {code.co_qualname}"


def passed_on(own: Mapping[str, float], callers: Mapping[str, Mapping[str, float]], root: str = ROOT) -> Costs:
    """Give what libraries used to those who called them, in proportion, until it is the speaker's or nobody's."""
    costs, moving = dict.fromkeys(own, 0.0), dict(own)
    for _ in range(_ROUNDS):
        further: Costs = defaultdict(float)
        for name, seconds in moving.items():
            wanted = {} if name.startswith(root) else callers.get(name, {})
            total = sum(wanted.values())
            kept = 1.0
            for caller, weight in wanted.items():
                if total and not any(part in caller for part in MACHINERY):
                    further[caller] += seconds * weight / total
                    kept -= weight / total
            costs[name] = costs.get(name, 0.0) + seconds * max(0.0, kept)
        moving = further
    for name, seconds in moving.items():
        costs[name] = costs.get(name, 0.0) + seconds
    return costs


def shown(name: str, root: str = ROOT) -> str:
    """A function without the way to its file: the speaker's from the repository on, others with their folder."""
    file, _, function = name.rpartition(" ")
    inside = file.removeprefix(f"{root}/")
    return f"{inside if inside != file else '/'.join(Path(file).parts[-2:])} {function}"


def between(before: Mapping[str, float], after: Mapping[str, float]) -> Costs:
    """What was used from one moment to another."""
    return {name: seconds - before.get(name, 0.0) for name, seconds in after.items()}


def largest(costs: Mapping[str, float], count: int) -> list[tuple[str, float]]:
    """The functions that used most."""
    return sorted(costs.items(), key=lambda one: -one[1])[:count]
