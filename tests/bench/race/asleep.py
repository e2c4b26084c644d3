"""One contestant that waits for its word: in silence, in speech, and in the noise that comes after it."""

import asyncio
from typing import Final

import numpy as np

from speaker.audio.pcm import SESSION_HZ, Samples
from speaker.demo.virtual_room import VirtualRoom
from speaker.errors import SpeakerError
from tests.bench.race.awake import START_S, Found
from tests.bench.race.contestants import Ours
from tests.bench.race.process_use import ProcessUse
from tests.bench.race.running import Hub, Runner

WINDOW_S: Final = 6.0
SETTLE_S: Final = 3.0
RECOVERY_S: Final = 2.0
"""So long after the last word a detector of voices may still take noise for one."""

CALM_SHARE: Final = 0.4
"""A start is over when less than this of a core is used for a while."""

HEARD_S: Final = 5.0
FIRST_START_S: Final = 60.0
NOISE_RMS: Final = 120.0
"""About -49 dBFS, a room with a fan."""


def speech_and_noise(speech: Samples) -> Samples:
    """Speech without a pause, and then noise: int16, 24 kHz."""
    random = np.random.default_rng(0)
    voice = np.resize(speech, round((SETTLE_S / 2 + WINDOW_S) * SESSION_HZ)).astype(np.float64)
    after = random.normal(0, NOISE_RMS, round((RECOVERY_S + WINDOW_S + 1) * SESSION_HZ))
    return np.concatenate([voice, after]).clip(-32768, 32767).astype(np.int16)


async def listening(run: Runner, hub: Hub) -> None:
    """Until it waits for its word."""
    if isinstance(run.who, Ours):
        await hub.is_in("idle", run, START_S)
        return
    async with asyncio.timeout(START_S):
        while "listening" not in run.log.read_text(errors="replace"):
            run.check()
            await asyncio.sleep(0.1)


async def calm(run: Runner) -> None:
    """Until what it does at its start is done, or has taken very long."""
    for _ in range(round(FIRST_START_S / SETTLE_S)):
        before = run.used()
        await asyncio.sleep(SETTLE_S)
        spent = run.used().since(before)
        if spent.cpu_s / spent.at_s < CALM_SHARE:
            return


async def first_start(run: Runner, hub: Hub) -> Found:
    """Memory after a start with nothing kept from earlier ones."""
    await listening(run, hub)
    await calm(run)
    return {"memory_first": [run.memory().rss_mb]}


async def hear_word(run: Runner, hub: Hub, room: VirtualRoom, word: Samples) -> None:
    """Say the word: who does not hear it was not measured, whatever it cost. Raises SpeakerError."""
    await room.say(word)
    try:
        if isinstance(run.who, Ours):
            await hub.leaves("idle", run, HEARD_S)
            return
        async with asyncio.timeout(HEARD_S):
            while "heard" not in run.log.read_text(errors="replace"):
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise SpeakerError(f"{run.who.name} did not hear the wake word; its last words: {run.last_words()}") from None


async def wait_for_word(run: Runner, hub: Hub, room: VirtualRoom, sound: Samples, word: Samples) -> Found:
    """All other figures of one start; ``sound`` is from ``speech_and_noise``. Raises SpeakerError."""
    await listening(run, hub)
    await calm(run)
    silence = await _window(run)
    saying = asyncio.create_task(room.say(sound))
    try:
        await asyncio.sleep(SETTLE_S / 2)
        speech = await _window(run)
        await asyncio.sleep(RECOVERY_S)
        noise = await _window(run)
    finally:
        saying.cancel()
        await asyncio.gather(saying, return_exceptions=True)
    needs = run.memory()
    await hear_word(run, hub, room, word)
    return {
        "cpu_silence": [_percent(silence.cpu_s, silence)],
        "cpu_noise": [_percent(noise.cpu_s, noise)],
        "cpu_speech": [_percent(speech.cpu_s, speech)],
        "card_silence": [_percent(silence.card_cpu_s, silence)],
        "memory_later": [needs.rss_mb],
        "wakes": [silence.wakes / silence.at_s],
        "card_wakes": [silence.card_wakes / silence.at_s],
    }


async def _window(run: Runner) -> ProcessUse:
    before = run.used()
    await asyncio.sleep(WINDOW_S)
    return run.used().since(before)


def _percent(cpu_s: float, window: ProcessUse) -> float:
    return 100 * cpu_s / window.at_s
