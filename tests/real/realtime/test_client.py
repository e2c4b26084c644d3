"""Our client: how it opens a session, what it sends, what it makes of nonsense, and a whole turn."""

import asyncio
import base64
import json
import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speaker.audio import pcm
from speaker.audio.live_resampler import LiveResampler
from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, resample
from speaker.offline.server.scripted import Close, Delay, EmitStep, Expect, Json, Raw, ScriptStep
from speaker.offline.server.server import RealtimeServer
from speaker.offline.speech.engines import OfflineEngines
from speaker.realtime.client import Closed, News, Opened
from speaker.realtime.endpoint import Target
from speaker.realtime.outgoing_sound import APPEND_MS
from speaker.realtime.protocol import client_events as cl
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.codec import Dialect
from tests.support.real_parts import Speech
from tests.support.scripted_session import CREATED, HELLO, OPEN, SPEECH, UPDATED, Told, error, line, played, tone
from tests.support.strict_client import turn

END = Expect("conversation.item.delete")


def pieces(seen: Sequence[Json]) -> list[bytes]:
    return [base64.b64decode(event["audio"]) for event in seen if event["type"] == "input_audio_buffer.append"]


def only(types: Sequence[str], event: ev.ServerEvent) -> EmitStep:
    """Emit an event, provided that the client has sent just these."""

    def check(seen: Sequence[Json]) -> ev.ServerEvent:
        assert [one["type"] for one in seen] == list(types)
        return event

    return EmitStep(check)


# Opening.


async def test_nothing_is_sent_before_the_session_is_there_and_no_sound_before_it_is_configured(
    engines: OfflineEngines,
) -> None:
    asked = ["session.update"]
    scene: list[ScriptStep] = [
        Delay(0.1), only([], CREATED), Expect("session.update"), Delay(0.1), only(asked, UPDATED), END, Close(),
    ]  # fmt: skip
    held = tone(WAKE_HZ)
    async with played(engines, *scene) as (cloud, url):
        told = Told(url)
        told.session.append(held[:3000])
        told.session.append(held[3000:])
        told.session.send(cl.DeleteItem(item_id="end"))
        await told.run()
    assert [type(news) for news in told.news] == [Opened, Closed]
    assert told.news[0] == Opened("sess_1")
    assert [event["type"] for event in cloud.seen] == [
        "session.update",
        *["input_audio_buffer.append"] * len(pieces(cloud.seen)),
        "conversation.item.delete",
    ]
    sent = b"".join(pieces(cloud.seen))
    assert sent == pcm.to_bytes(LiveResampler(WAKE_HZ, SESSION_HZ).push(held, last=True))[: len(sent)]
    assert told.session.sent_bytes == len(sent)


@settings(max_examples=20)
@given(st.lists(st.integers(0, 4000), min_size=1, max_size=12))
async def test_however_sound_is_cut_it_arrives_without_a_gap(engines: OfflineEngines, cuts: list[int]) -> None:
    whole = np.random.default_rng(3).integers(-9000, 9000, sum(cuts), dtype=np.int16)
    async with played(engines, *OPEN, END, Close()) as (cloud, url):
        told = Told(url)
        for end, length in zip(np.cumsum(cuts), cuts, strict=True):
            told.session.append(whole[end - length : end])
        told.session.send(cl.DeleteItem(item_id="end"))
        await told.run()
    sent = b"".join(pieces(cloud.seen))
    assert all(0 < len(piece) <= 2 * pcm.ms_to_samples(APPEND_MS, SESSION_HZ) for piece in pieces(cloud.seen))
    expected = pcm.to_bytes(LiveResampler(WAKE_HZ, SESSION_HZ).push(whole, last=True))
    assert sent == expected[: len(sent)]
    assert len(expected) - len(sent) <= 2 * pcm.ms_to_samples(2, SESSION_HZ), "a little waits in the resampler"


async def test_a_slow_line_is_waited_for(engines: OfflineEngines) -> None:
    async with played(engines, *OPEN, Close()) as (_, url), line(url, delay_s=0.5) as slow:
        told = Told(slow)
        await told.run()
    assert told.opened


async def test_a_line_that_breaks_at_first_is_tried_again(
    engines: OfflineEngines, caplog: pytest.LogCaptureFixture
) -> None:
    async with played(engines, *OPEN, Close()) as (_, url), line(url, broken=2) as poor:
        told = Told(poor)
        await told.run()
    assert told.opened
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 2
    assert all(warning.endswith("trying again") for warning in warnings)


@pytest.mark.parametrize("dialect", ["ga", "beta"])
async def test_the_dialect_decides_header_and_shape(engines: OfflineEngines, dialect: Dialect) -> None:
    async with played(engines, *OPEN, Close()) as (cloud, url):
        told = Told(url, dialect=dialect, key="sk-any")
        await told.run()
    assert told.opened
    sent = cloud.seen[0]["session"]
    assert cloud.headers[0]["Authorization"] == "Bearer sk-any"
    if dialect == "ga":
        assert "OpenAI-Beta" not in cloud.headers[0]
        assert (sent["type"], sent["output_modalities"], sent["audio"]["output"]["voice"]) == (
            "realtime", ["audio"], "marin",
        )  # fmt: skip
    else:
        assert cloud.headers[0]["OpenAI-Beta"] == "realtime=v1"
        assert sent == {
            "instructions": "Be brief.",
            "modalities": ["text", "audio"],
            "voice": "marin",
            "input_audio_format": "pcm16",
            "output_audio_format": "pcm16",
        }


async def test_a_session_opens_once_however_often_it_is_updated(engines: OfflineEngines) -> None:
    async with played(engines, *OPEN, EmitStep(UPDATED), Expect("input_audio_buffer.append"), Close()) as (cloud, url):
        told = Told(url)
        told.session.append(tone(WAKE_HZ))
        await told.run()
    assert [type(news) for news in told.news] == [Opened, ev.SessionUpdated, Closed]
    assert [event["type"] for event in cloud.seen].count("session.update") == 1


async def test_a_refused_configuration_ends_the_session(engines: OfflineEngines) -> None:
    async with played(engines, *HELLO, Expect("session.update"), EmitStep(error("unknown_parameter"))) as (_, url):
        told = Told(url)
        end = await told.run()
    assert end is not None
    assert (end.code, end.fatal) == ("unknown_parameter", False)
    assert "The cloud says no." in str(end)
    assert not told.opened


# Nonsense.


async def test_nonsense_costs_one_warning_each_and_the_session_goes_on(
    engines: OfflineEngines, caplog: pytest.LogCaptureFixture
) -> None:
    big = json.dumps({"type": "response.new.delta", "delta": "x" * (10 << 20)})
    sound = base64.b64encode(bytes(8 << 20)).decode()
    item = {"type": "message", "role": "assistant", "content": [{"type": "output_audio", "audio": sound}]}
    bad: list[str | bytes] = ["{", "[]", b"\xff\x00", '{"type":["response.done"]}']
    fine = [big, '{"type":"response.new","x":[]}', json.dumps({"type": "conversation.item.retrieved", "item": item})]
    async with played(engines, *OPEN, *[Raw(one) for one in (*bad, *fine)], EmitStep(SPEECH), Close()) as (_, url):
        told = Told(url)
        await told.run()
    assert [type(news) for news in told.news] == [Opened, ev.ItemRetrieved, ev.SpeechStarted, Closed]
    warnings = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warnings) == len(bad)
    assert all(len(warning) < 300 for warning in warnings)


# The key.


async def test_the_key_is_never_shown(engines: OfflineEngines, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    shown: list[Any] = []
    async with played(engines, *OPEN, EmitStep(error("server_error")), Close(1011)) as (cloud, url):
        for target in (url, url.replace("realtime", "live"), "ws://", f"{url}?key=no"):
            told = Told(target, key="sk-secret")
            shown += [await told.run(), told.session, *told.news]
        assert cloud.headers[0]["Authorization"] == "Bearer sk-secret"
    shown.append(Target(url, "offline", key="sk-secret"))
    broken = Told(url, key="sk-secret\nX-Evil: 1")
    end = await broken.run()
    assert end is not None
    assert end.fatal
    shown += [end, end.__cause__, end.__context__]
    assert "secret" not in " ".join(f"{one!r} {one}" for one in shown)
    assert caplog.records
    assert not [record for record in caplog.records if "secret" in f"{record.getMessage()} {record.exc_text}"]


# A server that works.


@pytest.mark.parametrize("dialect", ["ga", "beta"])
async def test_a_turn_sounds_the_same_in_both_dialects(cloud: RealtimeServer, speech: Speech, dialect: Dialect) -> None:
    told = Told(cloud.url, dialect=dialect)
    task = asyncio.create_task(told.session.run())
    await told.until(lambda news: told.opened)
    told.session.append(resample(turn(speech("Thank you.")), SESSION_HZ, WAKE_HZ))
    await told.until(lambda news: any(isinstance(one, ev.ResponseDone) for one in news))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    events = [news for news in told.news if isinstance(news, ev.ServerEvent)]
    added: type[ev.ServerEvent] = ev.ItemAdded if dialect == "ga" else ev.ItemCreated
    done: list[type[ev.ServerEvent]] = [ev.ItemDone] if dialect == "ga" else []
    assert _ladder(events) == [
        ev.SpeechStarted, ev.SpeechStopped, ev.AudioCommitted, added, *done,
        ev.ResponseCreated, ev.RateLimits, ev.OutputItemAdded, added, ev.ContentPartAdded, ev.TranscriptDelta,
        ev.AudioDelta, ev.AudioDone, ev.TranscriptDone, ev.ContentPartDone, ev.OutputItemDone, *done, ev.ResponseDone,
    ]  # fmt: skip
    last = events[-1]
    assert isinstance(last, ev.ResponseDone)
    assert last.response.output_modalities == ["audio"]
    assert [part.type for part in last.response.output[0].content or []] == ["output_audio"]


def _ladder(events: Sequence[News]) -> list[type]:
    kinds = [type(event) for event in events]
    return [kind for place, kind in enumerate(kinds) if place == 0 or kind != kinds[place - 1]]
