"""Words as people say them, made plain: one spelling for each thing, numbers in digits, no courtesies."""

import re
from functools import lru_cache
from typing import Final

from rapidfuzz import fuzz

SEPARATOR: Final = ","
"""Stands in a list of words where one sentence or part of it ends."""

ARTICLES: Final = frozenset({"the", "a", "an", "my", "our", "some"})

_DOUBTFUL_WORDS = "not never no don why when if unless until who did does was were is are has had what how should"
_LEAVING_OUT = "less except without but than"
DOUBTS: Final = frozenset(f"{_DOUBTFUL_WORDS} {_LEAVING_OUT}".split())
"""Words that turn a wish into a question, a condition or its opposite."""

_BELOW_TWENTY = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_FROM_TWENTY = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL = {word: value for value, word in enumerate(_BELOW_TWENTY.split())}
_TENS = {word: 20 + 10 * i for i, word in enumerate(_FROM_TWENTY.split())}

_COMPARED: Final = (
    "brighter|darker|dimmer|warmer|hotter|colder|cooler|louder|quieter|softer|faster|slower|higher|lower|more|less"
)
"""Words behind "a bit"."""

_ORDERS: Final = (
    "turn|switch|set|open|close|dim|unlock|lock|start|stop|play|pause|resume|cancel|add|make|put|lower|raise|increase"
)
"""Orders that begin a sentence; behind one of the words after them they are no nouns."""

_SPELLINGS: Final = (
    (re.compile(r"[’‘`]"), "'"),
    (re.compile(r"\bgood[- ]?bye?\b"), "goodbye"),
    (re.compile(r"\bper cent\b|%"), " percent"),
    (re.compile(r"°\s*f\b"), " degrees fahrenheit"),
    (re.compile(r"°\s*c?\b|°"), " degrees "),
    (re.compile(r"\bdegree\b"), "degrees"),
    (re.compile(r"\b(celsius|centigrade)\b"), ""),
    (re.compile(r"\blighting\b"), "lights"),
    (re.compile(r"^\W*(said|sit|sat)\b"), "set"),  # as the recogniser writes it now and then
    # What it makes of the end of "Jarvis", and of the order behind it.
    (re.compile(r"^\W*this (turn|switch|set|open|close|dim)(?:n?ed|ed|ened|d)?\b"), r"\1"),
    (re.compile(rf"^\W*(?:this|us|his|is|as) (?=(?:{_ORDERS}) (?:the|my|all|every|some|a|an|in|to|on|off)\b)"), ""),
    (re.compile(r"\b(up|down) to\b"), "to"),
    (re.compile(r"&"), " and "),
    (re.compile(r"\b(?:(?:to|at) )?half (?:brightness|volume|power|way|open)\b|\bhalf-?way\b"), "to 50 percent"),
    (re.compile(r"\bto half\b(?! (?:past|an?\b))"), "to 50 percent"),
    (re.compile(r"\b(?:(?:to|at) )?(?:full|max|maximum) (?:brightness|volume|power)\b"), "to 100 percent"),
    (re.compile(r"\bto (?:full|max|maximum)\b"), "to 100 percent"),
    (re.compile(rf"\ba (?:little |tiny )?bit (?=(?:{_COMPARED})\b)"), ""),
    (re.compile(r"(?<=\d),(?=\d{3}\b)"), ""),
    (re.compile(r"(?<!\w)[-−–](?=\d)"), " minus "),
    (re.compile(r"\b(what|how|it|that|there|where|who|when|here)'s\b"), r"\1 is"),
    # Typed and recognised without the apostrophe; "its" and "heres" are words or names of their own.
    (re.compile(r"\b(what|how|that|there|where|who)s\b"), r"\1 is"),
    (re.compile(r"\btodays\b"), "today's"),
    (re.compile(r"\bcan't\b"), "can not"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"(?<=\w)n't\b"), " not"),
    (re.compile(r"\bi'm\b"), "i am"),
    (re.compile(r"(?<=\w)'re\b"), " are"),
    (re.compile(r"(?<=\w)'d\b"), " would"),
    (re.compile(r"(?<=\w)'ll\b"), " will"),
    (re.compile(r"\blet's\b"), "let us"),
    (re.compile(r"'"), ""),
    (re.compile(r"\b(turn|switch|shut) of\b"), r"\1 off"),
    (re.compile(r"[,;:!?…]+(?=\s|$)|\.+(?=\s|$)"), f" {SEPARATOR} "),
)

_SOUNDS: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"^kn", "n"),
        (r"^wr", "r"),
        (r"^wh(?=o)", "h"),
        (r"wh", "w"),
        (r"ph", "f"),
        (r"gh", ""),
        (r"c(?=[eiy])", "s"),
        (r"ck|c(?!h)|q", "k"),
        (r"(?<=.)e$", ""),
        (r"ea|ee|ei|ie|ey", "i"),
        (r"au|aw|a(?=ll)|oa|ou", "o"),
        (r"(?<=m)b$", ""),
        (r"(.)\1", r"\1"),
    )
)

_TOKEN = re.compile(rf"\d+(?:[.:]\d+)*|[^\W\d_]+|{SEPARATOR}")

_BEFORE = (
    "i would like you to|i want you to|i need you to|i would like to|i want to|go ahead and|let us|could you|"
    "can you|would you|will you|please|kindly|just|okay|ok|alright|hey|hi|hay|um|uh|oh|so|well|now|and|then|"
    "also|yes|yeah|this"
)
_AFTER = "will you|would you|could you|can you|thank you|for me|right now|please|thanks|now"
_LEADS: Final = [phrase.split() for phrase in _BEFORE.split("|")]
_TAILS: Final = [phrase.split() for phrase in _AFTER.split("|")]

_WAKE_WORDS: Final = ("jarvis", "alexa", "mycroft", "marvin")
_LIKE_A_WAKE_WORD: Final = 65.0


def plain_words(text: str) -> list[str]:
    """``text`` as plain words, with SEPARATOR where it is divided.

    Lower case, contractions spelled out, numbers in digits, articles left out.
    """
    text = text.lower()
    for pattern, replacement in _SPELLINGS:
        text = pattern.sub(replacement, text)
    words = _in_digits(_TOKEN.findall(text))
    return [word for word in words if word not in ARTICLES]


@lru_cache(4096)
def spoken_name(name: str) -> str:
    """A name of the house, as its words would come out of ``plain``."""
    return " ".join(without_separators(plain_words(name)))


def without_separators(words: list[str]) -> list[str]:
    """The words alone."""
    return [word for word in words if word != SEPARATOR]


def trim(words: list[str]) -> list[str]:
    """The words without courtesies around them and what is left of a wake word before them.

    What consists of such words alone is left as it is.
    """
    trimmed = _strip(words)
    return trimmed if without_separators(trimmed) else words


def plain_text(text: str) -> str:
    """The plain words of a text, without separators."""
    return " ".join(without_separators(plain_words(text)))


def core_text(text: str) -> str:
    """The same without courtesies."""
    return " ".join(without_separators(trim(plain_words(text))))


def bare_text(text: str) -> str:
    """The words of a text in any language, in lower case and without punctuation."""
    return " ".join(re.findall(r"[\w'’%]+", text.lower()))


def stem(word: str) -> str:
    """A word without its plural."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def sound(word: str) -> str:
    """A rough key of how an English word sounds: ceiling and sealing, hall and haul have the same."""
    for pattern, replacement in _SOUNDS:
        word = pattern.sub(replacement, word)
    return word


def _strip(words: list[str]) -> list[str]:
    while words:
        if words[0] == SEPARATOR or _is_wake_word(words[0]):
            words = words[1:]
        elif words[-1] == SEPARATOR or _is_wake_word(words[-1]):
            words = words[:-1]
        elif lead := next((len(lead) for lead in _LEADS if words[: len(lead)] == lead), 0):
            words = words[lead:]
        elif tail := next((len(tail) for tail in _TAILS if words[-len(tail) :] == tail), 0):
            words = words[:-tail]
        else:
            break
    return words


def _is_wake_word(word: str) -> bool:
    """Whether ``word`` is a wake word, something that sounds like it, or the end of one that was cut."""
    return any(
        (len(word) >= 3 and wake.endswith(word)) or fuzz.ratio(word, wake) >= _LIKE_A_WAKE_WORD for wake in _WAKE_WORDS
    )


def _in_digits(words: list[str]) -> list[str]:
    done: list[str] = []
    while words:
        number, used = _read_number(words)
        if used:
            done.append(number)
        else:
            done.append(words[0])
        words = words[max(used, 1) :]
    return done


def _read_number(words: list[str]) -> tuple[str, int]:
    """The number that ``words`` begin with, in digits, and how many of them it takes; 0 if there is none."""
    number, used = _read_whole(words)
    if not used:
        return "", 0
    if words[used : used + 1] == ["point"]:
        decimals = [str(_SMALL[word]) if _SMALL.get(word, 10) < 10 else word for word in words[used + 1 :]]
        count = next((i for i, digit in enumerate(decimals) if not digit.isdecimal()), len(decimals))
        if count:
            return f"{number}.{''.join(decimals[:count])}", used + 1 + count
    if words[used : used + 3] == ["and", "a", "half"]:
        return f"{number}.5", used + 3
    return number, used


def _read_whole(words: list[str]) -> tuple[str, int]:
    first = words[0]
    if first[0].isdecimal():
        return first, 1
    below_hundred, used = _read_below_hundred(words)
    if words[used : used + 1] != ["hundred"]:
        return str(below_hundred), used
    hundreds = 100 * below_hundred if used else 100
    used += 1
    skip = 1 if words[used : used + 1] == ["and"] else 0
    rest, more = _read_below_hundred(words[used + skip :])
    return (str(hundreds + rest), used + skip + more) if more else (str(hundreds), used)


def _read_below_hundred(words: list[str]) -> tuple[int, int]:
    match words:
        case [tens, unit, *_] if tens in _TENS and 0 < _SMALL.get(unit, 0) < 10:
            return _TENS[tens] + _SMALL[unit], 2
        case [word, *_] if word in _SMALL or word in _TENS:
            return _SMALL.get(word) or _TENS.get(word, 0), 1
        case _:
            return 0, 0
