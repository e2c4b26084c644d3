"""The command line as it is read: what it offers, what it understands, what it knows was meant."""

import shlex

import pytest

from speaker.cli.hub_verbs import VERBS, Verb
from speaker.cli.parser import GROUPS, build_parser
from speaker.hub.commands import COMMANDS
from speaker.hub.controls import CONTROLS
from tests.documents import commands


def test_every_command_of_the_hub_is_one_of_the_command_line() -> None:
    assert {verb.name for verb in VERBS} == {one.name for table in (COMMANDS, CONTROLS) for one in table}


def test_the_help_shows_every_command_once() -> None:
    shown = [name for names in GROUPS.values() for name in names]
    assert sorted(shown) == sorted(commands())
    text = build_parser().format_help()
    assert all(f"  {name} " in text for name in shown)
    assert all(f"{title}:" in text for title in GROUPS)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["stauts"], "status"), (["volumne", "40"], "volume"), (["secret", "set", "openai_key"], "openai_api_key"),
        (["config", "chek"], "check"), (["completion", "bsh"], "bash"),
    ],
)  # fmt: skip
def test_what_was_meant_is_said(words: list[str], meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args(words)
    assert ended.value.code == 2
    assert f"did you mean {meant!r}?" in capsys.readouterr().err


def test_what_nobody_can_guess_is_only_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args(["xyzzy"])
    told = capsys.readouterr().err
    assert "there is no 'xyzzy'; see speaker --help" in told


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb.examples], ids=lambda verb: verb.name)
def test_examples_are_commands(verb: Verb) -> None:
    for example in verb.examples:
        assert build_parser().parse_args(shlex.split(example)).verb == shlex.split(example)[0]
