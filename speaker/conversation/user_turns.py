"""The user's turns, where their ends are found on this machine: how the service hears of them, or need not.

Sound goes out while it is spoken, so that nobody waits for it; the end of the turn decides whether it is committed
and answered there, or forgotten there because this machine has understood it.
"""

import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from speaker.audio.pcm import WAKE_HZ, Samples, samples_to_ms
from speaker.conversation import events
from speaker.conversation.events import Event
from speaker.conversation.local_intents import Done, LocalIntents, LocalPlan, RunTool
from speaker.conversation.session import ConversationSession
from speaker.errors import ModelError
from speaker.listening.uplink_gate import Lead

log = logging.getLogger(__name__)

TOLD: Final = "The user said: {words} The device answered that without you, and said: {said}"
"""What the session is told of a turn that it did not hear, so that it knows what "it" is in the next one."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What a turn may lead to."""

    post: Callable[[Event], None]
    start: Callable[[Coroutine[Any, Any, None]], object]
    run_tool: RunTool
    said: Callable[[str, str], None]
    """Words of the user or the assistant."""
    answer: Callable[[Done, float], None]
    """Something was done here: say so. And how much the user had said, in ms."""


class UserTurns:
    """One turn after the other, each of one dialogue."""

    def __init__(self, local: LocalIntents, ports: Ports) -> None:
        self._local = local
        self._ports = ports
        self._speaking = False
        self._lead: Lead | None = None
        self._said: list[Samples] = []
        """What was said, sent, and neither committed nor cleared: int16, 16 kHz."""
        self._weighing = ""
        """The turn of which it is not known yet who answers it."""
        self._answering = ""
        """The turn that is being answered here."""
        self._count = 0

    @property
    def answering(self) -> bool:
        """Whether the present turn is answered here."""
        return bool(self._answering)

    def append(self, samples: Samples) -> None:
        """More sound has been sent; it is a turn's if one has begun."""
        if self._speaking:
            self._said.append(samples)

    def began(self, dialogue: ConversationSession, lead: Lead | None = None) -> None:
        """The user speaks. Who goes on before their words were weighed has not finished them."""
        if not self._weighing:
            if self._said:
                dialogue.clear()
                self._said.clear()
            self._lead = lead
        self._speaking = True
        self.forget_answer()
        self._ports.post(events.SpeechBegan(dialogue.number))

    def ended(self, dialogue: ConversationSession, *, local_first: bool) -> None:
        """The user has finished; with ``local_first`` this machine may answer."""
        self._speaking = False
        if not local_first or not self._said:
            self._commit(dialogue)
            self._ports.post(events.TurnEnded(dialogue.number))
            return
        self._count += 1
        self._weighing = call = f"turn {self._count}"
        self._ports.post(events.TurnEnded(dialogue.number, call))
        self._ports.start(self._weigh(call, dialogue, np.concatenate(self._said)))

    def forget_answer(self) -> None:
        """Nobody wants to hear the answer any more, or it comes from elsewhere; what is being done goes on."""
        self._weighing = self._answering = ""

    def forget(self) -> None:
        """The session that heard it is gone."""
        self.forget_answer()
        self._speaking = False
        self._said.clear()

    def _commit(self, dialogue: ConversationSession) -> None:
        dialogue.commit()
        self._said.clear()

    async def _weigh(self, call: str, dialogue: ConversationSession, said: Samples) -> None:
        """Find out who answers, and do it if it is this machine. The conversation waits for the call's end."""
        settled = events.ToolAnswered(dialogue.number, call, quiet=True)
        plan = await self._understand(said, self._lead, dialogue)
        if call != self._weighing:
            self._ports.post(settled)
            return
        self._weighing = ""
        if plan is None:
            self._commit(dialogue)
            self._ports.post(events.ToolAnswered(dialogue.number, call))
            return
        dialogue.clear()
        self._said.clear()
        self._answering = call
        self._ports.post(events.UnderstoodHere(dialogue.number))
        self._ports.said("user", plan.words)
        done = await self._local.carry_out(plan, self._ports.run_tool)
        dialogue.tell(TOLD.format(words=plan.words, said=done.text))
        if call == self._answering:
            self._ports.said("assistant", done.text)
            self._ports.answer(done, samples_to_ms(said.size, WAKE_HZ))
        spoken = call == self._answering and not done.quiet
        self._ports.post(events.AnsweredHere(dialogue.number, call) if spoken else settled)

    async def _understand(self, said: Samples, lead: Lead | None, dialogue: ConversationSession) -> LocalPlan | None:
        try:
            return await self._local.understand(said, dialogue.wanted, lead)
        except ModelError as error:
            log.warning("nothing can be understood on this machine: %s", error)
            return None
