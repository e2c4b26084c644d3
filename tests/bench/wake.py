"""The wake word's price: processor time for each 80 ms frame and memory, against the package's own loop.

Every contestant runs in a process of its own, on the same model and the same sound. Detections follow
one rule for all (threshold 0.5, then 1.5 s of deafness), so that they can be compared.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from speaker.audio.pcm import FRAME_MS, FRAME_SAMPLES, SESSION_HZ, WAKE_HZ, Samples, resample
from speaker.wake.detector import WakeWords, bundled_model, open_word
from tests.bench import ratio, table

WORD: Final = "hey_jarvis"
THRESHOLD: Final = 0.5
DEAF_S: Final = 1.5
SECONDS: Final = 24
ROUNDS: Final = 3
WARM_UP_FRAMES: Final = 50

SENTENCES: Final = (
    "The train to the coast leaves at a quarter past nine.",
    "Hey Jarvis. Turn on the lamp in the kitchen.",
    "She asked him whether the garden had been watered.",
    "Nobody could say where the letter had come from.",
    "Hey Jarvis, what is the weather like today?",
    "In the evening they sat by the fire and told stories.",
)

Detector = Callable[[Samples], bool]


@dataclass(frozen=True, slots=True)
class Run:
    """One pass over a sound."""

    cpu_ms: float
    """Processor time a frame, of all threads."""
    memory_mb: float
    """Resident memory of the process at the end."""
    heard_at: list[int]
    """Frames that told of the word."""


def ours(*, lazy: bool) -> Detector:
    """The product's detector."""
    words = WakeWords([open_word(WORD, THRESHOLD, 1)], refractory_s=DEAF_S, lazy=lazy)
    return lambda frame: words.push(frame) is not None


def package() -> Detector:
    """The package's own streaming loop."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it asks ONNX Runtime for CUDA
        from openwakeword import Model  # noqa: PLC0415 - only in its own process

        model = Model([str(bundled_model(f"{WORD}_v0.1.onnx"))])
    deaf = 0

    def hear(frame: Samples) -> bool:
        nonlocal deaf
        (score,) = model.predict(frame).values()
        deaf = max(0, deaf - 1)
        if deaf or score < THRESHOLD:
            return False
        deaf = round(DEAF_S * 1000 / FRAME_MS)
        return True

    return hear


CONTESTANTS: Final[dict[str, Callable[[], Detector]]] = {
    "ours": lambda: ours(lazy=True),
    "ours, every frame": lambda: ours(lazy=False),
    "openwakeword": package,
}


def sounds() -> dict[str, Samples]:
    """Name → int16 samples at 16 kHz."""
    from speaker.offline.speech.synthesiser import Synthesiser  # noqa: PLC0415 - a voice would weigh in every contestant

    random = np.random.default_rng(0)
    count = SECONDS * WAKE_HZ
    t = np.arange(count) / WAKE_HZ
    hum = 60 * np.sin(2 * np.pi * 50 * t) + 25 * np.sin(2 * np.pi * 150 * t)
    voice = Synthesiser()
    said = np.concatenate([piece for text in SENTENCES for piece in voice.speak(text)])
    speech = np.resize(resample(said, SESSION_HZ, WAKE_HZ), count)
    return {
        "silence": np.zeros(count, np.int16),
        "room noise": (hum + random.normal(0, 60, count)).astype(np.int16),
        "speech": (speech + random.normal(0, 20, count)).clip(-32768, 32767).astype(np.int16),
    }


def run(contestant: str, file: str) -> Run:
    """In a process of its own: one pass over a file of samples."""
    detector = CONTESTANTS[contestant]()
    samples = np.load(file)
    for _ in range(WARM_UP_FRAMES):
        detector(np.zeros(FRAME_SAMPLES, np.int16))
    frames = samples[: samples.size - samples.size % FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    began = time.process_time()
    heard_at = [index for index, frame in enumerate(frames) if detector(frame)]
    cpu_ms = 1000 * (time.process_time() - began) / len(frames)
    return Run(cpu_ms, _memory_mb(), heard_at)


def _memory_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def measure(contestant: str, file: Path) -> Run:
    """One run in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.bench.wake", contestant, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Print a table for each sound."""
    with tempfile.TemporaryDirectory() as folder:
        for name, samples in sounds().items():
            file = Path(folder, f"{name.replace(' ', '-')}.npy")
            np.save(file, samples)
            runs: dict[str, list[Run]] = {contestant: [] for contestant in CONTESTANTS}
            for _ in range(ROUNDS):
                for contestant, passes in runs.items():
                    passes.append(measure(contestant, file))
            _show(name, runs)


def _show(name: str, runs: dict[str, list[Run]]) -> None:
    rival = runs["openwakeword"]
    rival_cpu, rival_memory = _medians(rival)
    rows = []
    for contestant, passes in runs.items():
        cpu, memory = _medians(passes)
        heard = passes[0].heard_at
        same = "same" if heard == rival[0].heard_at else f"{heard} instead of {rival[0].heard_at}"
        share = f"{100 * cpu / FRAME_MS:.2f}"
        rows.append([
            contestant, f"{cpu:.3f}", share, ratio(rival_cpu, cpu), f"{memory:.0f}", ratio(rival_memory, memory),
            str(len(heard)), same,
        ])  # fmt: skip
    table(
        f"{name.capitalize()}: {SECONDS} s, medians of {ROUNDS} runs",
        ["", "ms / frame", "% of a core", "rival needs", "MB", "rival needs", "heard", "frames"],
        rows,
    )


def _medians(passes: list[Run]) -> tuple[float, float]:
    return statistics.median(one.cpu_ms for one in passes), statistics.median(one.memory_mb for one in passes)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        one = run(sys.argv[1], sys.argv[2])
        print(json.dumps({"cpu_ms": one.cpu_ms, "memory_mb": one.memory_mb, "heard_at": one.heard_at}))
    else:
        main()
