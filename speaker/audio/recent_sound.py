"""The end of a stream of sound, as long as somebody may want to look back."""

from collections import deque

import numpy as np

from speaker.audio.pcm import Samples


class RecentSound:
    """Keeps the last so many samples, in the pieces in which they came."""

    def __init__(self, most: int) -> None:
        """``most``: how many samples can be looked back."""
        self._most = most
        self._pieces: deque[Samples] = deque()
        self._size = 0

    def push(self, samples: Samples) -> None:
        """What comes next: int16, shape (n,)."""
        self._pieces.append(samples)
        self._size += samples.size
        while self._size - self._pieces[0].size >= self._most:
            self._size -= self._pieces.popleft().size

    def last(self, count: int) -> Samples:
        """The last ``count`` samples, or as many as are kept: int16, shape (n,)."""
        kept = np.concatenate([np.zeros(0, np.int16), *self._pieces])
        return kept[kept.size - min(count, self._most, kept.size) :]

    def clear(self) -> None:
        """Forget all."""
        self._pieces.clear()
        self._size = 0
