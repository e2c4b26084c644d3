"""The house keeps its rules: who touches the world, how long a file may be, and that a name means one thing."""

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
FILES: Final = sorted((ROOT / "speaker").rglob("*.py"))
WORLD: Final[dict[str, list[str]]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["speaker"]["world"]

IMPORTS: Final = {
    "event_loop": {"asyncio"},
    "threads": {"threading", "concurrent", "queue", "multiprocessing"},
    "sockets": {"socket", "ssl", "select", "selectors", "websockets", "paho", "http", "aiohttp"},
    "clocks": {"time"},
    "files": {"sqlite3", "tempfile", "shutil", "os", "soundfile", "fcntl", "glob"},
    "processes": {"subprocess", "signal", "sys"},
    "devices": {"pyaudio", "ctypes"},
    "chance": {"random", "secrets", "uuid"},
}
"""What touching each part of the world needs."""

CALLS: Final = {
    "clocks": {"now", "today", "utcnow"},
    "processes": {"create_subprocess_exec", "create_subprocess_shell"},
    "files": {"read_text", "write_text", "read_bytes", "write_bytes", "mkdir", "unlink", "touch", "iterdir", "is_file",
              "exists", "is_dir", "stat", "chmod", "rename"},
}  # fmt: skip
"""Methods of the standard library that do it without an import of their own."""

LONGEST_FILE: Final = 300

SAME_MEANING: Final = frozenset({"log", "Json", "T", "S"})
"""Names that stand in many files and mean the same in each."""


def module(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def touched(file: Path) -> set[str]:
    """The parts of the world that a file touches itself."""
    tree = ast.parse(file.read_text())
    roots = {name.split(".")[0] for name in _imported(tree)}
    called = {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    found = {part for part, names in IMPORTS.items() if roots & names}
    found |= {"sockets"} if "urllib.request" in set(_imported(tree)) else set()
    return found | {part for part, names in CALLS.items() if called & names}


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def public(file: Path) -> Iterator[str]:
    """The names that a file defines for others."""
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names = [node.name]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        elif isinstance(node, ast.Assign):
            names = [one.id for one in node.targets if isinstance(one, ast.Name)]
        else:
            names = []
        yield from (name for name in names if not name.startswith("_"))


def allowed(name: str, part: str) -> bool:
    return any(fnmatchcase(name, entry) for entry in WORLD[part])


@pytest.mark.parametrize("file", FILES, ids=module)
def test_only_named_files_touch_the_world(file: Path) -> None:
    name = module(file)
    assert {part for part in touched(file) if not allowed(name, part)} == set(), (
        f"{name} touches the world: keep it pure, or name it in pyproject.toml under [tool.speaker.world]"
    )


@pytest.mark.parametrize("part", WORLD)
def test_who_is_named_does_touch_it(part: str) -> None:
    names = {module(file): file for file in FILES}
    idle = [
        entry
        for entry in WORLD[part]
        if not any(part in touched(file) for name, file in names.items() if fnmatchcase(name, entry))
    ]
    assert idle == []


@pytest.mark.parametrize("file", FILES, ids=module)
def test_a_file_is_read_in_one_sitting(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= LONGEST_FILE


def test_no_two_public_names_are_alike() -> None:
    places: dict[str, set[str]] = defaultdict(set)
    for file in FILES:
        for name in public(file):
            places[name].add(module(file))
    double = {name: sorted(where) for name, where in places.items() if len(where) > 1 and name not in SAME_MEANING}
    assert double == {}


def test_every_folder_says_what_it_is_about() -> None:
    folders = {file.parent for file in FILES}
    silent = [str(one) for one in folders if not ast.get_docstring(ast.parse((one / "__init__.py").read_text()))]
    assert silent == []


def test_the_tree_is_by_subject() -> None:
    layers = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (floors,) = [one["layers"] for one in layers if one["type"] == "layers"]
    subjects = {entry.split(".")[0] for entry in floors}
    there = {one.name.removesuffix(".py") for one in (ROOT / "speaker").iterdir() if one.name[0] not in "_."}
    assert there - {"py.typed"} == subjects
