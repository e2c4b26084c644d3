"""The microphone: one stream, opened once, in pieces at 16 kHz as often as somebody wants them."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np

from speaker.audio import pcm
from speaker.audio.capture import CaptureChain, ChannelPicker, Pulse, capture_shapes
from speaker.audio.capture_choice import Capture
from speaker.audio.device_names import SoundDevice
from speaker.audio.devices import SoundSystem
from speaker.audio.live_resampler import LiveResampler
from speaker.audio.pcm import FRAME_SAMPLES, PIECE_MS, PIECE_SAMPLES, WAKE_HZ, Samples
from speaker.audio.portaudio import Stream
from speaker.audio.sample_clock import SampleClock
from speaker.audio.sound_reader import SoundReader
from speaker.audio.sound_stream import SILENT_AFTER_S, SoundStream, opened
from speaker.errors import SoundError

log = logging.getLogger(__name__)

_DEAD: Final = (
    "nothing but silence comes from it. It may be muted (`alsamixer`, F4, or a switch on it), or another input "
    "may be meant (`speaker listen` shows the channels)"
)


class Microphone:
    """The one microphone stream: int16, 16 kHz, shape (320,), or (1280,) while it is patient.

    With each piece comes the index of its first sample on the clock that the loudspeaker's Reference shares. Patience
    is for who scores wake words and nothing else: whole frames of theirs, and a fifth of the wake-ups.
    """

    def __init__(
        self,
        system: SoundSystem,
        name: str,
        deliver: Callable[[Samples, int], None],
        trouble: Callable[[str], None],
        *,
        slipped: Callable[[], None] = lambda: None,
        capture: Capture | None = None,
        raw: Callable[[Samples, int], None] = lambda _samples, _channels: None,
        silent: Callable[[str], None] | None = None,
    ) -> None:
        """``deliver`` is called on the microphone's own thread, and ``slipped`` when the device dropped sound.

        ``raw`` is given there what the device delivers, interleaved, and its count of channels. ``silent`` is told, as
        ``trouble`` is on the event loop, that nothing but silence comes; by default ``trouble`` is.
        """
        self._stage = SoundStream(system, name, "microphone", trouble)
        self._slipped = slipped
        self._silent = silent or trouble
        self._deliver = deliver
        self._wanted = asyncio.Event()
        self._unwanted = asyncio.Event()
        self._rest: Samples = np.zeros(0, np.int16)
        self._resampler = LiveResampler(WAKE_HZ, WAKE_HZ)
        self._capture = capture or Capture()
        self._raw = raw
        self._hz, self._channels = WAKE_HZ, 1
        self._picker = ChannelPicker("auto", 1, WAKE_HZ)
        self._chain = CaptureChain(self._capture)
        self._stale = False
        """Whether it is to be opened anew because it delivered nothing but zeros."""
        self.clock = SampleClock(slipped)
        """The microphone's clock."""
        self.overflows = 0
        """How often the device dropped sound because nobody took it in time."""
        self._generation = 0
        self._patient = False
        self._reader: SoundReader | None = None
        self._count = 0
        """Samples since the stream was opened, so that frames begin where those before them ended."""
        self._loop = asyncio.get_running_loop()
        self._heard_at = 0.0
        """Monotonic time at which sound last came."""

    @property
    def problem(self) -> str:
        """What is wrong with it now; empty when nothing is."""
        return self._stage.problem

    @property
    def dead(self) -> bool:
        """Whether it delivers nothing but zeros, and did not fall silent and come back by itself before."""
        return self._chain.watch.dead and not self._chain.watch.gates

    def open(self, wanted: bool) -> None:
        """Whether the stream is to exist at all; a muted microphone is closed, not ignored."""
        if wanted:
            self._unwanted.clear()
            self._wanted.set()
        else:
            self._wanted.clear()
            self._unwanted.set()

    def be_patient(self, patient: bool) -> None:
        """Whether nobody needs a piece before a whole frame is there. From any thread."""
        if patient != self._patient:
            self.clock.unsettle()
        self._patient = patient
        if self._reader is not None:
            self._reader.hurry(not patient)

    async def run(self) -> None:
        """Keep the stream as wanted, for ever."""
        while True:
            await self._wanted.wait()
            try:
                async with opened(self._stage.system, self._start) as stream:
                    self._reader = SoundReader(stream, self._hz, partial(self._take, self._generation), self._patient)
                    try:
                        await self._watch()
                    finally:
                        self._generation += 1  # what is on its way from this stream is stale
                        reader, self._reader = self._reader, None
                        await asyncio.shield(asyncio.to_thread(reader.close))
            except SoundError as error:
                await self._stage.failed(str(error))

    async def _watch(self) -> None:
        """Return when the stream is no longer wanted or has gone silent."""
        self._heard_at = time.monotonic()
        self._stale = False
        while not (self._unwanted.is_set() or self._stage.unwanted or self._stale):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._unwanted.wait(), SILENT_AFTER_S / 2)
            if time.monotonic() - self._heard_at > SILENT_AFTER_S:
                lost = f'the microphone "{self._stage.name}" has stopped delivering sound'
                await self._stage.failed(lost)
                return

    def _start(self) -> Stream:
        system, wanted = self._stage.system, self._capture.channel
        device = system.find(self._stage.name, "microphone")
        if isinstance(wanted, int) and wanted > device.inputs:
            raise SoundError(f'audio.channel is {wanted}, but "{device.name}" has {device.inputs} channel(s)')
        refused: SoundError | None = None
        hardware = device.numbers is not None or self._capture.every_channel
        for hz, channels in capture_shapes(wanted, device.inputs, device.native_hz, WAKE_HZ, hardware=hardware):
            try:
                return self._start_at(device, hz, channels)
            except SoundError as error:
                refused = refused or error
        raise refused or SoundError(f'the microphone "{device.name}" has no channels')

    def _start_at(self, device: SoundDevice, hz: int, channels: int) -> Stream:
        self._hz, self._channels = hz, channels
        self._picker = ChannelPicker(self._capture.channel, channels, hz)
        self._resampler = LiveResampler(hz, WAKE_HZ)
        self._rest = np.zeros(0, np.int16)
        self._count = 0
        self.clock.restart()
        stream = self._stage.system.open(
            device, "microphone", None, rate=hz, channels=channels, frames_per_buffer=hz * PIECE_MS // 1000
        )
        self._stage.begun(device, hz, channels)
        return stream

    # On the microphone's own thread.

    def _take(self, generation: int, data: bytes, begins_s: float, dropped: bool) -> None:
        if generation != self._generation or not self._wanted.is_set():
            return
        self._heard_at = time.monotonic()
        if self._stage.troubled:
            self._tell(self._stage.works)
        samples = pcm.from_bytes(data)
        self._raw(samples, self._channels)
        if dropped:
            if not self.overflows:
                log.warning("the microphone overflowed: this machine was too slow for a moment")
            self.overflows += 1
            self.clock.unsettle()
            self._slipped()
        fresh = self._resampler.push(self._picker.push(samples))
        index = round(self.clock.place(begins_s, fresh.size)) - self._rest.size
        ready = np.concatenate([self._rest, fresh]) if self._rest.size else fresh
        done = 0
        while ready.size - done >= (size := self._next_size):
            frame, pulse = self._chain.push(ready[done : done + size])
            if pulse != "alive":
                self._tell(partial(self._feel, pulse))
            self._deliver(frame, index + done)
            done += size
            self._count += size
        self._rest = ready[done:]

    @property
    def _next_size(self) -> int:
        """A whole frame where one begins and nobody is in a hurry, else a piece."""
        whole = self._patient and self._count % FRAME_SAMPLES == 0
        return FRAME_SAMPLES if whole else PIECE_SAMPLES

    def _tell(self, news: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed while the program ends
            self._loop.call_soon_threadsafe(news)

    # On the event loop.

    def _feel(self, pulse: Pulse) -> None:
        """Zeros are no sound, although they arrive in time: open it anew once, then say so until it is over."""
        if pulse == "reopen":
            log.warning('the microphone "%s" delivers nothing but silence; it is opened anew', self._stage.name)
            self._stale = True
        elif pulse == "dead":
            told = f'the microphone "{self._stage.name}" is dead: {_DEAD}'
            log.error("%s", told)
            self._silent(told)
        elif pulse == "back":
            log.warning("the microphone hears again")
            self._silent("")
