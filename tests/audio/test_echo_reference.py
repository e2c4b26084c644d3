"""The reference beside the microphone's frames: every sample at its place, at the pace of the microphone's clock."""

import numpy as np
import pytest

from speaker.audio import pcm
from speaker.audio.echo_reference import KEPT_S, EchoReference, ReferenceReader
from speaker.audio.interpolation import POINTS, read_at
from speaker.audio.pcm import FRAME_SAMPLES, PIECE_SAMPLES, WAKE_HZ, Samples
from speaker.audio.sample_clock import SampleClock
from tests.support.simulated_room import Clocks, Performance, Room


def tone(hz: float, count: int, step: float = 1.0) -> Samples:
    return pcm.from_float((0.5 * np.sin(2 * np.pi * hz / WAKE_HZ * step * np.arange(count))).astype(np.float32))


@pytest.mark.parametrize("hz", [100, 1_000, 4_000, 6_000])
@pytest.mark.parametrize("ppm", [-500, 37, 500])
def test_a_tone_read_at_another_pace_is_that_tone(hz: float, ppm: float) -> None:
    step = 1 + ppm / 1e6
    wanted, padded = tone(hz, 8_000, step), np.concatenate([tone(hz, 8_100), np.zeros(POINTS, np.int16)])
    read = read_at(padded, POINTS * step, step, 7_900)
    wrong = read.astype(np.int32) - wanted[POINTS : POINTS + 7_900]
    assert pcm.level_dbfs(wanted) - pcm.level_dbfs(wrong.astype(np.int16)) > 40


def test_what_stands_on_a_sample_comes_out_as_it_is() -> None:
    sound = np.random.default_rng(0).integers(-32768, 32768, 2_000, np.int16)
    assert np.array_equal(read_at(sound, 100, 1.0, 1_000), sound[100:1_100])


def test_what_is_not_known_is_silence() -> None:
    reference = EchoReference()
    reference.took(pcm.to_bytes(np.full(1_600, 1_000, np.int16)), WAKE_HZ, 50.0, 1)
    reference.number_at(0)
    begin = 50 * WAKE_HZ
    assert np.array_equal(reference.read(begin, 1.0, 1_600), np.full(1_600, 1_000))
    assert not reference.read(begin - 5_000, 1.0, 1_600).any()
    assert not reference.read(begin + 5_000, 1.0, 1_600).any()
    assert not reference.read(begin - round(KEPT_S * WAKE_HZ) - 5_000, 1.0, 1_600).any()


@pytest.mark.parametrize("late_s", [2.0, 4.0])
def test_what_a_late_frame_asks_for_is_still_there(late_s: float) -> None:
    reference = EchoReference()
    block = np.arange(640, dtype=np.int16)
    for number in range(round((late_s + 2) * WAKE_HZ / 640)):
        reference.took(pcm.to_bytes(block + number), WAKE_HZ, 50 + number * 640 / WAKE_HZ, 1)
    reference.number_at(0)
    assert np.array_equal(reference.read(50 * WAKE_HZ + 640, 1.0, 640), block + 1)


@pytest.mark.parametrize("ppm", [-300, 0, 100, 500])
def test_it_stays_beside_the_echo_however_the_clocks_run(ppm: float) -> None:
    """A minute of noise, heard through the air; at its end it lies where it lay at its beginning."""
    noise = np.random.default_rng(0).integers(-6_000, 6_000, 60 * 24_000).astype(np.int16)
    performance = Performance(Room(30, 0, 0), Clocks.apart(ppm), 73)
    performance.play(8, np.concatenate([np.zeros(3 * 24_000, np.int16), noise]))
    clock, reference = SampleClock(), EchoReference()
    reader = ReferenceReader(reference, clock)
    reader.learn((1 + 0.6 * ppm / 1e6) / (1 - 0.4 * ppm / 1e6))
    lags = []
    for number, moment in enumerate(performance.moments()):
        for block in moment.taken:
            reference.took(block.data, 24_000, block.heard_at_s, block.stream)
        read = reader.read(round(clock.place(moment.begins_s, FRAME_SAMPLES)), FRAME_SAMPLES)
        if number % 50 == 0 and 15 < number * 0.08 < 70:
            lags.append(lag(moment.frame, read))
    assert max(lags) - min(lags) < WAKE_HZ * 0.004, "4 ms"
    steps = np.abs(np.diff(lags))
    assert max(steps) < 2, "and nothing jumps"


def test_a_jump_while_something_sounds_is_told() -> None:
    told: list[bool] = []
    reference = EchoReference()
    reader = ReferenceReader(reference, SampleClock(), lambda: told.append(True))
    loud = np.full(WAKE_HZ, 1_000, np.int16)
    for second in range(4):
        reference.took(pcm.to_bytes(loud), WAKE_HZ, 50.0 + second, 1)
    begin = 50 * WAKE_HZ
    for at in (0, FRAME_SAMPLES, 2 * FRAME_SAMPLES):
        reader.read(begin + at, FRAME_SAMPLES)
    assert told == []
    reader.read(begin + 3 * FRAME_SAMPLES + WAKE_HZ // 10, FRAME_SAMPLES)
    assert told == [True]


def played(pieces: int, ahead_ms: float, reserve_ms: float) -> tuple[ReferenceReader, list[Samples], list[bool]]:
    """A loudspeaker that takes blocks of 10 ms so long before they are heard, read so much too early; then its end."""
    told: list[bool] = []
    reference, clock = EchoReference(), SampleClock()
    reader = ReferenceReader(reference, clock, lambda: told.append(True))
    loud, silent = (pcm.to_bytes(np.full(160, value, np.int16)) for value in (1_000, 0))
    read: list[Samples] = []
    for number in range(pieces + 200):
        now_s = 50 + number * 0.02
        for half_s in (0.0, 0.01) if number < pieces + 100 else ():
            reference.took(loud if number < pieces else silent, WAKE_HZ, now_s + half_s + ahead_ms / 1000, 1)
        index = round(clock.place(now_s - 0.02, PIECE_SAMPLES))
        read.append(reader.read(index + pcm.ms_to_samples(reserve_ms, WAKE_HZ), PIECE_SAMPLES))
    return reader, read, told


@pytest.mark.parametrize("ahead_ms", [-10, 0, 10, 40])
@pytest.mark.parametrize("reserve_ms", [-35, 0, 25, 45])
def test_nothing_is_read_that_the_loudspeaker_has_not_taken_yet(ahead_ms: float, reserve_ms: float) -> None:
    """Its blocks are short, and the canceller's reserve reaches beyond them; a hole in each piece would undo it."""
    reader, read, told = played(300, ahead_ms, reserve_ms)
    heard = np.concatenate(read[20:290])
    assert np.array_equal(heard, np.full_like(heard, 1_000))
    assert reader.late <= max(0, pcm.ms_to_samples(reserve_ms - 20 - ahead_ms + 4, WAKE_HZ))
    assert told == []
    assert not np.concatenate(read[320:]).any()


def test_two_devices_have_one_crystal_until_the_stamps_are_sure() -> None:
    random = np.random.default_rng(3)
    found: dict[float, list[float]] = {}
    for ppm in (0.0, 150.0):
        microphone, reference = SampleClock(), EchoReference()
        reader = ReferenceReader(reference, microphone)
        for number in range(3_000):
            now_s = 50 + number * 0.02
            microphone.place(now_s + random.uniform(-0.004, 0.004), PIECE_SAMPLES)
            reference.clock.place(now_s / (1 + ppm / 1e6) + random.uniform(-0.004, 0.004), PIECE_SAMPLES)
            found.setdefault(ppm, []).append(1e6 * (reader.ratio - 1))
    assert set(found[0.0]) == {0.0}
    assert found[150.0][500] == 0.0
    assert found[150.0][-1] == pytest.approx(150, abs=15)


def lag(frame: Samples, read: Samples) -> int:
    """How much later, samples, the frame has what was read."""
    size = 2 * FRAME_SAMPLES
    cross = np.fft.irfft(np.fft.rfft(frame, size) * np.conj(np.fft.rfft(read, size)), size)
    at = int(np.argmax(cross))
    return at if at < FRAME_SAMPLES else at - size
