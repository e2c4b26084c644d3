"""Microphone frames to where the posture says, and the wake word's worker.

Frames are int16, shape (1280,), 16 kHz. What was said since the wake word is held here until a session
takes it, so no word is lost while a chime sounds and a socket opens.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, Protocol

import numpy as np

from speaker.adapters.wakeword import Detection, WakeWords
from speaker.core.conversation import Microphone
from speaker.core.pcm import FRAME_MS, Samples
from speaker.core.preroll import preroll_start

log = logging.getLogger(__name__)

WORD_FRAMES: Final = 13
"""About a second: a wake word and a little more."""

RECENT_FRAMES: Final = 25
"""Frames that are remembered for the pre-roll, 2 s: a slow machine detects late."""

MOST_HELD_S: Final = 60
"""Held sound beyond this is dropped from the front: nobody speaks so long into a closed socket."""

BEHIND_FRAMES: Final = 12
"""Frames waiting for the wake word's worker from which the machine counts as too slow."""


class Sink(Protocol):
    """Where the session's sound goes."""

    def append(self, samples: Samples) -> None:
        """Take more sound."""


class Router:
    """One place that every frame goes through. ``woken`` is called on the event loop."""

    def __init__(self, words: WakeWords, barge_in_threshold: float, woken: Callable[[Detection], None]) -> None:
        self._words = words
        self._barge_in_threshold = barge_in_threshold
        self._woken = woken
        self._worker = ThreadPoolExecutor(1, "wake-word")
        self._loop = asyncio.get_running_loop()
        self._mode = Microphone.OFF
        self._barging = False
        self._sink: Sink | None = None
        self._recent: deque[tuple[int, Samples]] = deque(maxlen=RECENT_FRAMES)
        self._held: deque[Samples] = deque(maxlen=MOST_HELD_S * 1000 // FRAME_MS)
        self._since: int | None = None
        """The frame that told of a wake word for which no posture has come yet."""
        self._count = 0
        self._waiting = 0
        self._complained = False
        self.worked_at = 0.0
        """Loop time at which a frame was last done with: the pulse that the watchdog feels."""

    def close(self) -> None:
        """Give up the worker; later frames are dropped."""
        self._mode = Microphone.OFF
        self._worker.shutdown(wait=False, cancel_futures=True)

    def set_threshold(self, threshold: float) -> None:
        """Use another threshold for every wake word."""
        for word in self._words.words:
            word.threshold = threshold

    def route(self, mode: Microphone, sink: Sink | None, *, barging: bool) -> None:
        """Send frames there from now on. ``barging``: the wake word is heard over the speaker's own voice."""
        before, self._mode, self._sink, self._barging = self._mode, mode, sink, barging
        if mode is Microphone.WAKE:
            self._held.clear()
            return
        since, self._since = self._since, None
        if before is Microphone.WAKE and since is not None and since > self._count - RECENT_FRAMES:
            # Another event overtook the wake word's, and its posture was to go on listening for one.
            self._hold_since(since)
        if mode is Microphone.OFF:
            self._held.clear()
        if mode is Microphone.SESSION and sink is not None and self._held:
            sink.append(np.concatenate(list(self._held)))
            self._held.clear()

    def take(self, frame: Samples) -> None:
        """The next frame from the microphone."""
        self._count += 1
        if self._mode is Microphone.OFF:
            self._recent.clear()
            self.worked_at = self._loop.time()
            return
        self._recent.append((self._count, frame))
        if self._mode is Microphone.SESSION and self._sink is not None:
            self._sink.append(frame)
        elif self._mode is not Microphone.WAKE:
            self._held.append(frame)
        self._listen(frame, self._count)

    def _listen(self, frame: Samples, number: int) -> None:
        self._waiting += 1
        if self._waiting > BEHIND_FRAMES and not self._complained:
            self._complained = True
            log.warning("this machine scores wake words more slowly than sound arrives; use fewer wake words")
        work = self._worker.submit(self._work, frame, self._mode is Microphone.WAKE, self._barging)
        work.add_done_callback(lambda done: self._to_loop(number, done))

    def _to_loop(self, number: int, done: "Future[Detection | None]") -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed while the program ends
            self._loop.call_soon_threadsafe(self._worked, number, done)

    def _work(self, frame: Samples, wanted: bool, barging: bool) -> Detection | None:
        if not wanted:
            self._words.keep(frame)
            return None
        return self._words.push(frame, barge_in_threshold=self._barge_in_threshold if barging else None)

    def _worked(self, number: int, done: "Future[Detection | None]") -> None:
        self._waiting -= 1
        if done.cancelled():
            return
        detection = done.result()
        self.worked_at = self._loop.time()
        if detection is not None and self._mode is Microphone.WAKE:
            # Held from this very moment: the next frame may come before the posture does.
            self._hold_since(number)
            self._mode, self._since = Microphone.HOLD, number
            self._woken(detection)

    def _hold_since(self, number: int) -> None:
        """Begin the pre-roll where the wake word ended: a little before the end of the frame that told."""
        word = [frame for at, frame in self._recent if number - WORD_FRAMES < at <= number]
        later = [frame for at, frame in self._recent if at > number]
        self._held.clear()
        if word:
            sound = np.concatenate(word)
            self._held.extend([sound[preroll_start(sound) :], *later])
