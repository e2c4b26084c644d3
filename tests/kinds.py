"""The three kinds of tests, told apart by their folder.

``tests/real`` needs processes, devices or models; ``tests/scenes`` is the whole daemon in real time; everything else is
pure, runs in a minute altogether, and may start no process and load no model.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

import pytest

Kind = Literal["pure", "real", "scenes"]

HERE: Final = Path(__file__).parent

STARTING: Final = frozenset({"subprocess.Popen", "os.posix_spawn", "os.fork", "os.system", "os.exec", "pty.spawn"})
"""What Python tells of processes that are started (``sys.addaudithook``)."""

HEAVY: Final = frozenset({"moonshine_voice", "hibari", "livekit", "pyaec", "openai"})
"""Packages that bring models or large libraries; a pure test gets along without them."""

_started: list[str] = []
_watching = [False]


def kind_of(path: Path) -> Kind:
    """The kind of a test file, by its folder."""
    folder = path.relative_to(HERE).parts[0]
    return "real" if folder == "real" else "scenes" if folder == "scenes" else "pure"


def _hear(event: str, _arguments: object) -> None:
    if _watching[0] and event in STARTING:
        _started.append(event)


sys.addaudithook(_hear)


@contextmanager
def purity(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail when what goes on inside starts a process or loads a model."""
    if (runtime := sys.modules.get("onnxruntime")) is not None:
        monkeypatch.setattr(runtime, "InferenceSession", _no_model)
    before = HEAVY & sys.modules.keys()
    _started.clear()
    _watching[0] = True
    try:
        yield
    finally:
        _watching[0] = False
    fresh = (HEAVY & sys.modules.keys()) - before
    why = "a pure test starts no process and loads no model; move it to tests/real"
    assert not _started, f"{why}: {_started}"
    assert not fresh, f"{why}: {sorted(fresh)}"


def _no_model(*_arguments: object, **_options: object) -> None:
    pytest.fail("a pure test loads no model; move it to tests/real")
