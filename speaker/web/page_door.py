"""Who may see the page: by the name that was asked for, by the page that asks, and by the token."""

import hmac
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final, Literal
from urllib.parse import urlsplit

from speaker.config.web_settings import is_own
from speaker.mqtt.allowance import Allowance

STAYS_S: Final = 90 * 24 * 3600
"""How long a browser needs not be asked for the token again."""

GUESSES: Final = 5
"""Tokens that one address may try at once; after that one in ten seconds."""

_PER_S: Final = 0.1
_ALL_GUESSES: Final = 30
_ALL_PER_S: Final = 1.0
"""The same for all addresses together."""

_MOST_ADDRESSES: Final = 1_000

Login = Literal["right", "wrong", "slow"]


@dataclass(slots=True)
class PageDoor:
    """The door of the page. Times are seconds since 1970."""

    token: str | None
    """None: nobody is asked for one, and only this machine gets in."""
    _tries: dict[str, Allowance] = field(default_factory=dict)
    _all: Allowance = field(default_factory=lambda: Allowance(_ALL_PER_S, _ALL_GUESSES))

    def name_fault(self, host: str, *, handed_on: bool) -> str:
        """Why a request for this Host is not answered; empty when it is. ``handed_on``: a proxy says that it did so.

        Without a token a page of somebody else's could come in under a name of its own that leads here. With one it
        would have no cookie, since that belongs to the name under which it was given.
        """
        if self.token is not None:
            return ""
        if handed_on:
            return "a proxy hands requests of others on, so the page needs a token; set web_token"
        if not is_own(_host_of(host)):
            return "the page is asked for under a name that is not this machine's own; set web_token to allow that"
        return ""

    @staticmethod
    def origin_fault(origin: str | None, host: str) -> str:
        """Why what changes something is refused for a page of this Origin; empty when it is not.

        Every browser says on whose behalf it posts or connects; who says nothing is no page of ours.
        """
        if not origin:
            return "the request does not say which page it is of (Origin)"
        if urlsplit(origin).netloc.lower() != host.lower():
            return "another page may not do that (Origin)"
        return ""

    def admits(self, cookie: str | None, now: float) -> bool:
        """Whether whoever has this cookie has shown the token before."""
        if self.token is None:
            return True
        until, _, mark = (cookie or "").partition(".")
        if not (until.isascii() and until.isdecimal()) or len(until) > 12:
            return False
        return hmac.compare_digest(mark.encode(), self._mark(until).encode()) and now < int(until)

    def cookie(self, now: float) -> str:
        """What a browser keeps that has shown the token; another token ends it."""
        until = str(int(now) + STAYS_S)
        return f"{until}.{self._mark(until)}"

    def login(self, given: str, address: str, now: float) -> Login:
        """Try a token from an address."""
        own = self._allowance(address)
        if not own.take(now) or not self._all.take(now):
            return "slow"
        right = hmac.compare_digest(given.encode(errors="replace"), (self.token or "").encode())
        return "right" if right and self.token else "wrong"

    def guessed(self, address: str) -> bool:
        """After a ``slow``: whether it is the first one of a flood from there, and so is to be told."""
        return self._allowance(address).begins()

    def _allowance(self, address: str) -> Allowance:
        place = _network(address)
        if place not in self._tries and len(self._tries) >= _MOST_ADDRESSES:
            del self._tries[next(iter(self._tries))]
        return self._tries.setdefault(place, Allowance(_PER_S, GUESSES))

    def _mark(self, until: str) -> str:
        return hmac.new((self.token or "").encode(), f"speaker page until {until}".encode(), sha256).hexdigest()


def _host_of(host: str) -> str:
    """The name in a Host header, without the port and the brackets of an address."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _network(address: str) -> str:
    """Whoever has one IPv6 address has the 2^64 beside it."""
    try:
        known = ip_address(address)
    except ValueError:
        return ""
    return str(ip_network((known, 64), strict=False)) if isinstance(known, IPv6Address) else str(known)
