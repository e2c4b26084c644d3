"""A language's sentences: those of the package and ours behind them, of these only what a session can use.

The package's files are large. What no tool or device here could carry out is dropped before it is parsed, so that a
small machine holds little of them.
"""

import logging
from collections.abc import Collection, Mapping
from importlib.resources import files
from typing import Any, Final

import msgspec
import yaml

from speaker.offline.understanding.follow_up_words import FollowUpWords

log = logging.getLogger(__name__)

_PACKAGE: Final = "home_assistant_intents"

_OTHER_NAMES: Final = {"zh": "zh-CN", "zh-hans": "zh-CN", "no": "nb", "pt-pt": "pt"}
"""What else languages are called: as the package calls them."""

_FREE_NAMES: Final = frozenset({"todo"})
"""Kinds of things whose names no house tells."""


class HomeSentences(msgspec.Struct, frozen=True):
    """Templates of an intent that share slots and conditions."""

    sentences: list[str]
    slots: dict[str, str | int | float | bool | None] = {}
    requires_context: dict[str, Any] = {}
    excludes_context: dict[str, Any] = {}
    response: str = ""

    @property
    def domains(self) -> frozenset[str]:
        """The kinds of devices that they are about; none when they are about anything."""
        said = self.slots.get("domain") or self.requires_context.get("domain") or []
        return frozenset([said] if isinstance(said, str) else said if isinstance(said, list) else [])


class _Intent(msgspec.Struct, frozen=True):
    data: list[HomeSentences] = []


class _Responses(msgspec.Struct, frozen=True):
    errors: dict[str, str] = {}


class _Settings(msgspec.Struct, frozen=True):
    ignore_whitespace: bool = False


class _PackageFile(msgspec.Struct, frozen=True):
    intents: dict[str, msgspec.Raw] = {}
    lists: dict[str, Any] = {}
    expansion_rules: dict[str, str] = {}
    skip_words: list[str] = []
    responses: _Responses = _Responses()
    settings: _Settings = _Settings()


class Additions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a file of ours adds to a language: sentences in the package's form, and words that must not be lost."""

    doubts: list[str] = []
    """Words that turn a wish into its opposite or into a condition; a name that was heard never holds one."""
    nudges: list[str] = []
    """Words that ask for more or less; with a number they mean a difference, unless one of ``targets`` is said."""
    targets: list[str] = []
    list_words: list[str] = []
    """How a list is called; nothing is written on anything that is not."""
    articles: list[str] = []
    """Words that say nothing; a name with nothing else is no order."""
    no_start: list[str] = []
    """Words that no name begins with: articles, prepositions, "my"."""
    questions: list[str] = []
    """Words that a question about devices holds; "all lights off" is none."""
    shares: list[str] = []
    """Words of which one is said with a brightness; a bare number may mean degrees."""
    dropped: list[str] = []
    """Templates of the package that mean something else here."""
    joins: list[str] = []
    """Words between two wishes."""
    lists: dict[str, Any] = {}
    expansion_rules: dict[str, str] = {}
    intents: dict[str, _Intent] = {}
    follow_up: FollowUpWords = FollowUpWords()
    """What only makes sense after another sentence."""


class LanguageSentences(msgspec.Struct, frozen=True):
    """What a language can say to this session."""

    language: str
    intents: dict[str, list[HomeSentences]]
    lists: dict[str, Any]
    expansion_rules: dict[str, str]
    skip_words: list[str]
    ignore_whitespace: bool
    not_understood: str
    """What one says in that language about a sentence that was not understood; empty when nobody wrote it."""
    additions: Additions


def known_language(language: str) -> str:
    """How the package calls a language ("de-DE", "ZH"); empty when it does not have it."""
    names = [language, language.partition("-")[0]]
    folder = files(_PACKAGE).joinpath("data")
    known = {entry.name.removesuffix(".json").lower(): entry.name.removesuffix(".json") for entry in folder.iterdir()}
    wanted = (known.get(_OTHER_NAMES.get(name.lower(), name).lower()) for name in names if name)
    return next((name for name in wanted if name), "")


def read_language(
    language: str, intents: Mapping[str, Collection[str]], kinds: Collection[str]
) -> LanguageSentences | None:
    """The sentences for these ``intents`` and ``kinds`` of devices; None, with a warning, when they cannot be read.

    ``intents``: for each, the kinds of devices that the session's tools can do it for; none: for all of them.
    """
    name = known_language(language)
    if not name:
        log.warning("there are no sentences for the language %r; only what is the same in all is understood", language)
        return None
    try:
        package = msgspec.json.decode(files(_PACKAGE).joinpath("data", f"{name}.json").read_bytes(), type=_PackageFile)
        additions = read_additions(name)
        wanted = {key: raw for key, raw in package.intents.items() if key in intents}
        found = {key: msgspec.json.decode(raw, type=_Intent).data for key, raw in wanted.items()}
    except (OSError, msgspec.MsgspecError, yaml.YAMLError) as problem:
        log.warning("the sentences for the language %r cannot be read: %s", language, problem)
        return None
    for key, added in additions.intents.items():
        if key in intents:
            found.setdefault(key, []).extend(added.data)
    found = {key: _without(data, set(additions.dropped)) for key, data in found.items()}
    return LanguageSentences(
        name,
        {key: usable for key, data in found.items() if (usable := _usable(data, intents[key], kinds))},
        {**package.lists, **additions.lists},
        {**package.expansion_rules, **additions.expansion_rules},
        package.skip_words,
        package.settings.ignore_whitespace,
        package.responses.errors.get("no_intent", ""),
        additions,
    )


def read_additions(name: str) -> Additions:
    """What we add to a language of the package; nothing when there is no file for it."""
    file = files("speaker.offline.understanding.home_intents").joinpath("languages", f"{name}.yaml")
    if not file.is_file():
        return Additions()
    return msgspec.convert(yaml.safe_load(file.read_text("utf-8")), Additions)


def _without(data: list[HomeSentences], dropped: Collection[str]) -> list[HomeSentences]:
    kept = [msgspec.structs.replace(one, sentences=[s for s in one.sentences if s not in dropped]) for one in data]
    return [one for one in kept if one.sentences]


def _usable(data: list[HomeSentences], able: Collection[str], kinds: Collection[str]) -> list[HomeSentences]:
    """What is about a kind of device that is here and can be told such a thing."""
    here = {*kinds, *_FREE_NAMES}
    can = here & {*able, *_FREE_NAMES} if able else here
    return [group for group in data if not group.domains or group.domains & can]
