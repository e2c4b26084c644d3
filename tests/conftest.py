"""What holds for every test."""

import gc
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.kinds import kind_of, purity

pytest_plugins = ["tests.support.real_parts"]

# How long an example takes says more about the machine than about the law.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Thousands of tests and reports are no garbage: looking for it there takes longer than sound can wait."""
    if isinstance(item, pytest.Function) and "room" in item.fixturenames:
        gc.collect()
        gc.freeze()


def pytest_unconfigure() -> None:
    """At the end everything is garbage."""
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hold a pure test to what its folder promises."""
    if kind_of(request.path) != "pure":
        yield
        return
    with purity(monkeypatch):
        yield
