"""The older dialect: a renaming of the GA one that loses nothing on the way."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET, structs

from speaker.realtime.protocol import beta
from speaker.realtime.protocol import client_events as cl
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.codec import (
    RefusedError,
    Unknown,
    decode_client,
    decode_server,
    encode_client,
    encode_server,
    type_of,
)
from speaker.realtime.protocol.objects import Audio, AudioFormat, Content, Item, ResponseWish, Session, SessionHead
from tests.support.random_events import CLIENT, SERVER, SESSIONS, WISHES, as_read, encoded

GA_WORDS = {"output_modalities", "max_output_tokens", "audio/pcm", "output_text", "output_audio"}
UNKNOWN_TO_BETA = {"type", "parallel_tool_calls", "reasoning", "truncation", "prompt"}

BETA_SESSION = {
    "modalities": ["text", "audio"],
    "instructions": "Be brief.",
    "voice": "alloy",
    "speed": 1.2,
    "input_audio_format": "pcm16",
    "output_audio_format": "g711_ulaw",
    "input_audio_transcription": {"model": "whisper-1"},
    "input_audio_noise_reduction": None,
    "turn_detection": {"type": "server_vad", "silence_duration_ms": 200},
    "tools": [],
    "tool_choice": "auto",
    "max_response_output_tokens": 300,
}


@given(st.fixed_dictionaries({}, optional={key: st.just(value) for key, value in BETA_SESSION.items()}))
def test_a_flat_session_survives_the_way_to_ga_and_back(flat: dict[str, object]) -> None:
    assert beta.flatten(beta.unflatten(flat)) == flat


@given(SESSIONS | WISHES)
def test_a_ga_session_survives_the_way_to_beta_and_back(given_session: Session | ResponseWish) -> None:
    ga = {key: one for key, one in msgspec.to_builtins(given_session).items() if key not in UNKNOWN_TO_BETA}
    assert beta.flatten(beta.unflatten(beta.flatten(ga))) == beta.flatten(ga)
    assert _leaves(beta.unflatten(beta.flatten(ga))) == _leaves(ga)


def _leaves(session: dict[str, Any]) -> dict[str, Any]:
    """Without objects that hold nothing."""
    audio = {side: one for side, one in session.get("audio", {}).items() if one}
    return {key: one for key, one in session.items() if key != "audio"} | ({"audio": audio} if audio else {})


def test_the_flat_session_stands_where_ga_has_it() -> None:
    assert beta.unflatten(BETA_SESSION | {"temperature": 0.8}) == {
        "output_modalities": ["audio"],
        "instructions": "Be brief.",
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24_000},
                "transcription": {"model": "whisper-1"},
                "noise_reduction": None,
                "turn_detection": {"type": "server_vad", "silence_duration_ms": 200},
            },
            "output": {"format": {"type": "audio/pcmu"}, "voice": "alloy", "speed": 1.2},
        },
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": 300,
    }


@pytest.mark.parametrize("kind", CLIENT, ids=lambda kind: kind.__name__)
def test_our_server_understands_our_client_in_the_older_dialect(kind: type[cl.ClientEvent]) -> None:
    @settings(max_examples=30)
    @given(CLIENT[kind])
    def check(event: cl.ClientEvent) -> None:
        text = encode_client(event, "beta")
        assert not GA_WORDS & _words(json.loads(text))
        assert _known(decode_client(text, "beta")) == _known(event)

    check()


def _words(value: Any) -> set[str]:
    """Keys and texts of an event, but for what is inside tools."""
    if isinstance(value, dict):
        return set(value).union(*(_words(one) for key, one in value.items() if key != "tools"))
    if isinstance(value, list):
        return set().union(*map(_words, value))
    return {value} if isinstance(value, str) else set()


def _known(event: cl.ClientEvent) -> Any:
    """What the older dialect can say of an event."""
    known = msgspec.to_builtins(event)
    for place in ("session", "response"):
        if place in known:
            kept = {key: one for key, one in known[place].items() if key not in UNKNOWN_TO_BETA}
            known[place] = _leaves(kept)
    return known


@pytest.mark.parametrize("kind", SERVER, ids=lambda kind: kind.__name__)
def test_our_client_understands_our_server_in_the_older_dialect(kind: type[ev.ServerEvent]) -> None:
    @settings(max_examples=30)
    @given(SERVER[kind])
    def check(event: ev.ServerEvent) -> None:
        text = encode_server(event, "beta")
        if isinstance(event, ev.ItemDone):
            assert text is None
            return
        assert text is not None
        assert "output_text" not in text
        assert "output_audio_transcript" not in text
        again = decode_server(text)
        if isinstance(event, ev.ItemAdded):
            assert again == ev.ItemCreated(**structs.asdict(event))
        elif isinstance(again, ev.SessionCreated | ev.SessionUpdated) and isinstance(event, type(again)):
            # Of its sound only the formats are read, see below.
            assert structs.replace(again.session, audio=UNSET) == SessionHead(
                id=event.session.id, model=event.session.model, expires_at=event.session.expires_at
            )
        else:
            assert again == as_read(event)

    check()


@pytest.mark.parametrize(
    ("session", "hears", "plays"),
    [
        ({"input_audio_format": "pcm16", "output_audio_format": "pcm16"}, AudioFormat(), AudioFormat()),
        ({"input_audio_format": "pcm16", "output_audio_format": "pcm24"}, AudioFormat(), AudioFormat(rate=24_000)),
        ({"output_audio_format": "g711_ulaw"}, None, AudioFormat(type="audio/pcmu")),
        ({"input_audio_format": "not specified", "output_audio_format": None}, None, None),
        (
            {"input_audio_format": "pcm16", "audio": {"input": {"format": {"type": "audio/pcm", "rate": 8_000}}}},
            AudioFormat(rate=8_000),
            None,
        ),
    ],
)
def test_the_formats_of_a_flat_session_are_read(
    session: dict[str, object], hears: AudioFormat | None, plays: AudioFormat | None
) -> None:
    event = decode_server(json.dumps({"type": "session.updated", "session": session}))
    assert isinstance(event, ev.SessionUpdated)
    audio = event.session.audio
    sides = (audio.input, audio.output) if isinstance(audio, Audio) else (UNSET, UNSET)
    assert [None if side is UNSET else side.format for side in sides] == [hears, plays]


@pytest.mark.parametrize(
    "flat",
    [{"modalities": 5}, {"modalities": {}}, {"input_audio_format": []}, {"output_audio_format": 7},
     {"voice": 5}, {"turn_detection": "server_vad"}, {"modalities": ["smell", "audio", 3], "tools": 1}],
)  # fmt: skip
def test_flat_sessions_that_make_no_sense_are_refused(flat: dict[str, object]) -> None:
    with pytest.raises(RefusedError) as caught:
        decode_client(json.dumps({"type": "session.update", "event_id": "mine", "session": flat}), "beta")
    assert (caught.value.code, caught.value.event_id) == ("invalid_value", "mine")


@pytest.mark.parametrize("kind", ["session.update", "response.create", "conversation.item.create"])
@pytest.mark.parametrize("value", [5, "x", [], [1]])
def test_events_that_hold_something_else_are_refused(kind: str, value: object) -> None:
    place = {"session.update": "session", "response.create": "response"}.get(kind, "item")
    with pytest.raises(RefusedError) as caught:
        decode_client(json.dumps({"type": kind, place: value}), "beta")
    assert (caught.value.code, caught.value.param) == ("invalid_value", place)


@pytest.mark.parametrize(("old", "new"), list(beta.SERVER_NAMES.items()))
def test_every_beta_name_is_the_ga_event(old: str, new: str) -> None:
    fields = {"event_id": "e", "response_id": "r", "item_id": "a", "output_index": 1, "content_index": 0}
    event = decode_server(json.dumps(fields | {"type": old, "delta": "AAA=", "text": "t", "transcript": "t"}))
    assert not isinstance(event, Unknown)
    assert type_of(event) == new
    assert decode_server(encoded(event)) == event


def test_a_beta_answer_is_read_as_ga() -> None:
    spoken = {"id": "a", "type": "message", "role": "assistant", "content": [{"type": "audio", "transcript": "Hi."}]}
    frame = {"id": "r", "status": "completed", "modalities": ["text", "audio"], "voice": "alloy",
             "output_audio_format": "pcm16", "max_output_tokens": "inf", "output": [spoken]}  # fmt: skip
    event = decode_server(json.dumps({"type": "response.done", "response": frame}))
    assert isinstance(event, ev.ResponseDone)
    response = event.response
    assert response.output_modalities == ["audio"]
    assert response.output[0].content == [Content(type="output_audio", transcript="Hi.")]
    assert json.loads(encoded(event))["response"]["audio"] == {
        "output": {"format": {"type": "audio/pcm", "rate": 24_000}, "voice": "alloy"}
    }


def test_the_user_is_called_the_same_in_both_dialects() -> None:
    said = Item(type="message", role="user", content=[Content(type="input_text", text="hi")])
    told = Item(type="message", role="assistant", content=[Content(type="output_text", text="hi")])
    kinds = [json.loads(encode_client(cl.CreateItem(item=item), "beta"))["item"]["content"][0]["type"]
             for item in (said, told)]  # fmt: skip
    assert kinds == ["input_text", "text"]
