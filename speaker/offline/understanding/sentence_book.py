"""The sentences that the rules know, as they stand in sentences.yaml."""

from functools import cache
from importlib.resources import files

import msgspec
import yaml


class SentenceGroup(msgspec.Struct, frozen=True):
    """Templates that share their fixed slots."""

    say: list[str]
    slots: dict[str, str | bool] = {}


class KnownAbility(msgspec.Struct, frozen=True):
    """What can be done with one tool, and how people ask for it."""

    ability: str
    sentences: list[SentenceGroup]
    example: str = ""


class SentenceBook(msgspec.Struct, frozen=True):
    """The whole file; what its parts are for is told there."""

    numbers: dict[str, tuple[int, int]]
    words: str
    rules: dict[str, str]
    tools: dict[str, KnownAbility]
    talk: list[SentenceGroup]


@cache
def sentence_book() -> SentenceBook:
    """The file, read once."""
    text = files("speaker.offline.understanding").joinpath("sentences.yaml").read_text("utf-8")
    return msgspec.convert(yaml.safe_load(text), SentenceBook)
