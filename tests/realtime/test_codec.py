"""The wire against the official SDK's models, against the older dialect, and against whatever else may come."""

import base64
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speaker.config.loading import load_settings
from speaker.errors import WireError
from speaker.realtime.protocol import beta
from speaker.realtime.protocol import client_events as cl
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.codec import (
    Dialect,
    RefusedError,
    Unknown,
    decode_client,
    decode_server,
    encode_client,
    type_of,
)
from speaker.realtime.protocol.objects import Content, Item, Problem, Response, Session
from speaker.realtime.session_config import opening
from tests.support.random_events import ANY_SERVER, CLIENT, JSON, SERVER, SOUND, WORDS, as_read, encoded
from tests.support.sdk_models import judge_client, judge_server

DIALECTS: tuple[Dialect, ...] = ("ga", "beta")


def refused(event: object, dialect: Dialect = "ga") -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        decode_client(event if isinstance(event, str | bytes) else json.dumps(event), dialect)
    return caught.value


def update(**session: object) -> dict[str, object]:
    return {"type": "session.update", "event_id": "mine", "session": {"type": "realtime"} | session}


def create(**item: object) -> dict[str, object]:
    return {"type": "conversation.item.create", "item": item}


# The official SDK as judge.


def test_no_event_is_left_out_of_these_tests() -> None:
    assert set(CLIENT) == set(cl.CLIENT_EVENTS)
    assert set(SERVER) == set(ev.SERVER_EVENTS)


@pytest.mark.parametrize("kind", cl.CLIENT_EVENTS, ids=lambda kind: kind.__name__)
def test_the_sdk_knows_every_client_event(kind: type[cl.ClientEvent]) -> None:
    @settings(max_examples=20)
    @given(CLIENT[kind])
    def check(event: cl.ClientEvent) -> None:
        text = encode_client(event)
        assert judge_client(text)["type"] == type_of(event)
        assert decode_client(text) == event

    check()


@pytest.mark.parametrize("kind", ev.SERVER_EVENTS, ids=lambda kind: kind.__name__)
def test_the_sdk_knows_every_server_event(kind: type[ev.ServerEvent]) -> None:
    @settings(max_examples=20)
    @given(SERVER[kind])
    def check(event: ev.ServerEvent) -> None:
        text = encoded(event)
        assert judge_server(text)["type"] == type_of(event)
        assert decode_server(text) == as_read(event)

    check()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"output": "text"},
        {"turn_detection": {"type": "semantic_vad", "eagerness": "low"}},
        {"turn_detection": {"type": "server_vad", "silence_duration_ms": 300}},
    ],
)
def test_the_sdk_knows_what_the_speaker_asks_for(changes: dict[str, Any]) -> None:
    tool = {"type": "function", "name": "set_light", "description": "Switch.", "parameters": {"type": "object"}}
    wanted = opening(load_settings({"session": changes}, "kitchen").session, "Devices: none", [tool])
    event = judge_client(encode_client(cl.SessionUpdate(session=wanted)))
    assert event["session"]["type"] == "realtime"
    assert event["session"]["audio"]["input"]["format"] == {"type": "audio/pcm", "rate": 24_000}
    assert event["session"]["tools"] == [tool]
    assert decode_client(json.dumps(event)) == cl.SessionUpdate(session=msgspec.convert(event["session"], Session))


@given(SOUND)
def test_sound_comes_out_as_it_went_in(audio: bytes) -> None:
    there = encode_client(cl.AppendAudio(audio=audio))
    assert base64.b64decode(json.loads(there)["audio"], validate=True) == audio
    assert decode_client(there) == cl.AppendAudio(audio=audio)
    for dialect in DIALECTS:
        event = decode_server(encoded(ev.AudioDelta(item_id="a", delta=audio), dialect))
        assert isinstance(event, ev.AudioDelta)
        assert event.delta == audio


# What servers may do.


@given(WORDS, JSON)
def test_unknown_types_are_no_mistake(word: str, more: object) -> None:
    kind = f"response.new.{word}"
    assert decode_server(json.dumps({"type": kind, "more": more})) == Unknown(kind)


@given(ANY_SERVER, JSON)
def test_unknown_fields_change_nothing(event: ev.ServerEvent, more: object) -> None:
    strange = json.loads(encoded(event)) | {"obfuscation": more}
    for place in ("item", "part", "response", "error", "session"):
        if place in strange:
            strange[place]["brand_new"] = more
    assert decode_server(json.dumps(strange)) == as_read(event)


@given(ANY_SERVER)
def test_null_and_absent_are_the_same(event: ev.ServerEvent) -> None:
    full = json.loads(encoded(event))
    assert decode_server(json.dumps(_nulled(full))) == decode_server(json.dumps(_dropped(full)))


def _dropped(value: Any) -> Any:
    """Without what may be absent; item and response keep what makes them one."""
    needed = {"type", "item", "response", "error", "part", "session", "id", "item_id", "delta", "text", "transcript",
              "arguments", "call_id", "audio_start_ms", "audio_end_ms", "content_index", "rate_limits"}  # fmt: skip
    return {key: _dropped(one) if isinstance(one, dict) else one for key, one in value.items() if key in needed}


def _nulled(value: Any) -> Any:
    kept = _dropped(value)
    return {
        key: (_nulled(one) if isinstance(one, dict) else one) if key in kept else None for key, one in value.items()
    }


@pytest.mark.parametrize(
    ("frame", "named"),
    [
        ('{"type":5}', ["server event", "$.type"]),
        ('{"event_id":"x"}', ["server event", "`type`"]),
        ("[]", ["server event", "object"]),
        ("", ["server event"]),
        ('{"type":"session.created"', ["server event"]),
        ("nonsense", ["server event"]),
        (b"\xff\xfe\x00", ["server event"]),
        (b'{"type":"response.d\xff"}', ["server event"]),
        ('{"type":"x","a":' + "[" * 100_000 + "]" * 100_000 + "}", ["server event", "recursion"]),
    ],
)
def test_a_broken_server_event_is_one_sentence(frame: str | bytes, named: list[str]) -> None:
    with pytest.raises(WireError) as caught:
        decode_server(frame)
    sentence = str(caught.value)
    assert all(word in sentence for word in named), sentence
    assert sentence.endswith("it is ignored")
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("frame", "event"),
    [
        ({"type": "response.done"}, ev.ResponseDone(response=Response(id=""))),
        (
            {"type": "response.done", "response": {"status": "completed"}},
            ev.ResponseDone(response=Response(id="", status="completed")),
        ),
        ({"type": "response.output_audio.delta", "item_id": "a", "delta": 7}, ev.AudioDelta(item_id="a", delta=b"")),
        ({"type": "response.audio.delta", "item_id": "a", "delta": "?!"}, ev.AudioDelta(item_id="a", delta=b"")),
        ({"type": "input_audio_buffer.speech_started", "audio_start_ms": "now"}, ev.SpeechStarted(audio_start_ms=0)),
        ({"type": "input_audio_buffer.speech_started", "audio_start_ms": 40.6}, ev.SpeechStarted(audio_start_ms=41)),
        (
            {"type": "response.function_call_arguments.done", "item_id": "a", "arguments": {"percent": 40}},
            ev.ArgumentsDone(item_id="a", call_id="", arguments='{"percent":40}'),
        ),
        (
            {"type": "response.output_audio_transcript.done", "item_id": "a"},
            ev.TranscriptDone(item_id="a", transcript=""),
        ),
        (
            {"type": "response.done", "response": {
                "id": "r", "status": "failed", "status_details": "unimplemented", "usage": "none", "metadata": [1],
                "output": ["x", {"type": "message", "id": "m", "content": "hello", "from": "mars"}, None],
            }},
            ev.ResponseDone(response=Response(id="r", status="failed", output=[Item(type="message", id="m")])),
        ),
        ({"type": "error", "error": "no"}, ev.Error(error=Problem(message="no"))),
        ({"type": "error", "message": "no", "code": "x"}, ev.Error(error=Problem(message="no", code="x"))),
        ({"type": "error"}, ev.Error(error=Problem())),
        (
            {"type": "error", "error": {"message": "no", "code": 500, "param": None}},
            ev.Error(error=Problem(message="no", code="500")),
        ),
    ],
)  # fmt: skip
def test_what_can_be_used_of_an_odd_event_is_used(frame: dict[str, object], event: ev.ServerEvent) -> None:
    assert decode_server(json.dumps(frame)) == event


@pytest.mark.parametrize("odd", [{"interrupt_response": 1e300}, {"create_response": "maybe"}, {"eagerness": True}])
def test_an_odd_turn_detection_stays_of_the_kind_that_it_says(odd: dict[str, object]) -> None:
    turns = {"type": "semantic_vad", "eagerness": "low", "create_response": True} | odd
    event = decode_server(
        json.dumps({"type": "session.updated", "session": {"audio": {"input": {"turn_detection": turns}}}})
    )
    kept = {key: one for key, one in turns.items() if key not in odd}
    assert isinstance(event, ev.SessionUpdated)
    assert msgspec.to_builtins(event.session)["audio"]["input"]["turn_detection"] == kept


@pytest.mark.parametrize(
    "text",
    ["AQL/+w==", "AQL/+w", "AQL_-w==", "AQL_-w", "AQ\nL/\r\n+w==\n", " A Q L / + w = = "],
    ids=["plain", "no padding", "other alphabet", "both", "lines", "spaces"],
)
def test_base64_is_read_in_every_form(text: str) -> None:
    event = decode_server(json.dumps({"type": "response.output_audio.delta", "item_id": "a", "delta": text}))
    assert event == ev.AudioDelta(item_id="a", delta=b"\x01\x02\xff\xfb")


ODD = JSON | st.sampled_from([1e300, -1.5, [], {}, [[]], {"a": {"b": [None]}}, "1e9", True, "", 10**30])


def _places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every field of an event, by its path; the tag is none, without it an event is no event."""
    if isinstance(value, dict):
        return [place for key, one in value.items() for place in [(*path, key), *_places(one, (*path, key))]
                if place != ("type",)]  # fmt: skip
    if isinstance(value, list):
        return [place for index, one in enumerate(value) for place in _places(one, (*path, index))]
    return []


def _without(value: Any, path: tuple[str | int, ...]) -> Any:
    """The same without one field, as far as it is there."""
    if isinstance(value, dict) and path[0] in value:
        rest = {key: one for key, one in value.items() if key != path[0]}
        return rest if len(path) == 1 else rest | {path[0]: _without(value[path[0]], path[1:])}
    if isinstance(value, list) and isinstance(path[0], int):
        return [_without(one, path[1:]) if index == path[0] else one for index, one in enumerate(value)]
    return value


@settings(max_examples=400)
@given(ANY_SERVER, ODD, st.data())
def test_one_odd_field_changes_nothing_but_its_own_meaning(
    event: ev.ServerEvent, odd: object, data: st.DataObject
) -> None:
    """Any field of any event, replaced by any value."""
    raw = json.loads(encoded(event))
    path = data.draw(st.sampled_from(_places(raw)))
    place = raw
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = odd
    strange = decode_server(json.dumps(raw))
    assert type(strange) is type(event)
    known, read = (msgspec.to_builtins(one, builtin_types=(bytes,)) for one in (as_read(event), strange))
    if path[-2:] == ("noise_reduction", "type"):
        path = path[:-1]  # without its kind it is none
    assert _without(read, path) == _without(known, path)


KINDS = st.sampled_from([*beta.SERVER_NAMES, *(str(one.__struct_config__.tag) for one in (*SERVER, *CLIENT))])
FIELDS = st.sampled_from(["item", "item_id", "session", "response", "delta", "part", "error", "event_id", "audio",
                          "rate_limits", "audio_start_ms", "audio_end_ms", "content_index", "modalities", "voice",
                          "output", "input", "content", "role", "type", "input_audio_format", "call_id"])  # fmt: skip
TREES = st.recursive(
    JSON | st.just("assistant"), lambda inner: st.dictionaries(FIELDS, inner, max_size=4), max_leaves=8
)


@settings(max_examples=300)
@given(KINDS, st.dictionaries(FIELDS, TREES, max_size=5))
def test_nothing_but_our_own_errors_comes_out(kind: str, fields: dict[str, object]) -> None:
    frame = json.dumps(fields | {"type": kind})
    try:
        decode_server(frame)
    except WireError as error:
        assert kind in str(error)
    for dialect in DIALECTS:
        try:
            decode_client(frame, dialect)
        except RefusedError as refusal:
            assert refusal.code


@given(st.binary(max_size=30) | WORDS)
def test_noise_is_refused(frame: bytes | str) -> None:
    with pytest.raises(WireError):
        decode_server(frame)
    # Two bytes can be an object already, one without a type.
    assert refused(frame).code in {"invalid_json", "invalid_value"}


def test_the_forms_that_other_servers_use_are_read() -> None:
    done = decode_server(
        '{"type":"response.function_call_arguments.done","item_id":"a","call_id":"c","arguments":"{}","name":null}'
    )
    assert done == ev.ArgumentsDone(item_id="a", call_id="c", arguments="{}")
    started = decode_server('{"type":"input_audio_buffer.speech_started","audio_start_ms":120.0,"item_id":null}')
    assert started == ev.SpeechStarted(audio_start_ms=120)
    part = decode_server('{"type":"response.content_part.added","item_id":"a","part":{"type":"output_audio"}}')
    assert part == ev.ContentPartAdded(item_id="a", part=Content(type="audio"))
    new = decode_server('{"type":"response.done","response":{"id":"r","status":"paused","output":null}}')
    assert isinstance(new, ev.ResponseDone)
    assert (new.response.status, new.response.output) == ("paused", [])
    quoted = decode_server('{"type":"conversation.item.done","item":{"type":"function_call_output","output":"null"}}')
    assert isinstance(quoted, ev.ItemDone)
    assert quoted.item.output == "null"


# What clients may not do.


TURNLESS = {"input": {"turn_detection": {"type": "none"}}}
WRONG: list[tuple[dict[str, object], str, str]] = [
    ({"type": "session.updated"}, "invalid_value", "type"),
    ({"type": 3}, "invalid_value", "type"),
    ({}, "invalid_value", "type"),
    ({"type": "session.update"}, "missing_required_parameter", "session"),
    ({"type": "input_audio_buffer.append"}, "missing_required_parameter", "audio"),
    ({"type": "input_audio_buffer.append", "audio": "?"}, "invalid_value", "audio"),
    (create(), "missing_required_parameter", "item.type"),
    (create(type="message", content=[{"type": "a"}, {"c": 1}]), "missing_required_parameter", "item.content[1].type"),
    (create(type="message", content=[{"type": "a"}, {"type": "b", "c": 1}]), "unknown_parameter", "item.content[1].c"),
    ({"type": "conversation.item.delete", "item_id": None}, "missing_required_parameter", "item_id"),
    ({"type": "conversation.item.truncate", "item_id": "a"}, "missing_required_parameter", "content_index"),
    ({"type": "response.create", "response": {"conversation": "new"}}, "invalid_value", "response.conversation"),
    ({"type": "response.create", "responce": {}}, "unknown_parameter", "responce"),
    (update(temperature=0.8), "unknown_parameter", "session.temperature"),
    (update(modalities=["audio"]), "unknown_parameter", "session.modalities"),
    (update(output_modalities=["smell"]), "invalid_value", "session.output_modalities[0]"),
    (update(audio=TURNLESS), "invalid_value", "session.audio.input.turn_detection.type"),
    (update(audio={"output": {"voice": 5}}), "invalid_value", "session.audio.output.voice"),
    (update(audio={"output": {"pitch": 5}}), "unknown_parameter", "session.audio.output.pitch"),
    (update(tool_choice="maybe"), "invalid_value", "session.tool_choice"),
]


@pytest.mark.parametrize(("event", "code", "param"), WRONG, ids=[param for _, _, param in WRONG])
def test_what_is_wrong_with_a_client_event_is_named(event: dict[str, object], code: str, param: str) -> None:
    refusal = refused(event | {"event_id": "mine"})
    assert (refusal.code, refusal.param, refusal.event_id) == (code, param, "mine")
    assert param.rpartition(".")[2].partition("[")[0] in str(refusal) or param == "type"
    assert "\n" not in str(refusal)


@pytest.mark.parametrize("frame", ["", "{", "[]", "7", "null", b"\xff", b'{"type":"\xff"}', "[" * 100_000])
def test_frames_that_are_no_event_are_refused(frame: str | bytes) -> None:
    refusal = refused(frame)
    assert (refusal.code, refusal.param, refusal.event_id) == ("invalid_json", None, None)


def test_nulls_of_clients_are_absences_except_where_they_turn_off() -> None:
    event = decode_client(
        json.dumps(
            update(
                instructions=None,
                tracing=None,
                tools=[{"type": "function", "name": "f", "parameters": {"default": None}}],
                audio={"input": {"turn_detection": None, "format": None}, "output": {"voice": None}},
            )
        )
    )
    assert json.loads(encode_client(event))["session"] == {
        "type": "realtime",
        "tracing": None,
        "tools": [{"type": "function", "name": "f", "parameters": {"default": None}}],
        "audio": {"input": {"turn_detection": None}, "output": {}},
    }


@pytest.mark.parametrize(
    "frame",
    [
        '{"type":"input_audio_buffer.cleared","event_id":"e","invented":1}',
        '{"type":"input_audio_buffer.cleared"}',
        '{"type":"response.done","event_id":"e","response":{"id":"r","output":[{"type":"message"}]}}',
        '{"type":"response.done","event_id":"e","response":{"id":"r","usage":{"invented":1}}}',
    ],
)
def test_the_judge_is_not_asleep(frame: str) -> None:
    with pytest.raises((AssertionError, ValueError)):
        judge_server(frame)
