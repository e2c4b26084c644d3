"""MCP's messages as typed structs: JSON-RPC 2.0, and what there is about tools. Written for both ends.

Structs of our own, since the official package alone would take more memory than the sleeping speaker.
"""

from typing import Any, Final, Literal, TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from speaker.errors import NOT_JSON, McpError, plain

PROTOCOLS: Final = ("2025-06-18", "2025-11-25", "2025-03-26", "2024-11-05")
"""Versions whose messages about tools are understood; the first is the one that is asked for."""

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
UNKNOWN_METHOD: Final = -32601
INVALID_PARAMS: Final = -32602
BUSY: Final = -32000
"""JSON-RPC's codes; the last is of the range that is free for servers."""

INITIALISED: Final = "notifications/initialized"
DISCONNECTED: Final = "notifications/disconnected"
CANCELLED: Final = "notifications/cancelled"
TOOLS_CHANGED: Final = "notifications/tools/list_changed"

RpcId = int | str


class RpcFault(Struct, frozen=True, kw_only=True):
    """Why a request failed."""

    code: int
    message: str


class RpcMessage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request (id and method), a notification (method), or a response (id, and result or error)."""

    jsonrpc: Literal["2.0"]
    id: RpcId | UnsetType | None = UNSET
    method: str | UnsetType = UNSET
    params: Raw | UnsetType = UNSET
    result: Raw | UnsetType = UNSET
    error: RpcFault | UnsetType = UNSET


class McpProgram(Struct, frozen=True, kw_only=True):
    """Who is at the other end, by its own word."""

    name: str
    version: str = ""


class InitializeParams(Struct, frozen=True, kw_only=True, rename="camel"):
    """The params of ``initialize``."""

    protocol_version: str
    client_info: McpProgram
    capabilities: dict[str, Any] = {}


class ToolsCapability(Struct, frozen=True, kw_only=True, rename="camel"):
    """A server has tools."""

    list_changed: bool = False


class Capabilities(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a server has; whatever is not about tools is left alone."""

    tools: ToolsCapability | None = None


class InitializeResult(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The answer to ``initialize``."""

    protocol_version: str
    capabilities: Capabilities
    server_info: McpProgram
    instructions: str | None = None


class ToolHints(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What a server says about a tool's effects; the standard's defaults stand in the properties."""

    title: str | None = None
    read_only_hint: bool | None = None
    destructive_hint: bool | None = None
    idempotent_hint: bool | None = None
    open_world_hint: bool | None = None

    @property
    def destroys(self) -> bool:
        """Whether it may do what is not easily undone: unless the server says that it does not."""
        return not self.read_only_hint and self.destructive_hint is not False


class ListedTool(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A tool in ``tools/list``."""

    name: str
    description: str | None = None
    input_schema: dict[str, Any] = {}
    annotations: ToolHints | None = None
    meta: dict[str, Any] | UnsetType = msgspec.field(name="_meta", default=UNSET)


class ToolPage(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The answer to ``tools/list``; each tool is read on its own, so that a bad one costs no other."""

    tools: list[Raw]
    next_cursor: str | None = None


class CallParams(Struct, frozen=True, kw_only=True):
    """The params of ``tools/call``."""

    name: str
    arguments: Raw | UnsetType = UNSET


class CancelParams(Struct, frozen=True, kw_only=True, rename="camel"):
    """The params of ``notifications/cancelled``."""

    request_id: RpcId
    reason: str | None = None


class ResourceText(Struct, frozen=True, kw_only=True):
    """A resource that came along with a result."""

    uri: str = ""
    text: str | None = None


class ContentPart(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of a result; of images and sounds only the kind counts."""

    type: str
    text: str | None = None
    name: str | None = None
    resource: ResourceText | None = None


class CallResult(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The answer to ``tools/call``."""

    content: list[ContentPart] = []
    structured_content: Raw | UnsetType = UNSET
    is_error: bool = False


P = TypeVar("P")


def read_rpc(payload: bytes) -> RpcMessage:
    """A message. Raises McpError with JSON-RPC's code."""
    try:
        message = msgspec.json.decode(payload, type=RpcMessage)
    except msgspec.ValidationError as error:
        raise McpError(f"no JSON-RPC 2.0: {plain(str(error))}", INVALID_REQUEST) from error
    except NOT_JSON as error:
        raise McpError(f"not JSON: {plain(str(error))}", PARSE_ERROR) from error
    answers = (message.result is not UNSET) + (message.error is not UNSET)
    # A fault that belongs to no request has the id null.
    if (message.method is UNSET) != (answers == 1) or answers > 1 or (answers and message.id is UNSET):
        raise McpError("no JSON-RPC 2.0: neither a request nor an answer", INVALID_REQUEST)
    return message


def read_part(raw: Raw | UnsetType | None, kind: type[P], what: str) -> P:
    """The params or the result of a message; none, or null, is an empty object. Raises McpError, naming ``what``."""
    try:
        given = bytes(raw) if isinstance(raw, Raw) else b"null"
        return msgspec.json.decode(b"{}" if given == b"null" else given, type=kind)
    except NOT_JSON as error:
        raise McpError(f"{what}: {plain(str(error))}", INVALID_PARAMS) from error


def request(number: RpcId, method: str, params: object) -> str:
    """A request, to be published."""
    return _written(RpcMessage(jsonrpc="2.0", id=number, method=method, params=_raw(params)))


def notification(method: str, params: object = UNSET) -> str:
    """A notification, to be published."""
    given = UNSET if params is UNSET else _raw(params)
    return _written(RpcMessage(jsonrpc="2.0", method=method, params=given))


def response(number: RpcId, result: object) -> str:
    """The answer to a request, to be published."""
    return _written(RpcMessage(jsonrpc="2.0", id=number, result=_raw(result)))


def fault(number: RpcId, error: McpError) -> str:
    """The refusal of a request, to be published."""
    return _written(RpcMessage(jsonrpc="2.0", id=number, error=RpcFault(code=error.code, message=str(error))))


def _raw(value: object) -> Raw:
    return Raw(msgspec.json.encode(value))


def _written(message: RpcMessage) -> str:
    return msgspec.json.encode(message).decode()
