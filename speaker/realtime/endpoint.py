"""Where a Realtime service is, and how to introduce oneself there."""

from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from speaker.config.settings import ServiceName
from speaker.realtime.error_mapping import ServicePlace
from speaker.realtime.protocol.codec import Dialect
from speaker.realtime.services import ServiceProfile, profile_of


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect. The key is never shown, nor is the URL, which may hold one."""

    url: str = field(repr=False)
    model: str
    dialect: Dialect = "ga"
    key: str | None = field(default=None, repr=False)
    service: ServiceName | None = None
    """None: as the host says."""

    @property
    def profile(self) -> ServiceProfile:
        """How the service differs from others."""
        return profile_of(self.url, self.service)

    @property
    def place(self) -> ServicePlace:
        """What messages call it: by host and port, without a password that may stand in the URL."""
        host = self.url.partition("://")[2].partition("/")[0].partition("?")[0].rpartition("@")[2]
        return ServicePlace(f"the Realtime service at {host}", self.model, self.key)

    @property
    def local(self) -> bool:
        """Whether the service runs on this machine."""
        return urlsplit(self.url).hostname in {"127.0.0.1", "localhost", "::1"}

    @property
    def address(self) -> str:
        """The URL with the model, unless it names one already."""
        if not {"model", "deployment"}.isdisjoint(parse_qs(self.url.partition("?")[2])):
            return self.url
        joint = "&" if "?" in self.url else "?"
        return f"{self.url}{joint}{urlencode({self.profile.model_in[self.dialect]: self.model})}"

    def headers(self) -> dict[str, str]:
        """Request headers. The beta header must not be sent in the GA dialect."""
        profile = self.profile
        headers = {profile.key_header: f"{profile.key_prefix}{self.key}"} if self.key else {}
        beta = self.dialect == "beta" and profile.beta_header
        return headers | ({"OpenAI-Beta": "realtime=v1"} if beta else {})
