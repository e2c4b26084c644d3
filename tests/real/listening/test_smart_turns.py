"""Turns that end when the sentence is complete: found to the sample, beside the listening, in frames of any length."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import numpy as np
import pytest

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, Samples, ms_to_samples
from speaker.audio.vad import WINDOW_SAMPLES, TurnSettings
from speaker.listening.speech_activity import SpeechActivity
from speaker.listening.turn_judge import TurnJudge
from speaker.listening.uplink_gate import SpeechGate, UplinkPiece
from tests.real.wake.test_detector import silence
from tests.support.real_parts import Speech

SMART = TurnSettings(silence_duration_ms=2_000, ask_after_ms=200)
FRAMES = [320, 1280, 500]
"""Lengths of a frame, in samples."""


class Evening:
    """Sound past the detector and the gate, as the front end and the router do it."""

    def __init__(self, is_complete: Callable[[Samples], bool], frame: int, settings: TurnSettings = SMART) -> None:
        self.judge = TurnJudge(is_complete)
        self.activity = SpeechActivity(settings, self.judge)
        self.gate = SpeechGate(settings)
        self.frame, self.at = frame, 0
        self.out: list[UplinkPiece] = []
        self.begun: list[int] = []
        """For each turn, how many samples before it was noticed it began."""

    def hear(self, sound: Samples) -> None:
        for start in range(0, sound.size - sound.size % self.frame, self.frame):
            frame = sound[start : start + self.frame]
            noticed = self.activity.push(frame, talk=False, turns=True)
            self.begun += [noticed.begun] if noticed.begun else []
            self.out += self.gate.take(UplinkPiece(self.at, frame), noticed.turn, noticed.begun, noticed.ended)
            self.at += frame.size

    def hear_until_asked(self, sound: Samples, begun: Event) -> None:
        """The same, until somebody was asked."""
        for start in range(0, sound.size, self.frame):
            if begun.is_set():
                return
            self.hear(sound[start : start + self.frame])
        assert begun.wait(60)

    @property
    def ends_ms(self) -> list[float]:
        """Where turns ended."""
        return [pcm.samples_to_ms(one.first + one.samples.size, WAKE_HZ) for one in self.out if one.ends]


@pytest.fixture
def evening() -> Iterator[Callable[..., Evening]]:
    made: list[Evening] = []

    def begin(is_complete: Callable[[Samples], bool], frame: int, settings: TurnSettings = SMART) -> Evening:
        made.append(Evening(is_complete, frame, settings))
        return made[-1]

    yield begin
    for one in made:
        one.judge.close()


@pytest.fixture(autouse=True)
def _answers_come_at_once(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Sound goes by faster than in life here, so the answer comes before the next frame does, unless a test waits."""
    if "slow" in request.node.name:
        return
    submit = ThreadPoolExecutor.submit

    def answered(self: ThreadPoolExecutor, *given: object, **named: object) -> object:
        future = submit(self, *given, **named)  # type: ignore[arg-type, var-annotated]
        future.exception()
        return future

    monkeypatch.setattr(ThreadPoolExecutor, "submit", answered)


def sentence(speech: Speech, words: str) -> Samples:
    """Words, without the silence around them."""
    sound = pcm.resample(speech(words), SESSION_HZ, WAKE_HZ)
    loud = np.flatnonzero(np.abs(sound.astype(np.int32)) > 500)
    return sound[loud[0] : loud[-1]]


@pytest.mark.parametrize("frame", FRAMES)
def test_a_complete_sentence_ends_its_turn_soon_and_no_sample_is_lost(
    speech: Speech, evening: Callable[..., Evening], frame: int
) -> None:
    said = sentence(speech, "Turn on the sofa lamp.")
    sound = np.concatenate([silence(1), said, silence(1.5)])
    one = evening(lambda _: True, frame)
    one.hear(sound)
    out = [*one.out, *one.gate.spare(UplinkPiece(one.at, np.zeros(0, np.int16)))]
    assert np.array_equal(np.concatenate([piece.samples for piece in out]), sound[: one.at])
    assert [piece.first for piece in out[1:]] == list(np.cumsum([piece.samples.size for piece in out])[:-1])
    sent = np.concatenate([piece.samples for piece in out if piece.sent])
    assert sent.tobytes().find(said.tobytes()) >= 0
    (ends_ms,) = one.ends_ms
    assert ms_to_samples(ends_ms, WAKE_HZ) % WINDOW_SAMPLES == 0, "it ends where the detector's window ended"
    assert 100 <= ends_ms - 1_000 - pcm.samples_to_ms(said.size, WAKE_HZ) < 500


@pytest.mark.parametrize("frame", FRAMES)
def test_an_incomplete_one_waits_two_seconds_in_all(
    speech: Speech, evening: Callable[..., Evening], frame: int
) -> None:
    asked: list[Samples] = []

    def never(sound: Samples) -> bool:
        asked.append(sound)
        return False

    one = evening(never, frame)
    said = sentence(speech, "Turn on the")
    one.hear(np.concatenate([silence(1), said, silence(3)]))
    (ends_ms,) = one.ends_ms
    assert 1_900 < ends_ms - 1_000 - pcm.samples_to_ms(said.size, WAKE_HZ) < 2_200
    assert len(asked) == 1


def test_the_rest_of_a_sentence_belongs_to_its_turn(speech: Speech, evening: Callable[..., Evening]) -> None:
    """A second of thinking, which half a second of silence would have cut."""
    asked: list[Samples] = []

    def at_last(said: Samples) -> bool:
        asked.append(said)
        return len(asked) > 1

    one = evening(at_last, 320)
    beginning, rest = sentence(speech, "Turn on the"), sentence(speech, "sofa lamp in the living room.")
    one.hear(np.concatenate([silence(1), beginning, silence(1), rest, silence(1)]))
    assert len(one.ends_ms) == 1
    assert len(asked) == 2
    assert asked[1].size - asked[0].size > ms_to_samples(1_000, WAKE_HZ) + rest.size / 2
    assert one.ends_ms[0] - pcm.samples_to_ms(ms_to_samples(2_000, WAKE_HZ) + beginning.size + rest.size, WAKE_HZ) < 500


def test_a_slow_answer_holds_nothing_up_and_a_new_word_makes_it_void(
    speech: Speech, evening: Callable[..., Evening]
) -> None:
    let, begun, asked = Event(), Event(), list[Samples]()

    def slowly(said: Samples) -> bool:
        asked.append(said)
        begun.set()
        return let.wait(60) and len(asked) == 1

    one = evening(slowly, 320)
    one.hear(np.concatenate([silence(1), sentence(speech, "Turn on the")]))
    one.hear_until_asked(silence(1), begun)
    one.hear(sentence(speech, "sofa lamp."))
    let.set()
    one.hear(sentence(speech, "And the floor lamp."))
    assert one.ends_ms == []
    one.hear(silence(3))
    assert len(one.ends_ms) == 1


def test_a_turn_right_behind_a_judged_one_begins_with_its_own_first_word(
    speech: Speech, evening: Callable[..., Evening]
) -> None:
    one = evening(lambda _: True, 320, replace(SMART, prefix_padding_ms=0))
    words = sentence(speech, "Stop the music.")
    one.hear(np.concatenate([silence(1), words, silence(0.45), words, silence(1)]))
    assert len(one.ends_ms) == 2
    assert len(one.begun) == 2
    assert one.begun[1] < ms_to_samples(200, WAKE_HZ)


def test_who_pauses_for_a_second_behind_the_wake_word_does_not_speak_in_one_breath(speech: Speech) -> None:
    """The long wait is for sentences that are not complete; the end of the word is no part of any."""
    judge = TurnJudge(lambda _: False)
    activity = SpeechActivity(SMART, judge)
    activity.after_word(sentence(speech, "Jarvis.")[-4_800:])
    sound = np.concatenate([silence(1), sentence(speech, "Turn on the lamp.")])
    frames = [sound[start : start + 320] for start in range(0, sound.size - 319, 320)]
    noticed = [activity.push(frame, talk=False, turns=True) for frame in frames]
    judge.close()
    (begun,) = [one.begun for one in noticed if one.begun]
    assert begun < ms_to_samples(SMART.prefix_padding_ms + 300, WAKE_HZ)


def test_what_lacks_parts_of_its_words_is_not_judged_until_it_is_whole(speech: Speech) -> None:
    """Over the speaker's own voice the detector hears what is left of the words."""
    asked: list[Samples] = []

    def at_once(said: Samples) -> bool:
        asked.append(said)
        return True

    judge = TurnJudge(at_once)
    activity = SpeechActivity(SMART, judge)
    sound = np.concatenate([silence(1), sentence(speech, "Turn on the lamp."), silence(1)])
    frames = [sound[start : start + 320] for start in range(0, sound.size - 319, 320)]
    over = [activity.push(frame, talk=True, turns=True, whole=False).turn for frame in frames]
    assert over[-1] == "on"
    assert asked == []
    after = activity.push(np.zeros(320, np.int16), talk=True, turns=True)
    judge.close()
    assert (after.turn, len(asked)) == ("", 1)
