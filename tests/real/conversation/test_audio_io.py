"""The real sound part, in a virtual room, keeps its promises to the conversation."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from speaker.audio.devices import SoundSystem
from speaker.audio.pcm import SESSION_HZ
from speaker.config.loading import load_settings
from speaker.conversation.audio_io import AudioIO
from speaker.daemon.loading import open_words
from speaker.demo.virtual_room import LOUDSPEAKER, MICROPHONE, VirtualRoom
from speaker.offline.speech.engines import OfflineEngines
from speaker.speech.tts import TextToSpeech
from speaker.speech.tts_cache import SoundCache
from speaker.wake.detector import WakeWords
from tests.support.real_parts import Speech
from tests.support.sound_contract import CONTRACT, Rig, Told, tone, until

SETTINGS = load_settings({"audio": {"microphone": MICROPHONE, "loudspeaker": LOUDSPEAKER}}, "pi")


class RealRig:
    """Somebody speaks into the virtual room."""

    def __init__(self, sound: AudioIO, told: Told, room: VirtualRoom, speech: Speech) -> None:
        self.sound = sound
        self.told = told
        self._room = room
        self._speech = speech

    async def say_wake_word(self) -> None:
        await self._room.say(self._speech("Hey Jarvis."))

    async def say(self, ms: int) -> None:
        # What follows it lets PulseAudio's buffers run empty.
        await self._room.say(np.concatenate([tone(ms), np.zeros(SESSION_HZ // 5, np.int16)]))
        await asyncio.sleep(0.3)


@asynccontextmanager
async def rig(room: VirtualRoom, speech: Speech, engines: OfflineEngines, folder: Path) -> AsyncIterator[RealRig]:
    told, system = Told(), SoundSystem()
    tts = TextToSpeech(engines, SoundCache(folder, 1_000_000), lambda _ms, _cached: None)
    sound = AudioIO(
        SETTINGS, system, WakeWords(open_words(SETTINGS), refractory_s=0.5), engines=engines, tts=tts,
        post=told.events.append, woken=told.words.append, trouble=lambda problem, _about: told.troubles.append(problem),
    )  # fmt: skip
    sound.open_microphone(True)
    sound.hold(True)
    life = asyncio.create_task(sound.run())
    try:
        await until(lambda: sound.worked_at > 0)
        yield RealRig(sound, told, room, speech)
        assert told.troubles == []
    finally:
        sound.close()
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
        system.end()


@pytest.mark.parametrize("promise", CONTRACT, ids=lambda one: one.__name__)
async def test_the_real_part(
    promise: Callable[[Rig], Awaitable[None]],
    room: VirtualRoom,
    speech: Speech,
    engines: OfflineEngines,
    tmp_path: Path,
) -> None:
    await room.quiet(for_ms=200, within_s=10)
    async with rig(room, speech, engines, tmp_path) as one:
        await promise(one)
