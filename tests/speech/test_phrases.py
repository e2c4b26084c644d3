"""What the speaker says by itself, and how loudly at night."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.config.settings import QuietHours
from speaker.errors import SessionError
from speaker.language.phrasebook import ENGLISH_PHRASES
from speaker.offline.speech.synthesiser import speakable
from speaker.speech.phrases import apology, loudest_percent

WORDS = ENGLISH_PHRASES.failures
NIGHT = QuietHours(from_="22:30", to="07:00", volume=25)
NOON = QuietHours(from_="13:00", to="14:30", volume=10)

_clock = st.times().map(lambda at: at.replace(second=0, microsecond=0))
_percent = st.integers(0, 100)


@pytest.mark.parametrize(
    ("quiet", "at", "percent"),
    [
        (NIGHT, time(22, 29, 59), 60),
        (NIGHT, time(22, 30), 25),
        (NIGHT, time(23, 59, 59, 999_999), 25),
        (NIGHT, time(0, 0), 25),
        (NIGHT, time(6, 59, 59), 25),
        (NIGHT, time(7, 0), 60),
        (NIGHT, time(12, 0), 60),
        (NOON, time(12, 59), 60),
        (NOON, time(13, 0), 10),
        (NOON, time(14, 30), 60),
        (NOON, time(0, 0), 60),
        (QuietHours(from_="08:00", to="08:00", volume=0), time(8, 0), 60),
        (QuietHours(from_="00:00", to="23:59", volume=5), time(23, 59), 60),
    ],
)
def test_quiet_hours(quiet: QuietHours, at: time, percent: int) -> None:
    assert loudest_percent(60, quiet, at) == percent


def test_what_is_softer_stays_as_it_is() -> None:
    assert loudest_percent(10, NIGHT, time(3, 0)) == 10


@given(_clock, _clock, st.times(), _percent, _percent)
def test_a_day_is_quiet_or_not_and_the_other_way_round(begin: time, end: time, at: time, volume: int, low: int) -> None:
    def loudness(one: time, other: time) -> int:
        return loudest_percent(volume, QuietHours(from_=f"{one:%H:%M}", to=f"{other:%H:%M}", volume=low), at)

    one, other = loudness(begin, end), loudness(end, begin)
    assert max(one, other) == volume
    assert min(one, other) == (volume if begin == end else min(volume, low))


@pytest.mark.parametrize(
    ("error", "connected", "words"),
    [
        (None, True, WORDS.no_answer),
        (None, False, WORDS.unreachable),
        (SessionError("no route to host", code="network"), False, WORDS.unreachable),
        (SessionError("it took too long", code="timeout"), False, WORDS.unreachable),
        (SessionError("closed", code="1006"), True, WORDS.broken),
        (SessionError("", code=""), True, WORDS.troubled),
        (SessionError("it reports an error", code="tts_error"), True, WORDS.troubled),
        (SessionError("no such endpoint", code="404", fatal=True), False, WORDS.refused),
    ],
)
def test_an_apology_says_what_happened(error: SessionError | None, connected: bool, words: str) -> None:
    assert apology(error, connected=connected) == words


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("invalid_api_key", "key"),
        ("permission_error", "key"),
        ("insufficient_quota", "credit"),
        ("billing_hard_limit_reached", "limit"),
        ("model_not_found", "model"),
        ("beta_api_shape_disabled", "protocol"),
    ],
)
def test_what_a_person_must_mend_is_named(code: str, word: str) -> None:
    said = apology(SessionError("secret detail sk-123", code=code, fatal=True), connected=False)
    assert word in said
    assert "sk-123" not in said


@given(st.text() | st.sampled_from(["timeout", "invalid_api_key"]), st.booleans())
def test_nobody_is_asked_to_try_again_in_vain(code: str, connected: bool) -> None:
    assert "try again" not in apology(SessionError("refused", code=code, fatal=True), connected=connected)


@given(st.none() | st.builds(SessionError, st.text(), code=st.text()), st.booleans())
def test_every_apology_can_be_spoken_in_one_breath(error: SessionError | None, connected: bool) -> None:
    said = apology(error, connected=connected)
    assert said == speakable(said)
    assert said.startswith("Sorry, ")
    assert len(said) < 100
