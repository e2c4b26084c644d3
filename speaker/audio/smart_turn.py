"""Whether a sentence is complete, by its sound: Smart Turn v3.2, with Whisper's features, on ONNX Runtime.

The model (Daily, BSD-2) hears the last eight seconds, words and melody, and knows 23 languages. What is shorter stands
at the end of the eight seconds, behind silence. Its features are those of Whisper: the sound at mean 0 and variance 1,
the energy in 80 mel bands each 10 ms, as a logarithm that reaches 80 dB down.
"""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from speaker.audio.model_files import StoredFile, Wheel, open_session
from speaker.audio.pcm import WAKE_HZ, Samples

SMART_TURN: Final = Wheel("pipecat-ai", "1.14.0", "pipecat")
"""The package that carries the model. It is never installed: it wants a hundred others."""

SMART_TURN_WHEEL_SHA256: Final = "0352f504b44e78bdf524e45af4bc759601c835b9b7dc195efe5e03384b974a44"
SMART_TURN_IN_WHEEL: Final = "pipecat/audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx"
SMART_TURN_SHA256: Final = "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f"
SMART_TURN_COMMAND: Final = "speaker model add smart-turn"

HEARD_SAMPLES: Final = 8 * WAKE_HZ
"""So much the model hears, of what was said last."""

COMPLETE: Final = 0.5
"""Probability from which on a sentence counts as complete."""

_MELS: Final = 80
_STEP: Final = 160
_FFT: Final = 400
_HALF: Final = _FFT // 2
_FRAMES: Final = HEARD_SAMPLES // _STEP

_Floats = NDArray[np.float32]


def smart_turn_file(state: Path) -> StoredFile:
    """Where the model is, if it was fetched."""
    return StoredFile(
        state / "models" / "smart-turn-v3.2-cpu.onnx", SMART_TURN_SHA256, f"Fetch it: {SMART_TURN_COMMAND}"
    )


class SmartTurn:
    """The model; every call stands for itself, and takes 50 ms or more: on a worker of its own, please."""

    def __init__(self, model: StoredFile) -> None:
        """Look for the model, 9 MB; the first call loads it. Raises ModelError when it is missing or damaged."""
        model.locate()
        self._model = model

    def probability(self, samples: Samples) -> float:
        """How probable it is, 0-1, that (n,) int16 samples at 16 kHz are a whole sentence with silence behind it."""
        (found,) = open_session(self._model).run(None, {"input_features": whisper_features(samples)[None]})
        return float(found[0, 0])

    def is_complete(self, samples: Samples) -> bool:
        """Whether it is more probable than not."""
        return self.probability(samples) >= COMPLETE


def whisper_features(samples: Samples) -> _Floats:
    """The features of the last eight seconds of (n,) int16 samples at 16 kHz: (80, 800), about -1 to 2."""
    heard = samples[-HEARD_SAMPLES:]
    sound = np.zeros(HEARD_SAMPLES, np.float32)
    sound[HEARD_SAMPLES - heard.size :] = heard
    sound /= 32768
    sound = (sound - sound.mean()) / np.sqrt(sound.var() + np.float32(1e-7))
    framed = sliding_window_view(np.pad(sound, _HALF, mode="reflect"), _FFT)[::_STEP][:_FRAMES]
    # All frames before the sound are alike, so one of them is enough.
    first = max(0, (HEARD_SAMPLES - heard.size - _HALF) // _STEP - 1)
    spectrum = np.fft.rfft(framed[first:] * _WINDOW)
    energy = np.maximum((spectrum.real**2 + spectrum.imag**2).astype(np.float32) @ _BANDS, np.float32(1e-10))
    bands = np.log10(energy)
    bands = (np.maximum(bands, bands.max() - 8) + 4) / 4
    return np.ascontiguousarray(np.concatenate([np.repeat(bands[:1], first, axis=0), bands]).T)


def _mel_bands() -> _Floats:
    """Slaney's triangles, each of area 1: (201, 80)."""
    # Linear up to 1 kHz, which is mel 15, then by the logarithm; 27 steps are a factor of 6.4.
    octave = np.log(6.4) / 27
    mels = np.linspace(0, 15 + np.log(WAKE_HZ / 2 / 1000) / octave, _MELS + 2)
    corners = np.where(mels < 15, mels * 200 / 3, 1000 * np.exp((mels - 15) * octave))
    low, middle, high = corners[:-2], corners[1:-1], corners[2:]
    hertz = np.linspace(0, WAKE_HZ / 2, _HALF + 1)[:, None]
    rising, falling = (hertz - low) / (middle - low), (high - hertz) / (high - middle)
    bands: _Floats = (np.maximum(0, np.minimum(rising, falling)) * 2 / (high - low)).astype(np.float32)
    return bands


_WINDOW: Final[_Floats] = np.hanning(_FFT + 1)[:-1].astype(np.float32)
_BANDS: Final = _mel_bands()
