"""``speaker devices`` and ``speaker listen``: what there is to hear and speak with, and what is heard."""

import argparse
import asyncio
import sys

from speaker.audio.devices import Direction, SoundSystem
from speaker.audio.microphone import Microphone
from speaker.audio.pcm import Samples, level_dbfs
from speaker.cli.output import FAILED, GOOD, config_file
from speaker.daemon.loading import open_words, read_settings
from speaker.errors import SoundError, SpeakerError
from speaker.wake.detector import WakeWords


def list_devices(options: argparse.Namespace) -> int:
    """Print the devices, and which are chosen."""
    audio = read_settings(config_file(options)).audio
    system = SoundSystem()
    chosen: dict[int, list[str]] = {}
    directions: tuple[tuple[Direction, str], ...] = (
        ("microphone", audio.microphone),
        ("loudspeaker", audio.loudspeaker),
    )
    problems = []
    for direction, name in directions:
        try:
            chosen.setdefault(system.find(name, direction).index, []).append(direction)
        except SpeakerError as error:
            problems.append(str(error))
    for one in system.devices():
        mark = f"  <- {' and '.join(chosen[one.index])}" if one.index in chosen else ""
        print(f"{one.name}: {one.inputs} in, {one.outputs} out, native {one.native_hz} Hz{mark}")
    system.end()
    for problem in problems:
        print(f"speaker: {problem}", file=sys.stderr)
    return FAILED if problems else GOOD


def listen_live(options: argparse.Namespace) -> int:
    """Print level and wake scores, frame by frame, until interrupted. Raises SoundError without a microphone."""
    settings = read_settings(config_file(options))
    words = WakeWords(open_words(settings), refractory_s=settings.wake.refractory_s)

    def show(frame: Samples, _index: int) -> None:
        heard = words.push(frame)
        scores = " ".join(f"{word.name} {word.score:.3f}" for word in words.words)
        mark = f"  <- {heard.word}" if heard else ""
        print(f"{level_dbfs(frame):6.1f} dBFS  {scores}{mark}", flush=True)

    async def listen() -> None:
        system, problems = SoundSystem(), asyncio.Queue[str]()
        system.find(settings.audio.microphone, "microphone")
        microphone = Microphone(system, settings.audio.microphone, show, problems.put_nowait)
        microphone.open(True)
        async with asyncio.TaskGroup() as group:
            hearing = group.create_task(microphone.run())
            while not (problem := await problems.get()):
                pass
            hearing.cancel()
        raise SoundError(problem)

    asyncio.run(listen())
    return GOOD
