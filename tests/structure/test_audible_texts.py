"""What the speaker says by itself stands in the phrase files, and not in the code.

It follows what is handed to whatever speaks: texts in the call itself, names that are assigned in the same function,
and what functions of the tree return that are called there. It does not see through attributes, parameters and
callbacks, and leaves out what answers a request: the results of tools and the sentences of the offline rules.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2] / "speaker"
FOLDERS: Final = (
    "announce",
    "conversation",
    "cost",
    "daemon",
    "home",
    "hub",
    "listening",
    "speech",
    "timers",
    "wake",
    "web",
)
FILES: Final = sorted(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py"))

SPEAKS: Final = frozenset({"speak", "say", "_say", "announce", "Announcement", "confirm", "ask", "_approve", "prepare"})
"""Calls whose arguments are heard: of the voice, of announcements, of questions."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions() -> dict[str, Function]:
    """Every function of the tree that is called by its name."""
    return {
        node.name: node for file in FILES for node in ast.parse(file.read_text()).body if isinstance(node, Function)
    }


KNOWN: Final = functions()


def spoken(tree: ast.AST, known: dict[str, Function]) -> Iterator[str]:
    """Texts in the code that would be heard."""
    for function in (node for node in ast.walk(tree) if isinstance(node, Function)):
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call) and _name(node) in SPEAKS):
            for argument in (*call.args, *(one.value for one in call.keywords if one.arg == "text")):
                yield from _texts(argument, function, known, frozenset())


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _texts(value: ast.expr, function: Function, known: dict[str, Function], seen: frozenset[str]) -> Iterator[str]:
    if isinstance(value, ast.Constant) and any(letter.isalpha() for letter in str(value.value)):
        yield from [value.value] if isinstance(value.value, str) else []
    for part in _parts(value):
        yield from _texts(part, function, known, seen)
    if isinstance(value, ast.Name) and value.id not in seen:
        for part in _assigned(value.id, function):
            yield from _texts(part, function, known, seen | {value.id})
    called = _name(value) if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) else ""
    if called in known and called not in seen:
        for part in _returned(known[called]):
            yield from _texts(part, known[called], known, seen | {called})


def _parts(value: ast.expr) -> list[ast.expr]:
    """What a value is put together from."""
    match value:
        case ast.JoinedStr(values=several) | ast.BoolOp(values=several) | ast.Tuple(elts=several):
            return several
        case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, right=other):
            return [one, other]
        case ast.FormattedValue(value=one) | ast.Call(func=ast.Attribute(value=ast.Constant() as one)):
            return [one]
        case _:
            return []


def _assigned(name: str, function: Function) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and any(name in _targets(target) for target in node.targets):
            yield node.value


def _returned(function: Function) -> Iterator[ast.expr]:
    yield from (node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value is not None)


def _targets(target: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}


@pytest.mark.parametrize("file", FILES, ids=lambda file: ".".join(file.relative_to(ROOT).with_suffix("").parts))
def test_no_audible_text_stands_in_the_code(file: Path) -> None:
    assert list(spoken(ast.parse(file.read_text()), KNOWN)) == [], (
        "this is heard, so it belongs into speaker/language/phrases, in every language"
    )


@pytest.mark.parametrize(
    "code",
    [
        'def f(): voice.say("Hello")',
        'async def f(): await self._say(f"It is {time}")',
        'def f():\n    words = "Hello"\n    sound.speak(words)',
        'def f():\n    words, rest = "Hello", 1\n    sound.speak(words)',
        'def f(): post(Announcement("Hello"))',
        'def f(): say("a" + name)',
        'def f(): say("Timer {}".format(name))',
        'def f(): say(one if it else "Hello")',
        "def f(): say(words_of(alarm))",
    ],
)
def test_it_finds_a_text(code: str) -> None:
    helper = ast.parse('def words_of(alarm):\n    return f"Timer {alarm}"').body[0]
    assert isinstance(helper, Function)
    assert list(spoken(ast.parse(code), {"words_of": helper}))


def test_it_takes_what_comes_from_a_book() -> None:
    assert list(spoken(ast.parse('def f(): self._say(book.own.deaf, item="own")'), {})) == []


def test_somebody_speaks_at_all() -> None:
    calls = [
        node
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and _name(node) in SPEAKS
    ]
    assert len(calls) >= 15
