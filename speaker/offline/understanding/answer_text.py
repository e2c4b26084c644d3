"""From what tools returned to the sentences that are spoken.

Our own tools return sentences that begin with how it went ("Confirmed: …", "No answer: …", "Refused: …")
or that are the answer itself; a tool of the hub may return anything, often a JSON object.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Final

DONE: Final = "Okay."
_FAILED: Final = "That did not work."
UNREADABLE: Final = "There is an answer, but I can't put it into words offline."

_WORDS: Final = ("error", "text", "answer", "message", "result", "output", "content", "state", "value")
"""Fields of an object that may hold the answer, the most telling first."""

_SIGNS: Final = ("ok", "success", "successful", "done", "confirmed")
"""Fields of an object that may say whether it worked."""

_GOOD: Final = frozenset({"", "confirmed", "done", "ok", "okay", "sent"})

_STATUS = re.compile(
    r"(?:^|(?<=[.;])\s+)(?P<status>confirmed|done|okay|ok|sent|no answer|refused|not done|failed|error)\s*:\s*", re.I
)
_ORDER_TO_MODEL = re.compile(
    r"[,;.]?\s*(?:so |and |but )?(?:please )?(?:do not|don't|never) (?:say|claim|tell|pretend)\b[^;.]*", re.I
)
_HOW_MANY: Final = re.compile(r"(?P<all>All \d+|Both)|(?P<none>None of \d+)|\d+ of \d+")
"""How an answer begins that counts what is so."""

_COUNT = re.compile(r"\d+ \w+")


def answer(outputs: Sequence[str]) -> str:
    """One text for all outputs, each thing said once; empty only when there were no outputs."""
    said = [as_sentence(words) for output in outputs for words in _read(output.strip())]
    return " ".join(dict.fromkeys(said))


def with_yes_or_no(said: str, asked: str) -> str:
    """An answer that tells how many are so, to a question whether "any" or "all" of them are."""
    found = _HOW_MANY.match(said)
    if found is None or asked not in {"any", "all"}:
        return said
    yes = not found["none"] and (asked == "any" or bool(found["all"]))
    rest = said if said[0].isdigit() else said[0].lower() + said[1:]
    return f"{'Yes' if yes else 'No'}, {rest}"


def _read(output: str) -> Iterator[str]:
    try:
        value: object = json.loads(output)
    except ValueError:
        value = output
    yield from _told(value)


def _reports(output: str) -> Iterator[str]:
    """A tool's sentences, without their statuses and without what is meant for a model alone."""
    starts = list(_STATUS.finditer(output))
    bounds = [start.start() for start in starts] + [len(output)]
    if bounds[0] > 0 or not starts:
        yield _report("", output[: bounds[0]])
    for start, end in zip(starts, bounds[1:], strict=True):
        yield _report(start["status"].lower(), output[start.end() : end])


def _report(status: str, text: str) -> str:
    words, orders = _ORDER_TO_MODEL.subn("", text)
    if status == "sent":
        words = words.partition(";")[0]
    words = words.strip(" ;.") if status else words.strip()
    if not words:
        return DONE if status in _GOOD else _FAILED
    if _COUNT.fullmatch(words) and status not in _GOOD:
        return f"{words} did not answer" if status == "no answer" else f"{words} refused"
    if orders and status == "no answer":
        return f"{words}, so I don't know whether it worked"
    return words


def _told(value: object) -> Iterator[str]:
    match value:
        case dict():
            yield from _from_object(value)
        case str():
            yield from _reports(value)
        case True | None:
            yield DONE
        case False:
            yield _FAILED
        case int() | float():
            yield str(value)
        case _:
            yield UNREADABLE


def _from_object(fields: dict[str, object]) -> Iterator[str]:
    signs = [fields[key] for key in _SIGNS if isinstance(fields.get(key), bool)]
    failed = bool(fields.get("error")) or not all(signs)
    if failed:
        yield _FAILED
    telling = next((value for key in _WORDS if _tells(value := fields.get(key))), None)
    if telling is not None:
        yield from _told(telling)
    elif not failed:
        yield DONE if signs or not fields else UNREADABLE


def _tells(value: object) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    return isinstance(value, int | float) and not isinstance(value, bool)


def as_sentence(words: str) -> str:
    """Words with a capital and an end."""
    words = words[:1].upper() + words[1:]
    return words if words.endswith((".", "!", "?", "…")) else f"{words}."
