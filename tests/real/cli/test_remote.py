"""Commands and single tools through a real broker, against a house that answers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from speaker.cli.remote import run_tool, send_command
from speaker.config.settings import Settings
from speaker.demo.broker import private_broker
from speaker.demo.stage import stage_settings
from speaker.demo.virtual_house import VirtualHouse, demo_devices
from speaker.errors import SpeakerError
from tests.support.real_parts import require


@pytest.fixture
async def settings(tmp_path: Path) -> AsyncIterator[Settings]:
    """A speaker's configuration; its broker has a house and no speaker on it."""
    require("mosquitto")
    async with private_broker(tmp_path) as broker:
        house = VirtualHouse(broker.port, demo_devices())
        await house.open()
        yield stage_settings(broker.port)
        await house.close()


async def test_a_tool_works_the_house(settings: Settings) -> None:
    text, ok = await run_tool(settings, None, "set_light", ["light=sofa lamp", "brightness=40"])
    assert ok
    assert text == "Confirmed: the sofa lamp is on at 40 percent."


async def test_a_tool_that_cannot_says_why(settings: Settings) -> None:
    text, ok = await run_tool(settings, None, "set_light", ["light=moon", "on=true"])
    assert not ok
    assert "moon" in text
    text, ok = await run_tool(settings, None, "set_light", ["light=sofa lamp", "brightness=400"])
    assert not ok
    assert "brightness" in text
    text, ok = await run_tool(settings, None, "set_volume", ["percent=40"])
    assert not ok
    assert "no speaker runs here" in text
    text, ok = await run_tool(settings, None, "set_timer", ["minutes=5"])
    assert not ok
    assert text == "Refused: set_timer needs the clock of a speaker, and none runs here."


async def test_words_that_are_no_arguments(settings: Settings) -> None:
    with pytest.raises(SpeakerError, match="'bright' is not KEY=VALUE"):
        await run_tool(settings, None, "set_light", ["bright"])


async def test_nobody_answers_a_command(settings: Settings) -> None:
    with pytest.raises(SpeakerError, match="no speaker answers at speaker/demo"):
        await send_command(settings, None, "wake", "")
