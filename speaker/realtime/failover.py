"""Who answers: the endpoints in the order in which they are tried, and those that are spared for a while."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from speaker.errors import SessionError
from speaker.realtime.endpoint import Target

log = logging.getLogger(__name__)

SPARED_S: Final = (60.0, 300.0, 900.0, 3600.0)
"""How long a service that refuses for good is not asked again; the last one repeats."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Somebody who can answer: ``cloud`` or ``offline``, and where."""

    name: str
    target: Target


class Failover:
    """The endpoints. A key that is refused once is refused the next time too: nobody is helped by asking."""

    def __init__(
        self, endpoints: Callable[[], Sequence[Endpoint]], barred: Callable[[], SessionError | None] = lambda: None
    ) -> None:
        """``endpoints``: all that may answer now, the first one first; ``barred``: why there is none, if so."""
        self._endpoints = endpoints
        self._barred = barred
        self._refusals: dict[str, int] = {}
        self._spared_until: dict[str, float] = {}
        self._why: dict[str, SessionError] = {}

    def candidates(self, at: float) -> tuple[list[Endpoint], SessionError | None]:
        """Who is tried at a time (monotonic seconds), and why somebody is not."""
        every = list(self._endpoints())
        spared = [one for one in every if self._spared_until.get(one.name, at) > at]
        why = self._why.get(spared[0].name) if spared else self._barred() if not every else None
        return [one for one in every if one not in spared], why

    @property
    def first(self) -> str:
        """The name of the endpoint that is tried first when none is spared."""
        return next((one.name for one in self._endpoints()), "")

    def refused(self, endpoint: str, why: SessionError, at: float) -> bool:
        """An endpoint said that it will not answer before somebody changes something; whether another may."""
        count = self._refusals.get(endpoint, 0)
        wait_s = SPARED_S[min(count, len(SPARED_S) - 1)]
        self._refusals[endpoint], self._why[endpoint] = count + 1, why
        self._spared_until[endpoint] = at + wait_s
        log.error("%s; it is not asked again for %d s", why, wait_s)
        return any(one.name != endpoint for one in self._endpoints())

    def answered(self, endpoint: str) -> None:
        """An endpoint works."""
        self._refusals.pop(endpoint, None)
        self._spared_until.pop(endpoint, None)
