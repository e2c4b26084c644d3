"""All that the speaker says and understands by itself, in one language: one file in ``phrases/`` for each.

English is the measure: every file has its keys and its placeholders. A language without a file is spoken in English,
which is told once, with the name of the file that would have to be written.
"""

import logging
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final, Literal

import msgspec
import yaml
from msgspec import Struct

from speaker.language.answer_forms import AnswerForms
from speaker.language.codes import ENGLISH, base_language, language_name

log = logging.getLogger(__name__)

PHRASE_FOLDER: Final = "speaker/language/phrases"
"""Where the files are, as a translator finds them."""

PluralRule = Literal["one", "below_two", "polish", "never"]
"""Which form goes with a number: one = ``one`` for 1, below_two = ``one`` below 2, polish = Polish's own, never =
``other`` for all."""


class _Words(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of a file."""


class Plural(_Words, frozen=True, kw_only=True):
    """A noun with ``{number}``, for each form that the language's rule chooses."""

    one: str = ""
    few: str = ""
    many: str = ""
    other: str


class FailureWords(_Words, frozen=True, kw_only=True):
    """Why there is no answer, and what to do, in one breath."""

    no_answer: str
    broken: str
    unreachable: str
    busy: str
    refused: str
    key_refused: str
    key_not_allowed: str
    deactivated: str
    no_credit: str
    account_limit: str
    no_country: str
    no_model: str
    no_sound_format: str
    wrong_clock: str
    not_safe: str
    web_page: str
    old_protocol: str
    troubled: str
    budget_day: str
    budget_month: str
    no_content: str
    broken_off: str
    withheld: str
    too_long: str


class OwnWords(_Words, frozen=True, kw_only=True):
    """What the speaker says of itself."""

    one_moment: str
    silent: str
    deaf: str
    helped_out: str
    still_there: str
    no_ears: str
    """With the ``{code}`` of the language."""


class QuestionWords(_Words, frozen=True, kw_only=True):
    """What the speaker asks."""

    shall_i: str
    """With ``{doing}`` and the words that answer it: ``{yes}``, ``{no}``."""


class DeviceWords(_Words, frozen=True, kw_only=True):
    """What would be done to a ``{device}``, as it follows "shall I"."""

    doing: dict[str, str]
    """By the action."""
    doing_at: str
    switch_on: str
    switch_off: str
    turn_up: str
    turn_down: str
    set: str
    join: str
    several: str
    run: str
    run_with: str


class NumberWords(_Words, frozen=True, kw_only=True):
    """Numbers, lengths and times of day; a ``_long`` one stands in "5 minute timer"."""

    decimal: str
    minus: str
    percent: str
    tilt: str
    kelvin: str
    degrees: Plural
    hours: Plural
    minutes: Plural
    seconds: Plural
    hours_long: Plural
    minutes_long: Plural
    seconds_long: Plural
    clock: str
    full_hour: str


class TimerKinds(_Words, frozen=True, kw_only=True):
    """What rings."""

    timer: str
    alarm: str
    reminder: str


class RepeatWords(_Words, frozen=True, kw_only=True):
    """How often an alarm rings; behind its time."""

    daily: str
    weekdays: str
    weekends: str
    weekday: str


class TimerWords(_Words, frozen=True, kw_only=True):
    """How one speaks of timers, and what is said when they fall due."""

    kinds: TimerKinds
    named: str
    of_length: str
    to_do: str
    paused: str
    running: str
    due: str
    tomorrow: str
    on_weekday: str
    on_date: str
    repeats: RepeatWords
    weekdays: list[str]
    """From Monday on."""
    rings: str
    reminds: str
    missed: str
    missed_reminder: str
    missed_action: str
    failed_action: str
    no_tools: str


class ResultWords(_Words, frozen=True, kw_only=True):
    """What the offline server says of a tool's result in a language that tools do not speak."""

    done: str
    sent: str
    no_answer: str
    refused: str
    unsaid: str
    """There is an answer, and no way to say it."""
    not_understood: str
    now: str
    """The time: ``{clock}`` and ``{weekday}``."""
    state: str
    """What a ``{device}`` is: its ``{state}``."""
    counted: str
    """So many (``{found}``) of ``{all}`` are so."""
    whole: str
    none: str
    which: str
    """The question which of the ``{names}`` is meant."""
    where: str
    """The question which device, or which room, is meant."""
    more: str
    """``{count}`` that are not named."""
    states: dict[str, str]
    """By their English names, with _ for a space."""


class VoiceWords(_Words, frozen=True, kw_only=True):
    """What the voice says in place of what cannot be pronounced."""

    link: str
    degrees: str
    fahrenheit: str


class Phrasebook(_Words, frozen=True, kw_only=True):
    """One language."""

    code: str = ""
    """What it is asked for by: de, zh-CN; not in the file."""
    name: str
    """Its own name for itself."""
    plural: PluralRule
    espeak: str
    """The voice of espeak-ng."""
    spaces: bool = True
    """Whether it puts spaces between words."""
    failures: FailureWords
    own: OwnWords
    questions: QuestionWords
    devices: DeviceWords
    numbers: NumberWords
    colours: dict[str, str]
    """By their English names."""
    timers: TimerWords
    results: ResultWords
    voice: VoiceWords
    answers: AnswerForms

    @property
    def is_english(self) -> bool:
        """Whether it is English, of whichever region."""
        return base_language(self.code) == ENGLISH

    def shall_i(self, doing: str) -> str:
        """Whether to do that, as a question that says how it is answered."""
        return self.questions.shall_i.format(doing=doing, yes=self.answers.yes[0], no=self.answers.no[0])


def phrase_files() -> dict[str, str]:
    """Code → file name, of every language that is there."""
    return {
        one.name.removesuffix(".yaml"): one.name
        for one in sorted(_folder().iterdir(), key=lambda one: one.name)
        if one.name.endswith(".yaml")
    }


def has_phrases(language: str) -> bool:
    """Whether the speaker's own sentences are there in a language."""
    return bool(_file_of(language))


@cache
def phrasebook(language: str) -> Phrasebook:
    """The phrases of a language ("de-AT" speaks de); English, with one warning, when they are not there."""
    name = _file_of(language)
    if not name:
        log.warning(
            "what the speaker says by itself is not there in %s, so it is said in English; to translate it, "
            "copy %s/en.yaml to %s.yaml there", language_name(language), PHRASE_FOLDER, base_language(language),
        )  # fmt: skip
        return phrasebook(ENGLISH)
    try:
        return read_phrases(_folder().joinpath(f"{name}.yaml").read_text("utf-8"), name)
    except (OSError, ValueError) as problem:
        if name == ENGLISH:
            raise
        log.warning("the phrases in %s/%s.yaml are not used, English is: %s", PHRASE_FOLDER, name, problem)
        return phrasebook(ENGLISH)


def read_phrases(text: str, code: str) -> Phrasebook:
    """The phrases of a file. Raises ValueError that names what is wrong with it."""
    try:
        book = msgspec.convert(yaml.safe_load(text), Phrasebook)
    except (msgspec.ValidationError, yaml.YAMLError) as problem:
        raise ValueError(" ".join(str(problem).split())) from problem
    return msgspec.structs.replace(book, code=code)


def _file_of(language: str) -> str:
    known = {name.lower(): name for name in phrase_files()}
    base = base_language(language)
    # A region of a language is spoken like its own file, else like the language's, else like another region's.
    other = next((name for low, name in known.items() if low.startswith(f"{base}-")), "")
    return known.get(language.lower()) or known.get(base) or other


def _folder() -> Traversable:
    return files("speaker.language").joinpath("phrases")


ENGLISH_PHRASES: Final = phrasebook(ENGLISH)
"""What is said where no language was chosen."""
