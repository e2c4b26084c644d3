"""Whether the silence that somebody has fallen into ends their turn, found out beside everything else.

A question is asked once for each pause, on a worker of its own, since the model takes 50 ms or, on a slow machine,
several times that. Nobody waits for the answer: who listens looks whether it has come, frame by frame. A new word makes
it void.
"""

import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from speaker.audio.pcm import WAKE_HZ, Samples, ms_to_samples
from speaker.audio.recent_sound import RecentSound
from speaker.audio.vad import ASKED_MS, Turns

log = logging.getLogger(__name__)


class TurnJudge:
    """Hears what the voice detector hears, and is asked by one worker."""

    def __init__(self, is_complete: Callable[[Samples], bool]) -> None:
        """``is_complete``: whether int16 samples at 16 kHz are a whole sentence; it is called on the own worker."""
        self._is_complete = is_complete
        self._worker = ThreadPoolExecutor(1, "turn-judge")
        self._recent = RecentSound(ms_to_samples(ASKED_MS, WAKE_HZ))
        self._pause_ms: int | None = None
        """The pause that was asked about last."""
        self._answer: Future[bool] | None = None

    def close(self) -> None:
        """Give up the worker; nothing may be asked any more."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def hear(self, samples: Samples) -> None:
        """What comes next (int16, 16 kHz), before the rules for turns get to know of it."""
        self._recent.push(samples)

    def ends(self, turns: Turns, pending: int) -> bool:
        """Whether the turn under way is complete, as far as that is known by now; asks when it may be.

        ``pending``: samples that were heard, and are no part of a window that the rules know.
        """
        if turns.pause_ms != self._pause_ms:
            self._ask(turns, pending)
        if self._answer is None or not self._answer.done():
            return False
        if self._answer.exception() is not None:
            log.error("nobody could tell whether a sentence is complete", exc_info=self._answer.exception())
            self._answer = None
            return False
        return self._answer.result()

    def _ask(self, turns: Turns, pending: int) -> None:
        if self._answer is not None:
            self._answer.cancel()
            self._answer = None
        self._pause_ms = turns.pause_ms
        if self._pause_ms is not None:
            said = self._recent.last(ms_to_samples(turns.lasts_ms, WAKE_HZ) + pending)
            with contextlib.suppress(RuntimeError):  # it is closed while a last frame is worked on
                self._answer = self._worker.submit(self._is_complete, said)
