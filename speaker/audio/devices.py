"""PortAudio: which devices there are, opening and closing streams, and staying quiet on stderr."""

import contextlib
import ctypes
import os
import threading
from collections.abc import Iterator, Sequence
from typing import Final

from speaker.audio.device_names import SoundDevice, fitting, lasting_names, meant_cards, meant_device
from speaker.audio.portaudio import INT16, PortAudio, Stream, start_portaudio, suggest_buffers
from speaker.audio.sound_cards import CardFiles, Direction, SoundCard
from speaker.errors import SoundError

_CLOSING_S: Final = 3.0
"""How long who wants a new list waits for the streams of the old one to be closed."""

MOST_OFFERED: Final = 6
"""So many devices are named in a sentence."""

_BEHIND_SERVER: Final = (
    "there is no {direction}: ALSA's default leads to {server}, and that runs for somebody who is logged in, not for "
    "this user; name a card in audio.{direction} that {server} leaves alone, or remove {server} (docs/sound.md)"
)


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
    """PortAudio itself, started when first needed. Its list of devices is as old as its start.

    A device that came later is not in the list, and a new list can only be made when no stream is open. So who misses
    a device asks for a renewal: each stream is closed as soon as it can be spared, and whoever opens the next one
    waits for that and finds the list made anew.
    """

    def __init__(self, files: CardFiles | None = None) -> None:
        self.files = files or CardFiles()
        self.renewals = 0
        """How often a new list was asked for; a stream that is older than that is to be closed when it can be."""
        self._listed = 0
        """The renewal that the list is as new as."""
        self._seen: list[SoundCard] = []
        """The cards that there were when the list was made."""
        self._audio: PortAudio | None = None
        self._lock = threading.Condition()
        self._open = 0
        self._patience: dict[tuple[str, Direction], tuple[int, int]] = {}
        """Who was said to be there and was not in the new list: attempts left until it is believed again, and then."""

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
        """The device that a name means. Raises SoundError that says why there is none."""
        devices, cards = self.devices(), self.files.cards()
        found = fitting(name, direction, devices, cards)
        if found:
            self._patience.pop((name, direction), None)
            return found[0]
        self.end()
        raise SoundError(self._missing(name, direction, devices, cards))

    def alike(self, device: SoundDevice, direction: Direction) -> list[SoundDevice]:
        """The others that cannot be told from a device by their titles."""
        return [
            one
            for one in self.devices()
            if one.title == device.title and one.index != device.index and one.channels(direction) > 0
        ]

    def _missing(
        self, name: str, direction: Direction, devices: Sequence[SoundDevice], cards: Sequence[SoundCard]
    ) -> str:
        for card in meant_cards(name, direction, cards):
            if refusal := self.files.refusal(card, direction, meant_device(name)):
                return f'the {direction} "{card.title}" {refusal}'
        able = [one for one in devices if one.channels(direction) > 0]
        if not able:
            if server := self.files.default_server() if name == "default" else "":
                return _BEHIND_SERVER.format(direction=direction, server=server)
            return f"there is no {direction}: ALSA lists none; plug one in and check `speaker devices`"
        names = [f'"{lasting_names(one, cards)[0]}"' for one in able]
        more = f" and {len(names) - MOST_OFFERED} more" if len(names) > MOST_OFFERED else ""
        there = f"there are {', '.join(names[:MOST_OFFERED])}{more}"
        if name == "default":
            return f"audio.{direction}: ALSA has no default {direction}; set it to one of those that {there}"
        return f'audio.{direction}: no device has "{name}" in its name; {there}'

    def open(self, device: SoundDevice, direction: Direction, callback: object, **options: int) -> Stream:
        """A running stream of 16-bit samples. Raises SoundError with PortAudio's own words.

        It is fetched from, or written to, where there is no ``callback``.
        """
        way = {"input": True, "input_device_index": device.index}
        if direction == "loudspeaker":
            way = {"output": True, "output_device_index": device.index}
        with self._lock:
            audio = self._start()
            suggest_buffers(device.index, capture=direction == "microphone")
            try:
                stream = audio.open(format=INT16, stream_callback=callback, **way, **options)
            except (OSError, ValueError) as error:
                self._end_if_unused()
                raise SoundError(self._refused(device, direction, error)) from error
            self._open += 1
            return stream

    def _refused(self, device: SoundDevice, direction: Direction, error: Exception) -> str:
        number = device.numbers[0] if device.numbers else None
        for card in self.files.cards():
            if card.number == number and (refusal := self.files.refusal(card, direction, meant_device(device.name))):
                return f'the {direction} "{device.name}" {refusal}'
        return f'the {direction} "{device.name}" cannot be opened: {error}'

    def close(self, stream: Stream) -> None:
        """Give a stream back."""
        with self._lock:
            with contextlib.suppress(OSError):  # a device that is gone cannot be stopped, only forgotten
                stream.close()
            self._open -= 1
            self._end_if_unused()
            self._lock.notify_all()

    def outdated(self, name: str, direction: Direction) -> bool:
        """Whether a device that is missing may be there by now, and only the list does not know it.

        What ALSA can open and PortAudio never lists is asked for more and more seldom: each renewal costs a moment
        of hearing.
        """
        if self._audio is None:
            return False
        if self._seen != self.files.cards():
            return True
        if fitting(name, direction, self.devices(), self._seen) or not answers(name, direction):
            return False
        left, then = self._patience.get((name, direction), (0, 1))
        self._patience[name, direction] = (left - 1, then) if left else (then, 2 * then)
        return left == 0

    def renew(self) -> None:
        """Let the list be made anew as soon as every stream has been closed."""
        with self._lock:
            if self._open and self.renewals == self._listed:
                self.renewals += 1
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
        if self._audio is not None and self._listed != self.renewals:
            self._lock.wait_for(lambda: self._open == 0, _CLOSING_S)
            self._end_if_unused()
        if self._audio is None:
            _silence_alsa()
            self._listed, self._seen = self.renewals, self.files.cards()
            with _quiet_stderr():
                self._audio = start_portaudio()
        return self._audio


_ALSA_ERROR: Final = ctypes.CFUNCTYPE(
    None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p
)
_ignore_alsa: Final = _ALSA_ERROR(lambda *_: None)

_CAPTURE: Final = 1
_PLAYBACK: Final = 0
_NONBLOCK: Final = 1
"""Of alsa/pcm.h: SND_PCM_STREAM_CAPTURE, SND_PCM_STREAM_PLAYBACK and SND_PCM_NONBLOCK."""


def _silence_alsa() -> None:
    """Errors reach us through PortAudio; libasound prints them a second time."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(_ignore_alsa)


def answers(name: str, direction: Direction) -> bool:
    """Whether ALSA can open a device of just this name now; asked of a sound server or a Bluetooth device.

    It is opened without waiting, and closed again before it plays or records anything.
    """
    try:
        alsa = ctypes.CDLL("libasound.so.2")
    except OSError:
        return False
    pcm = ctypes.c_void_p()
    way = _CAPTURE if direction == "microphone" else _PLAYBACK
    if alsa.snd_pcm_open(ctypes.byref(pcm), name.encode(), way, _NONBLOCK) < 0:
        return False
    alsa.snd_pcm_close(pcm)
    return True
