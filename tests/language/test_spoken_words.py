"""Numbers, lengths and times of day in nine languages."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.home.device_command import Wish
from speaker.home.risk import asked_for
from speaker.language.phrasebook import phrase_files, phrasebook
from speaker.language.spoken_words import joined_words, plural_form, say_clock, say_counted, say_decimal, say_length
from speaker.timers.naming import described, failed_words, missed_words, named, ringing_words, spoken_timer
from speaker.timers.timers import Alarm

NOW = datetime.fromisoformat("2026-11-24T18:30:00+01:00")


@pytest.mark.parametrize(
    ("value", "form"),
    [(0, "many"), (1, "one"), (2, "few"), (4, "few"), (5, "many"), (11, "many"), (12, "many"), (14, "many"),
     (21, "many"), (22, "few"), (25, "many"), (112, "many"), (1.5, "other"), (102, "few"), (-2, "few")],
)  # fmt: skip
def test_polish_counts_in_its_own_way(value: float, form: str) -> None:
    assert plural_form("polish", value) == form


def test_other_rules() -> None:
    assert [plural_form("one", value) for value in (0, 1, -1, 1.5, 2)] == ["other", "one", "one", "other", "other"]
    assert [plural_form("below_two", value) for value in (0, 1, 1.5, 2)] == ["one", "one", "one", "other"]
    assert plural_form("never", 1) == "other"


@pytest.mark.parametrize(
    ("language", "seconds", "said"),
    [
        ("en", 3900, "1 hour 5 minutes"), ("en", 0, "0 seconds"), ("de", 3660, "1 Stunde 1 Minute"),
        ("de", 90, "1 Minute 30 Sekunden"), ("fr", 7200, "2 heures"), ("fr", 0, "0 seconde"), ("es", 60, "1 minuto"),
        ("nl", 7200, "2 uur"), ("it", 3660, "1 ora 1 minuto"), ("pt", 45, "45 segundos"), ("pl", 120, "2 minuty"),
        ("pl", 300, "5 minut"), ("pl", 1320, "22 minuty"), ("zh-CN", 3900, "1小时5分钟"),
    ],
)  # fmt: skip
def test_lengths(language: str, seconds: float, said: str) -> None:
    assert say_length(seconds, phrasebook(language)) == said


@pytest.mark.parametrize(
    ("language", "digits", "said"),
    [
        ("en", "-1", "minus 1 degree"), ("en", "21.5", "21.5 degrees"), ("de", "21.5", "21,5 Grad"),
        ("fr", "1.5", "1,5 degré"), ("pl", "1.5", "1,5 stopnia"), ("pl", "5", "5 stopni"), ("zh-CN", "-3", "零下3度"),
    ],
)  # fmt: skip
def test_degrees(language: str, digits: str, said: str) -> None:
    book = phrasebook(language)
    assert say_counted(book.numbers.degrees, digits, book) == said


@pytest.mark.parametrize(
    ("language", "half_past", "full"),
    [("en", "07:30", "07:00"), ("de", "7 Uhr 30", "7 Uhr"), ("fr", "7 heures 30", "7 heures"),
     ("nl", "7 uur 30", "7 uur"), ("zh-CN", "7点30分", "7点")],
)  # fmt: skip
def test_clock(language: str, half_past: str, full: str) -> None:
    book, morning = phrasebook(language), NOW.replace(hour=7, minute=0)
    assert (say_clock(morning.replace(minute=30), book), say_clock(morning, book)) == (half_past, full)


@pytest.mark.parametrize(
    ("language", "wish", "said"),
    [
        ("de", Wish(action="unlock"), "Haustür aufschließen"),
        ("de", Wish(percent=40), "Haustür auf 40 Prozent stellen"),
        ("de", Wish(temperature_c=21.5, mode="heat"), "Haustür auf 21,5 Grad und heat stellen"),
        ("fr", Wish(action="unlock"), "déverrouiller Haustür"),
        ("es", Wish(on=True), "encender Haustür"),
        ("it", Wish(action="open", percent=40), "aprire Haustür al 40 per cento"),
        ("nl", Wish(on=False), "Haustür uitzetten"),
        ("pt", Wish(colour=(255, 0, 0)), "pôr Haustür em vermelho"),
        ("pl", Wish(action="unlock"), "otworzyć zamek: Haustür"),
        ("zh-CN", Wish(brightness_percent=40), "把Haustür设为百分之40"),
        ("de", Wish(step=-10.0), "Haustür um 10 niedriger stellen"),
    ],
)
def test_what_is_asked_about(language: str, wish: Wish, said: str) -> None:
    assert asked_for(wish, "Haustür", phrasebook(language)) == said


def test_timers_in_german() -> None:
    book = phrasebook("de")
    eggs = Alarm(id=1, kind="timer", due_s=NOW.timestamp() + 300, name="Eier", length_s=300)
    plain = Alarm(id=2, kind="timer", due_s=NOW.timestamp() + 60, length_s=300)
    alarm = Alarm(id=3, kind="alarm", due_s=NOW.replace(hour=7, minute=0).timestamp() + 86_400, repeat="monday")
    lamp = Alarm(id=4, kind="action", due_s=NOW.timestamp(), text="Sofalampe ausschalten")
    assert spoken_timer(eggs, book) == "Timer Eier"
    assert described(plain, NOW, book) == "Timer über 5 Minuten, noch 1 Minute"
    assert described(alarm, NOW, book) == "Wecker morgen um 7 Uhr, jeden Montag"
    assert ringing_words(eggs, book) == "Timer Eier."
    assert missed_words(plain, NOW, book).startswith("Während ich aus war")
    assert failed_words(lamp, "nein.", book) == "Das war fällig: Sofalampe ausschalten. Es hat nicht geklappt: nein."
    assert named("Timer über 5 Minuten", [plain, eggs, alarm], NOW, book=book) == [plain]


@given(st.floats(0, 100_000), st.sampled_from(sorted(phrase_files())), st.booleans())
def test_every_length_is_said_with_its_numbers(seconds: float, language: str, in_name: bool) -> None:
    said = say_length(seconds, phrasebook(language), in_name=in_name)
    assert any(letter.isdigit() for letter in said)
    assert "{" not in said


@given(st.integers(-50, 50), st.sampled_from(sorted(phrase_files())))
def test_no_number_loses_its_sign(value: int, language: str) -> None:
    book = phrasebook(language)
    assert (say_decimal(str(value), book) == str(value)) is (value >= 0)


def test_joined() -> None:
    assert joined_words([], phrasebook("de")) == ""
    assert joined_words(["a", "b", "c"], phrasebook("de")) == "a und b und c"
