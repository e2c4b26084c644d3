"""The echo test, a story and who talks over it in simulated rooms, on devices whose clocks differ."""

import numpy as np
import pytest

from speaker.audio import pcm
from speaker.audio.echo_analysis import EchoReport, judge
from speaker.audio.echo_analysis import test_sound as chirp_and_hiss
from speaker.audio.own_voice import is_own_voice
from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, Samples, ms_to_samples
from speaker.demo.room_acoustics import Convolver, impulse_response
from speaker.offline.speech.recogniser import Recogniser
from speaker.wake.detector import WakeWords
from tests.real.wake.test_detector import ours
from tests.support.daemon_scenes import STORY
from tests.support.real_parts import Speech
from tests.support.simulated_room import Clocks, Performance, Room
from tests.support.told_story import Listener, Talker, measured, tell

ROOMS = [Room(20, -20, 150), Room(80, -10), Room(400, -6, 400)]
LATE = Room(2_000, -10)
OVER = "Turn off the kitchen light please."
OVER_AT_S = 14.0


@pytest.fixture(scope="module")
def words() -> WakeWords:
    return ours(["hey_jarvis"], lazy=True)


def echo_test(
    words: WakeWords, where: Room, ppm: float, *, offset: float = 0.0, volume: float | None = 0.36
) -> EchoReport:
    """``volume``: factor of the test sound; None without a loudspeaker."""
    performance = Performance(where, Clocks.apart(ppm), 13, offset=offset)
    if volume is not None:
        sound = pcm.amplify(chirp_and_hiss(), volume)
        performance.play(4.6, np.concatenate([sound, np.zeros(SESSION_HZ, np.int16)]))
    moments = performance.moments()
    listener = Listener(words)
    for _ in range(50):
        listener.place(next(moments))
    return measured(listener, moments)


@pytest.mark.parametrize("ppm", [0, -300, 500])
@pytest.mark.parametrize("where", [*ROOMS, Room(900, -10), LATE], ids=str)
def test_delay_and_clocks_of_every_room_are_found(words: WakeWords, where: Room, ppm: float) -> None:
    report = echo_test(words, where, ppm)
    assert judge(report)[0] == "full"
    assert report.delay_ms == pytest.approx(where.delay_ms, abs=12), (
        "the stamps jitter by 5 ms, and so does the opening"
    )
    ratio = (1 + 0.6 * ppm / 1e6) / (1 - 0.4 * ppm / 1e6)
    assert report.clock_ratio == pytest.approx(ratio, abs=5e-6)
    assert report.loss_db == pytest.approx(-where.gain_db, abs=2)


def test_an_echo_that_cannot_be_removed_leads_to_wake(words: WakeWords) -> None:
    """A box that rattles as loud as it plays."""
    mode, why = judge(echo_test(words, Room(80, 0, rattle=1), 0))
    assert mode == "wake"
    assert "can be removed" in why


@pytest.mark.parametrize("offset", [300, 5_000, -8_000])
def test_a_constant_voltage_changes_nothing(words: WakeWords, offset: float) -> None:
    plain, moved = echo_test(words, ROOMS[1], 100), echo_test(words, ROOMS[1], 100, offset=offset)
    assert judge(moved)[0] == "full"
    assert (moved.delay_ms, moved.loss_db) == pytest.approx((plain.delay_ms, plain.loss_db), abs=0.5)


@pytest.mark.parametrize("offset", [0, 5_000])
@pytest.mark.parametrize(
    ("where", "volume", "reason"),
    [
        (Room(80, -90), 0.36, "with headphones"),
        (Room(3_500, -10), 0.36, "with headphones"),
        (ROOMS[1], 0.0025, "softly"),
        (ROOMS[1], 0.0, "not played"),
        (ROOMS[1], None, "not played"),
    ],
)
def test_what_is_not_heard_never_leads_to_full(
    words: WakeWords, where: Room, volume: float | None, reason: str, offset: float
) -> None:
    report = echo_test(words, where, 100, offset=offset, volume=volume)
    mode, why = judge(report)
    assert (mode, report.heard) == ("wake", False)
    assert reason in why


@pytest.fixture(scope="module")
def story(speech: Speech) -> Samples:
    return speech(STORY)[: 20 * SESSION_HZ]


def person(speech: Speech, dbfs: float) -> Samples:
    sound = pcm.resample(speech(OVER), SESSION_HZ, WAKE_HZ)
    return pcm.amplify(sound, 10 ** ((dbfs - pcm.level_dbfs(sound)) / 20))


@pytest.mark.parametrize("ppm", [0, 100, -300, 500])
def test_nobody_interrupts_the_story_but_who_talks_over_it(
    words: WakeWords, story: Samples, speech: Speech, ppm: float
) -> None:
    outcome = tell(words, story, ROOMS[1], Clocks.apart(ppm), [Talker(OVER_AT_S, person(speech, -26))])
    assert outcome.mode == "full", outcome.reason
    assert outcome.interruptions == []
    assert outcome.noticed == [True]
    assert outcome.mistaken == 0
    assert outcome.residue_db > 30
    assert outcome.voice_db > 15
    assert "kitchen light" in Recogniser().hear(outcome.kept[0]).text.lower()


@pytest.mark.parametrize("where", [ROOMS[0], ROOMS[2]], ids=str)
@pytest.mark.parametrize("dbfs", [-20, -32])
def test_in_other_rooms_too(words: WakeWords, story: Samples, speech: Speech, where: Room, dbfs: float) -> None:
    outcome = tell(words, story, where, Clocks.apart(500), [Talker(OVER_AT_S, person(speech, dbfs))])
    assert outcome.interruptions == []
    assert (outcome.noticed, outcome.mistaken) == ([True], 0)


@pytest.mark.parametrize("ahead_ms", [0, 700, 1_900])
def test_the_own_voice_from_elsewhere_is_known(story: Samples, ahead_ms: int) -> None:
    """A loudspeaker is later than measured: its echo passes untouched beside another reference."""
    played = pcm.resample(story[: 6 * SESSION_HZ], SESSION_HZ, WAKE_HZ)
    heard = echoed(played)
    late, begin = ms_to_samples(ahead_ms, WAKE_HZ), 3 * WAKE_HZ
    length = 2 * WAKE_HZ
    reference = played[begin - length // 2 : begin + length // 2]
    lately = played[max(0, begin - WAKE_HZ - late) : begin + length]
    assert is_own_voice(heard[begin : begin + length], reference, lately)


def test_what_is_left_of_an_echo_is_known_and_a_voice_is_not(story: Samples, speech: Speech) -> None:
    played = pcm.resample(story[: 5 * SESSION_HZ], SESSION_HZ, WAKE_HZ)
    reserve = ms_to_samples(30, WAKE_HZ)
    left = np.concatenate([np.zeros(reserve, np.int16), echoed(played)])[: played.size] // 8
    span = slice(2 * WAKE_HZ, 4 * WAKE_HZ)
    assert is_own_voice(left[span], played[span], played[: 4 * WAKE_HZ])
    for text in (OVER, "What time is it in New York right now?", "Wait, I have another question."):
        for loud in (1, 0.1):
            said = pcm.amplify(pcm.resample(speech(text), SESSION_HZ, WAKE_HZ)[:WAKE_HZ], loud)
            mixed = (left[span] // 64).copy()
            mixed[WAKE_HZ // 2 : WAKE_HZ // 2 + said.size] += said
            assert not is_own_voice(mixed, played[span], played[: 4 * WAKE_HZ])


def test_a_first_syllable_is_no_echo_by_chance(story: Samples, speech: Speech) -> None:
    """Who is noticed at once has said little, and little is alike by chance, above all beside a single word."""
    played = pcm.resample(story[: 22 * SESSION_HZ], SESSION_HZ, WAKE_HZ)
    said = pcm.resample(speech("Wait, I have another question. What time is it?"), SESSION_HZ, WAKE_HZ)
    syllable, length = ms_to_samples(100, WAKE_HZ), 2 * WAKE_HZ
    mistaken = []
    for number in range(120):
        begin, at = 3 * WAKE_HZ + number * 1_600, number * 160 % (said.size - syllable)
        heard = np.random.default_rng(number).integers(-8, 9, length).astype(np.int16)
        heard[-syllable:] += said[at : at + syllable]
        beside = played[begin - length : begin].copy()
        beside[: -2 * syllable] = 0
        if is_own_voice(heard, beside, played[max(0, begin - 4 * WAKE_HZ) : begin]):
            mistaken.append(number)
    assert mistaken == []


def echoed(played: Samples) -> Samples:
    """What the room makes of it, without its delay."""
    return Convolver(impulse_response(0, -6, 200, WAKE_HZ, 3)).push(played)
