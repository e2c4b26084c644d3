"""The session object on a real socket: what it is at first, how updates merge into it, what is refused."""

import time

import pytest

from speaker.offline.server.server import RealtimeServer
from tests.support.strict_client import LIGHT, VAD, Json, peer


async def test_the_first_event_is_the_whole_session(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        session = client.received[0]["session"]
    assert session.pop("id").startswith("sess_")
    assert 0 < session.pop("expires_at") - time.time() <= 3600
    assert session.pop("instructions")
    assert session == {
        "type": "realtime",
        "object": "realtime.session",
        "model": "offline",
        "output_modalities": ["audio"],
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24_000},
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": {
                    "type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 200,
                    "create_response": True, "interrupt_response": True, "idle_timeout_ms": None,
                },
            },
            "output": {"format": {"type": "audio/pcm", "rate": 24_000}, "voice": "heart", "speed": 1.0},
        },
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "truncation": "auto",
        "tracing": None,
        "prompt": None,
        "include": None,
    }  # fmt: skip


async def test_updates_merge_leaf_by_leaf(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        before = client.received[0]["session"]
        first = await client.update(instructions="Be brief.", tools=[LIGHT], audio={"output": {"speed": 1}})
        assert first["audio"]["output"] == before["audio"]["output"]
        assert first["audio"]["input"] == before["audio"]["input"]
        assert first["id"] == before["id"]
        turns = {"type": "server_vad", "silence_duration_ms": 700}
        second = await client.update(audio={"input": {"turn_detection": turns}})
        assert (second["instructions"], second["tools"]) == ("Be brief.", [LIGHT])
        assert second["audio"]["input"]["turn_detection"]["silence_duration_ms"] == 700
        assert second["audio"]["input"]["turn_detection"]["threshold"] == 0.5
        third = await client.update(audio={"input": {"turn_detection": {"type": "semantic_vad"}}}, instructions="")
        assert third["audio"]["input"]["turn_detection"]["eagerness"] == "auto"
        assert "threshold" not in third["audio"]["input"]["turn_detection"]
        assert third["instructions"] == ""
        fourth = await client.update(audio={"input": {"turn_detection": None}}, tools=[])
        assert fourth["audio"]["input"]["turn_detection"] is None
        assert fourth["tools"] == []


@pytest.mark.parametrize(
    "session",
    [
        # As the official SDKs, LiveKit and pipecat were seen to send them.
        {"model": "offline", "audio": {"input": {"transcription": {"model": "gpt-4o-mini-transcribe"}}}},
        {"model": "offline", "tracing": "auto"},
        {"tracing": None},
        {"audio": {"input": {"noise_reduction": None, "format": {"type": "audio/pcm"}}, "output": {"speed": 1}}},
        {"tools": [LIGHT | {"parameters": {"$schema": "x", "type": "object"}}], "tool_choice": "auto"},
        {"max_output_tokens": "inf", "audio": {"output": {"voice": "marin"}}},
    ],
)
async def test_what_known_clients_send_is_taken(cloud: RealtimeServer, session: Json) -> None:
    async with peer(cloud) as client:
        changed = await client.update(**session)
    assert changed["audio"]["input"]["format"] == {"type": "audio/pcm", "rate": 24_000}
    for key in session.keys() - {"audio"}:
        assert changed[key] == session[key]


@pytest.mark.parametrize(
    ("session", "code", "param"),
    [
        ({"type": None}, "missing_required_parameter", "session.type"),
        ({"type": "transcription"}, "invalid_value", "session.type"),
        ({"model": "other"}, "invalid_value", "session.model"),
        ({"id": "mine"}, "invalid_value", "session.id"),
        ({"output_modalities": ["audio", "text"]}, "invalid_value", "session.output_modalities"),
        ({"output_modalities": []}, "invalid_value", "session.output_modalities"),
        ({"audio": {"input": {"format": {"type": "audio/pcmu"}}}}, "invalid_value", "session.audio.input.format.type"),
        (
            {"audio": {"output": {"format": {"type": "audio/pcm", "rate": 16_000}}}},
            "invalid_value",
            "session.audio.output.format.rate",
        ),
        ({"audio": {"output": {"speed": 2.0}}}, "decimal_above_max_value", "session.audio.output.speed"),
        ({"max_output_tokens": 0}, "integer_below_min_value", "session.max_output_tokens"),
        (
            {"audio": {"input": {"turn_detection": VAD | {"threshold": 1.5}}}},
            "decimal_above_max_value",
            "session.audio.input.turn_detection.threshold",
        ),
        (
            {"audio": {"input": {"turn_detection": VAD | {"silence_duration_ms": -1}}}},
            "integer_below_min_value",
            "session.audio.input.turn_detection.silence_duration_ms",
        ),
        ({"tools": [LIGHT, {"type": "function"}]}, "missing_required_parameter", "session.tools[1].name"),
        ({"tools": [{"type": "mcp", "server_label": "x"}]}, "invalid_value", "session.tools[0].type"),
        ({"temperature": 0.8}, "unknown_parameter", "session.temperature"),
    ],
)
async def test_a_refused_update_changes_nothing(cloud: RealtimeServer, session: Json, code: str, param: str) -> None:
    async with peer(cloud) as client:
        before = client.received[0]["session"]
        wish = {"type": "realtime", "instructions": "Changed."} | session
        problem = await client.send_wrong({"type": "session.update", "event_id": "mine", "session": wish})
        assert (problem["code"], problem["param"], problem["event_id"]) == (code, param, "mine")
        assert await client.update() == before


async def test_the_voice_is_locked_once_it_was_heard(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        await client.update(audio={"output": {"voice": "marin"}}, output_modalities=["text"])
        await client.write("Hello.")
        await client.respond()
        await client.update(audio={"output": {"voice": "cedar"}}, output_modalities=["audio"])
        await client.respond(instructions="Say exactly: Hi.")
        locked = {"type": "realtime", "instructions": "Changed.", "audio": {"output": {"voice": "ash"}}}
        problem = await client.send_wrong({"type": "session.update", "session": locked})
        assert (problem["code"], problem["param"]) == ("cannot_update_voice", "session.audio.output.voice")
        same = await client.update(audio={"output": {"voice": "cedar"}})
        assert same["instructions"] != "Changed."
