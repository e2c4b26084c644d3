"""What every session is told of the time and the place: right, short, and behind what the service keeps."""

from datetime import datetime, timedelta, timezone

import pytest

from speaker.config.loading import load_settings
from speaker.conversation.surroundings import day_left_s, surroundings
from speaker.cost.tokens import text_tokens

BERLIN = timezone(timedelta(hours=1), "CET")
EVENING = datetime(2026, 11, 24, 18, 5, tzinfo=BERLIN)


def test_time_place_and_units_are_told_in_few_words() -> None:
    settings = load_settings({"id": "kitchen", "name": "Kitchen speaker", "room": "kitchen"}, "pi")
    text = surroundings(settings, EVENING)
    for fact in (
        "Tuesday, 24 November 2026",
        "18:05",
        "CET",
        "UTC+01:00",
        "Kitchen speaker",
        "in the kitchen",
        "metric",
    ):
        assert fact in text
    assert text_tokens(text) <= 50, "every response pays for it"


def test_what_is_not_known_is_not_told() -> None:
    text = surroundings(load_settings({"id": "left-one", "house": {"units": "imperial"}}, "pi"), EVENING)
    assert "Left one" in text
    assert " stand " not in text
    assert "imperial" in text


@pytest.mark.parametrize(("hour", "minute"), [(0, 0), (12, 0), (23, 59)])
def test_the_day_ends_at_midnight(hour: int, minute: int) -> None:
    now = datetime(2026, 11, 24, hour, minute).astimezone()
    then = datetime.fromtimestamp(now.timestamp() + day_left_s(now))  # noqa: DTZ006 - as the house has it
    assert (then.date() - now.date()).days == 1
    assert (then.hour, then.minute) == (0, 0)
