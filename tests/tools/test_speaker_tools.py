"""The tools of the speaker itself: its clock, its lists, its voice and the other speakers."""

import json
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from speaker.errors import ToolError
from speaker.store.store import Ledger
from speaker.timers.scheduler import TimerScheduler
from speaker.tools.context import Clock, Intercom, Lists
from speaker.tools.result import ToolResult
from tests.timers.test_scheduler import Room
from tests.tools.test_bundled_tools import TOOLS, Throat, use


async def run(name: str, kind: type, thing: object, /, **arguments: Any) -> ToolResult:
    return await TOOLS[name].call(json.dumps(arguments), {kind: thing})


@pytest.fixture
def ledger(tmp_path: Path) -> Any:
    one = Ledger(tmp_path / "ledger.sqlite")
    yield one
    one.close()


@pytest.fixture
def clock(ledger: Ledger) -> TimerScheduler:
    return Room(ledger).scheduler()


async def test_the_time_is_told_with_its_day() -> None:
    class Noon:
        def now(self) -> datetime:
            return datetime(2026, 11, 24, 18, 5, tzinfo=timezone(timedelta(hours=1)))

    assert (await run("get_time", Clock, Noon())).text == "It is 18:05 on Tuesday, 24 November 2026."


async def test_the_time_is_that_of_the_house(monkeypatch: pytest.MonkeyPatch, clock: TimerScheduler) -> None:
    said = []
    try:
        for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            said.append((await run("get_time", Clock, clock)).text)
            now = datetime.now(ZoneInfo(zone))
            assert f"{now:%A}, {now.day} {now:%B %Y}" in said[-1]
    finally:
        monkeypatch.undo()
        time.tzset()
    assert len(set(said)) == 2, "a day apart"


async def test_timers_by_their_tools(clock: TimerScheduler) -> None:
    await run("set_timer", Clock, clock, minutes=5, name="pasta")
    await run("set_timer", Clock, clock, minutes=9, name="egg")
    longer = await run("change_timer", Clock, clock, action="add", name="pasta", minutes=2)
    assert (longer.status, longer.text) == ("confirmed", "pasta timer, 7 minutes left.")
    assert (await run("list_timers", Clock, clock, name="pasta")).text == "pasta timer, 7 minutes left."
    gone = await run("cancel_timer", Clock, clock, name="all", but="pasta")
    assert gone.text == "cancelled the egg timer."
    with pytest.raises(ToolError, match="nothing to cancel"):
        await run("cancel_timer", Clock, clock, name="all", but="pasta")
    assert (await run("set_alarm", Clock, clock, minutes=20)).text.startswith("alarm at ")


@pytest.mark.parametrize(
    ("arguments"),
    [{"action": "add"}, {"action": "pause", "minutes": 5}, {"action": "stop"}, {"action": "add", "minutes": -5}],
)
async def test_a_change_that_makes_no_sense_changes_nothing(clock: TimerScheduler, arguments: dict[str, Any]) -> None:
    await run("set_timer", Clock, clock, minutes=5)
    with pytest.raises(ToolError):
        await run("change_timer", Clock, clock, **arguments)
    assert clock.listed() == ["5 minute timer, 5 minutes left"]


async def test_many_timers_are_told_by_the_first_three(clock: TimerScheduler) -> None:
    for minutes in range(1, 7):
        await run("set_timer", Clock, clock, minutes=minutes)
    result = await run("list_timers", Clock, clock)
    assert result.text.endswith("and 3 more.")
    assert result.output.count(" left") == 6


async def test_lists(ledger: Ledger) -> None:
    lists = ledger.memory
    both = await run("add_to_list", Lists, lists, items=["Milk", "two  eggs"])
    assert (both.status, both.text) == ("confirmed", "Milk and two eggs are on the shopping list.")
    again = await run("add_to_list", Lists, lists, items=["milk", "bread", "bread"])
    assert again.text == "bread is on the shopping list; milk is on the shopping list already."
    assert lists.items("shopping") == ["Milk", "two eggs", "bread"]
    assert (await run("check_list", Lists, lists, item="the milk")).text == "Yes, Milk is on the shopping list."
    assert (await run("check_list", Lists, lists, item="tea")).text == "No, tea is not on the shopping list."
    off = await run("remove_from_list", Lists, lists, items=["milk", "tea"])
    assert off.text == "Milk is off the shopping list; tea is not on it."
    with pytest.raises(ToolError, match=r"No tea is on the shopping list\. There is two eggs and bread"):
        await run("remove_from_list", Lists, lists, items=["tea"])
    assert (await run("remove_from_list", Lists, lists, items=["everything"])).status == "confirmed"
    with pytest.raises(ToolError, match="Nothing is on the shopping list"):
        await run("remove_from_list", Lists, lists, items=["all"])
    with pytest.raises(ToolError):
        await run("add_to_list", Lists, lists, items=[])


@pytest.mark.parametrize(
    ("before", "arguments", "after", "said"),
    [
        (60, {"percent": 30}, 30, "the volume is 30 percent"),
        (60, {"change": 20}, 80, "the volume is 80 percent"),
        (60, {"change": -70}, 0, "the volume is 0 percent"),
        (60, {"muted": True}, 0, "I am muted"),
        (0, {"muted": True}, 0, "I was muted"),
        (0, {"muted": False}, 60, "the volume is 60 percent again"),
        (60, {"muted": False}, 60, "I was not muted"),
    ],
)
async def test_the_volume(before: int, arguments: dict[str, Any], after: int, said: str) -> None:
    throat = Throat(before)
    assert said in await use("set_volume", throat, **arguments)
    assert throat.volume == after


@pytest.mark.parametrize(
    ("before", "arguments", "sentence"),
    [
        (60, {}, "Say one thing"),
        (60, {"percent": 30, "muted": True}, "Say one thing"),
        (100, {"change": 10}, "as loud as I can be already"),
        (0, {"change": -10}, "silent already"),
        (50, {"change": 0}, "how much"),
        (50, {"percent": 101}, "percent"),
    ],
)
async def test_a_volume_that_makes_no_sense_is_said(before: int, arguments: dict[str, Any], sentence: str) -> None:
    throat = Throat(before)
    with pytest.raises(ToolError, match=sentence):
        await use("set_volume", throat, **arguments)
    assert throat.volume == before


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ([], "No other speaker is there."),
        (["Kitchen"], "1 other speaker is there: Kitchen."),
        (["Den in the cellar", "Kitchen"], "2 other speakers are there: Den in the cellar and Kitchen."),
    ],
)
async def test_who_else_listens(there: list[str], said: str) -> None:
    class Others:
        def placed(self) -> list[str]:
            return there

    assert (await run("list_speakers", Intercom, Others())).text == said
