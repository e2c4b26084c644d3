"""Echo cancellation on a simulated room: what is removed, what stays, and what happens when a device slips."""

from collections.abc import Iterator

import numpy as np
import pytest

from speaker.audio import pcm
from speaker.audio.echo_canceller import AHEAD_MS, TAIL_S, Cleaned, EchoCanceller
from speaker.audio.pcm import FRAME_SAMPLES, SESSION_HZ, WAKE_HZ, Samples, level_dbfs, ms_to_samples
from speaker.audio.vad import SpeechOnset, TurnDetector
from speaker.demo.room_acoustics import Convolver, impulse_response
from speaker.listening.speech_activity import TALK, TALK_DBFS
from speaker.offline.speech.recogniser import Recogniser
from tests.support.daemon_scenes import STORY
from tests.support.real_parts import Speech

DELAY_MS = 80
GAIN_DB = -10


@pytest.fixture(scope="module")
def story(speech: Speech) -> Samples:
    """About fifty seconds of the speaker's own voice, 16 kHz."""
    return pcm.resample(speech(STORY * 2), SESSION_HZ, WAKE_HZ)


def room(sound: Samples) -> Samples:
    """What the microphone hears of it."""
    return Convolver(impulse_response(DELAY_MS, GAIN_DB, 200, WAKE_HZ, 1)).push(sound)


def reference(sound: Samples) -> Samples:
    """What the loudspeaker played, on the microphone's clock and a little early."""
    shift = ms_to_samples(DELAY_MS - AHEAD_MS, WAKE_HZ)
    return np.concatenate([np.zeros(shift, np.int16), sound])[: sound.size]


def frames(*sounds: Samples) -> Iterator[tuple[Samples, ...]]:
    for start in range(0, min(one.size for one in sounds) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        yield tuple(one[start : start + FRAME_SAMPLES] for one in sounds)


def run(canceller: EchoCanceller, heard: Samples, played: Samples) -> list[Cleaned]:
    return [canceller.push(*pair) for pair in frames(heard, played)]


def voice_of(cleaned: list[Cleaned]) -> Samples:
    return np.concatenate([one.voice for one in cleaned])


def residue_of(cleaned: list[Cleaned]) -> Samples:
    return np.concatenate([one.residue for one in cleaned])


def talks(detector: TurnDetector, cleaned: list[Cleaned]) -> int:
    """How often somebody seems to talk, by the rules of the front end."""
    count = 0
    for one in cleaned:
        started = any(isinstance(event, SpeechOnset) for event in detector.push(one.residue))
        if started and level_dbfs(one.residue) < TALK_DBFS:
            detector.restart()
        elif started:
            count += 1
    return count


def test_silence_of_the_loudspeaker_leaves_every_sample_as_it_is(story: Samples) -> None:
    heard = story[: 5 * WAKE_HZ]
    cleaned = run(EchoCanceller(), heard, np.zeros_like(heard))
    whole = heard[: len(cleaned) * FRAME_SAMPLES]
    assert np.array_equal(voice_of(cleaned), whole)
    assert np.array_equal(residue_of(cleaned), whole)
    assert not any(one.playing for one in cleaned)


def test_echo_is_removed_and_judged_to_be_nobody(story: Samples) -> None:
    heard = room(story)
    cleaned = run(EchoCanceller(), heard, reference(story))
    late = slice(8 * WAKE_HZ, None)
    assert level_dbfs(heard[late]) - level_dbfs(voice_of(cleaned)[late]) > 12
    assert level_dbfs(heard[late]) - level_dbfs(residue_of(cleaned)[late]) > 25
    assert talks(TurnDetector(TALK), cleaned) == 0


@pytest.mark.parametrize("start_s", [0, 2, 4, 6, 8, 10, 12, 14])
def test_a_loud_late_echo_is_learned_wherever_it_begins(story: Samples, start_s: int) -> None:
    """What carries the words must not settle on a poor copy of the room, and stay with it."""
    played = story[start_s * WAKE_HZ :][: 16 * WAKE_HZ]
    ahead = np.zeros(ms_to_samples(AHEAD_MS, WAKE_HZ), np.int16)
    heard = Convolver(impulse_response(0, -6, 400, WAKE_HZ, 1)).push(np.concatenate([ahead, played]))[: played.size]
    late = slice(10 * WAKE_HZ, 15 * WAKE_HZ)
    voice = voice_of(run(EchoCanceller(), heard, played))
    assert level_dbfs(heard[late]) - level_dbfs(voice[late]) > 20


def test_somebody_who_talks_over_it_is_heard(story: Samples, speech: Speech) -> None:
    person = pcm.resample(speech("Turn off the kitchen light please."), SESSION_HZ, WAKE_HZ)
    heard = room(story).astype(np.int32)
    at = 15 * WAKE_HZ
    heard[at : at + person.size] += person
    cleaned = run(EchoCanceller(), np.clip(heard, -32768, 32767).astype(np.int16), reference(story))
    first, last = at // FRAME_SAMPLES, (at + person.size) // FRAME_SAMPLES + 6
    detector = TurnDetector(TALK)
    assert talks(detector, cleaned[:first]) == 0
    assert talks(detector, cleaned[first:last]) >= 1
    assert "kitchen light" in Recogniser().hear(voice_of(cleaned)[at : at + person.size]).text.lower()


@pytest.mark.parametrize("at_s", [4.0, 5.3, 9.1, 15.0, 21.7])
def test_where_there_is_no_echo_the_whole_sentence_is_heard(story: Samples, speech: Speech, at_s: float) -> None:
    """Headphones, or a microphone that cancels the echo itself: nothing that is heard is the loudspeaker's."""
    person = pcm.resample(speech("Turn off the kitchen light please."), SESSION_HZ, WAKE_HZ)
    heard = np.random.default_rng(0).normal(0, 10, story.size).astype(np.int16)
    at = round(at_s * WAKE_HZ)
    heard[at : at + person.size] += person
    cleaned = run(EchoCanceller(), heard, reference(story))
    first = at // FRAME_SAMPLES
    assert talks(TurnDetector(TALK), cleaned[:first]) == 0
    assert talks(TurnDetector(TALK), cleaned[first : first + 8]) == 1, "at once"
    assert "kitchen light" in Recogniser().hear(residue_of(cleaned)[at : at + person.size]).text.lower()


@pytest.mark.parametrize("slip_ms", [-20, -10, 5, 20, 40, 80])
def test_device_that_slips_makes_nobody_talk(story: Samples, slip_ms: int) -> None:
    """A loudspeaker that ran dry plays everything later than before; it tells of it."""
    canceller, played, steady = EchoCanceller(), reference(story), room(story)
    at = 20 * WAKE_HZ // FRAME_SAMPLES * FRAME_SAMPLES
    later = np.roll(steady, ms_to_samples(slip_ms, WAKE_HZ))
    detector = TurnDetector(TALK)
    count = talks(detector, run(canceller, steady[:at], played[:at]))
    canceller.slipped()
    count += talks(detector, run(canceller, later[at:], played[at:]))
    assert count == 0


def test_it_rests_again_when_the_room_has_fallen_silent(story: Samples) -> None:
    canceller = EchoCanceller()
    loud = max(range(40, 80), key=lambda at: level_dbfs(reference(story)[at * FRAME_SAMPLES :][:FRAME_SAMPLES])) + 1
    run(canceller, room(story)[: loud * FRAME_SAMPLES], reference(story)[: loud * FRAME_SAMPLES])
    quiet = np.zeros(2 * WAKE_HZ, np.int16)
    after = run(canceller, quiet, quiet)
    rung = round(TAIL_S * WAKE_HZ / FRAME_SAMPLES)
    assert all(one.playing for one in after[: rung - 1])
    assert not any(one.playing for one in after[rung + 1 :])


def test_room_without_an_echo_hears_nothing_of_the_own_voice(story: Samples) -> None:
    """Headphones, or a microphone far away: the filter must not put into the frame what it cannot find there."""
    quiet = np.random.default_rng(0).integers(-4, 5, 20 * WAKE_HZ, np.int16)
    cleaned = run(EchoCanceller(), quiet, reference(story)[: quiet.size])
    assert level_dbfs(voice_of(cleaned)) < level_dbfs(quiet) + 3


def test_filter_puts_no_echo_into_a_room_without_one(story: Samples) -> None:
    """Somebody spoke over an answer, and the filter took it for the room; the next answer is not heard at all."""
    canceller, played = EchoCanceller(), reference(story)
    run(canceller, room(story)[: 20 * WAKE_HZ], played[: 20 * WAKE_HZ])
    run(canceller, np.zeros(WAKE_HZ, np.int16), np.zeros(WAKE_HZ, np.int16))
    after = played[20 * WAKE_HZ : 24 * WAKE_HZ]
    quiet = np.random.default_rng(1).normal(0, 10, after.size).astype(np.int16)
    cleaned = run(canceller, quiet, after)
    assert max(level_dbfs(one.voice) for one in cleaned) < level_dbfs(quiet) + 6
