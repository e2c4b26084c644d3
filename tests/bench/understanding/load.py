"""Time and memory of understanding on this machine: the first sentence and later ones, small house and large."""

import statistics
import subprocess
import sys
import time
from typing import Final

_HOUSES: Final = (20, 250)
_SENTENCES: Final = {
    "en": ("turn on the lamp 3", "set the kitchen lights to 40 percent", "what is the capital of france"),
    "de": ("schalte die Lampe 3 ein", "stelle das Licht in der Küche auf 40 Prozent", "wie heißt die Hauptstadt"),
}


def instructions(devices: int) -> str:
    """A house with so many devices."""
    kinds = ("light", "light", "switch", "cover", "sensor", "binary_sensor", "climate", "media_player", "fan", "lock")
    rooms = ("kitchen", "hall", "bedroom", "office", "bath")
    lines: dict[str, list[str]] = {room: [] for room in rooms}
    for number in range(devices):
        kind = kinds[number % len(kinds)]
        lines[rooms[number % len(rooms)]].append(f"{'Lamp' if kind == 'light' else kind.title()} {number} ({kind})")
    return "\n".join(["Devices, by room:", *(f"- {room}: {', '.join(names)}" for room, names in lines.items())])


def print_load() -> None:
    """Each in a process of its own, so that its memory is its own."""
    print("\nlanguage devices | first sentence ms | later ms | memory MB (with the process as it starts MB)")
    for language in _SENTENCES:
        for devices in _HOUSES:
            done = subprocess.run(
                [sys.executable, "-m", "tests.bench.understanding.load", language, str(devices)],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            print(done.stdout.strip())


def _one(language: str, devices: int) -> None:
    from speaker.offline.understanding.intent_engine import IntentEngine  # noqa: PLC0415 - measured
    from tests.support.tool_definitions import BUNDLED_TOOLS  # noqa: PLC0415 - measured

    before, start = resident_mb(), time.perf_counter()
    engine = IntentEngine(instructions(devices), BUNDLED_TOOLS, language)
    first, *later = _SENTENCES[language]
    engine.reply(first)
    first_ms = 1000 * (time.perf_counter() - start)
    times = []
    for sentence in [first, *later] * 3:
        start = time.perf_counter()
        engine.reply(sentence)
        times.append(1000 * (time.perf_counter() - start))
    told = f"{language} {devices} | {first_ms:.0f} | {statistics.median(times):.1f}, at most {max(times):.0f}"
    print(f"{told} | {resident_mb():.0f} ({before:.0f})")


def resident_mb() -> float:
    """Memory that this process holds now."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - a file of the kernel
        return int(file.read().split()[1]) * 4096 / 1e6


if __name__ == "__main__":
    _one(sys.argv[1], int(sys.argv[2]))
