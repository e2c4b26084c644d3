"""What is worth a score: a voice, and no plain noise, however much was said before it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from speaker.audio.pcm import FRAME_SAMPLES, WAKE_HZ, Samples
from speaker.wake.voice_gate import VoiceGate


def noise(seconds: float, rms: float, *, pink: bool) -> NDArray[np.float64]:
    white = np.random.default_rng(3).normal(size=round(seconds * WAKE_HZ))
    if pink:
        spectrum = np.fft.rfft(white)
        white = np.fft.irfft(spectrum / np.sqrt(np.arange(1, spectrum.size + 1)), white.size)
    shaped: NDArray[np.float64] = white * rms / np.std(white)
    return shaped


def babble(seconds: float) -> NDArray[np.float64]:
    """Something like speech: a hum with overtones in syllables."""
    at = np.arange(round(seconds * WAKE_HZ)) / WAKE_HZ
    hum = sum(np.sin(2 * np.pi * 130 * n * at) / n for n in range(1, 20))
    syllables = np.clip(np.sin(2 * np.pi * 3 * at), 0, 1)
    sound: NDArray[np.float64] = 4_000 * hum * syllables
    return sound


def opened(sound: NDArray[np.float64]) -> list[bool]:
    samples: Samples = np.clip(sound, -32768, 32767).astype(np.int16)
    gate = VoiceGate()
    whole = samples[: samples.size - samples.size % FRAME_SAMPLES]
    return [gate.push(frame) for frame in whole.reshape(-1, FRAME_SAMPLES)]


@pytest.mark.parametrize("pink", [True, False])
@pytest.mark.parametrize("rms", [30, 300, 1_500])
def test_two_seconds_after_speech_plain_noise_is_worth_nothing(rms: float, pink: bool) -> None:
    floor = noise(25, rms, pink=pink)
    floor[: 3 * WAKE_HZ] += babble(3)
    found = opened(floor)
    after = found[5 * 1000 // 80 :]
    assert sum(after) <= 0.04 * len(after)


def test_somebody_who_speaks_in_noise_is_heard() -> None:
    sound = noise(8, 300, pink=True)
    sound[4 * WAKE_HZ : 6 * WAKE_HZ] += babble(2)
    assert sum(opened(sound)[50:75]) > 12


def test_silence_is_worth_nothing() -> None:
    assert not any(opened(np.zeros(4 * WAKE_HZ)))
