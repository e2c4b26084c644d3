"""How the end of a turn is found: by the service, as the protocol writes it, and as the owner may configure it.

Source: ``turn_detection`` of the Realtime session, GA protocol.
"""

from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from speaker.config.units import Milliseconds, Share

ASK_AFTER_MS: Final = 200
"""Silence after which it is worth asking whether a sentence is complete."""

SILENCE_MS: Final = 500
SMART_SILENCE_MS: Final = 2_000
"""Silence that ends a turn by itself; where sentences are judged, only the unfinished wait for it."""


class ServerVad(Struct, kw_only=True, tag="server_vad"):
    """Turn ends found by silence."""

    threshold: float | UnsetType = UNSET
    prefix_padding_ms: int | UnsetType = UNSET
    silence_duration_ms: int | UnsetType = UNSET
    create_response: bool | UnsetType = UNSET
    interrupt_response: bool | UnsetType = UNSET
    idle_timeout_ms: int | UnsetType | None = UNSET


class SemanticVad(Struct, kw_only=True, tag="semantic_vad"):
    """Turn ends found by what was said."""

    eagerness: Literal["low", "medium", "high", "auto"] | UnsetType = UNSET
    create_response: bool | UnsetType = UNSET
    interrupt_response: bool | UnsetType = UNSET


class ServerTurns(ServerVad, forbid_unknown_fields=True, kw_only=True, tag="server_vad"):
    """Turn ends found by silence; what is left out is the server's choice."""

    threshold: Share | UnsetType = UNSET
    """How sure the server must be that it hears speech, 0-1; higher for a noisy room."""
    prefix_padding_ms: Milliseconds | UnsetType = UNSET
    """Sound from before the speech that belongs to it, in milliseconds."""
    silence_duration_ms: Milliseconds | UnsetType = UNSET
    """Silence that ends your turn, in milliseconds; longer for people who pause."""
    idle_timeout_ms: Annotated[int, Meta(ge=1000)] | UnsetType | None = UNSET
    """Silence after an answer, in milliseconds, after which the model asks whether you are still there."""


class SemanticTurns(SemanticVad, forbid_unknown_fields=True, kw_only=True, tag="semantic_vad"):
    """Turn ends found by what was said."""

    eagerness: Literal["low", "medium", "high", "auto"] | UnsetType = UNSET
    """How soon the server thinks that you have finished."""


class ClientTurns(Struct, forbid_unknown_fields=True, kw_only=True, tag="client_vad"):
    """Turn ends found on this machine, by silence or by what was said: the service is sent nothing but speech."""

    threshold: Share = 0.5
    """How sure this machine must be that it hears speech, 0-1; higher for a noisy room."""
    prefix_padding_ms: Milliseconds = 300
    """Sound from before the speech that belongs to it, in milliseconds."""
    endpointing: Literal["silence", "smart"] = "silence"
    """What ends your turn: silence = silence alone; smart = a model on this machine that is asked, after 0.2 s of
    silence, whether your sentence is complete."""
    silence_duration_ms: Annotated[int, Meta(ge=100)] | None = None
    """Silence that ends your turn whatever you said, in milliseconds; longer for people who pause. It is sent along.
    null = 500, with smart 2000: there it ends what the model took for unfinished, and no turn waits longer."""

    @property
    def longest_silence_ms(self) -> int:
        """Silence that ends a turn whatever was said, ms."""
        if self.silence_duration_ms is not None:
            return self.silence_duration_ms
        return SMART_SILENCE_MS if self.endpointing == "smart" else SILENCE_MS
