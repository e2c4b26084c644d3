"""The daemon's money: a scripted cloud, a real broker, no sound card. What is booked, told and refused."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from speaker.config.loading import load_settings
from speaker.config.settings import Settings
from speaker.conversation import events
from speaker.daemon.daemon import Daemon
from speaker.daemon.loading import LEDGER, Surroundings
from speaker.daemon.systemd import Systemd
from speaker.demo.broker import private_broker
from speaker.demo.stage import STAGE_NAME, Stage, stage
from speaker.offline.server.scripted import EmitStep, Expect, Scripted, ScriptStep
from speaker.offline.server.server import RealtimeServer, ServerSettings
from speaker.offline.speech.engines import OfflineEngines
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.objects import InputTokens, Item, OutputTokens, Response, SessionHead, Usage
from speaker.store.store import Ledger
from tests.support.real_parts import require

USAGE = Usage(
    total_tokens=1_150,
    input_tokens=1_040,
    output_tokens=110,
    input_token_details=InputTokens(text_tokens=1_000, audio_tokens=40),
    output_token_details=OutputTokens(text_tokens=10, audio_tokens=100),
)
COST_USD = (1_000 * 0.6 + 40 * 10 + 10 * 2.4 + 100 * 20) / 1e6


@pytest.fixture
async def on(tmp_path: Path) -> AsyncIterator[Stage]:
    require("mosquitto")
    async with private_broker(tmp_path) as broker, stage(tmp_path, None, broker) as one:
        yield one


@asynccontextmanager
async def scripted(*scenes: list[ScriptStep]) -> AsyncIterator[str]:
    """A cloud that plays scenes; its address."""
    engines = OfflineEngines()
    async with RealtimeServer(ServerSettings(port=0), engines, Scripted(list(scenes))) as server:
        yield server.url
    engines.close()


@asynccontextmanager
async def daemon(on: Stage, settings: Settings) -> AsyncIterator[Daemon]:
    """The daemon without a sound card, once it shows its state."""
    app = Daemon(settings, Surroundings(None, on.folder, Systemd(), None, None))
    life = asyncio.create_task(app.run())
    try:
        await on.is_in("idle")
        yield app
    finally:
        life.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await life


def wanted(on: Stage, url: str, **cost: Any) -> Settings:
    nowhere = {"microphone": "nowhere", "loudspeaker": "nowhere", "duplex": "wake"}
    return load_settings(
        {
            "id": STAGE_NAME,
            "audio": nowhere,
            "session": {"endpoint": "cloud", "url": url, "transcription": "gpt-transcribe"},
            "limits": {"follow_up_s": 0.2},
            "mqtt": {"host": "127.0.0.1", "port": on.broker.port},
            "tools": {"paths": []},
            "cost": cost,
        },
        STAGE_NAME,
    )


def conversation(usage: Usage | None, *, ends: bool = True) -> list[ScriptStep]:
    """One question, its words, and an answer of half a second; which may never come to an end."""
    sound = np.full(12_000, 1_000, np.int16).tobytes()
    message = Item(type="message", id="item_2", role="assistant")
    done = Response(id="resp_1", status="completed", output=[message], usage=usage)
    heard = {"type": "duration", "seconds": 2.0}
    return [
        EmitStep(ev.SessionCreated(event_id="e1", session=SessionHead(id="sess_1"))),
        Expect("session.update"),
        EmitStep(ev.SessionUpdated(event_id="e2", session=SessionHead(id="sess_1"))),
        Expect("input_audio_buffer.append"),
        EmitStep(ev.SpeechStarted(event_id="e3", audio_start_ms=0, item_id="item_1")),
        EmitStep(ev.SpeechStopped(event_id="e4", audio_end_ms=900, item_id="item_1")),
        EmitStep(ev.TranscriptionCompleted(event_id="e5", item_id="item_1", transcript="Hello.", usage=heard)),
        EmitStep(ev.ResponseCreated(event_id="e6", response=Response(id="resp_1", status="in_progress"))),
        EmitStep(ev.AudioDelta(event_id="e7", response_id="resp_1", item_id="item_2", delta=sound)),
        *([EmitStep(ev.ResponseDone(event_id="e8", response=done))] if ends else []),
    ]


async def talk(on: Stage, app: Daemon) -> dict[str, Any]:
    """Wake the speaker and say something; the trace of the conversation."""
    conversation = app.parts.conversation
    conversation.inbox.post(events.Pressed())
    turns = len(on.events("turn"))
    async with asyncio.timeout(20):
        while len(on.events("turn")) == turns:
            conversation.uplink.append(np.zeros(1_280, np.int16))
            await asyncio.sleep(0.05)
    return on.events("turn")[-1]


async def test_a_conversation_is_booked_and_told(on: Stage) -> None:
    async with scripted(conversation(USAGE)) as url, daemon(on, wanted(on, url)) as app:
        told = await talk(on, app)
        await on.until(lambda: on.state()["cost_today_usd"] > 0)
        state = on.state()
    assert told["cost_usd"] == pytest.approx(COST_USD)
    assert (told["turn"], told["cost_estimated"], told["ended_by"]) == (1, False, "follow_up_timeout")
    assert told["tokens"]["output_token_details"]["audio_tokens"] == 100
    assert state["cost_today_usd"] == state["cost_month_usd"] == pytest.approx(COST_USD + 2 / 60 * 0.0045)
    assert (state["budget_step"], on.events("budget")) == ("none", [])
    with closing(Ledger(on.folder / LEDGER)) as ledger:
        lines = {line.purpose: line for line in ledger.lines(app_day(told))}
    assert set(lines) == {"turn", "transcription"}
    assert lines["turn"].tokens.audio_out == 100


async def test_an_answer_to_a_written_request_is_booked_as_one(on: Stage) -> None:
    written = [step for step in conversation(USAGE) if not _is_speech(step)]
    written.insert(3, Expect("response.create"))
    async with scripted(written) as url, daemon(on, wanted(on, url)):
        await on.command("ask", "What is for dinner?")
        told = await on.event("turn")
    assert told["cost_usd"] == pytest.approx(COST_USD)
    with closing(Ledger(on.folder / LEDGER)) as ledger:
        assert [line.purpose for line in ledger.lines(app_day(told))] == ["ask"]


def _is_speech(step: ScriptStep) -> bool:
    """Whether it has to do with something that was said."""
    spoken = (ev.SpeechStarted, ev.SpeechStopped, ev.TranscriptionCompleted)
    return (isinstance(step, EmitStep) and isinstance(step.event, spoken)) or step == Expect(
        "input_audio_buffer.append"
    )


async def test_a_damaged_ledger_is_said_once(on: Stage) -> None:
    (on.folder / LEDGER).write_bytes(b"no database" * 1000)
    async with scripted(conversation(USAGE)) as url, daemon(on, wanted(on, url)) as app:
        await on.event("error")
        await talk(on, app)
        assert on.state()["cost_today_usd"] > 0
    told = [one["message"] for one in on.events("error") if "ledger" in one["message"]]
    assert len(told) == 1
    assert told[0].startswith("the ledger was damaged and is now ledger.sqlite.broken-20")


async def test_an_answer_without_usage_is_estimated(on: Stage) -> None:
    async with scripted(conversation(None)) as url, daemon(on, wanted(on, url)) as app:
        told = await talk(on, app)
    assert told["cost_estimated"]
    assert told["tokens"]["output_token_details"]["audio_tokens"] == 10
    assert told["tokens"]["input_token_details"]["text_tokens"] > 500
    assert told["cost_usd"] > 0


async def test_an_answer_that_is_stopped_is_paid_for(on: Stage) -> None:
    async with scripted(conversation(None, ends=False)) as url, daemon(on, wanted(on, url)) as app:
        told_later = asyncio.create_task(talk(on, app))
        await on.is_in("processing")
        await asyncio.sleep(0.3)
        await on.command("stop")
        told = await told_later
    assert told["ended_by"] == "stop"
    assert told["cost_estimated"]
    assert told["tokens"]["output_token_details"]["audio_tokens"] == 10


async def test_a_budget_ends_the_conversation_refuses_and_is_raised(on: Stage) -> None:
    scenes = (conversation(USAGE), conversation(USAGE))
    settings = {"daily_usd": 0.002, "ladder": ["refuse"]}
    async with scripted(*scenes) as url, daemon(on, wanted(on, url, **settings)) as app:
        first = await talk(on, app)
        assert first["ended_by"] == "budget"
        assert [(one["period"], one["share"], one["step"]) for one in on.events("budget")] == [
            ("day", 0.5, "refuse"), ("day", 0.8, "refuse"), ("day", 1.0, "refuse"),
        ]  # fmt: skip
        await on.until(lambda: on.state()["budget_step"] == "refuse")

        refused = await talk(on, app)
        assert (refused["ended_by"], refused["cost_usd"], refused["endpoint"]) == ("budget", 0, "")

        await on.command("budget", "5")
        await on.until(lambda: on.state()["budget_step"] == "none")
        assert on.state()["budget_raised_usd"] == 5
        third = await talk(on, app)
        assert (third["ended_by"], third["cost_usd"]) == ("follow_up_timeout", pytest.approx(COST_USD))
        assert len(on.events("budget")) == 3


def app_day(told: dict[str, Any]) -> date:
    return datetime.fromisoformat(told["at"]).astimezone().date()
