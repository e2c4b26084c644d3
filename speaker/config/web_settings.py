"""The section ``web``: the speaker's own web page, and who may open it."""

from ipaddress import ip_address
from typing import Annotated, Final

from msgspec import Meta, field

from speaker.config.section import Section

SHORTEST_TOKEN: Final = 16
"""Characters of the credential web_token."""

Origin = Annotated[
    str,
    Meta(pattern=r"^https?://[a-zA-Z0-9.:\[\]-]+\Z", description="scheme, host and port, as in http://hub.local:8123"),
]
"""Scheme, host and port: nothing that could end one directive of a policy and begin another."""

PageAddress = Annotated[
    str, Meta(pattern=r"^https?://[^\s\x00-\x1f]+\Z", description="an address that begins with http:// or https://")
]


class WebSettings(Section, frozen=True, kw_only=True):
    """The speaker's own web page (see docs/web.md)."""

    enabled: bool = False
    """Whether there is one."""
    host: Annotated[str, Meta(min_length=1, max_length=253)] = "127.0.0.1"
    """Address that it listens on: 127.0.0.1 = this machine alone, 0.0.0.0 = the whole house. Anything but this machine
    needs the credential web_token, which is then asked for."""
    port: Annotated[int, Meta(ge=1, le=65535)] = 8767
    """Its port; below 1024 the service may not listen."""
    url: PageAddress | None = None
    """Address under which people open it, such as that of a reverse proxy; Home Assistant links to it. null = host and
    port, if host is one machine that others reach."""
    frames: list[Origin] = field(default_factory=list)
    """Pages that may show it in a frame, such as http://homeassistant.local:8123 for a webpage card. None by
    default."""

    @property
    def address(self) -> str | None:
        """The address for others; None where nobody else gets in, or no single address is known."""
        if self.url is not None or not self.enabled:
            return self.url if self.enabled else None
        if is_own(self.host) or self.host in {"0.0.0.0", "::", "*"}:  # noqa: S104 - it is compared
            return None
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def is_own(host: str) -> bool:
    """Whether nobody but this machine reaches an address."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def token_fault(web: WebSettings, token: str | None) -> str | None:
    """What is wrong with the token that the page is to ask for, as a sentence; it is never shown."""
    remedy = "set one with `sudo speaker secret set web_token`"
    if not web.enabled:
        return None
    if not token:
        return (
            None if is_own(web.host) else f"{web.host} is not this machine alone, so the page needs a token; {remedy}"
        )
    return short_token(token)


def short_token(token: str) -> str | None:
    """Why a token could be guessed, if it is too short."""
    if len(token) >= SHORTEST_TOKEN:
        return None
    return (
        f"the credential web_token has {len(token)} characters and needs at least {SHORTEST_TOKEN}; "
        "set a longer one with `sudo speaker secret set web_token`"
    )
