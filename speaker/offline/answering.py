"""From what tools returned to the sentence that is spoken.

Our own tools return a sentence that begins with how it went ("Confirmed: …", "No answer: …", "Refused: …")
or that is the answer itself; a tool of the hub may return anything, often a JSON object.
"""

import json
import re
from collections.abc import Sequence
from typing import Final

DONE: Final = "Okay."
FAILED: Final = "That did not work."
UNREADABLE: Final = "There is an answer, but I can't put it into words offline."

_WORDS: Final = ("error", "text", "answer", "message", "result", "output", "content", "state", "value")
"""Fields of an object that may hold the answer, the most telling first."""

_SIGNS: Final = ("ok", "success", "successful", "done", "confirmed")

_STATUS = re.compile(r"(?P<status>confirmed|done|okay?|no answer|refused|not done|failed|error|unknown)\s*:\s*", re.I)
_ORDER_TO_MODEL = re.compile(
    r"[,;:.]?\s*(?:so |and |but )?(?:please )?(?:do not|don't|never) (?:say|claim|tell|pretend)\b.*$", re.I | re.S
)


def answer(outputs: Sequence[str]) -> str:
    """One text for all outputs, each said once; empty only when there were no outputs."""
    said = [_sentence(_read(output.strip())) for output in outputs]
    return " ".join(dict.fromkeys(said))


def _read(output: str) -> str:
    try:
        value: object = json.loads(output)
    except ValueError:
        return _report(output)
    return _told(value)


def _report(output: str) -> str:
    """A tool's sentence, without its status and without what is meant for a model alone."""
    found = _STATUS.match(output)
    status = found["status"].lower() if found else ""
    words = _ORDER_TO_MODEL.sub("", output[found.end() if found else 0 :]).strip()
    if not words:
        return DONE if status in ("", "confirmed", "done", "ok", "okay") else FAILED
    if status == "no answer":
        return f"{words.rstrip('.')}, so I don't know whether it worked."
    return words


def _told(value: object) -> str:
    match value:
        case dict():
            return _from_object(value)
        case str():
            return _report(value)
        case True | None:
            return DONE
        case False:
            return FAILED
        case int() | float():
            return str(value)
        case _:
            return UNREADABLE


def _from_object(fields: dict[str, object]) -> str:
    for key in _WORDS:
        value = fields.get(key)
        if isinstance(value, str) and value.strip():
            words = _report(value.strip())
            return f"{FAILED} {_sentence(words)}" if key == "error" else words
        if isinstance(value, int | float) and not isinstance(value, bool) and key != "error":
            return str(value)
    if fields.get("error"):
        return FAILED
    signs = [fields[key] for key in _SIGNS if isinstance(fields.get(key), bool)]
    if signs:
        return DONE if all(signs) else FAILED
    return UNREADABLE if fields else DONE


def _sentence(words: str) -> str:
    words = words[:1].upper() + words[1:]
    return words if words.endswith((".", "!", "?", "…")) else f"{words}."
