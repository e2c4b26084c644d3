"""The last error: what is right again with one part says nothing of the others."""

import time
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from speaker.errors import About
from speaker.hub.mqtt_api import MqttApi
from speaker.hub.status import Status, day_began
from tests.hub.test_controls import Rig, rig


class Seen:
    """What the state says, and nothing of a broker."""

    online = True

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []

    def show(self, state: dict[str, Any]) -> None:
        self.state = state

    def event(self, event: dict[str, Any]) -> None:
        self.events.append(event)


def status(one: Rig, seen: Seen) -> Status:
    return Status(
        one.parts, one.controls, cast("MqttApi", seen), one.one.ledger,
        first_asked=lambda: "offline", line=lambda _text: None,
    )  # fmt: skip


Told = tuple[str, About]


@pytest.mark.parametrize(
    ("told", "left"),
    [
        ([("mic is gone", "microphone"), ("box is gone", "loudspeaker"), ("", "loudspeaker")], "mic is gone"),
        ([("mic is gone", "microphone"), ("box is gone", "loudspeaker"), ("", "microphone")], "box is gone"),
        ([("mic is gone", "microphone"), ("", "broker"), ("", "conversation")], "mic is gone"),
        ([("mic is gone", "microphone"), ("only zeros", "silence"), ("", "silence")], "mic is gone"),
        ([("mic is gone", "microphone"), ("", "microphone")], None),
    ],
)
async def test_each_trouble_stands_until_it_is_over(tmp_path: Path, told: list[Told], left: str | None) -> None:
    async with rig(tmp_path) as one:
        seen = Seen()
        shown = status(one, seen)
        for problem, about in told:
            shown.trouble(problem, about)
        assert seen.state["last_error"] == left


async def test_a_new_day_is_shown_before_anybody_speaks(tmp_path: Path) -> None:
    async with rig(tmp_path) as one:
        seen, lines = Seen(), list[str]()
        shown = Status(
            one.parts, one.controls, cast("MqttApi", seen), one.one.ledger,
            first_asked=lambda: "offline", line=lines.append, left_s=lambda: 0.01,
        )  # fmt: skip
        shown.start()
        assert len(lines) == 1
        await one.one.until(lambda: len(lines) >= 3)


async def test_sums_say_since_when_they_run(tmp_path: Path) -> None:
    """What adds up costs (statistics, say) has to know when they begin again."""
    async with rig(tmp_path) as one:
        seen = Seen()
        status(one, seen).show()
        day, month = (datetime.fromisoformat(seen.state[key]) for key in ("today_began", "month_began"))
        assert day.tzinfo is not None
        assert (day.hour, day.minute, day.second, month.day) == (0, 0, 0, 1)
        assert month <= day <= datetime.now().astimezone()
        assert seen.state["ringing"] is False
        assert seen.state["version"]


@pytest.mark.parametrize(
    ("zone", "day", "began"),
    [
        ("Europe/Berlin", date(2026, 3, 29), "2026-03-29T00:00:00+01:00"),
        ("Europe/Berlin", date(2026, 3, 30), "2026-03-30T00:00:00+02:00"),
        ("America/New_York", date(2026, 7, 1), "2026-07-01T00:00:00-04:00"),
        ("UTC", date(2026, 7, 1), "2026-07-01T00:00:00+00:00"),
    ],
)
def test_a_day_begins_by_the_clock_of_the_house(
    monkeypatch: pytest.MonkeyPatch, zone: str, day: date, began: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert day_began(day) == began
    finally:
        monkeypatch.undo()
        time.tzset()
