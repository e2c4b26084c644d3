"""The front end at work: one thread between the microphone's, which must never wait, and the event loop.

The microphone's thread hands pieces in and goes on fetching. Asleep the worker keeps what it has sensed to itself,
and tells the event loop only when something matters: a wake word, and what was heard just before it.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import Final

from speaker.audio.pcm import WAKE_HZ, Samples, ms_to_samples
from speaker.listening.front_end import FrontEnd, SensedFrame, SenseRequest

log = logging.getLogger(__name__)

RECENT: Final = ms_to_samples(2_000, WAKE_HZ)
"""Samples that are remembered for the pre-roll: a slow machine detects late."""

BEHIND: Final = ms_to_samples(960, WAKE_HZ)
"""Samples waiting for the worker from which the machine counts as too slow."""


class SensingWorker:
    """Pieces in, in order. ``sensed`` gets them on the event loop, several together, each with whether it is news.

    What nobody asked for when it came is no news, but it may be wanted for the pre-roll.
    """

    def __init__(self, front_end: FrontEnd, sensed: Callable[[list[tuple[SensedFrame, bool]]], None]) -> None:
        self._front_end = front_end
        self._sensed = sensed
        # Not an executor: what that keeps of each piece of work, for who waits for it, costs as much as the hand-over.
        self._pieces: SimpleQueue[tuple[Samples, Samples, SenseRequest] | None] = SimpleQueue()
        self._closed = False
        self._loop = asyncio.get_running_loop()
        self._untold: list[tuple[SensedFrame, bool]] = []
        self._taken = self._done = 0
        """Samples that were handed in, and that are done with."""
        self._complained = False
        self.patient = False
        """Whether the event loop wants to hear of nothing but wake words."""
        self.together = 0
        """So many samples may be told together, unless something happens in them."""
        self.worked_at = 0.0
        """Monotonic time at which a piece was last done with."""
        threading.Thread(target=self._work, name="front-end", daemon=True).start()

    def take(self, piece: Samples, reference: Samples, wanted: SenseRequest | None) -> None:
        """The next piece, what the loudspeaker put into the air meanwhile, and what is listened for, if anything.

        Called on the microphone's thread.
        """
        if wanted is None:
            self.worked_at = time.monotonic()
            return
        self._taken += piece.size
        if self.waiting > BEHIND and not self._complained:
            self._complained = True
            log.warning("this machine scores wake words more slowly than sound arrives; use fewer wake words")
        if not self._closed:
            self._pieces.put((piece, reference, wanted))

    @property
    def waiting(self) -> int:
        """Samples that were handed in and are not done with."""
        return self._taken - self._done

    def forget(self) -> None:
        """What was heard until now is not to be told."""
        self._untold = []

    def close(self) -> None:
        """Give up the thread; later pieces are dropped."""
        self._closed = True
        self._pieces.put(None)

    def _work(self) -> None:
        while (piece := self._pieces.get()) is not None and not self._closed:
            try:
                self._sense(*piece)
            except Exception as error:  # noqa: BLE001 - raised on the event loop, which says what is wrong
                self._tell(partial(_raise, error))
            self._done += piece[0].size
            self.worked_at = time.monotonic()

    def _sense(self, piece: Samples, reference: Samples, wanted: SenseRequest) -> None:
        sensed = self._front_end.sense(piece, reference, wanted)
        # Behind a wake word every piece matters, before the event loop can say so.
        self.patient = self.patient and sensed.detection is None
        self._untold.append((sensed, not self.patient))
        if self.patient:
            del self._untold[: -(RECENT // piece.size)]
        elif _happens(sensed) or sum(one.voice.size for one, _ in self._untold) >= self.together:
            untold, self._untold = self._untold, []
            self._tell(lambda: self._sensed(untold))

    def _tell(self, news: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed while the program ends
            self._loop.call_soon_threadsafe(news)


def _raise(error: Exception) -> None:
    raise error


def _happens(sensed: SensedFrame) -> bool:
    return sensed.detection is not None or bool(sensed.talk) or sensed.stirring
