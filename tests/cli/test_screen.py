"""The same words on a terminal and in a pipe: colours and progress on the one, plain lines in the other."""

import io
from collections.abc import Callable

import pytest

from speaker.cli.screen import Screen

LONG = "a sentence that is longer than any terminal is wide, and that nobody may break or cut " * 4


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def written(file: io.StringIO, write: Callable[[Screen], None]) -> str:
    write(Screen(file))
    return file.getvalue()


def findings(screen: Screen) -> None:
    with screen.progress("checking"):
        screen.line(("good", "good"), " [bold]microphone[/bold] :smile: ", LONG)


def table(screen: Screen) -> None:
    screen.table(("model", "USD"), [("gpt", "1.5"), ("a longer name [x]", "10.25"), (LONG, "")], words=1)


def test_a_pipe_gets_plain_lines_whatever_their_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert written(io.StringIO(), findings) == f"good [bold]microphone[/bold] :smile: {LONG}\n"


def test_numbers_stand_under_each_other_in_a_pipe() -> None:
    head, first, second, third = written(io.StringIO(), table).splitlines()
    assert head.startswith("model ")
    assert head.endswith("  USD")
    assert (first.split(), second.split()) == (["gpt", "1.5"], ["a", "longer", "name", "[x]", "10.25"])
    assert len(first) == len(second), "they end at the same column"
    assert third == LONG.rstrip()


def test_a_terminal_gets_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown = written(Terminal(), findings)
    assert "\x1b[32mgood\x1b[0m [bold]microphone[/bold]" in shown
    assert "checking" in shown


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_who_wants_no_colours_gets_none(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv(name, value)
    assert "\x1b[32m" not in written(Terminal(), findings)
