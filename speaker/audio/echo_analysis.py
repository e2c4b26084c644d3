"""The echo test: a sound to play, what to read from its recording, and which duplex mode follows.

All samples are int16, shape (n,); the test sound is 24 kHz. A recording has 16 kHz of the microphone's clock, and what
was played as many of the loudspeaker's: beside each other they lie exactly in one place, and drift apart from there.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from speaker.audio import pcm
from speaker.audio.interpolation import POINTS, read_at
from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, Samples

Mode = Literal["full", "wake"]
_Floats = NDArray[np.float64]

SWEEP_MS: Final = 250
_PAUSE_MS: Final = 200
NOISE_MS: Final = 1_200
"""The sweep tells the delay, and its repetition how fast the microphone's clock runs against the loudspeaker's. A
canceller shows what it can do on noise, as on speech, and not on a whistle."""

_LEAD_IN_MS: Final = 300
_LEAD_IN_PEAK: Final = 30
"""Near-silence before it, since a device that slept swallows so much: without the first sweep the clocks cannot be
compared."""

_APART_MS: Final = SWEEP_MS + _PAUSE_MS + NOISE_MS + _PAUSE_MS
"""From the beginning of the first sweep to that of the second."""

LOWEST_HZ: Final = 200
HIGHEST_HZ: Final = 6_000
_SWEEP_PEAK: Final = 0.3
_NOISE_PEAK: Final = 0.35
_FADE_MS: Final = 30
_SOUNDING: Final = 8
"""Samples up to this are the near-silence that keeps a loudspeaker awake."""

_BEGUN: Final = 0.05
"""Share of the loudest sample from which on the test sound has begun."""

_SEED: Final = 1

EARLIEST_MS: Final = -150
LATEST_MS: Final = 2_100
"""Between these an echo is looked for. Earlier than the loudspeaker it comes when a driver's times are wrong."""

CLEAR: Final = 12.0
"""How far the echo must stand out of the rest of the impulse response to count as heard."""

SOFT_DBFS: Final = -35.0
"""A test sound that is played more softly may be there and not be heard."""

_BAND_HZ: Final = (120, 7_000)
"""What of a recording is judged: a constant voltage and the hum of the mains are no sound of the room."""

MOST_DRIFT: Final = 1e-3
"""Clocks that are farther apart are no crystals: sound was lost between the sweeps."""

_ALIKE: Final = 0.5
"""How much the second sweep must be like the first one, 0-1, for their distance to count."""

WORTH_TELLING_PPM: Final = 50

LEAST_REMOVED_DB: Final = 20.0
"""What must be removed of the echo before anything said may interrupt an answer."""

INAUDIBLE_DB: Final = 6.0
"""A rest of the echo that is at most so much louder than the room's own noise is no echo any more."""

MOST_FRAME_MS: Final = 40.0
"""Working time for one 80 ms frame; a slower machine has nothing left for anything else."""

CLIPPED: Final = 32_700
MOST_CLIPPED: Final = 0.002


@dataclass(frozen=True, slots=True)
class EchoReport:
    """What the echo test found."""

    heard: bool
    """Whether the microphone hears the loudspeaker at all."""
    delay_ms: float = 0.0
    """From the moment that the driver names for a sound to its arrival in the recording."""
    loss_db: float = 0.0
    """Echo return loss: how much softer the echo is than what was played, digitally."""
    removed_db: float = 0.0
    """How much of it the canceller takes away, after half a second of practice."""
    left_db: float = 0.0
    """How much louder the rest is than the room's noise."""
    clock_ratio: float | None = None
    """How many samples the loudspeaker plays while the microphone records one; None when that could not be found."""
    played_dbfs: float = 0.0
    """How loud the test sound was, digitally."""
    clipped: bool = False
    frame_ms: float = 0.0
    """Working time of the canceller for one frame."""


def test_sound() -> Samples:
    """A chirp, a hiss and the chirp again at 24 kHz, behind some near-silence, the same every time."""
    count = pcm.ms_to_samples(_LEAD_IN_MS, SESSION_HZ)
    hush = np.random.default_rng(_SEED).integers(-_LEAD_IN_PEAK, _LEAD_IN_PEAK + 1, count, np.int16)
    pause = np.zeros(pcm.ms_to_samples(_PAUSE_MS, SESSION_HZ), np.int16)
    sweep = _sound(_sweep(), _SWEEP_PEAK)
    return np.concatenate([hush, sweep, pause, _sound(_noise(), _NOISE_PEAK), pause, sweep])


def audible(recorded: Samples) -> Samples:
    """A recording without what is no sound of the room: a constant voltage, hum, what lies beyond speech."""
    spectrum = np.fft.rfft(recorded)
    hz = np.fft.rfftfreq(recorded.size, 1 / WAKE_HZ)
    spectrum[(hz < _BAND_HZ[0]) | (hz > _BAND_HZ[1])] = 0
    return pcm.from_float((np.fft.irfft(spectrum, recorded.size) / 32767).astype(np.float32))


def _sweep() -> _Floats:
    t = np.arange(pcm.ms_to_samples(SWEEP_MS, SESSION_HZ)) / SESSION_HZ
    length_s, ratio = SWEEP_MS / 1000, np.log(HIGHEST_HZ / LOWEST_HZ)
    phase: _Floats = 2 * np.pi * LOWEST_HZ * length_s / ratio * (np.exp(t / length_s * ratio) - 1)
    wave: _Floats = np.sin(phase)
    return wave


def _noise() -> _Floats:
    """Noise that is softer the higher it is, like a voice."""
    count = pcm.ms_to_samples(NOISE_MS, SESSION_HZ)
    spectrum = np.fft.rfft(np.random.default_rng(_SEED).standard_normal(count))
    hz = np.fft.rfftfreq(count, 1 / SESSION_HZ)
    shape = np.where((hz > LOWEST_HZ) & (hz < HIGHEST_HZ), 1 / np.sqrt(np.maximum(hz, LOWEST_HZ)), 0)
    noise: _Floats = np.fft.irfft(spectrum * shape, count)
    loudest: float = np.max(np.abs(noise))
    return noise / loudest


def _sound(wave: _Floats, peak: float) -> Samples:
    ramp = np.minimum(np.arange(wave.size), np.arange(wave.size)[::-1]) / pcm.ms_to_samples(_FADE_MS, SESSION_HZ)
    return pcm.from_float((peak * np.minimum(1.0, ramp) * wave).astype(np.float32))


def find_delay(recorded: Samples, played: Samples) -> tuple[float, bool]:
    """Delay in ms of what was played within a recording of the same length, and whether it is heard at all.

    Only the first sweep is looked for: on clocks that differ, a longer sound does not lie on itself.
    """
    begin = first_sound(played)
    if begin is None:
        return 0.0, False
    sweep = np.where(np.arange(played.size) < begin + pcm.ms_to_samples(SWEEP_MS + _PAUSE_MS / 2, WAKE_HZ), played, 0)
    size = 2 * recorded.size
    played_f, recorded_f = np.fft.rfft(sweep, size), np.fft.rfft(recorded, size)
    power = np.abs(played_f) ** 2
    response = np.fft.irfft(recorded_f * np.conj(played_f) / (power + 1e-3 * np.max(power) + 1e-9), size)
    first, last = (pcm.ms_to_samples(ms, WAKE_HZ) for ms in (EARLIEST_MS, LATEST_MS))
    window: _Floats = np.abs(np.concatenate([response[first:], response[:last]]))
    peak = _first_of_two(window, int(np.argmax(window)))
    heard = bool(window[peak] > CLEAR * float(np.median(window)) and window[peak] > 0)
    return pcm.samples_to_ms(peak + first, WAKE_HZ), heard


def _first_of_two(window: _Floats, peak: int) -> int:
    """The place of the first sweep, if the one that stands out is the second."""
    apart = pcm.ms_to_samples(_APART_MS, WAKE_HZ)
    most = round(apart * MOST_DRIFT)
    before = window[max(0, peak - apart - most) : max(0, peak - apart + most + 1)]
    if before.size and np.max(before) > window[peak] / 2:
        return max(0, peak - apart - most) + int(np.argmax(before))
    return peak


def find_ratio(recorded: Samples, delay_ms: float, begin: int) -> float | None:
    """How many samples the loudspeaker plays while the microphone records one; None if it cannot be told.

    ``begin``: the first sample of the test sound in what was played. Both sweeps go the same way through the same
    room, so what lies between them in the recording differs from what was played by nothing but the clocks.
    """
    apart = pcm.ms_to_samples(_APART_MS, WAKE_HZ)
    most = round(apart * MOST_DRIFT)
    start = max(0, begin + pcm.ms_to_samples(delay_ms, WAKE_HZ))
    length = pcm.ms_to_samples(SWEEP_MS + _PAUSE_MS / 2, WAKE_HZ)
    first = recorded[start : start + length].astype(np.float64)
    second = recorded[start + apart - most : start + apart + length + most].astype(np.float64)
    if second.size < length + 2 * most:
        return None
    found = np.correlate(second, first, "valid")
    peak = int(np.argmax(found))
    energy = np.sum(first**2) * np.sum(second[peak : peak + length] ** 2)
    if not 0 < peak < found.size - 1 or found[peak] < _ALIKE * np.sqrt(energy):
        return None
    return apart / (apart - most + peak + _between(found[peak - 1 : peak + 2]))


def _between(around: _Floats) -> float:
    """Where between three values the highest point lies, samples from the middle one."""
    before, at, behind = (float(one) for one in around)
    return 0.5 * (before - behind) / (before - 2 * at + behind)


def on_microphone_clock(played: Samples, delay_ms: float, ratio: float | None) -> Samples:
    """What was played, as the microphone's clock counts it and so much later, shape as ``played``."""
    sounding = first_sound(played)
    shift = pcm.ms_to_samples(delay_ms, WAKE_HZ)
    begin = (sounding or 0) + shift
    step = ratio or 1.0
    first = begin - shift - step * begin
    margin = POINTS + abs(int(first)) + abs(int(first + step * played.size) - played.size)
    return read_at(np.pad(played, margin), margin + first, step, played.size)


def first_sound(played: Samples) -> int | None:
    """The first sample of the test sound in what was played; None when nothing was."""
    loudness = np.abs(played.astype(np.int32))
    loudest = int(np.max(loudness))
    return int(np.argmax(loudness > _BEGUN * loudest)) if loudest > _SOUNDING else None


def measure(recorded: Samples, played: Samples, residue: Samples, frame_ms: float) -> EchoReport:
    """Read a recording; ``residue`` is what the canceller left of it, ``played`` what the loudspeaker took."""
    begin = first_sound(played)
    if begin is None:
        return EchoReport(heard=False, played_dbfs=pcm.SILENCE_DBFS, frame_ms=frame_ms)
    recorded_sound, residue = audible(recorded), audible(residue)
    delay_ms, heard = find_delay(recorded_sound, played)
    end = begin + pcm.ms_to_samples(SWEEP_MS + _PAUSE_MS + NOISE_MS, WAKE_HZ)
    shift = pcm.ms_to_samples(delay_ms, WAKE_HZ)
    noise_db = pcm.level_dbfs(recorded_sound[: max(1, begin - pcm.ms_to_samples(20, WAKE_HZ))])
    last = slice(end + shift - pcm.ms_to_samples(NOISE_MS / 2, WAKE_HZ), end + shift)
    echo_db = pcm.level_dbfs(recorded_sound[last])
    left_db = pcm.level_dbfs(residue[last])
    played_db = pcm.level_dbfs(played[begin:end])
    return EchoReport(
        heard=heard and echo_db > noise_db + 3,
        delay_ms=delay_ms,
        loss_db=played_db - pcm.level_dbfs(recorded_sound[max(0, begin + shift) : end + shift]),
        removed_db=echo_db - left_db,
        left_db=left_db - noise_db,
        clock_ratio=find_ratio(recorded_sound, delay_ms, begin) if heard else None,
        played_dbfs=played_db,
        clipped=bool(np.mean(np.abs(recorded[last].astype(np.int32)) >= CLIPPED) > MOST_CLIPPED),
        frame_ms=frame_ms,
    )


def judge(report: EchoReport) -> tuple[Mode, str]:
    """The duplex mode, and why. Only an echo that was heard, and is removed, lets anything said interrupt."""
    if report.frame_ms > MOST_FRAME_MS:
        return "wake", f"echo cancellation takes {report.frame_ms:.0f} ms of every 80 ms on this machine"
    if not report.heard:
        return "wake", _unheard(report)
    echo = f"an echo {report.loss_db:.0f} dB below what is played, after {report.delay_ms:.0f} ms"
    if report.clipped:
        return "wake", f"the loudspeaker overdrives the microphone; turn one of them down ({echo})"
    if report.clock_ratio is None:
        return "wake", f"the clocks of microphone and loudspeaker could not be compared ({echo})"
    if report.removed_db < LEAST_REMOVED_DB and report.left_db > INAUDIBLE_DB:
        return "wake", f"only {report.removed_db:.0f} dB can be removed of {echo}"
    apart_ppm = 1e6 * (report.clock_ratio - 1)
    clocks = f"; the clocks are {abs(apart_ppm):.0f} ppm apart" if abs(apart_ppm) > WORTH_TELLING_PPM else ""
    return "full", f"{report.removed_db:.0f} dB are removed of {echo}{clocks}"


def _unheard(report: EchoReport) -> str:
    if report.played_dbfs <= pcm.SILENCE_DBFS:
        return "the test sound was not played: there is no loudspeaker, or its volume is 0"
    if report.played_dbfs < SOFT_DBFS:
        return "the microphone does not hear the test sound, which was played softly; test again when it is louder"
    return (
        "the microphone does not hear the test sound; with headphones, or a microphone that cancels its echo itself, "
        "choose full"
    )
