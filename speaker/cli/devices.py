"""``speaker devices`` and ``speaker listen``: what there is to hear and speak with, and what is heard."""

import argparse
import asyncio
import os
import sys
from dataclasses import replace

from speaker.audio.capture import channel_levels
from speaker.audio.capture_choice import Capture
from speaker.audio.device_names import lasting_names
from speaker.audio.devices import SoundSystem
from speaker.audio.microphone import Microphone
from speaker.audio.pcm import Samples, level_dbfs
from speaker.audio.sound_cards import Direction
from speaker.cli.output import FAILED, GOOD, config_file
from speaker.daemon.loading import open_words, read_settings
from speaker.errors import SoundError, SpeakerError
from speaker.wake.detector import WakeWords


def list_devices(options: argparse.Namespace) -> int:
    """Print the devices, what each is called for good, and which are chosen."""
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
    cards = system.files.cards()
    for one in system.devices():
        mark = f"  <- {' and '.join(chosen[one.index])}" if one.index in chosen else ""
        print(f"{one.name}: {one.inputs} in, {one.outputs} out, native {one.native_hz} Hz{mark}")
        if one.numbers is not None:
            print(f"    also {' or '.join(lasting_names(one, cards))}, whatever its number is")
    system.end()
    for problem in problems:
        print(f"speaker: {problem}", file=sys.stderr)
    return FAILED if problems else GOOD


class _Live:
    """A line for every frame: the level of each channel, and the scores."""

    def __init__(self, words: WakeWords) -> None:
        self._words = words
        self.unread = asyncio.Event()
        """Whether nobody reads the lines any more, as behind ``| head``."""
        self._channels = ""

    def hear(self, samples: Samples, channels: int) -> None:
        """What the card delivers."""
        levels = channel_levels(samples, channels)
        self._channels = " ".join(f"channel {one}: {level:.0f}" for one, level in enumerate(levels, 1))
        if channels == 1:
            self._channels = ""

    def show(self, frame: Samples, _index: int) -> None:
        """What is listened to."""
        heard = self._words.push(frame)
        scores = " ".join(f"{word.name} {word.score:.3f}" for word in self._words.words)
        mark = f"  <- {heard.word}" if heard else ""
        every = f"  ({self._channels})" if self._channels else ""
        try:
            print(f"{level_dbfs(frame):6.1f} dBFS  {scores}{every}{mark}", flush=True)
        except BrokenPipeError:
            self.unread.set()


def listen_live(options: argparse.Namespace) -> int:
    """Print level and wake scores, frame by frame, until interrupted. Raises SoundError without a microphone."""
    settings = read_settings(config_file(options))
    live = _Live(WakeWords(open_words(settings), refractory_s=settings.wake.refractory_s))
    capture = Capture(settings.audio.channel, settings.audio.gain_db)

    async def listen() -> None:
        system, problems = SoundSystem(), asyncio.Queue[str]()
        name = settings.audio.microphone
        system.find(name, "microphone")
        shown = replace(capture, every_channel=True)
        loop = asyncio.get_running_loop()

        def show(frame: Samples, index: int) -> None:
            loop.call_soon_threadsafe(live.show, frame, index)

        microphone = Microphone(system, name, show, problems.put_nowait, capture=shown, raw=live.hear)
        microphone.be_patient(True)
        microphone.open(True)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in (microphone.run(), _first(problems), live.unread.wait())]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
        if live.unread.is_set():
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the interpreter's end flushes it
            return
        raise SoundError(await tasks[1])

    asyncio.run(listen())
    return GOOD


async def _first(problems: asyncio.Queue[str]) -> str:
    while not (problem := await problems.get()):
        pass
    return problem
