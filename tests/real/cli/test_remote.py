"""Commands and single tools through a real broker, against a house that answers."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from speaker.cli.remote import RemoteSpeaker, run_tool, send_command
from speaker.config.settings import Settings
from speaker.demo.broker import private_broker
from speaker.demo.stage import stage_settings
from speaker.demo.virtual_house import VirtualHouse, demo_devices
from speaker.errors import SpeakerError
from tests.support.real_parts import require

Json = dict[str, Any]


@pytest.fixture
async def settings(tmp_path: Path) -> AsyncIterator[Settings]:
    """A speaker's configuration; its broker has a house and no speaker on it."""
    require("mosquitto")
    async with private_broker(tmp_path) as broker:
        house = VirtualHouse(broker.port, demo_devices())
        await house.open()
        yield stage_settings(broker.port)
        await house.close()


async def test_a_tool_works_the_house(settings: Settings) -> None:
    text, ok = await run_tool(settings, None, "set_light", ["light=sofa lamp", "brightness=40"])
    assert ok
    assert text == "Confirmed: the sofa lamp is on at 40 percent."


async def test_a_tool_that_cannot_says_why(settings: Settings) -> None:
    text, ok = await run_tool(settings, None, "set_light", ["light=moon", "on=true"])
    assert not ok
    assert "moon" in text
    text, ok = await run_tool(settings, None, "set_light", ["light=sofa lamp", "brightness=400"])
    assert not ok
    assert "brightness" in text
    text, ok = await run_tool(settings, None, "set_volume", ["percent=40"])
    assert not ok
    assert "no speaker runs here" in text
    text, ok = await run_tool(settings, None, "set_timer", ["minutes=5"])
    assert not ok
    assert text == "Refused: set_timer needs the clock of a speaker, and none runs here."


async def test_words_that_are_no_arguments(settings: Settings) -> None:
    with pytest.raises(SpeakerError, match="'bright' is not KEY=VALUE"):
        await run_tool(settings, None, "set_light", ["bright"])


async def test_nobody_answers_a_command(settings: Settings) -> None:
    with pytest.raises(SpeakerError, match="no speaker answers at speaker/demo"):
        await send_command(settings, None, "wake", "")


class Teller:
    """Somebody on the broker who tells what a speaker would, and answers what it is asked."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.line = RemoteSpeaker(settings, None)
        self.asked: list[Json] = []

    async def answer_commands(self) -> None:
        """Take each command, and give the second answer to each question."""
        topic = self.settings.topic
        self.line.listen([f"{topic}/command/+"])
        while True:
            message = await self.line.messages.get()
            verb = message.topic.rpartition("/")[2]
            if verb == "result":
                continue
            self.asked.append({"verb": verb, "payload": message.payload.decode()})
            await self.line.broker.publish(f"{topic}/command/result", json.dumps({"verb": verb, "ok": True}))
            if verb == "question":
                wanted = json.loads(message.payload)
                told = {"question": wanted["text"], "answer": wanted["answers"][1], "ok": True}
                await self.line.broker.publish(wanted["reply_to"], json.dumps(told))


@pytest.fixture
async def teller(settings: Settings) -> AsyncIterator[Teller]:
    one = Teller(settings)
    async with one.line:
        life = asyncio.create_task(one.answer_commands())
        yield one
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)


async def speaker(settings: Settings, folder: Path, *words: str) -> tuple[int | None, str, str]:
    """Run a command as a user would; its exit code, what it printed, and what it complained of."""
    config = folder / "config.yaml"
    port = settings.mqtt.port
    config.write_text(f"id: demo\nmqtt: {{host: 127.0.0.1, port: {port}}}\nlimits: {{answer_s: 3}}\n")
    around = {key: value for key, value in os.environ.items() if key not in {"MQTT_PASSWORD", "CREDENTIALS_DIRECTORY"}}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "speaker", *words, "--config", str(config), env=around,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, errors = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode, out.decode(), errors.decode()


async def test_the_status_of_a_speaker(settings: Settings, teller: Teller, tmp_path: Path) -> None:
    state = {"state": "responding", "muted": True, "volume": 30, "endpoint": "cloud", "last_error": "the lamp is gone"}
    broker = teller.line.broker
    code, out, _ = await speaker(settings, tmp_path, "status")
    assert (code, "not connected to the broker" in out) == (1, True)
    await broker.publish(f"{settings.topic}/availability", "online", retain=True)
    await broker.publish(f"{settings.topic}/state", json.dumps(state), retain=True)
    code, out, _ = await speaker(settings, tmp_path, "status")
    assert code == 0
    assert "speaker/demo: responding" in out
    assert "microphone: muted, volume 30 %" in out
    assert "last error: the lamp is gone" in out
    code, out, _ = await speaker(settings, tmp_path, "status", "--json")
    assert json.loads(out)["state"] == state


@pytest.mark.parametrize(
    ("words", "payload"),
    [
        (["mute"], "ON"), (["mute", "off"], "OFF"), (["volume", "40"], "40"), (["stop"], ""),
        (["endpoint", "offline"], "offline"), (["say", "Hi."], "Hi."),
        (["announce", "Soup.", "--chime", "--volume", "50"], '{"text": "Soup.", "volume": 50, "chime": true}'),
        (["announce", "--url", "http://nas/a.wav"], '{"url": "http://nas/a.wav", "chime": false}'),
    ],
)  # fmt: skip
async def test_every_command_of_the_hub_is_sent(
    settings: Settings, teller: Teller, tmp_path: Path, words: list[str], payload: str
) -> None:
    code, _, errors = await speaker(settings, tmp_path, *words)
    assert (code, errors) == (0, "")
    assert teller.asked == [{"verb": words[0], "payload": payload}]


async def test_a_question_is_asked_and_its_answer_printed(settings: Settings, teller: Teller, tmp_path: Path) -> None:
    code, out, _ = await speaker(settings, tmp_path, "question", "Heating on?", "yes", "no")
    assert (code, out) == (0, "no\n")
    (asked,) = teller.asked
    assert json.loads(asked["payload"])["answers"] == ["yes", "no"]


async def test_events_are_watched_live(settings: Settings, teller: Teller, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(f"id: demo\nmqtt: {{host: 127.0.0.1, port: {settings.mqtt.port}}}\n")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "speaker", "watch", "--config", str(tmp_path / "config.yaml"),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    event = json.dumps({"type": "wake", "at": "2026-11-28T10:20:30+01:00", "word": "hey_jarvis"})
    try:
        async with asyncio.timeout(20):
            reading = asyncio.create_task(process.stdout.readline())
            while not reading.done():
                await teller.line.broker.publish(f"{settings.topic}/event", event)
                await asyncio.sleep(0.1)
        assert reading.result().decode() == "10:20:30 wake         word=hey_jarvis\n"
    finally:
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 130


async def test_a_tool_that_is_not_there_may_have_been_meant(settings: Settings) -> None:
    with pytest.raises(SpeakerError, match="there is no tool 'set_lihgt', did you mean 'set_light'"):
        await run_tool(settings, None, "set_lihgt", [])
