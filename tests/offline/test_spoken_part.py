"""What of a phrase is silence goes, and nothing else."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from speaker.audio.pcm import SESSION_HZ, Samples, ms_to_samples
from speaker.offline.speech.spoken_part import KEPT_LEAD_MS, KEPT_PAUSE_MS, spoken_part


def silence(ms: int) -> Samples:
    return np.zeros(ms_to_samples(ms, SESSION_HZ), np.int16)


def tone(ms: int, peak: int = 9_000) -> Samples:
    times = np.arange(ms_to_samples(ms, SESSION_HZ)) / SESSION_HZ
    return (peak * np.cos(2 * np.pi * 300 * times)).astype(np.int16)


@given(lead=st.integers(0, 900), gap=st.integers(0, 900), tail=st.integers(0, 900))
def test_what_sounds_is_kept_with_the_pauses_inside(lead: int, gap: int, tail: int) -> None:
    said = np.concatenate([tone(120), silence(gap), tone(80)])
    kept = spoken_part(np.concatenate([silence(lead), said, silence(tail)]))
    (begin,) = np.flatnonzero(kept)[:1]
    assert np.array_equal(kept[begin : begin + said.size], said)
    assert begin <= ms_to_samples(KEPT_LEAD_MS + 5, SESSION_HZ)
    assert kept.size - begin - said.size <= ms_to_samples(KEPT_PAUSE_MS + 5, SESSION_HZ)
    assert begin >= min(ms_to_samples(lead, SESSION_HZ), ms_to_samples(KEPT_LEAD_MS, SESSION_HZ)) - ms_to_samples(
        5, SESSION_HZ
    )


def test_a_soft_beginning_belongs_to_it() -> None:
    breath = tone(60, peak=40)
    kept = spoken_part(np.concatenate([silence(300), breath, tone(200), silence(300)]))
    assert kept.size >= breath.size + tone(200).size + ms_to_samples(KEPT_LEAD_MS, SESSION_HZ)


def test_silence_alone_and_nothing_at_all_stay_as_they_are() -> None:
    assert spoken_part(silence(400)).size == silence(400).size
    assert spoken_part(silence(0)).size == 0
