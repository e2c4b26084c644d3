"""Numbers, lengths and times of day as one says them in a language; the words are the phrase file's."""

from datetime import datetime
from typing import Final

from speaker.language.phrasebook import NumberWords, Phrasebook, Plural, PluralRule

_HOUR_S: Final = 3600


def plural_form(rule: PluralRule, value: float) -> str:
    """Which form of a noun goes with a number: one, few, many or other."""
    amount = abs(value)
    if rule == "one":
        return "one" if amount == 1 else "other"
    if rule == "below_two":
        return "one" if amount < 2 else "other"
    if rule == "polish":
        return _polish(amount)
    return "other"


def _polish(amount: float) -> str:
    if amount != int(amount):
        return "other"
    if amount == 1:
        return "one"
    return "few" if int(amount) % 10 in {2, 3, 4} and int(amount) % 100 not in {12, 13, 14} else "many"


def say_decimal(digits: str, book: Phrasebook) -> str:
    """A number in digits ("-21.5") as it is written and said in a language."""
    said = digits.removeprefix("-").replace(".", book.numbers.decimal)
    return book.numbers.minus.format(number=said) if digits.startswith("-") else said


def say_counted(noun: Plural, digits: str, book: Phrasebook) -> str:
    """A number in digits with its noun: "1 hour", "21,5 Grad"."""
    forms = {"one": noun.one, "few": noun.few, "many": noun.many, "other": noun.other}
    form = forms[plural_form(book.plural, float(digits))] or noun.other
    return form.format(number=say_decimal(digits, book))


def say_length(seconds: float, book: Phrasebook, *, in_name: bool = False) -> str:
    """A length of time: "1 hour 5 minutes", "90 seconds"; as in "5 minute timer" when ``in_name``."""
    words = book.numbers
    hours, rest = divmod(round(seconds), _HOUR_S)
    minutes, left = divmod(rest, 60)
    nouns = _long(words) if in_name else (words.hours, words.minutes, words.seconds)
    counts = (hours, minutes, left if not hours else 0)
    parts = [say_counted(noun, str(count), book) for noun, count in zip(nouns, counts, strict=True) if count]
    return (" " if book.spaces else "").join(parts) or say_counted(words.seconds, "0", book)


def _long(words: NumberWords) -> tuple[Plural, Plural, Plural]:
    return words.hours_long, words.minutes_long, words.seconds_long


def say_clock(at: datetime, book: Phrasebook) -> str:
    """A time of day: "07:00", "7 Uhr 30"."""
    pattern = book.numbers.clock if at.minute else book.numbers.full_hour
    return pattern.format(hour=at.hour, minute=at.minute)


def joined_words(words: list[str], book: Phrasebook) -> str:
    """Words with the language's "and" between them."""
    said = words[0] if words else ""
    for one in words[1:]:
        said = book.devices.join.format(first=said, second=one)
    return said
