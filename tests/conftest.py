"""What holds for every test."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.kinds import kind_of, purity
from tests.real_time import Repeater

pytest_plugins = ["tests.support.real_parts"]

# How long an example takes says more about the machine than about the law.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def pytest_configure(config: pytest.Config) -> None:
    """Let scenes that the machine was too slow for be repeated."""
    config.pluginmanager.register(Repeater())


@pytest.fixture(autouse=True)
def _kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hold a pure test to what its folder promises."""
    if kind_of(request.path) != "pure":
        yield
        return
    with purity(monkeypatch):
        yield
