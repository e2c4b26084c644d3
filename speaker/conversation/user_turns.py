"""The user's turns, where their ends are found on this machine: how the service hears of them, or need not.

Sound goes out while it is spoken, so that nobody waits for it; the end of the turn decides whether it is committed
and answered there, or forgotten there because this machine has understood it.
"""

import logging
from typing import Final

import numpy as np

from speaker.audio.pcm import WAKE_HZ, Samples, samples_to_ms
from speaker.conversation import events
from speaker.conversation.inbox import Post
from speaker.conversation.local_intents import Done, LocalIntents, LocalPlan
from speaker.conversation.observers import Observer
from speaker.conversation.session import ConversationSession
from speaker.conversation.session_needs import RunTool
from speaker.conversation.sound import Playback
from speaker.conversation.tasks import TaskSet
from speaker.errors import ModelError
from speaker.listening.uplink_gate import Lead

log = logging.getLogger(__name__)

TOLD: Final = "The user said: {words} The device answered that without you, and said: {said}"
"""What the session is told of a turn that it did not hear, so that it knows what "it" is in the next one."""


class UserTurns:
    """One turn after the other, each of one session."""

    def __init__(
        self,
        local: LocalIntents,
        *,
        post: Post,
        tasks: TaskSet,
        run_tool: RunTool,
        observers: Observer,
        playback: Playback,
    ) -> None:
        self._local = local
        self._post = post
        self._tasks = tasks
        self._run_tool = run_tool
        self._observers = observers
        self._playback = playback
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

    def began(self, session: ConversationSession, lead: Lead | None = None, *, local_first: bool = False) -> None:
        """The user speaks; with ``local_first`` this machine may have to answer soon.

        Who goes on before their words were weighed has not finished them.
        """
        if local_first:
            self._tasks.start(self._local.get_ready())
        if not self._weighing:
            if self._said:
                session.clear()
                self._said.clear()
            self._lead = lead
        self._speaking = True
        self.forget_answer()
        self._post(events.SpeechBegan(session.number))

    def ended(self, session: ConversationSession, *, local_first: bool) -> None:
        """The user has finished; with ``local_first`` this machine may answer."""
        self._speaking = False
        if not local_first or not self._said:
            self._commit(session)
            self._post(events.TurnEnded(session.number))
            return
        self._count += 1
        self._weighing = call = f"turn {self._count}"
        self._post(events.TurnEnded(session.number, call))
        self._tasks.start(self._weigh(call, session, np.concatenate(self._said)))

    def forget_answer(self) -> None:
        """Nobody wants to hear the answer any more, or it comes from elsewhere; what is being done goes on."""
        self._weighing = self._answering = ""

    def forget(self) -> None:
        """The session that heard it is gone."""
        self.forget_answer()
        self._speaking = False
        self._said.clear()

    def _commit(self, session: ConversationSession) -> None:
        session.commit()
        self._said.clear()

    async def _weigh(self, call: str, session: ConversationSession, said: Samples) -> None:
        """Find out who answers, and do it if it is this machine. The conversation waits for the call's end."""
        settled = events.ToolAnswered(session.number, call, quiet=True)
        plan = await self._understand(said, self._lead, session)
        if call != self._weighing:
            self._post(settled)
            return
        self._weighing = ""
        if plan is None:
            self._commit(session)
            self._post(events.ToolAnswered(session.number, call))
            return
        session.clear()
        self._said.clear()
        self._answering = call
        self._post(events.UnderstoodHere(session.number))
        self._observers.said("user", plan.words)
        done = await self._local.carry_out(plan, self._run_tool)
        session.tell(TOLD.format(words=plan.words, said=done.text))
        if call == self._answering:
            self._observers.said("assistant", done.text)
            self._answer(done, samples_to_ms(said.size, WAKE_HZ))
        spoken = call == self._answering and not done.quiet
        self._post(events.AnsweredHere(session.number, call) if spoken else settled)

    def _answer(self, done: Done, heard_ms: float) -> None:
        """Say what was done without the service; where a sound is enough, the state machine asks for that."""
        if done.quiet:
            self._observers.answered_here(heard_ms, None)
        else:
            self._playback.speak(done.text, spoke=lambda ms, _: self._observers.answered_here(heard_ms, ms))

    async def _understand(self, said: Samples, lead: Lead | None, session: ConversationSession) -> LocalPlan | None:
        try:
            return await self._local.understand(said, session.wanted, lead)
        except ModelError as error:
            log.warning("nothing can be understood on this machine: %s", error)
            return None
