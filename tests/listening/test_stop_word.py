"""An order to stop over the speaker's own voice: what is recognised, and how often."""

import asyncio

import numpy as np
import pytest

from speaker.audio.pcm import PIECE_SAMPLES, Samples
from speaker.listening.front_end import SensedFrame
from speaker.listening.speech_activity import Talk
from speaker.listening.stop_word import StopWord

WHOLE, WITHOUT_ECHO = 7, 3
"""What the samples of each sound are."""


async def heard(heard_as: dict[int, str], *, echo: bool) -> tuple[list[int], int]:
    """Something short, said to such ears: in which sounds words were looked for, and how often it stopped."""
    asked: list[int] = []
    stops: list[None] = []

    async def hear(sound: Samples) -> str:
        asked.append(int(sound[-1]))
        return heard_as[asked[-1]]

    word = StopWord(hear, lambda: stops.append(None))
    silent: list[Talk] = [""]
    for talk in (*silent, "begins", *(silent * 20), "ends"):
        whole, without = (np.full(PIECE_SAMPLES, value, np.int16) for value in (WHOLE, WITHOUT_ECHO if echo else WHOLE))
        word.hear(SensedFrame(whole, without, talk=talk))
    for _ in range(4):
        await asyncio.sleep(0)
    word.close()
    return asked, len(stops)


@pytest.mark.parametrize(
    ("whole", "without", "asked", "stops"),
    [
        ("Stop.", "", [WHOLE], 1),
        ("", "Stop.", [WHOLE, WITHOUT_ECHO], 1),
        ("Stomp.", "Stop.", [WHOLE], 0),
        ("", "", [WHOLE, WITHOUT_ECHO], 0),
        ("", "Hello.", [WHOLE, WITHOUT_ECHO], 0),
    ],
)
async def test_only_where_nothing_can_be_made_out_the_sound_without_echo_is_asked(
    whole: str, without: str, asked: list[int], stops: int
) -> None:
    assert await heard({WHOLE: whole, WITHOUT_ECHO: without}, echo=True) == (asked, stops)


async def test_where_nothing_plays_there_is_only_one_sound() -> None:
    assert await heard({WHOLE: ""}, echo=False) == ([WHOLE], 0)
