"""How the end of a turn is found by the service, as the protocol and the configuration both write it.

Source: ``turn_detection`` of the Realtime session, GA protocol.
"""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType


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
