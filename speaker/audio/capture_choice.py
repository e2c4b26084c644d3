"""How a microphone may be listened to: what the owner chooses, apart from the code that does it."""

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

Channel = Literal["auto", "mix"] | Annotated[int, Meta(ge=1, le=64)]
"""A channel, counted from 1; all of them together; or the first that is not dead."""

GainDb = Literal["auto"] | Annotated[float, Meta(ge=-20, le=60)]


@dataclass(frozen=True, slots=True)
class Capture:
    """As in the section ``audio`` of the configuration."""

    channel: Channel = "auto"
    gain_db: GainDb = 0.0
    dead_after_s: float | None = None
    every_channel: bool = False
    """Whether all channels are opened, although one would do: to show them."""
