"""What goes wrong with a service's answers: told once, tried again where that helps, and never waited for too long.

A fault comes as a response that failed, as an error in its place, as both, or as nothing at all. Whichever it is, the
inbox hears of one response that ended, and why is kept for the sentence that the user hears.
"""

import logging
from typing import Final, Protocol

from speaker.conversation import events
from speaker.conversation.reply_pause import LONGEST_RETRY_S, ReplyPause
from speaker.conversation.responses import UNNAMED, Responses
from speaker.conversation.session_needs import SessionNeeds
from speaker.conversation.stall_watch import StallWatch
from speaker.errors import SessionError
from speaker.realtime.complaints import Complaint, complaint, retry_after_s
from speaker.realtime.error_mapping import ServicePlace, reported
from speaker.realtime.protocol.objects import Problem

log = logging.getLogger(__name__)

STALLED: Final = "the Realtime service began an answer and sent nothing more for {:g} s"

AFTER_ERROR_S: Final = 2.0
"""A response that is being made when an error comes is given up when it does not go on within this time: some
services never tell of its end."""

ASIDE: Final = "aside_"
"""How the names of events begin that ask for no response: their refusal is no answer's."""


class AnsweredSession(Protocol):
    """The session whose answers these are."""

    number: int
    endpoint: str

    def cancel_response(self, response: str) -> None:
        """Ask the service to stop a response."""


class AnswerFaults:
    """The faults of one connection's answers."""

    def __init__(
        self, session: AnsweredSession, needs: SessionNeeds, place: ServicePlace, responses: Responses
    ) -> None:
        self.problem: SessionError | None = None
        """Why the last answer is less than one, if so."""
        self._session, self._needs, self._place, self._responses = session, needs, place, responses
        self._post, self._observers = needs.post, needs.observers
        self._stall = StallWatch(self._stalled)
        self._pause = ReplyPause(lambda: self._post(events.ReplyFree(session.number)))
        self._told = False
        """Whether the present turn was told to have failed; the service may tell it once more."""
        self._retried = False

    def turn_begins(self) -> None:
        """Another answer is waited for."""
        self._told, self.problem = False, None

    def begins(self) -> None:
        """A response has begun."""
        self._pause.succeeded()

    def goes_on(self) -> None:
        """A sign of life has come."""
        self._stall.watch(self._responses.active, self._needs.patience.stalled_s)

    def ended(self, *, well: bool) -> None:
        """A response has ended: whoever had to wait for that need not wait any more."""
        self._retried = self._retried and not well
        self._pause.end()

    def hush(self) -> None:
        """Nobody wants an answer now."""
        self._pause.cancel()
        self.goes_on()

    def close(self) -> None:
        """The connection is gone."""
        self._pause.cancel()
        self._stall.watch(None, 0)

    def hear(self, problem: Problem) -> None:
        """An error event has come."""
        what, name = complaint(problem), problem.event_id or ""
        if what is Complaint.HARMLESS:
            return
        if name.startswith(ASIDE):
            log.warning("%s", reported(self._place, problem))
            return
        asked = name if self._responses.knows(name) else None
        if what is Complaint.WAIT:
            if self._responses.refused(asked):
                self._hold_back()
        elif self._responses.active is not None and asked is None:
            self.note(reported(self._place, problem))
            self._stall.watch(self._responses.active, AFTER_ERROR_S)
        elif self._responses.due:
            if self._responses.refused(asked):
                self.fails(problem, reported(self._place, problem), UNNAMED)
        else:
            self.note(reported(self._place, problem))
            self._post(events.ServiceComplained(self._session.number))

    def fails(self, problem: Problem, error: SessionError, response: str) -> None:
        """A response failed, or an error came in its place; it is tried once more if that is a matter of time."""
        wait_s = retry_after_s(problem)
        again = wait_s is not None and wait_s <= LONGEST_RETRY_S and not self._retried
        if again:
            self._retried = True
            log.warning("%s; it is asked again in %.1f s", error, wait_s)
            self._hold_back(wait_s)
        elif not self._told:
            self.note(error)
        self._post(events.ResponseEnded(self._session.number, response, failed=not (again or self._told)))
        self._told = self._told or not again

    def note(self, problem: SessionError, *, quietly: bool = False) -> None:
        """Keep why the answer is none, and tell who wants to know."""
        self.problem = problem
        if problem.fatal:
            self._observers.refused(self._session.endpoint, problem)
        if not quietly:
            self._observers.trouble(str(problem))

    def _hold_back(self, wait_s: float | None = None) -> None:
        """The response that was asked for has to wait."""
        held = wait_s is not None or self._responses.active is None
        self._post(events.ReplyRefused(self._session.number, held=held))
        if held:
            self._pause.begin(wait_s)

    def _stalled(self, response: str, after_s: float) -> None:
        self._responses.silence()
        self._session.cancel_response(response)
        if self.problem is None:
            self.note(SessionError(STALLED.format(after_s), code="stalled"))
        self._told = True
        self._post(events.ResponseEnded(self._session.number, response, failed=True))
