"""The results of tools in another language than theirs: what was done in a word, states and numbers as they are.

Tools speak English. Their sentences are regular enough to be taken apart: a device and its state, a count, a number,
the time. Whatever is not of these forms is not said in a language that it is not in.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from speaker.language.phrasebook import Phrasebook
from speaker.language.spoken_words import joined_words, say_clock, say_counted, say_decimal

_STATUS: Final = re.compile(r"(?P<status>confirmed|sent|no answer|refused):", re.I)
_TIME: Final = re.compile(r"It is (?P<clock>\d\d:\d\d) on \w+, (?P<date>\d+ \w+ \d{4})\.")
_COUNT: Final = re.compile(
    r"(?:(?P<found>\d+) of (?P<all>\d+)|All (?P<whole>\d+)|(?P<both>Both)|None of (?P<none>\d+)) [\w ]+?"
    r" (?:is|are) (?P<state>[\w ]+?)(?:: (?P<names>.+))?"
)
_DEVICE: Final = re.compile(r"(?:[Tt]he )?(?P<device>.+?)(?: in the (?P<room>.+?))? (?:is|are) (?P<state>.+)")
_NUMBER: Final = re.compile(r"(?P<minus>minus )?(?P<digits>\d+(?:\.\d+)?)(?: (?P<unit>degrees?|percent))?")
_WHERE: Final = re.compile(r"[Ss]ay which|name the room|say the room|[Ss]ay where")
_CHOICE: Final = re.compile(r"(?:Say (?!which)(?:in which room: )?|may mean )(?P<names>.+ or .+?)\.")
_RAIN: Final = {"It is raining.": "raining", "It is not raining.": "not_raining"}


def told_in(outputs: Sequence[str], book: Phrasebook) -> str:
    """One text for all outputs, each thing said once."""
    said = dict.fromkeys(_told(output.strip(), book) for output in outputs)
    return (" " if book.spaces else "").join(said)


def asked_in(question: str, book: Phrasebook) -> str:
    """A question of the rules, which are English, in this language: which of several is meant."""
    choice = _CHOICE.search(question)
    if choice is None:
        return book.results.where if _WHERE.search(question) else book.results.not_understood
    names = [name.removeprefix("the ").replace(" in the ", " ") for name in re.split(r", | or ", choice["names"])]
    return book.results.which.format(names=", ".join(names))


def _told(output: str, book: Phrasebook) -> str:
    words = book.results
    status = _STATUS.match(output)
    if status is not None:
        by_status = {"confirmed": words.done, "sent": words.sent, "no answer": words.no_answer}
        if (known := by_status.get(status["status"].lower())) is not None:
            return known
        asks = _CHOICE.search(output) or _WHERE.search(output)
        return asked_in(output, book) if asks else words.refused
    if output in _RAIN:
        return _ended(words.states[_RAIN[output]], book)
    if (now := _TIME.fullmatch(output)) is not None:
        at = datetime.strptime(f"{now['date']} {now['clock']}", "%d %B %Y %H:%M")  # noqa: DTZ007 - as the house has it
        return words.now.format(clock=say_clock(at, book), weekday=book.timers.weekdays[at.weekday()])
    parts = [_part(part, book) for part in output.removesuffix(".").split("; ")]
    return " ".join(_ended(part, book) for part in parts) if all(parts) else words.unsaid


def _part(part: str, book: Phrasebook) -> str:
    """A count or a device in this language; empty when it is neither."""
    counted = _COUNT.fullmatch(part)
    if counted is not None:
        return _counted(counted, book)
    device = _DEVICE.fullmatch(part)
    state = _state(device["state"], book) if device is not None else ""
    return book.results.state.format(device=device["device"], state=state) if device is not None and state else ""


def _counted(count: re.Match[str], book: Phrasebook) -> str:
    words, state = book.results, _state(count["state"], book)
    if not state:
        return ""
    if count["whole"] or count["both"]:
        return words.whole.format(all=count["whole"] or 2, state=state)
    if count["none"]:
        return words.none.format(all=count["none"], state=state)
    told = words.counted.format(found=count["found"], all=count["all"], state=state)
    names = (count["names"] or "").removeprefix("all but ")
    if names != (count["names"] or "") or not names:
        return told
    return f"{told}, {joined_words([_named(name, book) for name in re.split(r', | and ', names)], book)}"


def _named(name: str, book: Phrasebook) -> str:
    more = re.fullmatch(r"(\d+) more", name)
    return book.results.more.format(count=more[1]) if more is not None else name.removeprefix("the ")


def _state(state: str, book: Phrasebook) -> str:
    """A state, a number with its unit, or both ("on at 40 percent"); empty when it is none that is known."""
    number = _NUMBER.fullmatch(state)
    if number is not None:
        digits = f"{'-' if number['minus'] else ''}{number['digits']}"
        match (number["unit"] or "").removesuffix("s"):
            case "degree":
                return say_counted(book.numbers.degrees, digits, book)
            case "percent":
                return book.numbers.percent.format(number=say_decimal(digits, book))
            case _:
                return say_decimal(digits, book)
    first, _, level = state.partition(" at ")
    known = (
        book.results.states.get(first.replace(" ", "_"), "") if first != "not known" else book.results.states["unknown"]
    )
    more = _state(level, book) if level else ""
    return f"{known}, {more}" if known and more else known


def _ended(text: str, book: Phrasebook) -> str:
    """A text with its end."""
    return f"{text}{'.' if book.spaces else '。'}"
