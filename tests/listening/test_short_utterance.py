"""What is short and stands alone is collected whole; anything longer is not."""

import numpy as np

from speaker.audio.pcm import FRAME_MS, FRAME_SAMPLES, Samples
from speaker.listening.front_end import SensedFrame
from speaker.listening.short_utterance import ShortUtterance
from speaker.listening.speech_activity import Talk

LONGEST = 10
BEFORE = 6
"""Half a second before the detector noticed."""


def feed(utterance: ShortUtterance, first: int, talk: list[Talk]) -> list[Samples]:
    """Frames with these numbers as their samples, beginning with ``first``; what came of them."""
    took = [
        utterance.take(SensedFrame(np.full(FRAME_SAMPLES, first + i, np.int16), np.empty(0, np.int16), talk=one))
        for i, one in enumerate(talk)
    ]
    return [sound for sound in took if sound is not None]


def numbers(sound: Samples) -> list[int]:
    return [int(number) for number in sound[::FRAME_SAMPLES]]


def silent(frames: int) -> list[Talk]:
    return [""] * frames


def said(frames: int) -> list[Talk]:
    return ["begins", *silent(frames - 2), "ends"]


def test_it_is_given_with_what_came_before_it_was_noticed() -> None:
    utterance = ShortUtterance(LONGEST * FRAME_MS)
    assert feed(utterance, 0, silent(20)) == []
    (sound,) = feed(utterance, 20, said(4))
    assert numbers(sound) == list(range(20 - BEFORE, 24))


def test_the_longest_is_given_and_one_frame_more_is_not() -> None:
    utterance = ShortUtterance(LONGEST * FRAME_MS)
    (sound,) = feed(utterance, 0, [*silent(BEFORE), *said(LONGEST)])
    assert numbers(sound) == list(range(BEFORE + LONGEST))
    assert feed(utterance, 0, said(LONGEST + 1)) == []
    assert len(feed(utterance, 0, said(3))) == 1


def test_an_end_without_a_beginning_is_nothing() -> None:
    utterance = ShortUtterance(LONGEST * FRAME_MS)
    assert feed(utterance, 0, ["", "ends", ""]) == []
    feed(utterance, 0, ["begins", ""])
    utterance.forget()
    assert feed(utterance, 2, ["", "ends"]) == []


def test_what_was_forgotten_does_not_come_back() -> None:
    utterance = ShortUtterance(LONGEST * FRAME_MS)
    feed(utterance, 0, silent(20))
    utterance.forget()
    (sound,) = feed(utterance, 20, said(3))
    assert numbers(sound) == [20, 21, 22]
