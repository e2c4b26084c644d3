"""Commands as they come in: so many a second are carried out, and of a flood of values the last one counts."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection
from typing import Final

from speaker.mqtt.allowance import Allowance
from speaker.mqtt.dispatch import IncomingMessage

PER_S: Final = 10.0
"""Commands of one verb that are carried out a second, in the long run."""

AT_ONCE: Final = 20
"""And at once."""

_OTHER: Final = ""
"""All verbs that there are not, together."""

CarryOutVerb = Callable[[str, IncomingMessage], None]


class CommandIntake:
    """Each verb has an allowance of its own: who floods the volume does not take ``stop`` away from anybody."""

    def __init__(self, carry_out: CarryOutVerb, refuse: Callable[[str, str], None]) -> None:
        """``refuse`` is told a verb and a sentence, once for each flood."""
        self._carry_out = carry_out
        self._refuse = refuse
        self._known: Collection[str] = ()
        self._lasting: Collection[str] = ()
        self._allowed: dict[str, Allowance] = defaultdict(lambda: Allowance(PER_S, AT_ONCE))
        self._put_off: dict[str, IncomingMessage] = {}
        """Verb → the last value that came, until it may be set."""

    def expect(self, known: Collection[str], lasting: Collection[str]) -> None:
        """Name the verbs, and those that set a value."""
        self._known, self._lasting = known, lasting

    def hear(self, verb: str, message: IncomingMessage) -> bool:
        """Carry a command out, now or later, or refuse it; whether it is not refused."""
        allowed = self._allowed[verb if verb in self._known else _OTHER]
        if verb in self._put_off:
            self._put_off[verb] = message
        elif allowed.take(_now()):
            self._carry_out(verb, message)
        else:
            if allowed.begins():
                rest = "the last value counts" if verb in self._lasting else "the rest is refused"
                self._refuse(verb, f"more than {PER_S:g} commands {verb[:40]!r} a second; {rest}")
            if verb not in self._lasting:
                return False
            self._put_off[verb] = message
            self._later(verb, allowed)
        return True

    def _later(self, verb: str, allowed: Allowance) -> None:
        asyncio.get_running_loop().call_later(allowed.wait_s(), self._catch_up, verb, allowed)

    def _catch_up(self, verb: str, allowed: Allowance) -> None:
        if allowed.take(_now()):
            self._carry_out(verb, self._put_off.pop(verb))
        else:
            self._later(verb, allowed)


def _now() -> float:
    return asyncio.get_running_loop().time()
