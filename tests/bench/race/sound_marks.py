"""Where sound begins and ends in a recording. Samples: int16, shape (n,); places are indices of samples."""

from typing import Final

import numpy as np

from speaker.audio.pcm import Samples

LOUD: Final = 500
"""What is louder is sound: the room itself is digitally silent."""


def first_loud(samples: Samples, start: int = 0) -> int | None:
    """The place of the first sound from a place on; None when there is none."""
    loud = np.flatnonzero(_size(samples[start:]) > LOUD)
    return start + int(loud[0]) if loud.size else None


def end_of_sound(samples: Samples, start: int, quiet: int) -> int | None:
    """The place behind the last sound before the first ``quiet`` samples of silence from a place on.

    None when nothing sounds there, or it does not end within the recording.
    """
    loud = start + np.flatnonzero(_size(samples[start:]) > LOUD)
    if not loud.size:
        return None
    ends = np.append(np.diff(loud) > quiet, samples.size - loud[-1] > quiet)
    found = np.flatnonzero(ends)
    return int(loud[found[0]]) + 1 if found.size else None


def silence_within(samples: Samples, least: int) -> int:
    """How many samples of the sound's own length are silent, in stretches of at least so many."""
    loud = np.flatnonzero(_size(samples) > LOUD)
    pauses = np.diff(loud) - 1
    return int(pauses[pauses >= least].sum())


def cut_sharply(samples: Samples, share: float = 0.15) -> Samples:
    """Speech without its soft ends, so that its first and last sound are at a known place whoever hears it.

    ``share`` of its peak is where it begins and ends.
    """
    loud = np.flatnonzero(_size(samples) > share * _size(samples).max())
    return samples[int(loud[0]) : int(loud[-1]) + 1]


def _size(samples: Samples) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """Without the sign; -32768 has no counterpart in 16 bits."""
    return np.abs(samples.astype(np.int32))
