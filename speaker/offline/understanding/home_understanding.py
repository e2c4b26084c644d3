"""The first source of understanding: Home Assistant's sentences for the session's tools, in the session's language."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final

from speaker.offline.understanding.call_builders import together
from speaker.offline.understanding.devices_from_prompt import Household
from speaker.offline.understanding.exceptions_later import put_off
from speaker.offline.understanding.follow_up_words import FollowUpWords
from speaker.offline.understanding.home_intents.home_match import HomeMatch
from speaker.offline.understanding.home_intents.home_sentences import HomeTemplates
from speaker.offline.understanding.home_intents.language_file import LanguageSentences, read_language
from speaker.offline.understanding.home_intents.plans import planned, served_intents
from speaker.offline.understanding.normalise import plain_words, trim, without_separators
from speaker.offline.understanding.tool_schema import Reply, ToolSchema

_ENGLISH: Final = "en"

SEVERAL: Final = 4
"""Wishes in one sentence, at most."""


class HomeUnderstanding:
    """One language for one session. The sentences are read when they are first needed."""

    def __init__(self, language: str, tools: Mapping[str, ToolSchema], household: Household) -> None:
        self.language = language or _ENGLISH
        self._tools = tools
        self._household = household

    @property
    def is_english(self) -> bool:
        """Whether the rules of our own, which are English, may be asked next."""
        return self.language.partition("-")[0].lower() == _ENGLISH

    @property
    def not_understood(self) -> str:
        """What one says in this language when a sentence was not understood; empty for English."""
        return "" if self.is_english or self._sentences is None else self._sentences.not_understood

    @property
    def follow_up_words(self) -> FollowUpWords:
        """What only makes sense after another sentence, in this language."""
        return self._sentences.additions.follow_up if self._sentences is not None else FollowUpWords()

    @cached_property
    def _sentences(self) -> LanguageSentences | None:
        return read_language(self.language, served_intents(self._tools), self._household.kinds)

    @cached_property
    def _templates(self) -> HomeTemplates | None:
        return HomeTemplates(self._sentences, self._household) if self._sentences is not None else None

    def reply(self, text: str) -> Reply | None:
        """Calls, or a question, for a sentence; None when it is none of these."""
        found = self.clause(text) or self._trimmed(text)
        return found or self._several(text)

    def clause(self, text: str) -> Reply | None:
        """The same for one wish, as it stands."""
        matches = self._meanings(text)
        if len(matches) == 1 and (wish := matches[0].text("conversation_command")):
            return put_off(matches[0], self.clause(wish), self._tools)
        return self._agreed(matches)

    def sure(self, text: str) -> Reply | None:
        """Calls for a sentence that leaves no doubt: nothing in it was taken for a name that no list has."""
        matches = self._meanings(text)
        reply = self._agreed(matches) if not any(match.wild for match in matches) else None
        return reply if reply is not None and reply.calls else None

    def asks_about(self, text: str) -> str:
        """Either "any" or "all", when a sentence asks whether some or all devices are so; else empty."""
        kinds = {match.response for match in self._meanings(text)} if text else set()
        return kinds.pop() if len(kinds) == 1 and kinds <= {"any", "all"} else ""

    def _meanings(self, text: str) -> list[HomeMatch]:
        found = self._templates.meanings(text) if self._templates is not None else []
        return [_plain_item(match, text) for match in found] if self.is_english else found

    def _agreed(self, matches: Sequence[HomeMatch]) -> Reply | None:
        """What all meanings come to; nothing when they come to different things."""
        replies = [planned(match, self._tools, self._household) for match in matches]
        done = [reply for reply in replies if reply is not None]
        return done[0] if done and all(reply == done[0] for reply in done) else None

    def _trimmed(self, text: str) -> Reply | None:
        """Without courtesies and what is left of a wake word, and with numbers in digits; for English alone."""
        if not self.is_english:
            return None
        words = without_separators(trim(plain_words(text)))
        return self.clause(" ".join(words)) if words else None

    def _several(self, text: str) -> Reply | None:
        """Several whole wishes, joined by a word for "and"; for English the rules of our own do more."""
        if self.is_english or self._sentences is None:
            return None
        parts = [text]
        for word in self._sentences.additions.joins:
            parts = [piece for part in parts for piece in part.split(f" {word} ")]
        return together(map(self.clause, parts)) if 1 < len(parts) <= SEVERAL else None


def _plain_item(match: HomeMatch, text: str) -> HomeMatch:
    """What goes on a list as one writes it: amounts in digits; the shopping list by its name, if that was said."""
    item = match.slots.get("item")
    if not isinstance(item, str):
        return match
    words = without_separators(plain_words(item))
    slots = {**match.slots, "item": " ".join(words) if any(word.isdecimal() for word in words) else item}
    if "Shopping" in match.intent and "shopping" in text.lower():
        slots["name"] = "shopping"
    return replace(match, slots=slots)
