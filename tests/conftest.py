"""What holds for every test."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.kinds import kind_of, purity
from tests.memory_watch import MemoryWatch
from tests.real_time import Repeater, hears

pytest_plugins = ["tests.support.real_parts"]

# How long an example takes says more about the machine than about the law.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let tests with sound run apart from the others: they wait for sound, and the others need the processor."""
    parser.addoption("--sound", choices=("only", "without"), help="only tests with sound in real time, or all others")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not asked for."""
    wanted = config.getoption("--sound")
    if wanted is None:
        return
    unwanted = [item for item in items if hears(item) != (wanted == "only")]
    items[:] = [item for item in items if hears(item) == (wanted == "only")]
    config.hook.pytest_deselected(items=unwanted)


def pytest_configure(config: pytest.Config) -> None:
    """Let scenes that the machine was too slow for be repeated, and memory be watched."""
    config.pluginmanager.register(Repeater())
    config.pluginmanager.register(MemoryWatch())


@pytest.fixture(autouse=True)
def _kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hold a pure test to what its folder promises."""
    if kind_of(request.path) != "pure":
        yield
        return
    with purity(monkeypatch):
        yield
