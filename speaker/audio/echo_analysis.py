"""The echo test: a sound to play, what to read from its recording, and which duplex mode follows.

All samples are int16, shape (n,); the test sound is 24 kHz, recordings and their reference 16 kHz on one clock.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, Samples

Mode = Literal["full", "wake"]
_Floats = NDArray[np.float64]

SWEEP_MS: Final = 250
_PAUSE_MS: Final = 100
NOISE_MS: Final = 1_200
"""The sweep tells the delay; a canceller shows what it can do on noise, as on speech, and not on a whistle."""

LOWEST_HZ: Final = 200
HIGHEST_HZ: Final = 6_000
_SWEEP_PEAK: Final = 0.3
_NOISE_PEAK: Final = 0.35
_FADE_MS: Final = 30
_SEED: Final = 1

EARLIEST_MS: Final = -150
LATEST_MS: Final = 600
"""Between these an echo is looked for. Earlier than the loudspeaker it comes when a driver's times are wrong."""

CLEAR: Final = 12.0
"""How far the echo must stand out of the rest of the impulse response to count as heard."""

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
    clipped: bool = False
    frame_ms: float = 0.0
    """Working time of the canceller for one frame."""


def test_sound() -> Samples:
    """A chirp and a hiss at 24 kHz, the same every time."""
    pause = np.zeros(pcm.ms_to_samples(_PAUSE_MS, SESSION_HZ), np.int16)
    return np.concatenate([_sound(_sweep(), _SWEEP_PEAK), pause, _sound(_noise(), _NOISE_PEAK)])


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
    """Delay in ms of what was played within a recording of the same length, and whether it is heard at all."""
    size = 2 * recorded.size
    played_f, recorded_f = np.fft.rfft(played, size), np.fft.rfft(recorded, size)
    power = np.abs(played_f) ** 2
    response = np.fft.irfft(recorded_f * np.conj(played_f) / (power + 1e-3 * np.max(power) + 1e-9), size)
    first, last = (pcm.ms_to_samples(ms, WAKE_HZ) for ms in (EARLIEST_MS, LATEST_MS))
    window: _Floats = np.abs(np.concatenate([response[first:], response[:last]]))
    peak = int(np.argmax(window))
    heard = bool(window[peak] > CLEAR * float(np.median(window)) and window[peak] > 0)
    return pcm.samples_to_ms(peak + first, WAKE_HZ), heard


def measure(recorded: Samples, played: Samples, residue: Samples, frame_ms: float) -> EchoReport:
    """Read a recording; ``residue`` is what the canceller left of it, ``played`` the reference on its clock."""
    sounding = np.flatnonzero(np.abs(played.astype(np.int32)) > 100)
    if not sounding.size:
        return EchoReport(heard=False, frame_ms=frame_ms)
    delay_ms, heard = find_delay(recorded, played)
    begin, end = int(sounding[0]), int(sounding[-1])
    shift = pcm.ms_to_samples(delay_ms, WAKE_HZ)
    noise_db = pcm.level_dbfs(recorded[: max(1, begin - pcm.ms_to_samples(20, WAKE_HZ))])
    last = slice(end + shift - pcm.ms_to_samples(NOISE_MS / 2, WAKE_HZ), end + shift)
    echo_db = pcm.level_dbfs(recorded[last])
    left_db = pcm.level_dbfs(residue[last])
    return EchoReport(
        heard=heard and echo_db > noise_db + 3,
        delay_ms=delay_ms,
        loss_db=pcm.level_dbfs(played[begin:end]) - pcm.level_dbfs(recorded[begin + shift : end + shift]),
        removed_db=echo_db - left_db,
        left_db=left_db - noise_db,
        clipped=bool(np.mean(np.abs(recorded[last].astype(np.int32)) >= CLIPPED) > MOST_CLIPPED),
        frame_ms=frame_ms,
    )


def judge(report: EchoReport) -> tuple[Mode, str]:
    """The duplex mode, and why."""
    if report.frame_ms > MOST_FRAME_MS:
        return "wake", f"echo cancellation takes {report.frame_ms:.0f} ms of every 80 ms on this machine"
    if not report.heard:
        return "full", "the microphone does not hear the loudspeaker"
    echo = f"an echo {report.loss_db:.0f} dB below what is played, after {report.delay_ms:.0f} ms"
    if report.clipped:
        return "wake", f"the loudspeaker overdrives the microphone; turn one of them down ({echo})"
    if report.removed_db < LEAST_REMOVED_DB and report.left_db > INAUDIBLE_DB:
        return "wake", f"only {report.removed_db:.0f} dB can be removed of {echo}"
    return "full", f"{report.removed_db:.0f} dB are removed of {echo}"
