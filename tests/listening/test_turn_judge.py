"""Asking whether a sentence is complete: once for each pause, beside everything else, and void after a new word."""

from collections.abc import Iterator
from threading import Event

import numpy as np
import pytest

from speaker.audio.pcm import Samples
from speaker.audio.vad import WINDOW_SAMPLES, Turns, TurnSettings
from speaker.listening.turn_judge import TurnJudge

SETTINGS = TurnSettings(prefix_padding_ms=0, silence_duration_ms=2_000, ask_after_ms=200)
SPEECH, SILENCE = 20, 7
"""Windows: of a sentence, and of the silence after which the question comes."""


class Expert:
    """Answers when it is let."""

    def __init__(self) -> None:
        self.asked: list[Samples] = []
        self.answer = True
        self.let, self.begun = Event(), Event()

    def is_complete(self, said: Samples) -> bool:
        self.asked.append(said)
        self.begun.set()
        assert self.let.wait(60)
        return self.answer


class Talk:
    """Windows of sound past the rules and the judge, as the voice detector's are."""

    def __init__(self, judge: TurnJudge) -> None:
        self.judge, self.turns, self.count = judge, Turns(SETTINGS), 0

    def hear(self, probability: float, windows: int = 1) -> bool:
        """Whether the turn is over by now."""
        over = False
        for _ in range(windows):
            self.judge.hear(np.full(WINDOW_SAMPLES, self.count, np.int16))
            self.count += 1
            self.turns.push(probability)
            over = self.judge.ends(self.turns, 0)
        return over

    def soon_over(self) -> bool:
        """Whether the turn ends without anything more to hear, once the answer is there."""
        while not self.judge.ends(self.turns, 0):
            Event().wait(0.001)
        return True


@pytest.fixture
def expert() -> Expert:
    return Expert()


@pytest.fixture
def talk(expert: Expert) -> Iterator[Talk]:
    judge = TurnJudge(expert.is_complete)
    try:
        yield Talk(judge)
    finally:
        expert.let.set()
        judge.close()


def test_nobody_waits_for_the_answer_and_it_counts_when_it_comes(talk: Talk, expert: Expert) -> None:
    talk.hear(1.0, SPEECH)
    assert not talk.hear(0.0, SILENCE)
    assert not talk.hear(0.0, 10)
    expert.let.set()
    assert talk.soon_over()
    assert len(expert.asked) == 1


def test_what_is_shown_is_the_turn_from_its_first_sample_to_now(talk: Talk, expert: Expert) -> None:
    expert.let.set()
    talk.hear(0.0, 5)
    talk.hear(1.0, SPEECH)
    talk.hear(0.0, SILENCE)
    assert talk.soon_over()
    (said,) = expert.asked
    assert said[::WINDOW_SAMPLES].tolist() == list(range(5, 5 + SPEECH + SILENCE))


def test_a_new_word_makes_the_answer_void_and_the_next_pause_is_asked_about(talk: Talk, expert: Expert) -> None:
    talk.hear(1.0, SPEECH)
    talk.hear(0.0, SILENCE)
    assert expert.begun.wait(60)
    assert not talk.hear(1.0)
    expert.let.set()
    assert not talk.hear(1.0, 10)
    assert talk.turns.speaking
    talk.hear(0.0, SILENCE)
    assert talk.soon_over()
    assert [said.size // WINDOW_SAMPLES for said in expert.asked] == [
        SPEECH + SILENCE, SPEECH + SILENCE + 11 + SILENCE,
    ]  # fmt: skip


def test_a_sentence_that_is_not_complete_is_asked_about_once(talk: Talk, expert: Expert) -> None:
    expert.answer = False
    expert.let.set()
    talk.hear(1.0, SPEECH)
    assert not talk.hear(0.0, 50)
    assert expert.begun.wait(60)
    assert not talk.hear(0.0)
    talk.hear(0.0, 20)
    assert len(expert.asked) == 1


def test_a_turn_that_is_over_asks_nothing_more(talk: Talk, expert: Expert) -> None:
    expert.let.set()
    talk.hear(1.0, SPEECH)
    talk.hear(0.0, SILENCE)
    assert talk.soon_over()
    talk.turns.finish()
    assert not talk.hear(0.0, 100)
    assert len(expert.asked) == 1


def test_a_model_that_fails_is_no_end_and_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_said: Samples) -> bool:
        raise ValueError("no such input")

    judge = TurnJudge(broken)
    talk = Talk(judge)
    talk.hear(1.0, SPEECH)
    while not caplog.messages:
        assert not talk.hear(0.0)
        Event().wait(0.001)
        talk.turns.settings = TurnSettings(prefix_padding_ms=0, silence_duration_ms=10**6, ask_after_ms=200)
    assert not talk.hear(0.0, 5)
    assert caplog.messages == ["nobody could tell whether a sentence is complete"]
    judge.close()


def test_after_the_end_nobody_is_asked(talk: Talk, expert: Expert) -> None:
    talk.judge.close()
    talk.hear(1.0, SPEECH)
    assert not talk.hear(0.0, SILENCE)
    assert expert.asked == []
