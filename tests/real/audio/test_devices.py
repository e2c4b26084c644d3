"""Microphone and loudspeaker on a real ALSA device: the virtual room's PulseAudio."""

import asyncio
import ctypes
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial

import numpy as np
import pyaudio
import pytest

from speaker.audio import pcm, portaudio
from speaker.audio.device_names import SoundDevice
from speaker.audio.devices import SoundSystem
from speaker.audio.loudspeaker import Loudspeaker
from speaker.audio.microphone import Microphone
from speaker.audio.pcm import PIECE_SAMPLES, SESSION_HZ, WAKE_HZ, Samples
from speaker.audio.playback_queue import PlaybackQueue
from speaker.audio.sound_cards import Direction
from speaker.demo.virtual_room import LOUDSPEAKER, MICROPHONE, VirtualRoom
from speaker.errors import SoundError


def tone(ms: float, hz: int = 440, rate_hz: int = SESSION_HZ) -> Samples:
    t = np.arange(pcm.ms_to_samples(ms, rate_hz)) / rate_hz
    return pcm.from_float((0.5 * np.sin(2 * np.pi * hz * t)).astype(np.float32))


def pitch_hz(samples: Samples, rate_hz: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples.astype(np.float64) * np.hanning(samples.size)))
    return float(np.argmax(spectrum)) * rate_hz / samples.size


async def until(true: Callable[[], bool], within_s: float = 10.0) -> None:
    async with asyncio.timeout(within_s):
        while not true():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running(*parts: Microphone | Loudspeaker) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(part.run()) for part in parts]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


class Ear:
    """Collects what a microphone delivers."""

    def __init__(self) -> None:
        self.frames: list[Samples] = []
        self.troubles: list[str] = []

    def take(self, frame: Samples, _index: int) -> None:
        self.frames.append(frame)

    @property
    def level_dbfs(self) -> float:
        return max((pcm.level_dbfs(frame) for frame in self.frames), default=pcm.SILENCE_DBFS)


class Mouth:
    """A loudspeaker and what it told."""

    def __init__(self, name: str = LOUDSPEAKER, system: SoundSystem | None = None) -> None:
        self.told: list[str] = []
        self.system = system or SoundSystem()
        self.loudspeaker = Loudspeaker(
            self.system,
            name,
            lambda: self.told.append("began"),
            lambda: self.told.append("ended"),
            self.told.append,
        )


async def test_microphone_delivers_whole_frames_of_what_is_said(room: VirtualRoom) -> None:
    ear = Ear()
    microphone = Microphone(SoundSystem(), MICROPHONE, ear.take, ear.troubles.append)
    microphone.open(True)
    async with running(microphone):
        await until(lambda: len(ear.frames) > 3)
        await room.say(tone(800))
        await until(lambda: ear.level_dbfs > -20)
        await asyncio.sleep(0.5)
    assert {frame.shape for frame in ear.frames} == {(PIECE_SAMPLES,)}
    loud = [frame for frame in ear.frames if pcm.level_dbfs(frame) > -12]
    assert pitch_hz(np.concatenate(loud), WAKE_HZ) == pytest.approx(440, abs=10)
    assert ear.troubles == []


async def test_muted_microphone_is_closed_and_comes_back(room: VirtualRoom) -> None:
    ear = Ear()
    microphone = Microphone(SoundSystem(), MICROPHONE, ear.take, ear.troubles.append)
    microphone.open(True)
    async with running(microphone):
        await until(lambda: bool(ear.frames))
        microphone.open(False)
        await asyncio.sleep(0.2)
        ear.frames.clear()
        await room.say(tone(300))
        assert ear.frames == []
        microphone.open(True)
        await until(lambda: len(ear.frames) > 3)


async def test_lost_card_is_said_once_and_reopened(room: VirtualRoom) -> None:
    ear, mouth = Ear(), Mouth()
    microphone = Microphone(mouth.system, MICROPHONE, ear.take, ear.troubles.append)
    microphone.open(True)
    async with running(microphone, mouth.loudspeaker):
        await until(lambda: bool(ear.frames))
        await room.unplug()
        await until(lambda: bool(ear.troubles))
        await asyncio.sleep(1.5)
        await room.plug_in()
        ear.frames.clear()
        await until(lambda: len(ear.frames) > 3, within_s=20)
        mouth.loudspeaker.play(tone(300), "item")
        await until(lambda: "ended" in mouth.told)
    assert len(ear.troubles) == 2
    assert MICROPHONE in ear.troubles[0]
    assert ear.troubles[1] == "", "it is told when it is right again"


class Picky(SoundSystem):
    """A real system whose devices refuse every rate but their native one, as bare hardware does."""

    def open(
        self, device: SoundDevice, direction: Direction, callback: object, **options: int
    ) -> pyaudio.PyAudio.Stream:
        if options["rate"] != device.native_hz:
            raise SoundError(f"the {direction} cannot be opened: Invalid sample rate")
        return super().open(device, direction, callback, **options)


async def test_native_rate_is_resampled_with_a_filter(room: VirtualRoom) -> None:
    ear, mouth = Ear(), Mouth(system=Picky())
    mouth.loudspeaker.set_volume(100)
    microphone = Microphone(mouth.system, MICROPHONE, ear.take, ear.troubles.append)
    microphone.open(True)
    async with running(microphone, mouth.loudspeaker):
        await until(lambda: len(ear.frames) > 3)
        since_ms = room.now_ms
        # 11 kHz is above what 16 kHz can carry: without a filter it would come back as a tone of 5 kHz.
        await room.say(tone(600, hz=11_000))
        mouth.loudspeaker.play(tone(600), "item")
        await until(lambda: "ended" in mouth.told)
        assert max(pcm.level_dbfs(frame) for frame in ear.frames) < -40
        await room.say(tone(600))
        await until(lambda: ear.level_dbfs > -20)
        await asyncio.sleep(0.3)
    assert {frame.shape for frame in ear.frames} == {(PIECE_SAMPLES,)}
    loud = [frame for frame in ear.frames if pcm.level_dbfs(frame) > -12]
    assert pitch_hz(np.concatenate(loud), WAKE_HZ) == pytest.approx(440, abs=10)
    heard = room.heard(since_ms)
    begin = int(np.argmax(np.abs(heard) > 3000))
    assert pitch_hz(heard[begin : begin + SESSION_HZ // 2], SESSION_HZ) == pytest.approx(440, abs=10)
    assert ear.troubles == []


def test_missing_device_is_one_sentence_with_the_choices(room: VirtualRoom) -> None:
    system = SoundSystem()
    with pytest.raises(
        SoundError, match=r'audio.microphone: no device has "nowhere" in its name; there are .*room_mic'
    ):
        system.find("nowhere", "microphone")
    assert system.find("ROOM_SPEAK", "loudspeaker").name == LOUDSPEAKER
    system.end()


async def test_loudspeaker_plays_in_order_and_tells_begin_and_end(room: VirtualRoom) -> None:
    mouth = Mouth()
    mouth.loudspeaker.set_volume(100)
    since_ms = room.now_ms
    async with running(mouth.loudspeaker):
        for hz in (400, 800):
            for _ in range(4):
                mouth.loudspeaker.play(tone(100, hz), f"item-{hz}")
        await until(lambda: "ended" in mouth.told)
        assert not mouth.loudspeaker.playing
        await room.quiet(for_ms=300, within_s=3)
    assert mouth.told == ["began", "ended"]
    heard = room.heard(since_ms)
    loud = heard[np.abs(heard) > 1000]
    assert loud.size > 0.7 * SESSION_HZ * 0.8
    assert pitch_hz(loud[: loud.size // 3], SESSION_HZ) < pitch_hz(loud[-loud.size // 3 :], SESSION_HZ)


@contextmanager
def nobody_else_runs(for_ms: int) -> Iterator[None]:
    """Twice a second no other thread of Python runs for so long, as while garbage is collected."""
    sleep, end = ctypes.PyDLL(None).usleep, threading.Event()

    def hold() -> None:
        while not end.wait(0.4):
            sleep(for_ms * 1000)

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


async def test_machine_with_pauses_gets_longer_blocks(room: VirtualRoom) -> None:
    mouth, gaps = Mouth(), list[int]()
    async with running(mouth.loudspeaker):
        # A busy machine may make a gap of its own, but not every time.
        while len(gaps) < 8 and 0 not in gaps[2:]:
            before = mouth.loudspeaker.underflows
            mouth.told.clear()
            with nobody_else_runs(for_ms=60):
                mouth.loudspeaker.play(tone(2000), "item")
                await until(partial(mouth.told.__contains__, "ended"))
            gaps.append(mouth.loudspeaker.underflows - before)
            await asyncio.sleep(0.6)
    assert gaps[0] > 0, "pauses of twice what the shortest blocks outlast"
    assert 0 in gaps, gaps


async def test_hush_empties_at_once_and_knows_what_was_heard(room: VirtualRoom) -> None:
    mouth = Mouth()
    mouth.loudspeaker.set_volume(100)
    async with running(mouth.loudspeaker):
        since_ms = room.now_ms
        mouth.loudspeaker.play(tone(3000), "said")
        mouth.loudspeaker.play(tone(500), "unsaid")
        await until(lambda: "began" in mouth.told)
        await asyncio.sleep(1.0)
        cut = {one.item: one for one in mouth.loudspeaker.hush()}
        await room.quiet(for_ms=300, within_s=3)
    heard = room.heard(since_ms)
    heard_ms = pcm.samples_to_ms(int(np.count_nonzero(np.abs(heard) > 100) / 0.99), SESSION_HZ)
    assert cut["unsaid"].played_ms == 0
    assert cut["said"].received_ms == 3000
    # What the device still held when it was cut is heard too: about 100 ms here, never a second.
    assert cut["said"].played_ms == pytest.approx(heard_ms, abs=150)
    assert mouth.told == ["began"], "an interrupted item has no end"
    assert mouth.loudspeaker.hush() == []


async def test_new_volume_reaches_what_is_queued(room: VirtualRoom) -> None:
    mouth = Mouth()
    mouth.loudspeaker.set_volume(100)
    async with running(mouth.loudspeaker):
        since_ms = room.now_ms
        mouth.loudspeaker.play(tone(1600), "item")
        await until(lambda: "began" in mouth.told)
        await asyncio.sleep(0.4)
        mouth.loudspeaker.set_volume(10)
        await until(lambda: "ended" in mouth.told)
    heard = room.heard(since_ms)
    loud, soft = np.abs(heard) > 10000, (np.abs(heard) > 20) & (np.abs(heard) < 400)
    assert np.count_nonzero(loud) > 0.2 * SESSION_HZ * 0.4
    assert np.count_nonzero(soft) > 0.5 * SESSION_HZ * 0.4


async def test_chime_is_heard_and_is_not_an_answer(room: VirtualRoom) -> None:
    mouth = Mouth()
    async with running(mouth.loudspeaker):
        since_ms = room.now_ms
        mouth.loudspeaker.play(tone(200), percent=50)
        await until(lambda: pcm.level_dbfs(room.heard(since_ms)) > -50)
        await room.quiet(for_ms=200, within_s=3)
    assert mouth.told == []


class Counted(SoundSystem):
    """A real system that counts."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = self.closed = 0

    def open(
        self, device: SoundDevice, direction: Direction, callback: object, **options: int
    ) -> pyaudio.PyAudio.Stream:
        self.opened += 1
        return super().open(device, direction, callback, **options)

    def close(self, stream: pyaudio.PyAudio.Stream) -> None:
        self.closed += 1
        super().close(stream)


async def test_idle_device_is_given_back_once_and_stays_so(room: VirtualRoom) -> None:
    system = Counted()
    mouth = Mouth(system=system)
    async with running(mouth.loudspeaker):
        for _ in range(5):
            mouth.loudspeaker.play(tone(100), "item")
            await asyncio.sleep(0.05)
        await until(lambda: system.closed == 1)
        await asyncio.sleep(0.7)
        assert (system.opened, system.closed) == (1, 1)
        mouth.loudspeaker.play(tone(100), "item")
        await until(lambda: mouth.told.count("ended") == 2)
        assert system.opened == 2


async def test_missing_loudspeaker_does_not_hold_up_a_conversation(room: VirtualRoom) -> None:
    mouth = Mouth("no such thing")
    async with running(mouth.loudspeaker):
        mouth.loudspeaker.play(tone(200), "item")
        await until(lambda: "ended" in mouth.told)
    assert any("no such thing" in words for words in mouth.told)


def test_position_counts_only_what_left_the_device() -> None:
    queue = PlaybackQueue()
    queue.add(tone(1000), "item", None)
    for _ in range(10):
        queue.pull(480, latency_s=0.1)
    (cut,) = queue.cut()
    # 200 ms were taken, and cannot be taken back: they will be heard, whatever is said about the rest.
    assert cut.received_ms == 1000
    assert cut.played_ms == 200


def test_portaudio_means_by_its_numbers_what_we_do() -> None:
    ours = (portaudio.INT16, portaudio.CONTINUE, portaudio.OUTPUT_UNDERFLOW)
    theirs = (pyaudio.paInt16, pyaudio.paContinue, pyaudio.paOutputUnderflow)
    assert ours == theirs
