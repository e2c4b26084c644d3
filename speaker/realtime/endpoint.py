"""Where a Realtime service is, and how to introduce oneself there."""

from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from speaker.realtime.protocol.codec import Dialect


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect. The key is never shown."""

    url: str
    model: str
    dialect: Dialect = "ga"
    key: str | None = field(default=None, repr=False)

    @property
    def place(self) -> str:
        """What messages call it: by host and port, without a password that may stand in the URL."""
        host = self.url.partition("://")[2].partition("/")[0].rpartition("@")[2]
        return f"the Realtime service at {host}"

    @property
    def local(self) -> bool:
        """Whether the service runs on this machine."""
        return urlsplit(self.url).hostname in {"127.0.0.1", "localhost", "::1"}

    @property
    def address(self) -> str:
        """The URL with the model."""
        joint = "&" if "?" in self.url else "?"
        return f"{self.url}{joint}{urlencode({'model': self.model})}"

    def headers(self) -> dict[str, str]:
        """Request headers. The beta header must not be sent in the GA dialect."""
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return headers | ({"OpenAI-Beta": "realtime=v1"} if self.dialect == "beta" else {})
