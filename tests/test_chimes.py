"""The speaker's own sounds: short, soft, never clipped."""

from typing import get_args

import numpy as np
import pytest

from speaker.core.chimes import Chime, chime
from speaker.core.pcm import SESSION_HZ, level_dbfs, ms_to_samples

CHIMES = get_args(Chime)


@pytest.mark.parametrize("name", CHIMES)
def test_a_chime_is_short_and_loud_enough_and_never_clipped(name: Chime) -> None:
    sound = chime(name)
    assert sound.dtype == np.int16
    assert sound.ndim == 1
    assert ms_to_samples(100, SESSION_HZ) <= sound.size <= ms_to_samples(400, SESSION_HZ)
    peak = int(np.abs(sound.astype(np.int32)).max())
    assert 0.3 * 32767 < peak <= 0.5 * 32767
    assert level_dbfs(sound) > -20


@pytest.mark.parametrize("name", CHIMES)
def test_it_begins_and_ends_in_silence_without_a_click(name: Chime) -> None:
    sound = chime(name).astype(np.int32)
    assert sound[0] == sound[-1] == 0
    edge = ms_to_samples(2, SESSION_HZ)
    assert max(np.abs(sound[:edge]).max(), np.abs(sound[-edge:]).max()) < 0.1 * 32767
    assert abs(float(sound.mean())) < 0.01 * 32767


def test_each_sounds_different() -> None:
    assert len({chime(name).tobytes() for name in CHIMES}) == len(CHIMES)
    low, high = (np.argmax(np.abs(np.fft.rfft(part))) for part in np.split(chime("wake")[:4000], 2))
    assert low < high


@pytest.mark.parametrize("name", CHIMES)
def test_nobody_can_spoil_it_for_the_next(name: Chime) -> None:
    with pytest.raises(ValueError, match="read-only"):
        chime(name)[0] = 1
    assert chime(name) is chime(name)
