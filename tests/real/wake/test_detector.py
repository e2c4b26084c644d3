"""Wake words with the openWakeWord package itself as the judge."""

import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hibari import Hibari

from speaker.audio import pcm
from speaker.audio.pcm import FRAME_MS, FRAME_SAMPLES, SESSION_HZ, WAKE_HZ, Samples
from speaker.errors import ModelError
from speaker.wake.detector import BUNDLED, Detection, WakeWords, bundled_model, open_word
from tests.support.memory import growth_mb
from tests.support.real_parts import require_file

SAME = 1e-3

RECORDED = Path("/usr/share/pocketsphinx/test/data")
"""People reading aloud, from Debian's pocketsphinx-testdata."""


@cache
def spoken(text: str) -> Samples:
    """Synthesised speech at 16 kHz, peak 0.6, the same every time."""
    audio = Hibari()(text, seed=0)
    return pcm.resample(pcm.from_float(0.6 * audio / np.abs(audio).max()), SESSION_HZ, WAKE_HZ)


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * WAKE_HZ), np.int16)


def evening(noise: float, seed: int = 0) -> Samples:
    """Commands, other sentences and a recording, far and near apart, with noise of a given strength."""
    rng = np.random.default_rng(seed)
    parts = [silence(1.3)]
    for text in ("Hey Jarvis.", "The electrician fixed it.", "Hey Jarvis, turn on the lamp.", "Okay now.", "Alexa."):
        parts += [spoken(text), silence(float(rng.uniform(0.1, 4.0)))]
    require_file(RECORDED)
    for file in sorted(RECORDED.glob("**/*.wav"))[:4]:
        parts += [pcm.decode_wav(file.read_bytes(), WAKE_HZ), silence(3.0)]
    samples = np.concatenate(parts).astype(np.float32)
    return np.clip(samples + rng.normal(0, noise, samples.size), -32768, 32767).astype(np.int16)


def frames(samples: Samples) -> list[Samples]:
    return [samples[i : i + FRAME_SAMPLES] for i in range(0, samples.size - FRAME_SAMPLES + 1, FRAME_SAMPLES)]


def judged(samples: Samples, words: Sequence[str]) -> dict[str, list[float]]:
    """What the package's own loop says."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it asks ONNX Runtime for CUDA
        from openwakeword import Model  # noqa: PLC0415 - seconds of imports, for this judge alone

        model = Model([str(bundled_model(f"{word}_v0.1.onnx")) for word in words])
    scores: dict[str, list[float]] = {word: [] for word in words}
    for frame in frames(samples):
        for name, score in model.predict(frame).items():
            scores[name.removesuffix("_v0.1")].append(float(score))
    return scores


def ours(words: Sequence[str], *, lazy: bool, threshold: float = 0.5, needed: int = 1) -> WakeWords:
    return WakeWords([open_word(word, threshold, needed) for word in words], refractory_s=1.5, lazy=lazy)


def detections(detector: WakeWords, samples: Samples) -> list[tuple[int, Detection]]:
    found = ((index, detector.push(frame)) for index, frame in enumerate(frames(samples)))
    return [(index, one) for index, one in found if one]


@pytest.mark.parametrize("noise", [0, 30, 400])
def test_scores_equal_the_package_for_several_words_at_once(noise: float) -> None:
    samples = evening(noise)
    words = ("hey_jarvis", "alexa")
    expected = judged(samples, words)
    detector = ours(words, lazy=False)
    got: dict[str, list[float]] = {word: [] for word in words}
    for frame in frames(samples):
        detector.push(frame)
        for one in detector.words:
            got[one.name].append(one.score)
    assert max(expected["hey_jarvis"]) > 0.9
    for word in words:
        assert np.max(np.abs(np.subtract(expected[word], got[word]))) < SAME


@pytest.mark.parametrize("noise", [0, 30, 400])
def test_lazy_scoring_changes_no_detection_and_no_score_it_gives(noise: float) -> None:
    samples = evening(noise, seed=int(noise) + 1)
    eager, lazy = ours(["hey_jarvis"], lazy=False), ours(["hey_jarvis"], lazy=True)
    scored = 0
    for frame in frames(samples):
        one, other = eager.push(frame), lazy.push(frame)
        assert (one is None) == (other is None)
        score = eager.words[0].score
        assert abs(score - lazy.words[0].score) < SAME if lazy.scored > scored else score < 0.02
        scored = lazy.scored
    assert len(detections(ours(["hey_jarvis"], lazy=True), samples)) >= 2


def test_silence_is_kept_and_not_scored() -> None:
    detector = ours(["hey_jarvis"], lazy=True)
    for frame in frames(silence(20)):
        detector.push(frame)
    assert detector.scored == 0
    assert len(detections(detector, np.concatenate([spoken("Hey Jarvis."), silence(0.5)]))) == 1


def test_word_that_began_while_frames_were_only_kept_is_heard() -> None:
    word = frames(np.concatenate([spoken("Hey Jarvis."), silence(0.5)]))
    detector = ours(["hey_jarvis"], lazy=True)
    for frame in frames(silence(2)) + word[:6]:
        detector.keep(frame)
    assert any(detector.push(frame) for frame in word[6:])


@pytest.mark.parametrize("offset_ms", range(0, FRAME_MS, 20))
def test_heard_at_every_offset(offset_ms: int) -> None:
    samples = np.concatenate([silence(2 + offset_ms / 1000), spoken("Hey Jarvis."), silence(1)])
    ((_, detection),) = detections(ours(["hey_jarvis"], lazy=True), samples)
    assert detection.word == "hey_jarvis"


def test_other_words_do_not_wake() -> None:
    samples = np.concatenate(
        [
            np.concatenate([spoken(text), silence(1)])
            for text in ("Okay Google.", "Hey Siri.", "Turn on the living room light.", "The electrician fixed it.")
        ]
    )
    assert detections(ours(list(BUNDLED), lazy=True), samples) == []


def test_refractory_time_hears_one_word_once() -> None:
    samples = np.concatenate([silence(2), spoken("Hey Jarvis."), silence(1.5), spoken("Hey Jarvis."), silence(1)])
    heard = [index for index, _ in detections(ours(["hey_jarvis"], lazy=True), samples)]
    assert len(heard) == 2
    assert (heard[1] - heard[0]) * FRAME_MS > 1500


def test_needed_frames_are_counted() -> None:
    samples = np.concatenate([silence(2), spoken("Hey Jarvis."), silence(1)])
    first = detections(ours(["hey_jarvis"], lazy=True), samples)[0][0]
    third = detections(ours(["hey_jarvis"], lazy=True, needed=3), samples)[0][0]
    assert third == first + 2


def test_barge_in_needs_two_frames_at_its_own_threshold() -> None:
    samples = np.concatenate([silence(2), spoken("Hey Jarvis."), silence(1)])
    strict = ours(["hey_jarvis"], lazy=True, threshold=1.0)
    assert detections(strict, samples) == []
    scores = judged(samples, ["hey_jarvis"])["hey_jarvis"]
    first = next(index for index, score in enumerate(scores) if score >= 0.25)
    heard = [
        index for index, frame in enumerate(frames(samples)) if strict.push(frame, barge_in_threshold=0.25) is not None
    ]
    assert heard[0] == first + 1


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda _: "hey_nobody", "neither a bundled wake word"),
        (lambda folder: _write(folder / "broken.onnx", b"not a model"), "not an ONNX model"),
        (lambda _: str(bundled_model("melspectrogram.onnx")), "not an openWakeWord model"),
    ],
)
def test_bad_model_is_one_sentence(make: Callable[[Path], str], says: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=says):
        open_word(make(tmp_path), 0.5, 1)


def test_own_model_by_path(tmp_path: Path) -> None:
    mine = tmp_path / "my_word.onnx"
    mine.write_bytes(bundled_model("alexa_v0.1.onnx").read_bytes())
    assert open_word(str(mine), 0.5, 1).name == "my_word"


def _write(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)


def test_daemon_does_not_import_the_package() -> None:
    code = "import sys, speaker.wake.detector as w; w.open_word('alexa', .5, 1); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"openwakeword", "scipy", "sklearn"} & set(loaded)


def test_ten_lives_take_little_more_memory_than_one() -> None:
    """Old lives of the daemon wait a while until they are collected."""
    first = (
        "from speaker.wake.detector import WakeWords, open_word\n"
        "life = lambda: WakeWords([open_word('alexa', 0.5, 1)], refractory_s=2)\n"
        "lives = [life()]"
    )
    assert growth_mb(first, "lives += [life() for _ in range(9)]") < 20
