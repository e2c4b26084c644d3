"""Plain words, and the list of devices that is made of them."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from unicode_rbnf import RbnfEngine

from speaker.offline.understanding.devices_from_prompt import Household, Listed
from speaker.offline.understanding.normalise import plain_words, sound, stem, trim, without_separators

ENGLISH = RbnfEngine.for_language("en")


@given(st.integers(0, 199), st.sampled_from(["", " point five", " and a half"]))
def test_numbers_in_words_become_digits(number: int, fraction: str) -> None:
    digits = f"{number}.5" if fraction else str(number)
    spoken = ENGLISH.format_number(number).text
    assert plain_words(f"to {spoken}{fraction} degrees") == ["to", digits, "degrees"]
    assert plain_words(f"{digits}% {digits}°") == [digits, "percent", digits, "degrees"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("What's the temperature?", "what is temperature ,"),
        ("Don't! I'm here.", "do not , i am here ,"),
        ("Good-bye, and thank you.", "goodbye , and thank you ,"),
        ("Turn up the heating to 21.5°C", "turn up heating to 21.5 degrees"),
        ("down to −5 degrees Celsius", "to minus 5 degrees"),
        ("one hundred and five of 1,250", "105 of 1250"),
        ("two hundred, twenty-five", "200 , 25"),
        ("at 6:30 per cent", "at 6:30 percent"),
        ("Anna's Küche & Bad", "annas küche and bad"),
    ],
)
def test_plain_words(text: str, words: str) -> None:
    assert plain_words(text) == words.split()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Hey Jarvis, could you please turn it on for me, thanks.", "turn it on"),
        ("vis turn it on", "turn it on"),
        ("Okay, Mycroft, and then turn it on, Jarvis", "turn it on"),
        ("thank you", "thank you"),
        ("yes please", "yes please"),
        ("is the lamp on", "is lamp on"),
    ],
)
def test_courtesies_and_leftovers_of_wake_words_go(text: str, left: str) -> None:
    assert trim(plain_words(text)) == left.split()


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("ceiling", "sealing", True),
        ("hall", "haul", True),
        ("whether", "wether", True),
        ("kitchen", "chicken", False),
        ("bathroom", "bedroom", False),
        ("on", "off", False),
    ],
)
def test_words_that_sound_alike(one: str, other: str, alike: bool) -> None:
    assert (sound(one) == sound(other)) is alike


def test_plurals() -> None:
    assert [stem(word) for word in ("lights", "light", "glass", "gas")] == ["light", "light", "glass", "gas"]


@given(st.text())
def test_words_are_plain_once_and_for_all(text: str) -> None:
    words = plain_words(text)
    assert set(without_separators(trim(words))) <= set(words)
    assert all(word == word.lower() and " " not in word for word in words)


names = st.from_regex(r"[A-Z][a-z0-9]{0,8}( [a-z0-9]{1,6})?", fullmatch=True)
listed = st.builds(Listed, names, st.sampled_from(["light", "climate", "scene"]), names.map(str.lower) | st.just(""))


@given(st.lists(listed, min_size=1, max_size=8))
def test_the_household_is_what_the_instructions_list(devices: list[Listed]) -> None:
    rooms = {device.room: [d for d in devices if d.room == device.room] for device in devices}
    assume("elsewhere" not in rooms)
    lines = [
        f"- {room or 'elsewhere'}: {', '.join(f'{d.name} ({d.kind})' for d in there)}" for room, there in rooms.items()
    ]
    text = "\n".join(["Be kind.", "Devices, by room:", *lines, "", "- not a room: Nothing (light)"])
    assert Household.read(text).devices == tuple(d for there in rooms.values() for d in there)
    grouped = text.replace("(light), ", "(light); ").replace(" (scene), ", ", +7 (scene); ")
    assert Household.read(grouped) == Household.read(text)
    assert Household.read("Be kind.").devices == ()


@pytest.mark.parametrize(
    ("heard", "begins"),
    [
        ("This unlock the front door.", "unlock"), ("This turn on the lamp.", "turn"),
        ("This lock the back door", "lock"), ("Us unlock the front door.", "unlock"),
        ("Is the lamp on", "is"), ("This play some jazz", "play"),
        ("This lock is new", "this"), ("This play was long", "this"),
    ],
)  # fmt: skip
def test_end_of_the_wake_word_before_an_order_is_no_word(heard: str, begins: str) -> None:
    assert plain_words(heard)[0] == begins
