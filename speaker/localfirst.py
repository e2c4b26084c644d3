"""What is so clear that nobody else needs to be asked: simple commands, carried out without the cloud.

The offline rules are asked for the calls that an utterance means. They answer only for sentences that they
know, or that differ by a small slip; and only tools run that need no confirmation. All else goes to the
service as ever.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from speaker.core.pcm import WAKE_HZ, Samples
from speaker.core.wire.objects import Session
from speaker.offline import answering
from speaker.offline.definitions import Call
from speaker.offline.mind import Mind
from speaker.toolbelt import Ran, Toolbelt

log = logging.getLogger(__name__)

MOST_CALLS: Final = 6
"""A sentence that means more calls is left to the service: a slip in it would cost much."""

RunTool = Callable[[str, str], Awaitable[Ran]]
"""Runs a call: the tool's name and its arguments as JSON."""


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


class LocalFirst:
    """The short way: recognised, understood and answered on this machine."""

    def __init__(self, mind: Mind, toolbelt: Toolbelt) -> None:
        self._mind = mind
        self._toolbelt = toolbelt

    async def understand(self, samples: Samples, session: Session) -> LocalPlan | None:
        """What a whole utterance means (int16, 16 kHz); None when the service should hear it.

        ``session`` is what would be asked of the service: its instructions name the devices, its tools what can
        be done. Raises ModelError when the offline engines are missing.
        """
        heard = await self._mind.hear(samples, WAKE_HZ)
        return await self.confident(heard.text, session) if heard.text else None

    async def confident(self, words: str, session: Session) -> LocalPlan | None:
        """What these words mean, if that is beyond doubt and may be done without asking."""
        tools: Sequence[dict[str, object]] = session.tools or []
        brain = await self._mind.brain(str(session.instructions or ""), tools)
        calls = await self._mind.confident(brain, words)
        if not 0 < len(calls) <= MOST_CALLS or not all(self._toolbelt.allows(call.name) for call in calls):
            return None
        log.info("= understood here: %s", ", ".join(call.name for call in calls))
        return LocalPlan(words, calls)

    @staticmethod
    async def carry_out(plan: LocalPlan, run_tool: RunTool) -> Done:
        """Run the calls together, and put what came of them into one answer."""
        ran = await asyncio.gather(
            *(run_tool(call.name, msgspec.json.encode(call.arguments).decode()) for call in plan.calls)
        )
        return Done(answering.answer([one.text for one in ran]), quiet=all(one.quiet for one in ran))
