"""What pages are told: everything once, nothing to a page that does not read, and nothing made while none is open."""

import asyncio
import json
from typing import Any

import numpy as np

from speaker.audio.pcm import FRAME_SAMPLES
from speaker.listening.front_end import SensedFrame
from speaker.web.page_feed import ERRORS, PAGE_WAITING, TURNS, PageFeed

QUIET = np.zeros(FRAME_SAMPLES, np.int16)


class _Cut:
    """Counts how often a connection was ended."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


def feed() -> PageFeed:
    return PageFeed(lambda: True, lambda: {"state": "idle"}, {"speaker": "Kitchen"})


async def test_the_first_message_holds_what_came_before() -> None:
    one = feed()
    for number in range(TURNS + 5):
        one.told({"type": "turn", "turn": number})
        one.told({"type": "error", "message": f"{number}"})
    page = one.open(_Cut())
    hello: dict[str, Any] = json.loads(await page.next())
    assert hello["kind"] == "hello"
    assert [turn["turn"] for turn in hello["is"]["turns"]] == list(range(5, TURNS + 5))
    assert (hello["is"]["speaker"], hello["is"]["state"]) == ("Kitchen", {"state": "idle"})
    assert len(one.errors) == ERRORS
    one.close(page)


async def test_a_page_that_does_not_read_is_cut_off_once_and_the_others_get_everything() -> None:
    one, stuck, cut, other_cut = feed(), [], _Cut(), _Cut()
    stuck.append(one.open(cut))
    reader = one.open(other_cut)
    await reader.next()
    for number in range(3 * PAGE_WAITING):
        one.shown({"volume": number})
        assert json.loads(await reader.next())["is"] == {"volume": number}
    assert (cut.times, other_cut.times) == (1, 0)
    for page in (*stuck, reader):
        one.close(page)


async def test_all_pages_are_cut_off_at_the_end() -> None:
    one, cuts = feed(), [_Cut(), _Cut()]
    pages = [one.open(cut) for cut in cuts]
    one.end()
    assert [cut.times for cut in cuts] == [1, 1]
    for page in pages:
        one.close(page)


async def test_nothing_runs_and_nothing_is_kept_while_no_page_is_open() -> None:
    one = feed()
    before = asyncio.all_tasks()
    one.look(SensedFrame(QUIET, QUIET, score=0.9))
    assert asyncio.all_tasks() == before
    page = one.open(_Cut())
    await page.next()
    one.look(SensedFrame(QUIET, QUIET, score=0.2))
    live = json.loads(await page.next())
    assert live == {"kind": "live", "is": {"level_db": -96.0, "score": 0.2}}
    one.close(page)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
