"""Yes, no and stop in nine languages: what counts, and above all what does not."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.language.answer_forms import AnswerForms, plain_answer
from speaker.language.phrasebook import phrase_files, phrasebook
from speaker.listening.stop_word import is_order
from speaker.speech.answer_matching import YES_OR_NO, match_answer, pressed_answer

CODES = sorted(phrase_files())
FORMS = {code: phrasebook(code).answers for code in CODES}
every_language = pytest.mark.parametrize("forms", FORMS.values(), ids=FORMS)

SAID_YES = {
    "en": ["Yes.", "Yes please.", "Go ahead.", "That's right."],
    "de": ["Ja.", "Ja, bitte.", "Ja, mach das!", "Na klar.", "Okay.", "Einverstanden.", "JA"],
    "fr": ["Oui.", "Oui, s’il vous plaît.", "D’accord.", "Vas-y !", "Bien sûr."],
    "es": ["Sí.", "Sí, por favor.", "Claro que sí.", "¡Adelante!", "Vale."],
    "nl": ["Ja.", "Ja, graag.", "Doe maar.", "Jawel.", "Oke\u0301."],
    "it": ["Sì.", "Si\u0300, certo.", "Va bene.", "D'accordo.", "Certo!"],
    "pt": ["Sim.", "Sim, por favor.", "Pode ser.", "Claro que sim.", "Isso mesmo."],
    "pl": ["Tak.", "Tak, proszę.", "Oczywiście.", "Zgoda.", "No pewnie."],
    "zh-CN": ["是。", "是的。", "好 的", "可以。", "没问题！", "ＯＫ"],
}
SAID_NO = {
    "en": ["No.", "No, thanks.", "Don't.", "Better not."],
    "de": ["Nein.", "Nein, danke.", "Lieber nicht.", "Nee.", "Auf keinen Fall!", "Abbrechen."],
    "fr": ["Non.", "Non, merci.", "Surtout pas.", "Laisse tomber.", "Annule."],
    "es": ["No.", "No, gracias.", "Mejor no.", "¡Cancela!"],
    "nl": ["Nee.", "Nee, dank je.", "Liever niet.", "Laat maar."],
    "it": ["No.", "No, grazie.", "Meglio di no.", "Lascia stare."],
    "pt": ["Não.", "Não, obrigado.", "Melhor não.", "Deixa pra lá."],
    "pl": ["Nie.", "Nie, dziękuję.", "Lepiej nie.", "Anuluj."],
    "zh-CN": ["不。", "不要。", "不用了，", "算了。", "取消"],
}
SAID_NEITHER = {
    "en": ["Yes, but not now.", "Yesterday", "Yes or no", "Maybe", "Yes?", "I said yes to him"],
    "de": ["Ja, aber nicht", "Ja, aber nicht jetzt.", "Na ja.", "Jein.", "Ja, nein.", "Vielleicht.", "Ja?", "Jaja.",
           "Ja oder nein", "Jahr", "Sagte ja", "Nicht ja"],
    "fr": ["Oui, mais non.", "Oui et non", "Peut-être.", "Oui ?", "Oui, plus tard", "Ouïe", "Je ne dis pas oui"],
    "es": ["Sí, pero no.", "Si quieres", "Quizás.", "¿Sí?", "Sí o no", "Así"],
    "nl": ["Ja, maar niet nu.", "Ja en nee", "Misschien.", "Ja?", "Jaar", "Ja nee"],
    "it": ["Sì, ma non ora.", "Forse.", "Sì o no", "Sì?", "Se sì", "Così"],
    "pt": ["Sim, mas não agora.", "Talvez.", "Sim?", "Assim", "Sim ou não", "Sem"],
    "pl": ["Tak, ale nie teraz.", "Może.", "Tak?", "Tak sobie", "No", "Tak czy nie", "Proszę?"],
    "zh-CN": ["是不是", "是的，但是不要", "好像", "可以吗？", "也许", "不是的是", "嗯", "行不行"],
}  # fmt: skip

FOREIGN = [(own, other) for own, other in permutations(CODES, 2)]


def cases(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(code, words) for code, said in table.items() for words in said]


def test_every_language_is_tried() -> None:
    assert set(SAID_YES) == set(SAID_NO) == set(SAID_NEITHER) == set(CODES)


@pytest.mark.parametrize(("code", "words"), cases(SAID_YES))
def test_yes_in_its_language(code: str, words: str) -> None:
    assert match_answer(words, YES_OR_NO, FORMS[code]) == "yes"


@pytest.mark.parametrize(("code", "words"), cases(SAID_NO))
def test_no_in_its_language(code: str, words: str) -> None:
    assert match_answer(words, YES_OR_NO, FORMS[code]) == "no"


@pytest.mark.parametrize(("code", "words"), cases(SAID_NEITHER))
def test_what_is_neither_counts_for_nothing(code: str, words: str) -> None:
    assert match_answer(words, YES_OR_NO, FORMS[code]) != "yes"
    assert not FORMS[code].mean_yes(words)


@every_language
def test_no_form_of_yes_is_one_of_no_or_of_stop(forms: AnswerForms) -> None:
    yes, no, stop = ({plain_answer(one) for one in many} for many in (forms.yes, forms.no, forms.stop))
    assert yes & no == set()
    assert yes & stop == set()


@every_language
def test_every_form_is_plain_and_stands_once(forms: AnswerForms) -> None:
    for many in (forms.yes, forms.no, forms.stop):
        plain = [plain_answer(one) for one in many]
        assert all(plain)
        assert len(set(plain)) == len(plain)


@every_language
def test_every_form_is_understood(forms: AnswerForms) -> None:
    assert all(match_answer(f"{one.capitalize()}.", YES_OR_NO, forms) == "yes" for one in forms.yes)
    assert all(match_answer(f"{one.capitalize()}!", YES_OR_NO, forms) == "no" for one in forms.no)
    assert all(forms.mean_stop(one.upper()) for one in forms.stop)


@pytest.mark.parametrize(("own", "other"), FOREIGN)
def test_yes_of_another_language_confirms_nothing(own: str, other: str) -> None:
    here = {plain_answer(one) for one in FORMS[own].yes}
    for word in FORMS[other].yes:
        if plain_answer(word) not in here:
            assert match_answer(word, YES_OR_NO, FORMS[own]) != "yes", word


@pytest.mark.parametrize(("own", "other"), FOREIGN)
def test_no_of_another_language_is_nowhere_a_yes(own: str, other: str) -> None:
    assert [word for word in FORMS[other].no if FORMS[own].mean_yes(word)] == []


@pytest.mark.parametrize("code", [code for code in CODES if code != "en"])
def test_the_words_of_programs_are_not_those_of_people(code: str) -> None:
    assert match_answer("yes", YES_OR_NO, FORMS[code]) is None
    assert pressed_answer("yes", YES_OR_NO, FORMS[code]) == "yes"
    assert pressed_answer(FORMS[code].yes[0], YES_OR_NO, FORMS[code]) == "yes"


def test_who_says_it_again_and_again_means_it() -> None:
    assert FORMS["en"].mean_no("No, no, no!")
    assert FORMS["en"].mean_yes("Yes yes yes yes.")
    assert FORMS["de"].mean_no("Nein! Nein! Nein!")
    assert FORMS["de"].mean_stop("Stopp, stopp, stopp!")
    assert not FORMS["en"].mean_yes("Yes, no, yes, no.")
    assert not FORMS["en"].mean_no("Yes, no, yes, no.")


def test_answers_of_a_hub_in_its_own_language() -> None:
    assert match_answer("Na klar!", ["ja", "nein", "später"], FORMS["de"]) == "ja"
    assert match_answer("später bitte", ["ja", "nein", "später"], FORMS["de"]) == "später"
    assert match_answer("Ja, später", ["ja", "nein"], FORMS["de"]) is None


@given(st.sampled_from(CODES), st.data())
def test_more_words_around_a_yes_are_no_yes_unless_they_are_a_form_of_it(code: str, data: st.DataObject) -> None:
    forms = FORMS[code]
    words = st.sampled_from([*forms.no, "aber", "mais", "但是", "x"])
    said = f"{data.draw(words)} {data.draw(st.sampled_from(forms.yes))} {data.draw(words)}"
    known = {plain_answer(one).replace(" ", "") for one in forms.yes}
    assert plain_answer(said).replace(" ", "") in known or not forms.mean_yes(said)


@given(st.sampled_from(CODES), st.text(max_size=20))
def test_nothing_means_yes_and_no(code: str, words: str) -> None:
    assert not (FORMS[code].mean_yes(words) and FORMS[code].mean_no(words))


@pytest.mark.parametrize(
    ("code", "words", "stops"),
    [
        ("en", "Stop!", True), ("en", "Its top.", True), ("en", "That's enough.", True),
        ("en", "Stop the music", False), ("en", "Stop! Stop! Stop!", True), ("en", "Stop it, stop it.", True),
        ("en", "Stop, stop the music", False),
        ("de", "Stop.", True), ("de", "top", True), ("de", "Enough.", False), ("de", "Shut up", False),
        ("fr", "Stop!", True), ("fr", "Silence.", True), ("nl", "Stop.", True), ("pl", "Stop.", True),
        ("es", "cancel", False), ("zh-CN", "stop", True),
    ],
)  # fmt: skip
def test_english_ears_take_only_what_is_the_same_in_both(code: str, words: str, stops: bool) -> None:
    assert is_order(words, FORMS[code]) is stops
