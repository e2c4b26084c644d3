"""JSON-RPC as MCP has it: what is read, what is refused, and what is written."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from speaker.errors import McpError
from speaker.tools import mcp_messages as mcp
from speaker.tools.mcp_messages import CallParams, CallResult, ListedTool, ToolHints, ToolPage, read_part, read_rpc

GOOD: dict[str, tuple[Any, Any]] = {
    '{"jsonrpc":"2.0","id":1,"method":"ping"}': (1, "ping"),
    '{"jsonrpc":"2.0","id":"a","method":"tools/list","params":{"cursor":"x"}}': ("a", "tools/list"),
    '{"jsonrpc":"2.0","method":"notifications/initialized"}': (UNSET, "notifications/initialized"),
    '{"jsonrpc":"2.0","id":1,"result":{}}': (1, UNSET),
    '{"jsonrpc":"2.0","id":1,"result":{"a":1},"_meta":{"x":[]}}': (1, UNSET),
    '{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no","data":{"why":1}}}': (1, UNSET),
    '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}': (None, UNSET),
}

BAD: dict[bytes, int] = {
    b"": -32700, b"\xff": -32700, b"{": -32700, b'{"jsonrpc":"2.0","method":"x","params":' + b"[" * 50_000: -32700,
    b'{"jsonrpc":"2.0","method":"x","params":' + b"[" * 50_000 + b"]" * 50_000 + b"}": -32700,
    b"null": -32600, b"[]": -32600, b"{}": -32600,
    b'{"jsonrpc":"1.0","id":1,"method":"x"}': -32600, b'{"id":1,"method":"x"}': -32600,
    b'{"jsonrpc":"2.0"}': -32600, b'{"jsonrpc":"2.0","id":1}': -32600,
    b'{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}': -32600,
    b'{"jsonrpc":"2.0","id":1,"method":"x","result":{}}': -32600,
    b'{"jsonrpc":"2.0","result":{}}': -32600, b'{"jsonrpc":"2.0","id":1.5,"method":"x"}': -32600,
    b'{"jsonrpc":"2.0","id":true,"method":"x"}': -32600, b'{"jsonrpc":"2.0","id":[],"method":"x"}': -32600,
    b'{"jsonrpc":"2.0","id":1,"method":7}': -32600, b'{"jsonrpc":"2.0","id":1,"error":"no"}': -32600,
    b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]': -32600,
}  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), GOOD.items())
def test_a_message_is_read(text: str, wanted: tuple[Any, Any]) -> None:
    message = read_rpc(text.encode())
    assert (message.id, message.method) == wanted


@pytest.mark.parametrize(("payload", "code"), BAD.items(), ids=lambda one: repr(one)[:50])
def test_what_is_no_message_is_refused_by_its_code(payload: bytes, code: int) -> None:
    with pytest.raises(McpError) as refusal:
        read_rpc(payload)
    assert refusal.value.code == code
    assert "\n" not in str(refusal.value)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(payload: bytes) -> None:
    try:
        read_rpc(payload)
    except McpError as error:
        assert error.code in {-32700, -32600}


def test_what_is_written_can_be_read_and_is_as_the_standard_says() -> None:
    asked = mcp.request(7, "tools/call", {"name": "x", "arguments": {"a": 1}})
    assert json.loads(asked) == {
        "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "x", "arguments": {"a": 1}},
    }  # fmt: skip
    assert json.loads(mcp.notification(mcp.INITIALISED)) == {"jsonrpc": "2.0", "method": "notifications/initialized"}
    assert json.loads(mcp.response("a", {})) == {"jsonrpc": "2.0", "id": "a", "result": {}}
    refused = json.loads(mcp.fault(7, McpError("no", mcp.UNKNOWN_METHOD)))
    assert refused == {"jsonrpc": "2.0", "id": 7, "error": {"code": -32601, "message": "no"}}
    for text in (asked, mcp.response(7, {}), mcp.fault(7, McpError("no", 1))):
        assert read_rpc(text.encode()).id == 7


@pytest.mark.parametrize(
    ("hints", "destroys"),
    [
        ({}, True), ({"readOnlyHint": True}, False), ({"readOnlyHint": False}, True),
        ({"destructiveHint": False}, False),
        ({"destructiveHint": True}, True), ({"readOnlyHint": True, "destructiveHint": True}, False),
        ({"idempotentHint": True, "openWorldHint": False, "title": "T"}, True), ({"destructiveHint": None}, True),
    ],
)  # fmt: skip
def test_hints_that_are_absent_have_the_standards_defaults(hints: dict[str, Any], destroys: bool) -> None:
    document = json.dumps({"name": "x", "inputSchema": {}, "annotations": hints}).encode()
    (tool,) = read_part(json_page(document), ToolPage, "page").tools
    found = read_part(tool, ListedTool, "tool").annotations
    assert found is not None
    assert found.destroys is destroys
    assert ToolHints().destroys


def json_page(tool: bytes) -> Any:
    message = read_rpc(b'{"jsonrpc":"2.0","id":1,"result":{"tools":[' + tool + b"]}}")
    return message.result


def test_arguments_stay_as_they_were_sent() -> None:
    sent = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"a":1.0,"b":null}}}'
    wanted = read_part(read_rpc(sent).params, CallParams, "call")
    assert bytes(wanted.arguments) == b'{"a":1.0,"b":null}'  # type: ignore[arg-type]  # it is there


def test_params_that_are_null_are_none() -> None:
    for sent in (b'{"jsonrpc":"2.0","id":1,"method":"x","params":null}', b'{"jsonrpc":"2.0","id":1,"method":"x"}'):
        assert read_part(read_rpc(sent).params, dict[str, object], "x") == {}


def test_a_part_of_another_shape_is_refused_and_named() -> None:
    message = read_rpc(b'{"jsonrpc":"2.0","id":1,"result":{"content":7}}')
    with pytest.raises(McpError, match="the result: ") as refusal:
        read_part(message.result, CallResult, "the result")
    assert refusal.value.code == -32602
