"""Which languages there are, and how their codes are read."""

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.config.loading import load_settings
from speaker.config.settings import SessionSettings
from speaker.errors import ConfigError
from speaker.language.codes import (
    LANGUAGES,
    base_language,
    canonical_language,
    language_name,
    meant_language,
    service_language,
)
from speaker.realtime.protocol.objects import Audio, AudioInput, Transcription
from speaker.realtime.session_config import opening, spoken_language

SERVICES_KNOW = (
    "af ar hy az be bs bg ca zh hr cs da nl en et fi fr gl de el he hi hu is id it ja kn kk ko lv lt mk ms mr mi ne no "
    "fa pl pt ro ru sr sk sl es sw sv tl ta th tr uk ur vi cy"
)
"""Languages in which transcription models are said to be good, by their two letters."""


def test_every_language_with_sentences_is_known() -> None:
    named = {entry.name.removesuffix(".json") for entry in files("home_assistant_intents").joinpath("data").iterdir()}
    assert {one for one in named if canonical_language(one) != one} == set()


def test_every_language_of_the_services_is_known() -> None:
    assert set(SERVICES_KNOW.split()) <= set(LANGUAGES)


@pytest.mark.parametrize(
    ("written", "code", "service"),
    [
        ("de", "de", "de"), ("DE", "de", "de"), ("de-at", "de-AT", "de"), ("de_AT", "de-AT", "de"),
        ("pt-BR", "pt-BR", "pt"), ("zh-cn", "zh-CN", "zh"), ("zh-hans-cn", "zh-Hans-CN", "zh"),
        ("sr-latn", "sr-Latn", "sr"), ("es-419", "es-419", "es"), ("nb", "nb", "no"), (" en-GB ", "en-GB", "en"),
    ],
)  # fmt: skip
def test_one_spelling(written: str, code: str, service: str) -> None:
    assert canonical_language(written) == code
    assert service_language(code) == service
    assert load_settings({"session": {"language": written}}, "pi").session.language == code


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("german", "de"), ("Deutsch", "de"), ("germn", "de"), ("ger", "de"), ("polski", "pl"), ("chinese", "zh"),
        ("cn", "zh-CN"), ("cz", "cs"), ("de-Austria", "de"), ("dee", "de"), ("portugese", "pt"), ("gb", "en-GB"),
    ],
)  # fmt: skip
def test_a_slip_is_one_error_that_says_what_was_meant(written: str, meant: str) -> None:
    assert meant_language(written) == meant
    with pytest.raises(ConfigError) as told:
        load_settings({"session": {"language": written}}, "pi")
    (problem,) = told.value.problems
    assert problem.startswith("session.language: ")
    assert problem.endswith(f"Did you mean {meant}?")


@pytest.mark.parametrize("written", ["", "qqqq", "x-klingon", "12", "de-", "de-1", "zz\nxx"])
def test_what_means_nothing_is_one_error_with_what_there_is(written: str) -> None:
    with pytest.raises(ConfigError) as told:
        load_settings({"session": {"language": written}}, "pi")
    (problem,) = told.value.problems
    assert "\n" not in problem


@given(st.text(max_size=12))
def test_any_text_is_a_language_in_its_spelling_or_none(text: str) -> None:
    code = canonical_language(text)
    assert code == "" or (canonical_language(code) == code and base_language(code) in LANGUAGES)
    assert meant_language(text) == "" or canonical_language(meant_language(text))


def test_names() -> None:
    assert (language_name("de-AT"), language_name("xx")) == ("German", "xx")


@pytest.mark.parametrize(("language", "service"), [("pt-BR", "pt"), ("zh-CN", "zh"), ("de", "de"), ("nb", "no")])
def test_a_service_gets_two_letters_and_the_region_is_not_lost(language: str, service: str) -> None:
    session = opening(SessionSettings(language=language, transcription="gpt-transcribe"), "", [])
    assert isinstance(session.audio, Audio)
    assert isinstance(session.audio.input, AudioInput)
    assert isinstance(session.audio.input.transcription, Transcription)
    assert session.audio.input.transcription.language == service
    assert spoken_language(session) == language
