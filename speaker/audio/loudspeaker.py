"""The loudspeaker: an output stream that pulls from a queue, and tells when speech begins and ends."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from typing import Final

from speaker.audio import pcm
from speaker.audio.device_names import SoundDevice
from speaker.audio.devices import SoundSystem
from speaker.audio.echo_reference import EchoReference, latency_s
from speaker.audio.pcm import SESSION_HZ, Samples
from speaker.audio.playback_queue import PlaybackQueue, PlayedItem, gain_of
from speaker.audio.portaudio import CONTINUE, OUTPUT_UNDERFLOW, Stream
from speaker.audio.sound_stream import SILENT_AFTER_S, SoundStream, opened
from speaker.errors import SoundError

log = logging.getLogger(__name__)

BLOCKS_MS: Final = (10, 20, 40)
"""What the callback is asked for at a time. The device holds three of them: so long sound waits until it is heard, and
an answer goes on when it is hushed; and so long, at most, Python may be busy with anything else. Which of them a
machine is quick enough for shows when the device runs dry: it is opened anew then, with the next longer one."""

_OFTEN_DRY: Final = 3
"""So many gaps in one stream do not wait for a pause in what is played."""

IDLE_CLOSE_S: Final = 2.0
"""The device is given back so long after the last sound, unless it is held open."""


_STEREO: Final = 2
_OTHER_HZ: Final = (48_000, 44_100)
"""Rates that are tried when neither the wanted nor the card's own is accepted."""


class Loudspeaker:
    """Plays int16 samples, shape (n,), 24 kHz, each belonging to an item.

    An empty item id is a chime, which counts neither as beginning nor as end of speech. ``began`` and
    ``ended`` are called on the event loop: the first sound of speech is in the air; the device ran dry.
    """

    def __init__(
        self,
        system: SoundSystem,
        name: str,
        began: Callable[[], None],
        ended: Callable[[], None],
        trouble: Callable[[str], None],
        *,
        slipped: Callable[[], None] = lambda: None,
        lead_in_ms: int = 0,
    ) -> None:
        """``lead_in_ms``: how long a device that was asleep needs before it can be heard.

        ``slipped`` is called, from any thread, when the device ran out of sound and filled in silence.
        """
        self._stage = SoundStream(system, name, "loudspeaker", trouble)
        self._began = began
        self._ended = ended
        self._slipped = slipped
        self._queue = PlaybackQueue(lead_in_ms)
        self.reference = EchoReference(slipped)
        """What is in the air, for the echo canceller."""
        self.underflows = 0
        """How often the device ran out of sound because this machine was too slow."""
        self._streams = 0
        self._block_ms = BLOCKS_MS[0]
        self._channels = 1
        self._needed = asyncio.Event()
        self._held = False
        self._speaking = False
        self._hushes = 0
        self._loop = asyncio.get_running_loop()

    @property
    def problem(self) -> str:
        """Why nothing can be heard now; empty when all is well."""
        return self._stage.problem

    @property
    def playing(self) -> bool:
        """Whether anything is queued or speech is in the air."""
        return bool(self._queue) or self._speaking

    def set_volume(self, percent: int) -> None:
        """Loudness of speech, 0-100 percent; what is queued already follows."""
        self._queue.set_gain(gain_of(percent))

    def hold(self, wanted: bool) -> None:
        """Keep the device open although nothing plays, so that an answer begins without delay."""
        self._held = wanted
        if wanted:
            self._needed.set()

    def play(self, samples: Samples, item: str = "", *, percent: int | None = None) -> None:
        """Queue sound behind what is queued already; ``percent`` None means as loud as speech is."""
        if samples.size:
            self._queue.add(samples, item, None if percent is None else gain_of(percent))
            self._needed.set()

    def pause(self, wanted: bool) -> None:
        """Be silent for a moment, and go on where it stopped: nothing is lost, unless it is hushed meanwhile."""
        self._queue.paused = wanted

    def hush(self) -> list[PlayedItem]:
        """Drop everything unplayed, at once; what was heard of each item that was not heard in full."""
        cut = self._queue.cut()
        self._hushes += 1
        self._speaking = False
        return cut

    async def run(self) -> None:
        """Open the device when there is sound or it is held, and give it back afterwards, for ever.

        One that is missing is looked for until it is there, whether or not anything is to be played.
        """
        await self._look()
        while True:
            await self._needed.wait()
            self._needed.clear()
            try:
                async with opened(self._stage.system, self._start) as stream:
                    await self._watch(stream)
            except SoundError as error:
                self._give_up()
                await self._stage.failed(str(error), spare=not self._held)
                self._needed.set()

    async def _look(self) -> None:
        """Whether there is a loudspeaker at all is known before the first sentence is lost."""
        system = self._stage.system
        try:
            await asyncio.to_thread(system.find, self._stage.name, "loudspeaker")
        except SoundError as error:
            await self._stage.failed(str(error))
            self._needed.set()
        await asyncio.to_thread(system.end)

    async def _watch(self, stream: Stream) -> None:
        """Return when the device is idle or lost."""
        quiet_since = time.monotonic()
        dry, told = self.underflows, False
        while True:
            await asyncio.sleep(0.25)
            now = time.monotonic()
            if self.underflows > dry and not told:
                told = True
                log.warning("the loudspeaker ran dry: this machine was too slow for a moment")
            if told and self._block_ms < BLOCKS_MS[-1] and (self.underflows >= dry + _OFTEN_DRY or not self.playing):
                self._block_ms = next(ms for ms in BLOCKS_MS if ms > self._block_ms)
                log.info("= the loudspeaker is opened anew, with blocks of %d ms", self._block_ms)
                self._needed.set()
                return
            if now - max(self._queue.pulled_at, quiet_since) > SILENT_AFTER_S or not stream.is_active():
                self._give_up()
                lost = f'the loudspeaker "{self._stage.name}" has stopped taking sound'
                await self._stage.failed(lost, spare=not self._held)
                self._needed.set()
                return
            if self._queue.pulled_at > quiet_since:
                self._stage.works()
            if self._held or self.playing:
                quiet_since = now
            elif self._stage.unwanted:
                return
            elif now - quiet_since > IDLE_CLOSE_S:
                self._needed.clear()  # it was needed for what has been played
                return

    def _give_up(self) -> None:
        """Nobody will hear what is queued: end it, so that no conversation waits for it."""
        speaking = self.playing
        self.hush()
        if speaking:
            self._ended()

    def _start(self) -> Stream:
        device = self._stage.system.find(self._stage.name, "loudspeaker")
        refused: SoundError | None = None
        for hz in dict.fromkeys((SESSION_HZ, device.native_hz, *_OTHER_HZ)):
            try:
                return self._start_at(device, hz)
            except SoundError as error:
                refused = refused or error
        raise refused or SoundError(f'the loudspeaker "{device.name}" has no rate')

    def _start_at(self, device: SoundDevice, hz: int) -> Stream:
        if hz != self._queue.hz:
            self._queue.set_rate(hz)
        block = hz * self._block_ms // 1000
        self._streams += 1
        self._queue.begin()
        # Given one channel, PortAudio fills the left one of a card that has two.
        self._channels = 2 if device.numbers is not None and device.outputs >= _STEREO else 1
        stream = self._stage.system.open(
            device, "loudspeaker", self._pull, rate=hz, channels=self._channels, frames_per_buffer=block
        )
        self._stage.begun(device, hz, self._channels)
        return stream

    def _pull(self, _data: None, count: int, times: Mapping[str, float], status: int) -> tuple[bytes, int]:
        if status & OUTPUT_UNDERFLOW:
            self.underflows += 1
            self.reference.clock.unsettle()
            self._slipped()
        delay_s = latency_s(times, "output_buffer_dac_time")
        data, speech, dry = self._queue.pull(count, delay_s)
        self.reference.took(data, self._queue.hz, time.monotonic() + delay_s, self._streams)
        if (speech and not self._speaking) or dry:
            with contextlib.suppress(RuntimeError):  # the loop is closed while the program ends
                self._loop.call_soon_threadsafe(self._notice, speech, delay_s, self._hushes)
        return (pcm.both_channels(data) if self._channels == _STEREO else data), CONTINUE

    def _notice(self, speech: bool, delay_s: float, hushes: int) -> None:
        """Tell of beginnings and ends when they are in the air, not when the device took them."""
        if hushes != self._hushes:
            return
        if speech and not self._speaking:
            self._speaking = True
            self._loop.call_later(delay_s, self._tell_began, hushes)
        if not self._queue:
            self._loop.call_later(self._queue.speech_left_s(), self._tell_ended, hushes)

    def _tell_began(self, hushes: int) -> None:
        if hushes == self._hushes:
            self._began()

    def _tell_ended(self, hushes: int) -> None:
        if hushes != self._hushes or self._queue or not self._speaking:
            return
        if self._queue.speech_left_s() > self._block_ms / 1000:
            return  # more came meanwhile, and its own end will be told
        self._speaking = False
        self._ended()
