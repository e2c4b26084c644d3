"""PortAudio: which devices there are, opening and closing streams, and staying quiet on stderr."""

import asyncio
import contextlib
import ctypes
import logging
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from speaker.audio.portaudio import INT16, PortAudio, Stream, start_portaudio
from speaker.errors import SoundError

log = logging.getLogger(__name__)

Direction = Literal["microphone", "loudspeaker"]

SILENT_AFTER_S: Final = 2.0
"""A stream whose callback is not called for so long is lost; frames are due every 80 ms."""

_BACKOFF_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Waits between attempts to reopen a lost device; the last one repeats."""


@dataclass(frozen=True, slots=True)
class SoundDevice:
    """An ALSA device as PortAudio lists it."""

    index: int
    name: str
    inputs: int
    outputs: int
    native_hz: int

    def channels(self, direction: Direction) -> int:
        """How many channels it has in one direction."""
        return self.inputs if direction == "microphone" else self.outputs


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """PortAudio and the libraries below it write to file descriptor 2 while they probe."""
    kept = os.dup(2)
    sink = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(sink)


class SoundSystem:
    """PortAudio itself, started when first needed. Its list of devices is as old as its start."""

    def __init__(self) -> None:
        self._audio: PortAudio | None = None
        self._lock = threading.Lock()
        self._open = 0

    def devices(self) -> list[SoundDevice]:
        """What ALSA offers now, or offered when the first of the open streams was opened."""
        with self._lock:
            audio = self._start()
            found = (audio.get_device_info_by_index(i) for i in range(audio.get_device_count()))
            return [
                SoundDevice(
                    int(one["index"]),
                    str(one["name"]),
                    int(one["maxInputChannels"]),
                    int(one["maxOutputChannels"]),
                    int(one["defaultSampleRate"]),
                )
                for one in found
            ]

    def find(self, name: str, direction: Direction) -> SoundDevice:
        """The device of this name, else the first whose name contains it. Raises SoundError."""
        able = [one for one in self.devices() if one.channels(direction) > 0]
        exact = [one for one in able if one.name == name]
        partly = [one for one in able if name.lower() in one.name.lower()]
        fitting = exact or partly or (able[:1] if name == "default" else [])
        if fitting:
            return fitting[0]
        self.end()
        if not able:
            raise SoundError(f"there is no {direction}: ALSA lists none; plug one in and check `speaker devices`")
        names = ", ".join(f'"{one.name}"' for one in able)
        raise SoundError(f'audio.{direction}: no device has "{name}" in its name; there are {names}')

    def open(self, device: SoundDevice, direction: Direction, callback: object, **options: int) -> Stream:
        """A running stream of 16-bit samples. Raises SoundError with PortAudio's own words."""
        way = {"input": True, "input_device_index": device.index}
        if direction == "loudspeaker":
            way = {"output": True, "output_device_index": device.index}
        with self._lock:
            audio = self._start()
            try:
                stream = audio.open(format=INT16, stream_callback=callback, **way, **options)
            except (OSError, ValueError) as error:
                self._end_if_unused()
                raise SoundError(f'the {direction} "{device.name}" cannot be opened: {error}') from error
            self._open += 1
            return stream

    def close(self, stream: Stream) -> None:
        """Give a stream back."""
        with self._lock:
            with contextlib.suppress(OSError):  # a device that is gone cannot be stopped, only forgotten
                stream.close()
            self._open -= 1
            self._end_if_unused()

    def end(self) -> None:
        """End PortAudio if no stream is open."""
        with self._lock:
            self._end_if_unused()

    def _end_if_unused(self) -> None:
        """Without a stream there is no reason to keep an old list of devices."""
        if self._open == 0 and self._audio is not None:
            self._audio.terminate()
            self._audio = None

    def _start(self) -> PortAudio:
        if self._audio is None:
            _silence_alsa()
            with _quiet_stderr():
                self._audio = start_portaudio()
        return self._audio


@contextlib.asynccontextmanager
async def opened(system: SoundSystem, start: Callable[[], Stream]) -> AsyncIterator[Stream]:
    """A stream that a worker thread opens, and that is closed whatever happens, also to the opening."""
    opening = asyncio.ensure_future(asyncio.to_thread(start))
    try:
        stream = await asyncio.shield(opening)
    except asyncio.CancelledError:
        # The thread goes on all the same, and what it opens would deliver to nobody for ever.
        with contextlib.suppress(SoundError):
            system.close(await opening)
        raise
    try:
        yield stream
    finally:
        await asyncio.shield(asyncio.to_thread(system.close, stream))


_ALSA_ERROR: Final = ctypes.CFUNCTYPE(
    None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p
)
_ignore_alsa: Final = _ALSA_ERROR(lambda *_: None)


def _silence_alsa() -> None:
    """Errors reach us through PortAudio; libasound prints them a second time."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(_ignore_alsa)


class SoundStream:
    """What both directions share: being opened, being lost, being reopened, saying so once.

    ``trouble`` is told what is wrong, and an empty text when it is right again.
    """

    def __init__(self, system: SoundSystem, name: str, direction: Direction, trouble: Callable[[str], None]) -> None:
        self.name = name
        self.direction: Direction = direction
        self.system = system
        self._trouble = trouble
        self._failures = 0

    def failed(self, error: str) -> float:
        """Say what is wrong, the first time; seconds to wait before the next attempt."""
        if self._failures == 0:
            log.error("%s; it is tried again until it works", error)
            self._trouble(error)
        wait_s = _BACKOFF_S[min(self._failures, len(_BACKOFF_S) - 1)]
        self._failures += 1
        return wait_s

    def works(self) -> None:
        """Say that it is back, if it was lost."""
        if self._failures:
            log.warning("the %s is back", self.direction)
            self._trouble("")
        self._failures = 0
