"""Guesses that somebody talks, from powers alone; with sound they are tested in simulated rooms."""

from speaker.audio.double_talk import KNOWN, DoubleTalk

LOUD = (32768 * 10 ** (-25 / 20)) ** 2
"""An echo as the microphone hears it: -25 dBFS."""

VOICE = (32768 * 10 ** (-30 / 20)) ** 2


def learned(kept: float, pieces: int = 2 * KNOWN) -> DoubleTalk:
    """After an echo of which so much was left."""
    talk = DoubleTalk()
    for _ in range(pieces):
        assert not talk.push(LOUD, kept * LOUD, passes=False)
    return talk


def first(talk: DoubleTalk, heard: float, kept: float, *, passes: bool) -> int | None:
    """How many pieces it takes until somebody is noticed."""
    return next((at for at in range(1, 50) if talk.push(heard, kept, passes=passes)), None)


def test_voice_that_the_filter_leaves_is_noticed_within_60_ms() -> None:
    assert first(learned(0.005), VOICE + 0.1 * LOUD, VOICE, passes=False) in {1, 2, 3}


def test_the_other_canceller_makes_it_no_later() -> None:
    assert first(learned(0.005), VOICE + 0.1 * LOUD, VOICE, passes=True) in {1, 2}


def test_louder_echo_alone_is_nobody() -> None:
    assert first(learned(0.005), 4 * LOUD, 0.02 * LOUD, passes=True) is None


def test_filter_that_removes_little_does_not_decide_alone() -> None:
    assert first(learned(0.15), VOICE + 0.1 * LOUD, VOICE, passes=False) is None
    assert first(learned(0.15), VOICE + 0.1 * LOUD, VOICE, passes=True) in {1, 2}


def test_nothing_is_guessed_before_the_room_is_known_or_when_it_is_lost() -> None:
    assert first(DoubleTalk(), VOICE, VOICE, passes=True) is None
    assert first(learned(0.5), VOICE, VOICE, passes=True) is None


def test_nobody_talks_as_softly_as_a_room_murmurs() -> None:
    murmur = (32768 * 10 ** (-60 / 20)) ** 2
    assert first(learned(0.005), murmur, murmur, passes=True) is None
