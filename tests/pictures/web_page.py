"""The web page, photographed in Chromium while somebody talks with the speaker."""

import asyncio
from pathlib import Path
from typing import Final

from speaker.offline.speech.synthesiser import Synthesiser
from tests.pictures.shots import PART_IN_TALK, SHOTS, shot_name
from tests.pictures.told_conversation import ToldConversation, converse, near_misses, spoken
from tests.support.browser import seen
from tests.support.shown_page import ShownPage

SAID: Final = (
    "Hey Jarvis, turn on the ceiling light.",
    "Hey Jarvis, is the front door locked?",
    "Hey Jarvis, what is the temperature in the kitchen?",
)

SAID_MEANWHILE: Final = ("Hey Jarvis, turn on the sofa lamp.", "Hey Jarvis, turn off the hall light.")
"""While the page is open: it is photographed during the second answer."""


async def talk(shown: ShownPage) -> list[ToldConversation]:
    """A few conversations; what became of each."""
    voice, told = Synthesiser(), []
    for sentence in SAID:
        told.append(await converse(shown, spoken(voice, 0.8, sentence, 0.5)))
        shown.frame(0.02)
    return told


async def photograph(shown: ShownPage, folder: Path) -> None:
    """All of ``SHOTS``."""
    near_misses(shown)
    voice = Synthesiser()
    before, answered = (spoken(voice, 0.8, sentence, 0.5) for sentence in SAID_MEANWHILE)
    for screen in ("phone", "desk"):
        for scheme in ("light", "dark"):
            async with seen(shown, screen, scheme, scale=1.5 if screen == "phone" else 1) as one:
                await one.says("link", "connected")
                for part in [part for part, *how in SHOTS if how == [screen, scheme]]:
                    await one.part(part)
                    if part == PART_IN_TALK:
                        await converse(shown, before)
                    answer = asyncio.create_task(converse(shown, answered)) if part == PART_IN_TALK else None
                    if answer is not None:
                        await one.says("doing", "Speaking")
                    await asyncio.sleep(1)
                    await one.page.screenshot(path=folder / shot_name(part, screen, scheme), animations="disabled")
                    if answer is not None:
                        await answer
                assert one.complaints == []
