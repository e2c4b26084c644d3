"""Patterns that Python would try for years are refused, and those that people write are taken."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.home.pattern_cost import pattern_fault

TAKEN = [
    "", "^$", "on|off", "^(on|off)$", "^(?:red|green)$", "^[0-9]{2}:[0-9]{2}$", r"^\d{1,3}(\.\d{1,3}){3}$", "[a-z]+",
    "^#?[0-9a-f]{6}$", r"^[a-z_]+\.[a-z0-9_]+$", "^([01][0-9]|2[0-3]):[0-5][0-9]$", "^.{0,100}$", r"^\+?[0-9 ]{3,20}$",
    "^[]a]$", "^[^a]*$", "^a+?$", "^[A-Za-zÄÖÜ -]{1,40}$",
]  # fmt: skip
ENDLESS = [
    "(a+)+$", "^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^([a-z]+)*$", "(x+x+)+y", "^(.*)*$", "^(.*a){20}$", r"^(\d+)*$",
    "x*y*z*", "^a*a*a*a*$", "^[^@]+@[^@]+@[^@]+$", "(a{1,99}){1,99}", "^((a{0,30}){0,30}){0,30}$", ".*.*=.*",
    r"^(([a-z])+.)+[A-Z]([a-z])+$", "^(a?){64}a{64}$",
]  # fmt: skip
STRANGE = [
    "(?=a)", "(?!a)", "(?<=a)b", r"(a)\1", "(?P<x>a)", "a**", "a{2,1}", "[", "(", ")", "*", "]", "{", "[[a]]", "a++",
    "(?i)a", "(?>a+)", r"\b", r"\x41", "\\", "[a--b]", "a{99999}", "(" * 90, "x" * 201,
]  # fmt: skip


@pytest.mark.parametrize("pattern", TAKEN)
def test_what_people_write_is_taken(pattern: str) -> None:
    assert pattern_fault(pattern) == ""


@pytest.mark.parametrize("pattern", ENDLESS)
def test_what_may_take_years_is_refused(pattern: str) -> None:
    assert "too long" in pattern_fault(pattern)


@pytest.mark.parametrize("pattern", STRANGE)
def test_what_is_not_understood_is_refused(pattern: str) -> None:
    assert pattern_fault(pattern)


@given(st.text("ab|()[]{}*+?^$\\.,0129-:=!<>", max_size=20))
def test_what_is_taken_is_a_pattern_and_nothing_is_raised(pattern: str) -> None:
    if not pattern_fault(pattern):
        re.compile(pattern)
