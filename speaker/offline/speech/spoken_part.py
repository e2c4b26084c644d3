"""What of a spoken phrase is heard: a voice begins and ends with more silence than anybody waits for."""

from typing import Final

import numpy as np

from speaker.audio.pcm import SESSION_HZ, Samples, ms_to_samples

SPOKEN_DBFS: Final = -65.0
"""From this level of 5 ms on something is said; the loudest of a phrase is near -18, a breath near -60."""

KEPT_LEAD_MS: Final = 20
"""So much silence stays before the first sound. hibari makes 180 to 320 ms of it."""

KEPT_PAUSE_MS: Final = 200
"""So much stays behind the last one, since another sentence may follow. hibari makes 250 to 430 ms of it."""

_MOMENT_MS: Final = 5


def spoken_part(phrase: Samples) -> Samples:
    """A phrase (int16, shape (n,), 24 kHz) without the silence around it; one of silence alone stays as it is."""
    moment = ms_to_samples(_MOMENT_MS, SESSION_HZ)
    moments = phrase[: phrase.size - phrase.size % moment].reshape(-1, moment).astype(np.float32)
    least = 32768.0 * 10 ** (SPOKEN_DBFS / 20)
    audible = np.flatnonzero(np.sqrt(np.mean(np.square(moments), axis=1)) >= least)
    if not audible.size:
        return phrase
    first, last = int(audible[0]) * moment, (int(audible[-1]) + 1) * moment
    lead, pause = ms_to_samples(KEPT_LEAD_MS, SESSION_HZ), ms_to_samples(KEPT_PAUSE_MS, SESSION_HZ)
    return phrase[max(0, first - lead) : last + pause]
