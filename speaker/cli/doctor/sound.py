"""The microphone, the loudspeaker, and what one hears of the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import numpy as np

from speaker.audio.capture import DEAD_DBFS
from speaker.audio.capture_choice import Capture
from speaker.audio.devices import SoundSystem
from speaker.audio.echo_analysis import EchoReport, judge
from speaker.audio.echo_test import EchoTest, undisturbed
from speaker.audio.loudspeaker import Loudspeaker
from speaker.audio.microphone import Microphone
from speaker.audio.pcm import PIECE_MS, Samples, level_dbfs
from speaker.audio.sound_cards import Direction
from speaker.cli.doctor.check import Check, failed, good, skipped
from speaker.config.audio_settings import AudioSettings
from speaker.errors import SoundError

LISTEN_PIECES: Final = 1_000 // PIECE_MS
"""About a second."""

_WAIT_S: Final = 4.0
"""A device that delivers nothing for so long does not work."""

LOUD_DBFS: Final = -20.0
"""A room that is so loud overdrives the microphone when somebody speaks."""

_SILENT: Final = (
    "unmute the capture in `alsamixer` (F4) and any switch on the microphone; if it has several channels, see with "
    "`speaker listen` which one hears, and set audio.channel"
)
_BUSY: Final = "the service may have the devices: `sudo systemctl stop speaker` first; else see `speaker devices`"


async def check_sound(audio: AudioSettings) -> list[Check]:
    """Devices, the microphone's level, and the echo; the loudspeaker is heard."""
    system = SoundSystem()
    found = [_find(system, audio.microphone, "microphone"), _find(system, audio.loudspeaker, "loudspeaker")]
    if any(one.result == "failed" for one in found):
        return [*found, skipped("echo", "there is no pair of devices to try it with")]
    try:
        async with _opened(system, audio) as pair:
            if not await pair.hears():
                silent = failed("level", pair.problem or "the microphone delivers nothing", _BUSY)
                return [*found, silent, skipped("echo", "nothing is heard")]
            echo = await pair.echo(audio.volume)
            return [*found, pair.level(), echo]
    finally:
        system.end()


def _find(system: SoundSystem, name: str, direction: Direction) -> Check:
    try:
        device = system.find(name, direction)
    except SoundError as error:
        return failed(direction, str(error), f"set audio.{direction} to a name that `speaker devices` shows")
    count = device.channels(direction)
    return good(direction, f"{device.name}, {count} channel{'s' * (count != 1)}, native {device.native_hz} Hz")


class _Pair:
    """Both devices at work."""

    def __init__(self, system: SoundSystem, audio: AudioSettings) -> None:
        self.problem = ""
        self._pieces: list[Samples] = []
        self._test: EchoTest | None = None
        self.microphone = Microphone(
            system, audio.microphone, self._take, self._note, capture=Capture(audio.channel, audio.gain_db)
        )
        self.loudspeaker = Loudspeaker(
            system, audio.loudspeaker, _nothing, _nothing, self._note, lead_in_ms=audio.lead_in_ms
        )

    async def hears(self) -> bool:
        """Listen for a second; whether the microphone delivers anything."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _WAIT_S
        while len(self._pieces) < LISTEN_PIECES and loop.time() < deadline:
            await asyncio.sleep(PIECE_MS / 1000)
        return bool(self._pieces)

    def level(self) -> Check:
        """How loud the room is, from the first second; a microphone softer than any room is muted, or another one."""
        loudest = max(level_dbfs(piece) for piece in self._pieces)
        if loudest < DEAD_DBFS:
            text = f"the microphone delivers nothing but silence ({loudest:.0f} dBFS)"
            return failed("level", text, _SILENT)
        level = level_dbfs(np.concatenate(self._pieces[:LISTEN_PIECES]))
        text = f"{level:.0f} dBFS while nobody should be speaking"
        if level > LOUD_DBFS:
            return failed("level", text, "lower the capture in `alsamixer` (F4), or find what is so loud")
        return good("level", text)

    async def echo(self, percent: int) -> Check:
        """What the microphone hears of the loudspeaker, and the duplex mode that follows."""
        try:
            report = await undisturbed(
                lambda: self._measure(percent), lambda: (self.loudspeaker.underflows, self.microphone.overflows)
            )
        except SoundError as error:
            return failed("echo", self.problem or str(error), _BUSY)
        finally:
            self._test = None
        if self.problem:
            return failed("echo", self.problem, _BUSY)
        if not report.heard:
            remedy = "turn the loudspeaker up (`alsamixer`, audio.volume); with headphones this is as it should be"
            return failed("echo", "the microphone does not hear the chirp of the loudspeaker", remedy)
        mode, reason = judge(report)
        return good("echo", f"duplex {mode}: {reason}")

    async def _measure(self, percent: int) -> EchoReport:
        self._test = EchoTest(self.loudspeaker.reference, lambda sound: self.loudspeaker.play(sound, percent=percent))
        return await self._test.run()

    def _take(self, piece: Samples, index: int) -> None:
        self._pieces.append(piece)
        if (test := self._test) is not None:
            test.take(piece, index)

    def _note(self, problem: str) -> None:
        self.problem = problem


def _nothing() -> None:
    """Beginnings and ends of speech matter to nobody here."""


@asynccontextmanager
async def _opened(system: SoundSystem, audio: AudioSettings) -> AsyncIterator[_Pair]:
    pair = _Pair(system, audio)
    pair.microphone.open(True)
    tasks = [asyncio.create_task(pair.microphone.run()), asyncio.create_task(pair.loudspeaker.run())]
    try:
        yield pair
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
