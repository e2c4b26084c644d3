"""Reads the microphone's stream, on a thread that sleeps as long as it may.

The idea. PortAudio can call us for every block, or keep the sound until somebody fetches it. Asleep nobody needs it
before 80 ms of it are there, since the wake word is scored by those; in a conversation every 20 ms count. One thread
that fetches can do both with one stream: it sleeps longer or shorter, and the card's buffer, a third of a second,
holds what comes meanwhile. So nothing is opened anew when the speaker wakes, and asleep the daemon is woken by the
microphone a dozen times a second and not fifty times.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

from speaker.audio.pcm import FRAME_MS, PIECE_MS
from speaker.audio.portaudio import Stream
from speaker.audio.timeline import Timeline

_LOOK_AGAIN_S: Final = 0.003
"""How long to wait for sound that is due and not there yet."""

_EARLY_S: Final = 0.001
"""How much sooner than after a whole piece the next one is looked for, at most: what is there of it already may be a
card's that goes on evenly, or of one that delivers lumps and would be asked again and again."""

Take = Callable[[bytes, float, bool], None]
"""Is given interleaved samples, the monotonic time at which they begin, and whether some before them were dropped."""


class SoundReader:
    """Fetches what a running input stream has, whole pieces of 20 ms, and hands it to ``take`` on its own thread."""

    def __init__(self, stream: Stream, hz: int, take: Take, patient: bool) -> None:
        """``patient``: whether 80 ms may be fetched at a time."""
        self._stream = stream
        self._hz = hz
        self._take = take
        # A card that holds less than was asked for is emptied before it is full.
        held_s = float(stream.get_input_latency())
        self._longest_s = min(FRAME_MS / 1000, max(PIECE_MS / 1000, held_s / 3))
        self._patient = patient
        self._timeline = Timeline()
        self._nudge = threading.Event()
        self._ends = False
        self._thread = threading.Thread(target=self._run, name="microphone", daemon=True)
        self._thread.start()

    def hurry(self, wanted: bool) -> None:
        """Fetch every 20 ms from now on, or as seldom as is possible."""
        if wanted and self._patient:
            self._patient = False
            self._nudge.set()
        else:
            self._patient = not wanted

    def close(self) -> None:
        """End the thread; the stream is left alone from then on."""
        self._ends = True
        self._nudge.set()
        self._thread.join()

    @property
    def _pause_s(self) -> float:
        return self._longest_s if self._patient else PIECE_MS / 1000

    def _run(self) -> None:
        due_s = time.monotonic() + self._pause_s
        while True:
            self._sleep(max(_LOOK_AGAIN_S, due_s - time.monotonic()))
            if self._ends:
                return
            fetched_s, rest_s = time.monotonic(), self._fetch()
            if rest_s is not None:
                due_s = fetched_s + self._pause_s - min(rest_s, _EARLY_S)

    def _sleep(self, seconds: float) -> None:
        if not self._patient:  # plainly, which costs less: nobody is in more of a hurry
            time.sleep(seconds)
            return
        self._nudge.wait(seconds)
        self._nudge.clear()

    def _fetch(self) -> float | None:
        """Hand over what there is; how long the part of a piece is that is left. None when there is nothing."""
        piece = self._hz * PIECE_MS // 1000
        now_s = time.monotonic()
        waiting = int(self._stream.get_read_available())
        count = waiting - waiting % piece
        if count <= 0:  # a stream that has failed says a negative number, and is missed for what it does not deliver
            return None
        try:
            data = self._stream.read(count, exception_on_overflow=False)
        except OSError:
            return None
        begins_s = now_s - waiting / self._hz
        self._take(data, begins_s, self._timeline.push(begins_s, count / self._hz))
        return (waiting - count) / self._hz
