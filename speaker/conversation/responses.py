"""Which response is heard: one at a time, whatever names a service gives to them, and however often it tells of them.

Idea. Two kinds of things are kept: *wishes*, responses that are due and have not begun, in the order in which they
became due; and the one response that is *active*. A response that begins, announced or by its first sound, fulfils
the wish that it names, else the oldest one. Nobody wants a wish any more after an interruption: it stays in the list
until it is fulfilled, refused or overtaken by the next turn, so that its response is known and silenced, and no other.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

UNNAMED: Final = ""
"""The id of a response that the service gives none."""

FORGOTTEN_S: Final = 5.0
"""A service that has not begun an unwanted response by then has dropped the request for it."""


class Hearing(Enum):
    """What is to be done with a response, or a piece of one."""

    TAKE = "play it"
    BEGIN = "it begins with this"
    DROP = "nobody wants it"
    CANCEL = "nobody wants it, and the service is to stop it"


@dataclass(slots=True)
class PendingResponse:
    """A response that is due."""

    name: str
    """What we called the request; empty where the service answers a turn by itself."""
    made_at: float
    unwanted: bool = False
    last_word: bool = False
    """Whether it was asked for without tools, so that none may be called by it."""


@dataclass(frozen=True, slots=True)
class EndedResponse:
    """The end of a response, told for the first time."""

    id: str
    began_as: str
    """What it was called when it began."""
    heard: bool
    """Whether it is one that somebody waits for; else it was silenced, and is over for nobody."""
    last_word: bool = False


class Responses:
    """The responses of one connection. Times are seconds on one monotonic clock."""

    def __init__(self, *, newest_counts: bool = False) -> None:
        """``newest_counts``: whether a response that begins means that the one before it is abandoned."""
        self._newest_counts = newest_counts
        self.active: str | None = None
        """The response that is being made and heard."""
        self._wishes: list[PendingResponse] = []
        self._silenced: set[str] = set()
        self._ended: set[str] = set()
        self._outdated = False
        """Whether the user has finished another turn since the active response began."""
        self._last_word = False
        self._began_as = UNNAMED
        self._count = 0

    @property
    def due(self) -> bool:
        """Whether a response is waited for that has not begun."""
        return any(not wish.unwanted for wish in self._wishes)

    def knows(self, name: str) -> bool:
        """Whether a request of this name has not been answered yet."""
        return any(wish.name == name for wish in self._wishes)

    def ask(self, now: float, *, last_word: bool = False) -> str:
        """A response is asked for; the name of the request."""
        self._count += 1
        wish = PendingResponse(f"ask_{self._count}", now, last_word=last_word)
        self._wishes.append(wish)
        self._expect_unnamed()
        return wish.name

    def turn_ended(self, now: float) -> None:
        """The service has heard a turn of the user to its end, and answers it by itself."""
        self._outdated = self.active is not None
        self._wishes = [PendingResponse("", now)]
        self._expect_unnamed()

    def refused(self, name: str | None) -> bool:
        """The request of this name (None: which one is not told) is refused; whether somebody waits for it."""
        refused = [wish for wish in self._wishes if name in {None, wish.name}][:1]
        self._wishes = [wish for wish in self._wishes if wish not in refused]
        return any(not wish.unwanted for wish in refused)

    def silence(self) -> str | None:
        """Nobody wants to hear what is due or being made; the response that the service is to stop, if any."""
        for wish in self._wishes:
            wish.unwanted = True
        active, self.active = self.active, None
        if active is not None:
            self._silenced.add(active)
        return active

    def begins(self, response: str, now: float, wish: str | None = None) -> Hearing:
        """A response is announced, by its id and the name of the wish that it fulfils, if it tells."""
        if response != UNNAMED and response in self._ended | self._silenced:
            return Hearing.DROP
        if self.active is not None and response != UNNAMED and self.active in {UNNAMED, response}:
            self.active = response  # it had begun already, perhaps without a name
            return Hearing.TAKE
        if self._is_second(response):
            self._silenced.add(response)
            return Hearing.CANCEL
        fulfilled = self._fulfil(wish, now)
        if (fulfilled is not None and fulfilled.unwanted) or (fulfilled is None and wish):
            # What it names was overtaken by a turn of the user.
            self._silenced.add(response)
            return Hearing.CANCEL
        if self.active is not None:
            self._silenced.add(self.active)
        self._expect_unnamed()
        self.active, self._began_as, self._outdated = response, response, False
        self._last_word = fulfilled is not None and fulfilled.last_word
        return Hearing.BEGIN

    def brings(self, response: str, now: float, *, sounds: bool) -> Hearing:
        """Something of a response has come; it may be the first that is heard of it.

        What does not sound begins no response: it may be the rest of an old one.
        """
        if response in self._silenced:
            return Hearing.DROP
        if response == self.active or (response == UNNAMED and self.active is not None):
            return Hearing.TAKE
        if response in self._ended:
            # It comes late, and is played if nothing else is.
            return Hearing.TAKE if self.active is None else Hearing.DROP
        if self.active == UNNAMED:
            self.active = response  # it was announced without a name
            return Hearing.TAKE
        return self.begins(response, now) if sounds else Hearing.DROP

    def ends(self, response: str, now: float) -> EndedResponse | None:
        """The end of a response; None when it was told before."""
        if response in self._ended:
            return None
        if response in self._silenced:
            self._ended.add(response)
            return EndedResponse(response, response, heard=False)
        if self.active is None:
            wish = self._fulfil(None, now)
            self._ended.add(response)
            wanted = wish is None or not wish.unwanted
            return EndedResponse(response, response, heard=wanted, last_word=wish is not None and wish.last_word)
        # Only one is made at a time: an end under another name is that of the active one.
        active, self.active = self.active, None
        self._ended |= {active, response}
        return EndedResponse(active, self._began_as, heard=True, last_word=self._last_word)

    def _expect_unnamed(self) -> None:
        """What comes without a name from now on is of another response than what came before."""
        self._silenced.discard(UNNAMED)
        self._ended.discard(UNNAMED)

    def _is_second(self, response: str) -> bool:
        alone = self.active in {None, response}
        return not (alone or self._outdated or self._newest_counts or self.due)

    def _fulfil(self, name: str | None, now: float) -> PendingResponse | None:
        """Take the wish out of the list that a response fulfils: by its name, else the oldest one."""
        self._wishes = [one for one in self._wishes if not (one.unwanted and now - one.made_at > FORGOTTEN_S)]
        wish = next((one for one in self._wishes if name in {None, one.name}), None)
        if wish is not None:
            # The service works through them in order: what is older has been dropped.
            self._wishes = self._wishes[self._wishes.index(wish) + 1 :]
        return wish
