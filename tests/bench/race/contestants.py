"""Who is compared: the speaker, and what people would run instead, with the versions that were tried."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from speaker.demo.processes import free_port
from speaker.wake.detector import bundled_model
from tests.bench.race.environments import RivalEnvironment

PROGRAMS: Final = Path(__file__).parents[1] / "rivals"

Part = Literal["awake", "asleep"]


@dataclass(frozen=True, slots=True)
class Rival:
    """A program of ``tests/bench/rivals``, and where it runs."""

    name: str
    part: Part
    environments: tuple[RivalEnvironment, ...]
    """The program runs in the first; it gets the others' interpreters first."""
    program: str
    arguments: Callable[[str], list[str]] = lambda url: [url]
    """What else it gets, from the server's address."""
    itself: bool = True
    """Whether the program counts, or only its children."""

    def command(self, folder: Path, url: str) -> list[str]:
        """How it is started."""
        python, *others = [str(one.python(folder)) for one in self.environments]
        return [python, "-W", "ignore", str(PROGRAMS / self.program), *others, *self.arguments(url)]


@dataclass(frozen=True, slots=True)
class Ours:
    """The speaker's daemon with a way to interrupt it."""

    name: str
    duplex: Literal["full", "wake", "half"]
    module: str = "speaker"
    """What Python runs."""


def _models(_url: str) -> list[str]:
    names = ("hey_jarvis_v0.1.onnx", "melspectrogram.onnx", "embedding_model.onnx")
    return [str(bundled_model(one)) for one in names]


OURS: Final = Ours("ours", "full")
OURS_WITHOUT_ECHO: Final = Ours("ours-half", "half")
"""Nothing is cancelled, and nobody can talk over an answer; only with ``--only``."""

RIVALS: Final = (
    Rival(
        "pipecat", "awake",
        (RivalEnvironment("pipecat", ("pipecat-ai[openai,local]==1.14.0",)),), "with_pipecat.py",
    ),
    Rival(
        "openai-agents", "awake",
        (RivalEnvironment("openai-agents", ("openai-agents[voice]==0.24.0", "sounddevice==0.5.6", "numpy==2.4.6")),),
        "with_agents.py",
    ),
    Rival(
        "sdk", "awake",
        (RivalEnvironment("openai-sdk", ("openai[realtime]==3.50.0", "pyaudio==0.2.14")),), "with_sdk.py",
    ),
    Rival(
        "openwakeword", "asleep",
        (RivalEnvironment("openwakeword", ("openwakeword==0.6.0", "pyaudio==0.2.14")),), "wake_loop.py", _models,
    ),
    Rival(
        "wyoming", "asleep",
        (RivalEnvironment("wyoming-satellite", ("wyoming-satellite==1.0.0",)),
         RivalEnvironment("wyoming-openwakeword", ("wyoming-openwakeword==1.8.2", "numpy==1.26.4"))),
        "wyoming_pair.py", lambda _: [str(free_port()), str(free_port())], itself=False,
    ),
)  # fmt: skip

Contestant = Ours | Rival
EVERYBODY: Final[dict[str, Contestant]] = {one.name: one for one in (OURS, OURS_WITHOUT_ECHO, *RIVALS)}


def chosen(only: str) -> list[Contestant]:
    """Those named, by commas; all but the second of ours when none is. Raises KeyError with a name nobody has."""
    if not only:
        return [one for one in EVERYBODY.values() if one is not OURS_WITHOUT_ECHO]
    return [EVERYBODY[name.strip()] for name in only.split(",")]


def takes_part(one: Contestant, part: Part) -> bool:
    """Whether somebody is measured in a part; ours asleep is the same however it can be interrupted."""
    return one.part == part if isinstance(one, Rival) else part == "awake" or one is OURS
