"""Wake words: 80 ms of sound in, a detection or nothing out.

openWakeWord's own models, driven directly on ONNX Runtime: one thread, no spinning, and none of the
package's Python, which would bring scipy and scikit-learn into a daemon that runs all day. The chain is
the package's streaming one: spectrum of the new samples, embedding of the last 76 spectrum frames, one
score of the last embeddings for each word.

Scoring is lazy and exact. A cheap voice detector looks at every frame; while the context of a frame
(about two seconds) holds no voice, the frame is only kept. When voice begins, the kept frames are worked
through in order, so the scores that follow are those of a detector that never slept.
"""

import hashlib
import importlib.util
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from speaker.audio.pcm import FRAME_MS, FRAME_SAMPLES, WAKE_HZ, Samples
from speaker.errors import ModelError
from speaker.wake.voice_gate import VoiceGate

_Floats = NDArray[np.float32]

_UNUSABLE: Final = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoSuchFile,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)

PACKAGE: Final = "openwakeword==0.4.0"

BUNDLED: Final = ("alexa", "hey_jarvis", "hey_marvin", "hey_mycroft")
"""Wake words whose models are in the package."""

_SHA256: Final = {
    "alexa_v0.1.onnx": "6ff566a01d12670e8d9e3c59da32651db1575d17272a601b7f8a39283dfbae3e",
    "embedding_model.onnx": "ba754db3cd768a524c655ea90655ee5e6055a43b8dfd29366a11e93716ae9e51",
    "hey_jarvis_v0.1.onnx": "94a13cfe60075b132f6a472e7e462e8123ee70861bc3fb58434a73712ee0d2cb",
    "hey_marvin_v0.1.onnx": "b6d4b794ddf2e1d6f29e9f45848e24858e2edd0d810b14e0c1c70dda9a1fcbf0",
    "hey_mycroft_v0.1.onnx": "785bdf5655863ae47553b23793aa108c7b0152d4823f7869b41f2d2d765912fc",
    "melspectrogram.onnx": "ba2b0e0f8b7b875369a2c89cb13360ff53bac436f2895cced9f479fa65eb176f",
}

MEL_BANDS: Final = 32
MEL_WINDOW: Final = 76
"""Spectrum frames, 10 ms each, in one embedding."""
MEL_STEP: Final = 8
"""New spectrum frames for each 80 ms."""
MEL_OVERLAP: Final = 480
"""Samples before the new ones that the spectrum needs."""
EMBEDDING: Final = 96
WARM_UP_FRAMES: Final = 5
"""The package gives 0 for the first frames after a start; so do we."""

SPOKEN_FRAMES: Final = 10
"""About as long as a wake word takes to be said, 0.8 s."""


def bundled_model(file: str) -> Path:
    """A model file of the openwakeword package, which is not imported. Raises ModelError."""
    spec = importlib.util.find_spec("openwakeword")
    places = spec.submodule_search_locations if spec else None
    if not places:
        raise ModelError(f"the package {PACKAGE} with the wake word models is not installed; install it again")
    path = Path(places[0], "resources", "models", file)
    if not path.is_file():
        raise ModelError(f"{file} is missing in {path.parent}; only {PACKAGE} carries it: install that version")
    if hashlib.sha256(path.read_bytes()).hexdigest() != _SHA256[file]:
        raise ModelError(f"{path} is not the file that {PACKAGE} carries; install that version again")
    return path


def load_wake_model(path: Path) -> ort.InferenceSession:
    """A model on one thread that sleeps while it waits. Raises ModelError when it is not a model."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except _UNUSABLE as error:
        raise ModelError(f"{path} is not an ONNX model that can be used: {error}") from error


@cache
def _bundled(file: str) -> ort.InferenceSession:
    """A model of the package, opened once for every life of the daemon; it remembers nothing between two runs."""
    return load_wake_model(bundled_model(file))


class Features:
    """Sound → embeddings, frame by frame, as the package's streaming path computes them."""

    def __init__(self, depth: int) -> None:
        self._mel = _bundled("melspectrogram.onnx")
        self._embedding = _bundled("embedding_model.onnx")
        self._tail: Samples = np.zeros(0, np.int16)
        self._spectrum: _Floats = np.ones((MEL_WINDOW, MEL_BANDS), np.float32)
        # The package starts as if it had heard silence for a while.
        silence = self._mel_of(np.zeros(WAKE_HZ, np.int16))[:MEL_WINDOW]
        self._embeddings: deque[_Floats] = deque([self._embed(silence)] * depth, maxlen=depth)

    def push(self, frame: Samples, *, embed: bool = True) -> None:
        """Take in the next frame. ``embed`` False keeps its spectrum only: nobody will ask for its embedding."""
        fresh = self._mel_of(np.concatenate([self._tail, frame]))
        self._tail = frame[-MEL_OVERLAP:]
        self._spectrum = np.concatenate([self._spectrum, fresh])[-MEL_WINDOW:]
        if embed:
            self._embeddings.append(self._embed(self._spectrum))

    def last(self, count: int) -> _Floats:
        """The last embeddings, shape (1, count, 96), float32."""
        return np.stack(list(self._embeddings)[-count:])[None]

    def _mel_of(self, samples: Samples) -> _Floats:
        (raw,) = self._mel.run(None, {"input": samples.astype(np.float32)[None]})
        spectrum = np.asarray(raw, np.float32).reshape(-1, MEL_BANDS) / 10 + 2
        return spectrum.astype(np.float32, copy=False)

    def _embed(self, spectrum: _Floats) -> _Floats:
        (vector,) = self._embedding.run(None, {"input_1": spectrum[None, :, :, None]})
        return np.asarray(vector, np.float32).reshape(EMBEDDING)


@dataclass(frozen=True, slots=True)
class Detection:
    """A wake word was heard, with the score of the frame that decided."""

    word: str
    score: float


@dataclass(slots=True)
class WakeModel:
    """One wake word: its model, what counts as heard, and what it heard lately."""

    name: str
    model: ort.InferenceSession
    threshold: float
    frames: int
    depth: int
    """Embeddings that one score reads."""
    score: float = 0.0
    above: int = 0
    deaf_frames: int = 0


def open_word(model: str, threshold: float, frames: int) -> WakeModel:
    """A wake word by bundled name or by the path of an openWakeWord ONNX file. Raises ModelError."""
    if model in BUNDLED:
        name, loaded = model, _bundled(f"{model}_v0.1.onnx")
    elif Path(model).is_file():
        name, loaded = Path(model).stem, load_wake_model(Path(model))
    else:
        names = ", ".join(BUNDLED)
        raise ModelError(f'wake.words: "{model}" is neither a bundled wake word ({names}) nor the path of a file')
    shape, outputs = loaded.get_inputs()[0].shape, loaded.get_outputs()[0].shape
    if len(shape) != 3 or shape[2] != EMBEDDING or not isinstance(shape[1], int) or outputs[-1] != 1:
        raise ModelError(f"{model} is not an openWakeWord model with one score: it takes {shape} and gives {outputs}")
    return WakeModel(name, loaded, threshold, frames, shape[1])


class WakeWords:
    """All wake words over one stream of sound (int16, 16 kHz), in order, in pieces that a frame is made of.

    Not thread-safe: one worker feeds it.
    """

    def __init__(self, words: Sequence[WakeModel], *, refractory_s: float, lazy: bool = True) -> None:
        self.words = list(words)
        depth = max(word.depth for word in self.words)
        self._features = Features(depth)
        self._lazy = lazy
        self._gate = VoiceGate()
        self._begun: list[Samples] = []
        """The pieces of a frame that is not whole yet."""
        # A score depends on `depth` embeddings, the first of which reaches back over MEL_WINDOW spectrum
        # frames, the first of which needs MEL_OVERLAP samples more.
        self._context = depth + -(-MEL_WINDOW // MEL_STEP) + 1
        self._kept: deque[Samples] = deque(maxlen=self._context)
        self._depth = depth
        self._voiced_for = self._context if not lazy else 0
        self._refractory = round(refractory_s * 1000 / FRAME_MS)
        self._seen = 0
        self._over = 0
        """Frames since the speaker itself began to talk."""
        self._quiet = 0
        """Frames since a voice was heard."""
        self.scored = 0
        """Frames that were scored, for the curious: the rest were only kept."""

    def keep(self, piece: Samples) -> None:
        """Take in sound without asking for a detection; the context stays whole."""
        frame = self._whole(piece)
        if frame is None:
            return
        self._arrive(frame)
        self._voiced_for, self._over = self._context, 0

    def push(self, piece: Samples, *, barge_in_threshold: float | None = None) -> Detection | None:
        """Take in sound; the first word that is heard with the frame that it completes, if any.

        ``barge_in_threshold`` replaces the words' own thresholds while the speaker itself talks; it must
        be reached in two consecutive frames, since a single one is often the speaker's own voice. It counts only
        for what was said since then, and just now: what the user asked for before is no echo, and the end of a
        voice that lies back a second scores high enough at times.
        """
        frame = self._whole(piece)
        if frame is None:
            return None
        self._arrive(frame)
        voice = self._gate.push(frame)
        self._over = 0 if barge_in_threshold is None else self._over + 1
        self._quiet = 0 if voice else self._quiet + 1
        if self._over <= SPOKEN_FRAMES or self._quiet > SPOKEN_FRAMES:
            barge_in_threshold = None
        if self._lazy and voice:
            self._voiced_for = self._context
        if self._lazy and not self._voiced_for:
            for word in self.words:
                word.score, word.above = 0.0, 0
            return None
        if self._lazy:
            self._voiced_for -= 1
        self._catch_up()
        self.scored += 1
        heard = [self._judge(word, barge_in_threshold) for word in self.words]
        return next((one for one in heard if one), None)

    def _whole(self, piece: Samples) -> Samples | None:
        """The frame that a piece completes."""
        self._begun.append(piece)
        if sum(part.size for part in self._begun) < FRAME_SAMPLES:
            return None
        frame, self._begun = self._begun[0] if len(self._begun) == 1 else np.concatenate(self._begun), []
        return frame

    def _arrive(self, frame: Samples) -> None:
        self._kept.append(frame)
        self._seen += 1
        for word in self.words:
            word.deaf_frames = max(0, word.deaf_frames - 1)

    def _catch_up(self) -> None:
        """Work through the kept frames in order, without embeddings that no score will read."""
        for index in range(len(self._kept), 0, -1):
            self._features.push(self._kept.popleft(), embed=index <= self._depth)

    def _judge(self, word: WakeModel, barge_in_threshold: float | None) -> Detection | None:
        name = word.model.get_inputs()[0].name
        (raw,) = word.model.run(None, {name: self._features.last(word.depth)})
        word.score = 0.0 if self._seen <= WARM_UP_FRAMES else float(np.asarray(raw).reshape(-1)[0])
        threshold = word.threshold if barge_in_threshold is None else barge_in_threshold
        needed = word.frames if barge_in_threshold is None else max(2, word.frames)
        word.above = word.above + 1 if word.score >= threshold else 0
        if word.above < needed or word.deaf_frames:
            return None
        word.above, word.deaf_frames = 0, self._refractory
        return Detection(word.name, word.score)
