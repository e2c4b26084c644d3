"""Services that are not quite the one the protocol comes from: how they greet, what they confirm, how they sound."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from speaker.audio.pcm import WAKE_HZ
from speaker.config.settings import ServiceName
from speaker.offline.server.scripted import Close, Delay, Expect, ScriptStep
from speaker.offline.speech.engines import OfflineEngines
from speaker.realtime import services
from speaker.realtime.client import Opened
from speaker.realtime.services import SERVICES, profile_of
from tests.support.scripted_session import Told, Witness, played, tone
from tests.support.service_frames import error, frame

CREATED: ScriptStep = frame("session.created", session={"id": "s", "voice": "ara", "turn_detection": {"type": None}})
UPDATED: ScriptStep = frame("session.updated", session={"instructions": "x"})
CONVERSATION: ScriptStep = frame("conversation.created", conversation={"id": "c"})
ASK: ScriptStep = Expect("session.update")


async def opened(engines: OfflineEngines, steps: Sequence[ScriptStep], **target: Any) -> tuple[Told, Witness]:
    """A client that said a second of sound to a service that greets so, and then ends."""
    async with played(engines, *steps, Expect("input_audio_buffer.append", 5), Delay(0.1), Close()) as (cloud, url):
        told = Told(url, says=tone(WAKE_HZ), **target)
        await told.run()
    return told, cloud


GREETINGS: dict[str, tuple[ServiceName, Sequence[ScriptStep]]] = {
    "session, then conversation": ("xai", [CREATED, ASK, CONVERSATION, frame("ping", timestamp=1), UPDATED]),
    "conversation, then session": ("xai", [CONVERSATION, CREATED, ASK, UPDATED]),
    "conversation alone": ("xai", [CONVERSATION, ASK, UPDATED]),
    "both before the update": ("xai", [CREATED, CONVERSATION, ASK, UPDATED]),
    "a session without a body": ("local", [frame("session.created", id="sess-1"), ASK, frame("session.updated")]),
    "everything null": ("local", [frame("session.created", session={"id": None, "audio": None}), ASK, UPDATED]),
    "an error for each setting, and all the others taken": (
        "local", [CREATED, ASK, error("No.", code=None), error("Neither."), UPDATED],
    ),
    "old items first": ("xai", [CREATED, frame("conversation.item.added", item={"id": "old"}), ASK, UPDATED]),
}  # fmt: skip


@pytest.mark.parametrize("case", GREETINGS)
async def test_a_session_opens_however_it_is_greeted(engines: OfflineEngines, case: str) -> None:
    service, steps = GREETINGS[case]
    told, cloud = await opened(engines, steps, service=service)
    assert told.opened
    kinds = [one["type"] for one in cloud.seen]
    assert kinds.index("input_audio_buffer.append") >= 1
    assert 1 <= kinds.count("session.update") <= 2


async def test_a_service_that_confirms_nothing_is_believed_after_a_while(
    engines: OfflineEngines, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert SERVICES["local"].silent_after_s is not None
    sooner = SERVICES | {"local": replace(SERVICES["local"], silent_after_s=0.1)}
    monkeypatch.setattr(services, "SERVICES", sooner)
    told, _ = await opened(engines, [CREATED, ASK], service="local")
    assert told.opened


@pytest.mark.parametrize(
    "steps",
    [
        [error("Failed to load the models", code="model_load_error"), Close(1000)],
        [error("All session slots are in use", type="session_limit_reached", code=None), Close(1008)],
        [CREATED, ASK, error("No."), error("No, really."), Close(1000)],
        [CREATED, ASK, frame("error", error="'model'", code="processing_error")],
        [frame("session.created", id="sess-1", created=1), ASK, frame("error", error="Unknown", code="unknown_event")],
    ],
    ids=["before the session", "busy", "twice", "a text", "not for talking"],
)  # fmt: skip
async def test_a_refusal_is_told_in_the_words_of_the_service(engines: OfflineEngines, steps: list[ScriptStep]) -> None:
    async with played(engines, *steps) as (_, url):
        told = Told(url)
        end = await told.run()
    assert not told.opened
    assert end is not None
    assert "reports: " in str(end)


@pytest.mark.parametrize("hz", [8_000, 16_000, 24_000, 48_000])
async def test_the_rate_that_a_service_reports_is_obeyed(engines: OfflineEngines, hz: int) -> None:
    told_formats: Any = {side: {"format": {"type": "audio/pcm", "rate": hz}} for side in ("input", "output")}
    steps = [CREATED, ASK, frame("session.updated", session={"audio": told_formats})]
    told, cloud = await opened(engines, steps, service="local")
    (news,) = [one for one in told.news if isinstance(one, Opened)]
    assert news.plays_hz == hz
    sent = sum(len(one["audio"]) * 3 // 4 for one in cloud.seen if one["type"] == "input_audio_buffer.append")
    assert sent == pytest.approx(2 * hz, rel=0.1)
    assert told.session.sent_bytes == pytest.approx(48_000, rel=0.1), "counted as the usual rate"


@pytest.mark.parametrize(
    ("session", "hears"),
    [
        ({"input_audio_format": "pcm16", "output_audio_format": "pcm24"}, 16_000),
        ({"input_audio_format": "pcm", "output_audio_format": "pcm"}, 16_000),
    ],
)
async def test_a_service_whose_words_for_a_format_mean_another_rate_is_known(
    engines: OfflineEngines, session: dict[str, str], hears: int
) -> None:
    steps = [CREATED, ASK, frame("session.updated", session=session)]
    told, cloud = await opened(engines, steps, service="qwen", dialect="beta")
    assert [one.plays_hz for one in told.news if isinstance(one, Opened)] == [24_000]
    sent = sum(len(one["audio"]) * 3 // 4 for one in cloud.seen if one["type"] == "input_audio_buffer.append")
    assert sent == pytest.approx(2 * hears, rel=0.1)


@pytest.mark.parametrize(
    "formats",
    [
        {"type": "audio/pcmu"},
        {"type": "audio/pcma"},
        {"type": "audio/opus", "rate": 48_000},
        {"rate": 0},
        {"rate": 10**7},
    ],
    ids=str,
)
async def test_sound_that_the_speaker_does_not_speak_is_refused_in_a_sentence(
    engines: OfflineEngines, formats: dict[str, object]
) -> None:
    steps = [CREATED, ASK, frame("session.updated", session={"audio": {"output": {"format": formats}}})]
    async with played(engines, *steps) as (_, url):
        told = Told(url)
        end = await told.run()
    assert not told.opened
    assert end is not None
    assert (end.code, end.fatal) == ("unsupported_format", True)


# What they are asked.


async def asked(engines: OfflineEngines, **target: Any) -> dict[str, Any]:
    _, cloud = await opened(engines, [CREATED, ASK, UPDATED], **target)
    session: dict[str, Any] = cloud.seen[0]["session"]
    return session


async def test_xai_is_asked_in_its_own_shape(engines: OfflineEngines) -> None:
    session = await asked(engines, service="xai")
    assert session["voice"] == "ara"
    assert session["audio"] == {
        "input": {"format": {"type": "audio/pcm", "rate": 24_000}},
        "output": {"format": {"type": "audio/pcm", "rate": 24_000}},
    }
    assert not {"type", "output_modalities"} & session.keys()


async def test_openai_and_azure_are_asked_alike(engines: OfflineEngines) -> None:
    assert await asked(engines, service="openai") == await asked(engines, service="azure")


def test_a_profile_moves_what_it_wants_elsewhere_and_nothing_else() -> None:
    session = {
        "type": "realtime", "instructions": "x", "tools": [{"type": "function", "name": "f"}], "tool_choice": "auto",
        "audio": {"input": {"turn_detection": None, "noise_reduction": {"type": "far_field"}},
                  "output": {"voice": "eve", "speed": 1.2}},
    }  # fmt: skip
    shaped = SERVICES["xai"].asked(session)
    assert shaped == {
        "instructions": "x", "tools": [{"type": "function", "name": "f"}], "tool_choice": "auto", "voice": "eve",
        "turn_detection": None, "audio": {"input": {}, "output": {}},
    }  # fmt: skip
    assert session["type"] == "realtime", "what was given is left as it is"
    assert SERVICES["qwen"].asked(session)["tools"] == [{"type": "function", "function": {"name": "f"}}]
    assert SERVICES["openai"].asked(session) == session


@pytest.mark.parametrize(
    ("url", "service"),
    [
        ("wss://api.openai.com/v1/realtime", "openai"),
        ("wss://house.openai.azure.com/openai/v1/realtime", "azure"),
        ("wss://house.cognitiveservices.azure.com/openai/v1/realtime?x=1", "azure"),
        ("wss://api.x.ai/v1/realtime", "xai"),
        ("wss://API.X.AI.:443/v1/realtime", "xai"),
        ("wss://dashscope-intl.aliyuncs.com/api-ws/v1/realtime", "qwen"),
        ("ws://192.168.1.5:8080/v1/realtime", "local"),
        ("wss://api.openai.com.evil.example/v1/realtime", "local"),
        ("wss://notapi.x.ai.example/", "local"),
        ("wss://evilapi.openai.com/", "local"),
        ("ws://[::1", "local"),
        ("", "local"),
    ],
)
def test_a_service_is_known_by_its_host(url: str, service: ServiceName) -> None:
    assert profile_of(url).name == service
    assert profile_of(url, "azure").name == "azure", "the configuration knows better"
