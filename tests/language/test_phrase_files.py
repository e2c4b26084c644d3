"""The phrase files: complete, alike in what they hold, and fit to be spoken."""

import logging
from collections.abc import Iterator
from importlib.resources import files
from string import Formatter
from typing import Any, get_args

import msgspec
import pytest
import yaml

from speaker.config.loading import load_settings
from speaker.errors import SessionError
from speaker.home import colours
from speaker.home.device_command import Action
from speaker.language.phrasebook import (
    ENGLISH_PHRASES,
    Phrasebook,
    Plural,
    has_phrases,
    phrase_files,
    phrasebook,
    read_phrases,
)
from speaker.offline.speech.synthesiser import speakable
from speaker.speech.phrases import apology, stock_phrases

COMPLETE = ("de", "en", "es", "fr", "it", "nl", "pl", "pt", "zh-CN")
BOOKS = [phrasebook(code) for code in COMPLETE]
FORMS = {"one": {"one", "other"}, "below_two": {"one", "other"}, "polish": {"one", "few", "many", "other"},
         "never": {"other"}}  # fmt: skip

every_book = pytest.mark.parametrize("book", BOOKS, ids=COMPLETE)


def raw(code: str) -> dict[str, Any]:
    text = files("speaker.language").joinpath("phrases", f"{code}.yaml").read_text("utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def texts(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a book with its path; a plural is one text, since languages have other forms of it."""
    if isinstance(value, Plural):
        yield path, value.other
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            if path or name not in {"code", "name", "plural", "espeak", "answers"}:
                yield from texts(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from texts(one, f"{path}.{key}")
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from texts(one, f"{path}[{index}]")
    elif isinstance(value, str):
        yield path, value


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_these_languages_are_complete() -> None:
    assert tuple(phrase_files()) == COMPLETE
    assert [book.code for book in BOOKS] == list(COMPLETE)


@every_book
def test_a_file_has_the_keys_and_the_placeholders_of_english(book: Phrasebook) -> None:
    wanted = {path: places(text) for path, text in texts(ENGLISH_PHRASES)}
    # German may speak of a Monday where English speaks of weekdays; but no placeholder is lost or made up.
    assert {path: places(text) for path, text in texts(book)} == wanted


@every_book
def test_every_text_is_there_and_is_one_line(book: Phrasebook) -> None:
    for path, text in texts(book):
        assert text, path
        assert "\n" not in text, path


@every_book
def test_every_action_and_every_colour_has_a_word(book: Phrasebook) -> None:
    assert set(book.devices.doing) == set(get_args(Action))
    assert set(book.colours) == {*colours.NAMES, "white"}
    assert len(book.timers.weekdays) == 7


@every_book
def test_a_plural_has_the_forms_of_its_rule(book: Phrasebook) -> None:
    for name in book.numbers.__struct_fields__:
        value = getattr(book.numbers, name)
        if isinstance(value, Plural):
            given = {form for form in ("one", "few", "many", "other") if getattr(value, form)}
            assert given == FORMS[book.plural], name
            assert all(places(getattr(value, form)) == {"number"} for form in given), name


@every_book
def test_no_other_language_says_it_in_english(book: Phrasebook) -> None:
    if book.is_english:
        return
    english = dict(texts(ENGLISH_PHRASES))
    same = [p for p, text in texts(book) if text == english[p] and p.split(".")[1] in {"failures", "own", "questions"}]
    assert same == []


@every_book
def test_what_is_said_in_need_can_be_spoken_in_one_breath(book: Phrasebook) -> None:
    said = stock_phrases(book)
    assert len(said) >= 28
    for text in said:
        assert text == speakable(text)
        assert len(text) <= 120
        assert text.endswith((".", "?", "。", "？"))


@every_book
def test_an_apology_is_of_the_language(book: Phrasebook) -> None:
    assert apology(None, connected=False, book=book) == book.failures.unreachable
    problem = SessionError("", code="insufficient_quota", fatal=True)
    assert apology(problem, connected=True, book=book) == book.failures.no_credit


@every_book
def test_the_question_asks_for_words_that_are_understood(book: Phrasebook) -> None:
    asked = book.shall_i("…")
    assert book.answers.yes[0] in asked
    assert book.answers.no[0] in asked
    assert asked.endswith(("?", ".", "。"))


@pytest.mark.parametrize(
    ("language", "code"),
    [("de-AT", "de"), ("DE", "de"), ("en-GB", "en"), ("zh", "zh-CN"), ("zh-TW", "zh-CN"), ("pt-BR", "pt")],
)
def test_regions_speak_their_language(language: str, code: str) -> None:
    assert has_phrases(language)
    assert phrasebook(language).code == code


def test_a_language_without_a_file_is_told_once_with_the_file_to_write(caplog: pytest.LogCaptureFixture) -> None:
    phrasebook.cache_clear()
    with caplog.at_level(logging.WARNING):
        assert [phrasebook("sv").code for _ in range(3)] == ["en"] * 3
    (told,) = caplog.messages
    assert "Swedish" in told
    assert "speaker/language/phrases/en.yaml" in told
    assert "sv.yaml" in told


def test_the_setting_chooses_the_book() -> None:
    assert phrasebook(load_settings({"session": {"language": "nl"}}, "pi").session.language).own.one_moment.startswith(
        "Een"
    )


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (lambda file: file["failures"].pop("broken"), "broken"),
        (lambda file: file["own"].update(one_more="x"), "one_more"),
        (lambda file: file.update(plural="sometimes"), "plural"),
        (lambda file: file.update(answers={"yes": "ja"}), "answers"),
    ],
)  # fmt: skip
def test_a_file_with_a_mistake_is_one_sentence(change: Any, names: str) -> None:
    file = raw("de")
    change(file)
    with pytest.raises(ValueError, match=names) as told:
        read_phrases(yaml.safe_dump(file, allow_unicode=True), "de")
    assert "\n" not in str(told.value)


def test_a_file_that_is_no_yaml_is_one_sentence() -> None:
    with pytest.raises(ValueError) as told:
        read_phrases("failures: [", "de")
    assert "\n" not in str(told.value)
