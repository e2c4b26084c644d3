"""The address of a sound, as somebody outside gave it: checked before anything is asked, shown without secrets."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final
from urllib.parse import quote, unquote, urljoin, urlsplit

from speaker.errors import SpeakerError, plain

LONGEST_ADDRESS: Final = 2_000
"""Characters of an address."""

_PORTS: Final = {"http": 80, "https": 443}

_KEPT: Final = "".join(map(chr, range(0x21, 0x7F)))
"""What an address may hold as it stands; letters of other languages are written in percent."""


@dataclass(frozen=True, slots=True)
class MediaAddress:
    """Where to ask, and for what."""

    scheme: str
    host: str
    port: int
    target: str
    """Path and query, as they go to the server."""
    authorization: str | None = None
    """Value of the header, for an address with user and password."""

    @property
    def shown(self) -> str:
        """The address for people: without user, password and query, in which hubs put tokens."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return plain(f"{self.scheme}://{host}{port}{self.target.partition('?')[0]}")[:200]

    @property
    def url(self) -> str:
        """The whole address but for user and password; what a redirect is relative to."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.target}"

    def moved(self, location: str, hosts: Sequence[str]) -> "MediaAddress":
        """Where a redirect leads. The password goes along on the same server only. Raises SpeakerError."""
        try:
            joined = urljoin(self.url, location)
        except ValueError as error:
            raise SpeakerError(f"it is moved to what is no address: {plain(str(error))}") from error
        there = read_media_address(joined, hosts)
        same = (there.scheme, there.host, there.port) == (self.scheme, self.host, self.port)
        if not same or there.authorization:
            return there
        return MediaAddress(there.scheme, there.host, there.port, there.target, self.authorization)


def read_media_address(url: str, hosts: Sequence[str] = ("*",)) -> MediaAddress:
    """An address, if it can be asked and its host is among ``hosts``, in which * and ? match.

    Raises SpeakerError with a sentence that shows no password.
    """
    if len(url) > LONGEST_ADDRESS:
        raise SpeakerError(f"the address has {len(url)} characters; at most {LONGEST_ADDRESS} are taken")
    # First of all: Python takes line breaks and tabulators out of an address without a word.
    if any(one.isspace() or not one.isprintable() for one in url):
        raise SpeakerError("the address holds a space or a control character; write it as %20 or leave it out")
    try:
        parts = urlsplit(url)
        port, host = parts.port, (parts.hostname or "").encode("idna").decode()
    except ValueError as error:
        # What it says may hold a part of the address, a password among it.
        raise SpeakerError("the address cannot be read; look at its host and port") from error
    if parts.scheme not in _PORTS:
        raise SpeakerError(f"{plain(url[:80])!r} is not an http or https address")
    if not host or port == 0:
        raise SpeakerError("the address names no host, or no port that there is")
    if not any(fnmatchcase(host, one.lower()) for one in hosts):
        raise SpeakerError(f"{plain(host)} is not among announcements.hosts, so it is not asked for sounds")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    authorization = _basic(parts.username, parts.password)
    return MediaAddress(
        parts.scheme, host, port or _PORTS[parts.scheme], quote(target, safe=_KEPT), authorization
    )  # fmt: skip


def _basic(user: str | None, password: str | None) -> str | None:
    if user is None:
        return None
    return "Basic " + b64encode(f"{unquote(user)}:{unquote(password or '')}".encode()).decode()
