"""How the end of a turn is found: by the service, as the protocol writes it, and as the owner may configure it.

Source: ``turn_detection`` of the Realtime session, GA protocol.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from speaker.config.units import Milliseconds, Share


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
    """Turn ends found by silence, on this machine: the service is sent nothing but speech."""

    threshold: Share = 0.5
    """How sure this machine must be that it hears speech, 0-1; higher for a noisy room."""
    prefix_padding_ms: Milliseconds = 300
    """Sound from before the speech that belongs to it, in milliseconds."""
    silence_duration_ms: Annotated[int, Meta(ge=100)] = 500
    """Silence that ends your turn, in milliseconds; longer for people who pause. It is sent along."""
