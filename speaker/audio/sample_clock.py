"""A sound device's clock against the common one: monotonic time, counted in samples at 16 kHz.

The stamps of a driver jitter by milliseconds, and a crystal is wrong by up to some hundred millionths. So a Kalman
filter keeps two numbers, the place of the next sample and how long a sample lasts, and how sure it is of both. At the
beginning a stamp counts for much, after minutes for little; the length of a sample is the crystal's, and is kept when
the device is opened again.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

import numpy as np

from speaker.audio import pcm
from speaker.audio.pcm import WAKE_HZ

SLIP_MS: Final = 25
"""Stamps that disagree by more than this, all of the last ones, mean that the stream has slipped."""

AGREEING: Final = 12
"""How many stamps in a row must disagree before they are believed."""

_JITTER: Final = float(pcm.ms_to_samples(4, WAKE_HZ)) ** 2
"""Variance of a good driver's stamps, samples squared; what a worse one's are is learned."""

_LEARNED: Final = 0.02
"""Share of the newest stamp in what is known of the jitter."""

_RATE_DEVIATION: Final = 200e-6
"""How wrong the clock of a device may be that nothing is known of; cheap ones are 100 ppm off, some 300."""

_SETTLING: Final = 4 * WAKE_HZ
"""So many samples of a stream its stamps are not trusted with the length of a sample: a sound server fills its buffers
first, and says for up to three seconds that sound is heard some 5 to 20 ms earlier than it is."""

_FOLLOWED: Final = 0.2
"""Share of a stamp that the place follows meanwhile."""

_WANDER: Final = 0.1 / WAKE_HZ
"""Variance by which the place of a stream becomes uncertain, samples squared for each sample."""

_DRIFT: Final = (0.1e-6) ** 2 / WAKE_HZ
"""The same for the length of a sample: a crystal follows the temperature, by some millionths within minutes."""


class SampleClock:
    """The clock of one device, over all of its streams."""

    def __init__(self, slipped: Callable[[], None] = lambda: None) -> None:
        """``slipped`` is called when the stream turns out to lie elsewhere: sound was lost or inserted."""
        self._tell_slip = slipped
        self._next: float | None = None
        self._length = 1.0
        self._var_next = self._covar = 0.0
        self._var_length = _RATE_DEVIATION**2
        self._jitter = _JITTER
        self._strays: deque[float] = deque(maxlen=AGREEING)
        self._settling = _SETTLING

    @property
    def next(self) -> float | None:
        """Where the next sample lies on the common clock; None before the first one of a stream."""
        return self._next

    @property
    def length(self) -> float:
        """How long a sample lasts, in samples of the common clock: 0.9995 for a device 500 ppm too fast."""
        return self._length

    @property
    def variance(self) -> float:
        """How uncertain ``length`` is, squared."""
        return self._var_length

    def restart(self) -> None:
        """Another stream of the same device begins."""
        self._next = None
        self._covar = 0.0
        self._strays.clear()
        self._settling = _SETTLING

    def unsettle(self) -> None:
        """Stamps may be wrong by other milliseconds from here on: sound was lost, or is fetched in other lumps.

        From any thread. Taken for a difference of the clocks, 5 ms would be one of 70 ppm for a minute.
        """
        self._settling = _SETTLING

    def place(self, begins_s: float, count: int) -> float:
        """Place (samples at 16 kHz, of monotonic time) of the first of ``count`` samples stamped ``begins_s``."""
        due = begins_s * WAKE_HZ
        if self._next is None:
            self._next, self._var_next = due, self._jitter
        else:
            self._correct(due - self._next)
        place = self._next
        self._advance(count)
        return place

    def _correct(self, stray: float) -> None:
        assert self._next is not None  # noqa: S101 - there is a stream
        limit = pcm.ms_to_samples(SLIP_MS, WAKE_HZ)
        self._strays.append(stray)
        if abs(stray) > limit:  # a stamp like this says nothing, unless all of them say so
            if len(self._strays) == AGREEING and (min(self._strays) > limit or max(self._strays) < -limit):
                self._next += float(np.median(self._strays))
                self._var_next, self._covar = self._jitter, 0.0
                self._strays.clear()
                self._tell_slip()
            return
        if self._settling > 0:
            self._next += _FOLLOWED * stray
            return
        self._jitter = max(_JITTER, self._jitter + _LEARNED * (stray**2 - self._jitter))
        total = self._var_next + self._jitter
        gain, gain_length = self._var_next / total, self._covar / total
        self._next += gain * stray
        self._length += gain_length * stray
        self._var_length -= gain_length * self._covar
        self._covar *= 1 - gain
        self._var_next *= 1 - gain

    def _advance(self, count: int) -> None:
        assert self._next is not None  # noqa: S101 - there is a stream
        self._next += count * self._length
        self._settling -= count
        if self._settling > 0:
            return
        self._var_next += count * (2 * self._covar + count * self._var_length + _WANDER)
        self._covar += count * self._var_length
        self._var_length += count * _DRIFT
