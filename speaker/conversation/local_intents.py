"""What is so clear that nobody else needs to be asked: simple commands, carried out without the cloud.

The offline rules are asked for the calls that an utterance means. They answer only for sentences that they
know, or that differ by a small slip; and only tools run that need no confirmation. All else goes to the
service as ever.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from rapidfuzz import fuzz

from speaker.audio.pcm import WAKE_HZ, Samples, ms_to_samples
from speaker.conversation.session_needs import RunTool
from speaker.errors import ModelError
from speaker.listening.uplink_gate import Lead
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.understanding.tool_schema import Call
from speaker.realtime.protocol.objects import Session
from speaker.realtime.session_config import spoken_language
from speaker.tools.registry import ToolRegistry
from speaker.tools.result import spoken_together

log = logging.getLogger(__name__)

MOST_CALLS: Final = 6
"""A sentence that means more calls is left to the service: a slip in it would cost much."""

WORD_LIKENESS: Final = 70.0
"""From which likeness on, 0-100, what was heard at the beginning is the wake word."""

SAME_LIKENESS: Final = 90.0
"""From which likeness on two hearings of a sentence are of the same words."""

LAST_SOUND_MS: Final = 200
"""What of a wake word may sound behind its lead."""


@dataclass(frozen=True, slots=True)
class LocalPlan:
    """What an utterance means, beyond doubt."""

    words: str
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a plan."""

    text: str
    """The sentence to speak."""
    quiet: bool
    """Whether a sound is answer enough."""


class LocalIntents:
    """The short way: recognised, understood and answered on this machine."""

    def __init__(self, engines: OfflineEngines, registry: ToolRegistry) -> None:
        self._engines = engines
        self._registry = registry

    async def get_ready(self) -> None:
        """Load what is needed while the user is still speaking."""
        with contextlib.suppress(ModelError, RuntimeError):  # told when it is needed
            await self._engines.get_ready()

    async def understand(self, samples: Samples, session: Session, lead: Lead | None = None) -> LocalPlan | None:
        """What a whole utterance means (int16, 16 kHz); None when the service should hear it.

        ``session`` is what would be asked of the service: its instructions name the devices, its tools what can
        be done. Raises ModelError when the offline engines are missing.
        """
        if not self._engines.can_hear(spoken_language(session)):
            return None
        if lead is not None:
            return await self._understand_behind(lead, samples, session)
        words = (await self._engines.hear(samples, WAKE_HZ)).text
        return await self.confident(words, session) if words else None

    async def _understand_behind(self, lead: Lead, samples: Samples, session: Session) -> LocalPlan | None:
        """What was said in one breath with the wake word means.

        It may begin with the last sound of that, which looks like a word of its own, so it is heard with the
        whole of it, and that is taken off. A word that was heard as another form of itself then ("turned on")
        is heard once more without, from behind the word's last sound; but never a word more or less.
        """
        whole = await self._engines.hear(np.concatenate([lead.samples, samples]), WAKE_HZ)
        words = without_word(whole.text, lead.word)
        plan = await self.confident(words, session) if words else None
        if plan is not None or not words:
            return plan
        behind = (await self._engines.hear(samples[ms_to_samples(LAST_SOUND_MS, WAKE_HZ) :], WAKE_HZ)).text
        same = len(behind.split()) == len(words.split())
        alike = same and fuzz.ratio(_letters(behind), _letters(words)) >= SAME_LIKENESS
        return await self.confident(behind, session) if alike else None

    async def confident(self, words: str, session: Session) -> LocalPlan | None:
        """What these words mean, if that is beyond doubt and may be done without asking."""
        tools: Sequence[dict[str, object]] = session.tools or []
        language = spoken_language(session)
        house = self._engines.house(str(session.instructions or ""), tools, language)
        calls = await self._engines.confident(house, words)
        if not 0 < len(calls) <= MOST_CALLS or not all(self._registry.allows(call.name) for call in calls):
            return None
        log.info("= understood here: %s", ", ".join(call.name for call in calls))
        return LocalPlan(words, calls)

    @staticmethod
    async def carry_out(plan: LocalPlan, run_tool: RunTool) -> Done:
        """Run the calls together, and put what came of them into one answer."""
        ran = await asyncio.gather(
            *(run_tool(call.name, msgspec.json.encode(call.arguments).decode()) for call in plan.calls)
        )
        return Done(spoken_together(ran), quiet=all(one.quiet for one in ran))


def without_word(text: str, word: str) -> str:
    """What was said behind the wake word (``hey_jarvis``); empty if that is not how the text begins."""
    wanted, words = word.replace("_", " "), text.split()
    beginnings = {count: _letters(" ".join(words[:count])) for count in range(1, len(wanted.split()) + 2)}
    count = max(beginnings, key=lambda one: fuzz.ratio(beginnings[one], wanted))
    return " ".join(words[count:]) if fuzz.ratio(beginnings[count], wanted) >= WORD_LIKENESS else ""


def _letters(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalpha() or letter == " ")
