"""The faults that the documents promise to survive are those that tests make."""

import ast
from collections.abc import Iterator

from tests.card_rows import CARDS
from tests.documents import ROOT
from tests.faults import FAULTS


def named() -> Iterator[str]:
    """Every test, and every step of the check on a real systemd."""
    for file in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                yield node.name
    for line in (ROOT / "tests" / "systemd_check").read_text().splitlines():
        if line.startswith("holds "):
            yield f"systemd_check: {line.split(chr(34))[1]}"


def test_every_fault_is_made_by_a_test() -> None:
    told = [test for rows in FAULTS.values() for *_, test in rows]
    assert set(told) - set(named()) == set()
    assert len(told) == len(set(told)) >= 40


def test_every_particular_card_is_made_by_a_test() -> None:
    assert {test for *_, test in CARDS} - set(named()) == set()
