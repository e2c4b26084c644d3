"""What a model would do with the user's words, by rules: call the session's tools, or say a sentence.

They know of the house what the session's instructions and tools tell. What is not clear is a sentence, no call.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

from speaker.home import colours
from speaker.language.phrasebook import phrasebook
from speaker.offline.understanding import answer_text, generic_tools, timer_list_intents
from speaker.offline.understanding.devices_from_prompt import Household
from speaker.offline.understanding.exceptions_later import with_exception
from speaker.offline.understanding.follow_up import FollowUp
from speaker.offline.understanding.home_intents.plans import KNOWN_TOOLS
from speaker.offline.understanding.home_understanding import HomeUnderstanding
from speaker.offline.understanding.light_heating_intents import plan, together
from speaker.offline.understanding.normalise import (
    SEPARATOR,
    bare_text,
    core_text,
    plain_text,
    plain_words,
    spoken_name,
    trim,
    without_separators,
)
from speaker.offline.understanding.past_turn import PastTurn
from speaker.offline.understanding.sentence_book import sentence_book
from speaker.offline.understanding.sentence_matcher import NEAR, Grammar, Match, Sentences, Slot
from speaker.offline.understanding.suggestions import Suggestions
from speaker.offline.understanding.told_results import asked_in, told_in
from speaker.offline.understanding.tool_schema import Call, Reply, read_definitions

__all__ = ["Call", "IntentEngine", "Reply"]

UNHEARD: Final = "Sorry, I didn't catch that."
"""What is said when nobody has spoken for too long."""

UNKNOWN: Final = "Sorry, I can't help with that offline."
PARTLY: Final = "Sorry, I understood only a part of that, so I did nothing."

CONFIDENT: Final = 90.0
"""Least similarity (0-100) to a known sentence of one that is acted on without asking a better listener."""

LONGEST: Final = 40
"""Words in the longest command; what is longer is conversation, or the radio."""

LONGEST_CHARACTERS: Final = 1_000
"""Characters from which on no text is looked into: each of its words would be compared with all names."""

_MANGLED: Final = re.compile(r"[a-z][0-9]|[0-9][a-z]")
"""A number with letters in it was not heard whole."""

EXACT_ONLY: Final = frozenset({"set_lock"})
"""Tools that are never called for words which had to be corrected to be understood."""

_TALK: Final = "talk"
_COVERS: Final = ("blinds", "shutters", "curtains", "covers", "shades")
"""What one calls the covers of a room, whatever their names are."""

_ASKED_ABOUT: Final = (
    "light", "switch", "cover", "lock", "fan", "media_player", "vacuum", "humidifier", "climate", "binary_sensor",
)  # fmt: skip
"""Kinds of devices that one asks about by name."""

_THINGS: Final = {
    words: kind
    for kind, spoken_as in {
        "light": "lights lamps", "window": "windows", "door": "doors", "lock": "locks", "switch": "switches sockets",
        "cover": "covers", "blind": "blinds", "shutter": "shutters", "fan": "fans", "battery": "batteries",
    }.items()
    for words in spoken_as.split()
}  # fmt: skip
"""What one asks about as a group: its kind."""

_STATES: Final = {one: one for one in ("on", "off", "open", "closed", "locked", "unlocked", "low")}
_WAYS: Final = {"open": "open", "raise": "open", "close": "close", "shut": "close", "lower": "close", "stop": "stop"}
"""What one says of covers: what they are told."""

_DIVIDERS: Final = frozenset({SEPARATOR, "and", "then"})
_CARRIED: Final = 4
"""How many words one part of a sentence may lend to another: "turn off the hall" and "the kitchen lights"."""


class IntentEngine:
    """The rules for one session: its instructions and its tools."""

    def __init__(self, instructions: str, tools: Sequence[Mapping[str, object]], language: str = "en") -> None:
        """``tools`` are the entries of ``session.tools``; those that are no functions do not count.

        ``language``: a code such as "de". Rules of our own are written for English alone.
        """
        self._household = Household.read(instructions)
        self._tools = read_definitions(tools)
        self._home = HomeUnderstanding(language, self._tools, self._household)
        book = sentence_book()
        self._others = [
            tool for name, tool in self._tools.items() if name not in book.tools and not _has_own_words(name)
        ]
        self._suggestions = Suggestions(self._household, self._tools, self._others)
        self._grammar = Grammar(list(self._sentences()), book.rules, self._names(), book.numbers, book.words.split())

    def _sentences(self) -> Iterator[Sentences]:
        for name, ability in sentence_book().tools.items():
            if name in self._tools:
                for group in ability.sentences:
                    yield Sentences(name, group.say, group.slots)
        for group in sentence_book().talk:
            yield Sentences(_TALK, group.say, group.slots)

    def _names(self) -> dict[str, Mapping[str, Slot]]:
        house = self._household
        rooms: dict[str, Slot] = {spoken_name(room): room for room in house.rooms}
        outside = ("outside", "outdoors", "outdoor") if house.has_outside else ()
        return {
            "light": house.called("light"),
            "socket": house.called("switch"),
            "thermostat": house.called("climate"),
            "scene": house.called("scene"),
            "button": house.called("button"),
            "cover": house.called("cover"),
            "covers": {word: word for word in _COVERS} if house.of("cover") else {},
            "lock": house.called("lock"),
            "fan": house.called("fan"),
            "humidifier": house.called("humidifier"),
            "player": house.called("media_player"),
            "vacuum": house.called("vacuum"),
            "device": house.called_any(*_ASKED_ABOUT),
            "things": _THINGS,
            "state": _STATES,
            "go": _WAYS,
            "color": {name: name for name in (*colours.NAMES, *colours.WHITES)},
            "room": rooms,
            "place": rooms,
            "outside": dict.fromkeys(outside, "outside"),
            "on": {"on": True, "off": False},
        }

    def reply(self, words: str, before: Sequence[PastTurn] = ()) -> Reply:
        """Calls of the tools, or a text to speak, for what the user said, after what was said ``before``."""
        return self._follow_up.reply(words[:LONGEST_CHARACTERS], before) or self._reply(words)

    def _reply(self, words: str) -> Reply:
        said = plain_words(words[:LONGEST_CHARACTERS])
        if not said:
            return Reply(text=UNHEARD)
        if len(words) > LONGEST_CHARACTERS or len(said) > LONGEST:
            return Reply(text=self._unknown([], said))
        if not self._home.is_english:
            return self._in_other_words(self._home.reply(words))
        kept = timer_list_intents.timer_or_list_reply(words, self._tools)
        found = kept if timer_list_intents.goes_first(kept) else self._home.reply(words) or kept
        if found is not None:
            return found
        return self._understood(said, NEAR) or Reply(text=self._unknown(self._grammar.respell(trim(said)), said))

    def _in_other_words(self, reply: Reply | None) -> Reply:
        """What is said in a language that the rules do not speak."""
        if reply is not None and reply.calls:
            return reply
        book = phrasebook(self._home.language)
        if reply is not None:
            return Reply(text=reply.text if book.is_english else asked_in(reply.text, book))
        return Reply(text=self._home.not_understood or (UNKNOWN if book.is_english else book.results.not_understood))

    @cached_property
    def _follow_up(self) -> FollowUp:
        plain, core = (plain_text, core_text) if self._home.is_english else (bare_text, bare_text)
        words = self._home.follow_up_words.spelled(plain)
        return FollowUp(self._sense, plain, core, self._household, self._tools, words)

    def _sense(self, sentence: str) -> Reply | None:
        """What a sentence means as it stands, without a slip; None when it means nothing."""
        if not self._home.is_english:
            return self._home.reply(sentence)
        kept = timer_list_intents.timer_or_list_reply(sentence, self._tools)
        if timer_list_intents.goes_first(kept):
            return kept
        found = self._home.reply(sentence) or kept
        return found or self._clause(without_separators(trim(plain_words(sentence))), least=None)

    def confident(self, words: str) -> tuple[Call, ...]:
        """Calls for what the user said if there is hardly a doubt about it, else none; a question leaves one.

        Only tools that sentences were written for count, and a slip must be a small one.
        """
        said = plain_words(words[:LONGEST_CHARACTERS])
        clear = 0 < len(said) <= LONGEST and len(words) <= LONGEST_CHARACTERS and not _MANGLED.search(words.lower())
        if clear and (sure := self._home.sure(words)) is not None:
            return sure.calls
        if not self._home.is_english:
            return ()
        reply = self._understood(said, CONFIDENT) if clear else None
        if reply is None or not all(call.name in sentence_book().tools for call in reply.calls):
            return ()
        # Whoever allows more slips may see a question in it, or another meaning.
        return reply.calls if reply == self._understood(said, NEAR) else ()

    def _understood(self, said: list[str], least: float) -> Reply | None:
        """What was said, as it stands or with slips; ``least``: how similar a sentence must be to a known one."""
        whole = " ".join(without_separators(trim(said)))
        if (less := with_exception(whole, self._exact, self._tools, self._household)) is not None:
            return less
        reply = self._clause(without_separators(said), least=None)
        if reply is not None:
            return reply
        heard = trim(said)
        words = self._grammar.respell(heard)
        reply = (
            self._clause(without_separators(words), least=None)
            or self._parts(words, [], least)
            or self._clause(without_separators(words), least=least)
        )
        slipped = reply is not None and words != heard and any(call.name in EXACT_ONLY for call in reply.calls)
        return None if slipped else reply

    def _exact(self, words: str) -> Reply | None:
        return self._clause(words.split(), least=None)

    def answer(self, outputs: Sequence[str], words: str = "") -> str:
        """The sentence to speak when the tools have returned ``outputs`` for what the user said."""
        if not self._home.is_english:
            return told_in(outputs, phrasebook(self._home.language))
        return answer_text.with_yes_or_no(answer_text.answer(outputs), self._home.asks_about(words))

    def _parts(self, words: list[str], lead: list[str], least: float) -> Reply | None:
        """Several wishes in one sentence; all of them are understood, or none counts."""
        for left, right in _divided(words):
            first = self._clause(left, lead=lead, tail=without_separators(right), least=least)
            if first is None:
                continue
            # What follows may leave out the words that it shares with the first wish.
            lead_on = lead or left
            rest = self._parts(right, lead_on, least) or self._clause(
                without_separators(right), lead=lead_on, least=least
            )
            if rest is not None:
                return together([first, rest])
        return None

    def _clause(
        self, words: list[str], *, lead: Sequence[str] = (), tail: Sequence[str] = (), least: float | None
    ) -> Reply | None:
        """One wish, perhaps completed by words of its neighbours, perhaps with a slip in it; None allows no slip."""
        if words and (found := self._home.clause(" ".join(words))) is not None:
            return found
        for before, after in _loans(lead, tail):
            reply = self._certain([*before, *words, *after])
            if reply is not None:
                return reply
        match = self._grammar.near(words, least) if least is not None else None
        return self._planned(match) if match is not None and match.topic not in EXACT_ONLY else None

    def _certain(self, words: list[str]) -> Reply | None:
        match = self._grammar.exact(words)
        if match is not None:
            return self._planned(match)
        calls = [generic_tools.fill_call(tool, words, self._household) for tool in self._others]
        certain = [call for call in calls if call is not None]
        return Reply((certain[0],)) if len(certain) == 1 else None

    def _planned(self, match: Match) -> Reply | None:
        text = match.slots.get("reply")
        if isinstance(text, str):
            return Reply(text=text.replace("ABILITIES", self._suggestions.abilities()))
        return plan(match, self._tools[match.topic], self._household)

    def _unknown(self, words: list[str], said: Sequence[str]) -> str:
        """What is said about ``words``, in which known parts are looked for, when ``said`` was not understood."""
        if any(self._clause(left, least=None) for left, _ in _divided(words)):
            return PARTLY
        example = next((one for one in self._suggestions.fitting(said) if self._leads_to_calls(one)), "")
        return f"{UNKNOWN} You could say: {example}." if example else UNKNOWN

    def _leads_to_calls(self, sentence: str) -> bool:
        reply = self._clause(without_separators(plain_words(sentence)), least=None)
        return reply is not None and bool(reply.calls)


def _has_own_words(tool: str) -> bool:
    """Whether other rules than those for any tool say what a tool of this name is called for."""
    return tool in KNOWN_TOOLS or timer_list_intents.knows(tool)


def _divided(words: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    """The first part and the rest, for each place where the words may be divided."""
    for at, word in enumerate(words):
        left, right = trim(words[:at]), trim(words[at + 1 :])
        if word in _DIVIDERS and without_separators(left) and without_separators(right):
            yield without_separators(left), right


def _loans(lead: Sequence[str], tail: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Words to put before and after: none first, then few, then more."""
    for last in range(min(_CARRIED, len(tail)) + 1):
        for first in range(min(_CARRIED, len(lead)) + 1):
            yield lead[:first], tail[len(tail) - last :]
