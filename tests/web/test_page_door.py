"""Who may see the page: names, origins, the token and what a browser keeps of it."""

import pytest

from speaker.web.page_door import GUESSES, STAYS_S, PageDoor

SHOWN = "a token of some length"
NOW = 1_800_000_000.0


@pytest.mark.parametrize("host", ["127.0.0.1:8767", "localhost:8767", "LOCALHOST", "[::1]:8767", "127.0.0.2"])
def test_this_machine_gets_in_without_a_token(host: str) -> None:
    door = PageDoor(None)
    assert door.name_fault(host, handed_on=False) == ""
    assert door.admits(None, NOW)


@pytest.mark.parametrize(
    "host", ["", "rebound.example", "192.168.1.7:8767", "127.0.0.1.example", "localhost.example", "[::1"]
)
def test_another_name_for_this_machine_is_refused_without_a_token(host: str) -> None:
    assert "set web_token" in PageDoor(None).name_fault(host, handed_on=False)
    assert PageDoor(SHOWN).name_fault(host, handed_on=True) == ""


def test_what_a_proxy_hands_on_needs_a_token() -> None:
    assert "token" in PageDoor(None).name_fault("127.0.0.1:8767", handed_on=True)


@pytest.mark.parametrize(
    ("origin", "host", "good"),
    [
        ("http://127.0.0.1:8767", "127.0.0.1:8767", True),
        ("https://Speaker.example", "speaker.example", True),
        ("http://127.0.0.1:8123", "127.0.0.1:8767", False),
        ("http://localhost:8767", "127.0.0.1:8767", False),
        ("https://evil.example", "127.0.0.1:8767", False),
        ("null", "127.0.0.1:8767", False),
        ("", "", False),
        (None, "127.0.0.1:8767", False),
    ],
)
def test_only_the_page_itself_may_change_anything(origin: str | None, host: str, good: bool) -> None:
    assert (PageDoor.origin_fault(origin, host) == "") is good


def test_a_cookie_counts_for_its_time_and_its_token() -> None:
    door = PageDoor(SHOWN)
    kept = door.cookie(NOW)
    assert SHOWN not in kept
    assert door.admits(kept, NOW)
    assert door.admits(kept, NOW + STAYS_S - 1)
    assert not door.admits(kept, NOW + STAYS_S + 1)
    assert not PageDoor("another token of length").admits(kept, NOW)


@pytest.mark.parametrize("change", ["", ".", "1.", "x.y", "99999999999999999999.00", "²³.00", "1800000000"])
def test_what_is_no_cookie_of_ours_opens_nothing(change: str) -> None:
    assert not PageDoor(SHOWN).admits(change, NOW)
    assert not PageDoor(SHOWN).admits(None, NOW)


def test_nobody_makes_a_cookie_last_longer() -> None:
    door = PageDoor(SHOWN)
    until, _, mark = door.cookie(NOW).partition(".")
    assert not door.admits(f"{int(until) + 1}.{mark}", NOW)


def test_guessing_is_slowed_even_for_the_right_token() -> None:
    door = PageDoor(SHOWN)
    assert [door.login("wrong", "192.0.2.7", NOW) for _ in range(GUESSES)] == ["wrong"] * GUESSES
    assert door.login(SHOWN, "192.0.2.7", NOW) == "slow"
    assert door.login(SHOWN, "192.0.2.8", NOW) == "right"
    assert door.login(SHOWN, "192.0.2.7", NOW + 10.5) == "right"


def test_a_flood_of_guesses_is_told_once() -> None:
    door = PageDoor(SHOWN)
    told = [door.guessed("192.0.2.7") for _ in range(50) if door.login("wrong", "192.0.2.7", NOW) == "slow"]
    assert told.count(True) == 1
    assert len(told) == 50 - GUESSES


def test_a_network_of_one_guesser_is_one_address() -> None:
    door = PageDoor(SHOWN)
    told = [door.login("wrong", f"2001:db8::{one:x}", NOW) for one in range(1, 40)]
    assert told.count("wrong") == GUESSES


def test_many_guessers_together_are_slowed_too() -> None:
    door = PageDoor(SHOWN)
    told = [door.login("wrong", f"10.0.{one >> 8}.{one & 255}", NOW) for one in range(5_000)]
    assert told.count("wrong") <= 31
    assert len(door._tries) <= 1_000


def test_without_a_token_no_guess_is_right() -> None:
    assert PageDoor(None).login("", "127.0.0.1", NOW) == "wrong"
