"""Every session knows the date, the time and the room it stands in, also when it lives over midnight."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from speaker.conversation.here_and_now import HereAndNow, present_in_words, until_midnight_s
from tests.support.talking_speaker import answer, talking


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def here(*when: int) -> datetime:
    return datetime(*when).astimezone()  # type: ignore[arg-type]  # year to minute


@pytest.mark.usefixtures("berlin")
def test_date_weekday_time_zone_room_and_units_are_told() -> None:
    told = present_in_words(here(2027, 3, 5, 7, 4), "Bench", "workshop")
    for part in ("Friday, 5 March 2027, 07:04", "UTC+01:00", '"Bench"', "in the workshop", "Celsius", "metric"):
        assert part in told
    assert "without a room" not in present_in_words(here(2027, 3, 5, 7, 4), "Bench", None)


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("when", "hours"),
    [((2027, 3, 5, 22, 0), 2), ((2027, 3, 28, 0, 0), 23), ((2027, 10, 31, 0, 0), 25), ((2027, 12, 31, 23, 0), 1)],
)
def test_midnight_comes_by_the_clock_of_the_house(when: tuple[int, ...], hours: int) -> None:
    assert until_midnight_s(here(*when)) == hours * 3600


class _Later:
    """Calls that were put off, and may be called off."""

    def __init__(self) -> None:
        self.calls: list[tuple[float, Callable[[], None]]] = []
        self.cancelled = 0

    def __call__(self, seconds: float, call: Callable[[], None]) -> "_Later":
        self.calls.append((seconds, call))
        return self

    def cancel(self) -> None:
        self.cancelled += 1


@pytest.mark.usefixtures("berlin")
def test_new_day_is_told_until_the_session_is_over() -> None:
    moment = [here(2027, 3, 5, 23, 59)]
    later, told = _Later(), list[str]()
    present = HereAndNow("Bench", None, now=lambda: moment[0], later=later)
    present.follow(told.append)
    seconds, midnight = later.calls[-1]
    moment[0] += timedelta(seconds=seconds)
    midnight()
    assert ["5 March" in told[0], "Saturday, 6 March 2027, 00:00" in told[1]] == [True, True]
    before = later.cancelled
    present.leave()
    assert later.cancelled == before + 1


async def test_session_that_opens_is_told_behind_its_instructions(tmp_path: Path) -> None:
    async with talking(tmp_path, answer()) as one:
        await one.converse()
        item, *others = [event for event in one.script.seen[-1] if event["type"] == "conversation.item.create"]
        [update] = one.sent("session.update")
    today = datetime.now(UTC).astimezone()
    [content] = item["item"]["content"]
    assert not others
    assert (item["item"]["role"], content["type"]) == ("system", "input_text")
    assert f"{today.year}" in content["text"]
    assert f"{today:%B} {today.year}" not in update["session"]["instructions"]
