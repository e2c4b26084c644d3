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


class _PutOff:
    """A call that was put off."""

    def __init__(self, seconds: float, call: Callable[[], None]) -> None:
        self.seconds, self.call, self.cancelled = seconds, call, False

    def cancel(self) -> None:
        self.cancelled = True


@pytest.mark.usefixtures("berlin")
def test_new_day_is_told_until_the_connection_is_over() -> None:
    moment, put_off, told = [here(2027, 3, 5, 23, 59)], list[_PutOff](), list[str]()

    def later(seconds: float, call: Callable[[], None]) -> _PutOff:
        put_off.append(_PutOff(seconds, call))
        return put_off[-1]

    days = HereAndNow("Bench", None, now=lambda: moment[0], later=later).follow(told.append)
    moment[0] += timedelta(seconds=put_off[-1].seconds)
    put_off[-1].call()
    assert ["5 March" in told[0], "Saturday, 6 March 2027, 00:00" in told[1]] == [True, True]
    days.cancel()
    assert [one.cancelled for one in put_off] == [False, True]


def test_connection_that_ends_late_takes_no_day_from_the_next() -> None:
    put_off = list[_PutOff]()

    def later(seconds: float, call: Callable[[], None]) -> _PutOff:
        put_off.append(_PutOff(seconds, call))
        return put_off[-1]

    present = HereAndNow("Bench", None, now=lambda: here(2027, 3, 5, 12, 0), later=later)
    first, told = present.follow(lambda _: None), list[str]()
    present.follow(told.append)
    first.cancel()
    assert [one.cancelled for one in put_off] == [True, False]
    put_off[1].call()
    assert len(told) == 2


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
