"""Whole evenings: the real daemon in a virtual room, with a real broker and a real house on it.

Scenes run in real time, so they are few and short; they assert order and presence, not milliseconds.
"""

import asyncio
import json
import os
import signal
import socket
import sys
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from speaker.core import pcm
from speaker.core.pcm import SESSION_HZ, WAKE_HZ, Samples
from speaker.core.settings import Settings
from speaker.core.wire import server as ev
from speaker.core.wire.objects import Response, SessionHead
from speaker.demo.broker import private_broker
from speaker.demo.room import LOUDSPEAKER, MICROPHONE, Room
from speaker.demo.stage import NAME, Stage, stage, stage_settings
from speaker.offline.hearing import Ears
from speaker.offline.mind import Mind
from speaker.offline.script import Close, Delay, Drop, Emit, Expect, Scripted, Step
from speaker.offline.server import RealtimeServer, ServerSettings
from tests.conftest import Speech, require

LAMP = "zigbee2mqtt/Sofa lamp"


@pytest.fixture
async def on(tmp_path: Path, room: Room) -> AsyncIterator[Stage]:
    """A stage of its own: no retained message of an earlier scene."""
    require("mosquitto")
    await room.quiet(for_ms=300, within_s=10)
    async with private_broker(tmp_path) as broker, stage(tmp_path, room, broker) as one:
        yield one


@asynccontextmanager
async def scripted(*scenes: list[Step]) -> AsyncIterator[tuple[Scripted, str]]:
    """A cloud that plays scenes, and its address."""
    script, mind = Scripted(list(scenes)), Mind()
    async with RealtimeServer(ServerSettings(port=0), mind, script) as server:
        yield script, server.url
    mind.close()


def opening() -> list[Step]:
    return [
        Emit(ev.SessionCreated(event_id="e1", session=SessionHead(id="sess_1"))),
        Expect("session.update"),
        Emit(ev.SessionUpdated(event_id="e2", session=SessionHead(id="sess_1"))),
    ]


def spoken_turn() -> list[Step]:
    """The user has spoken, and the answer begins: three seconds of a tone in pieces."""
    t = np.arange(SESSION_HZ * 3) / SESSION_HZ
    tone = pcm.to_bytes(pcm.from_float((0.3 * np.sin(2 * np.pi * 300 * t)).astype(np.float32)))
    pieces = [tone[i : i + 9600] for i in range(0, len(tone), 9600)]
    return [
        Expect("input_audio_buffer.append"),
        Emit(ev.SpeechStarted(event_id="e3", audio_start_ms=0, item_id="item_1")),
        Emit(ev.SpeechStopped(event_id="e4", audio_end_ms=900, item_id="item_1")),
        Emit(ev.ResponseCreated(event_id="e5", response=Response(id="resp_1", status="in_progress"))),
        *(Emit(ev.AudioDelta(event_id="e6", response_id="resp_1", item_id="item_2", delta=piece)) for piece in pieces),
    ]


def cloud_at(url: str) -> dict[str, Any]:
    return {"session": {"endpoint": "cloud", "url": url}}


def lamp_states(on: Stage) -> list[dict[str, Any]]:
    return [json.loads(one.payload) for one in on.messages if one.topic == LAMP and not one.retained]


async def heard(on: Stage, since_ms: float) -> str:
    """What the loudspeaker said since then, recognised."""
    answer = pcm.resample(await on.answer(since_ms), SESSION_HZ, WAKE_HZ)
    return (await asyncio.to_thread(Ears().hear, answer)).text.lower()


async def hears(on: Stage, since_ms: float, word: str, within_s: float = 20) -> str:
    """Wait until the loudspeaker has said a word; everything it said since then."""
    said = ""
    async with asyncio.timeout(within_s):
        while word not in said:
            said = await heard(on, since_ms)
    return said


async def test_wake_and_command_in_one_breath(on: Stage, speech: Speech) -> None:
    await on.start(stage_settings(on.broker.port))
    since_ms = on.room.now_ms
    await on.room.say(speech("Hey Jarvis, set the sofa lamp to forty percent."))
    said = await heard(on, since_ms)
    assert "sofa lamp" in said
    assert "40" in said or "forty" in said
    assert lamp_states(on)[-1] == {"state": "ON", "brightness": 102}
    turn = await on.event("turn")
    assert turn["wake_word"] == "hey_jarvis"
    assert turn["tools"] == [{"name": "set_light", "ok": True, "confirmed": True}]
    assert turn["ended_by"] == "follow_up_timeout"
    assert turn["endpoint"] == "offline"
    assert "words" not in turn, "transcripts are published only when asked for"
    await on.is_in("idle")
    assert on.state()["audio_sent_asleep_bytes"] == 0
    states = [json.loads(one.payload)["state"] for one in on.messages if one.topic == f"speaker/{NAME}/state"]
    order = [state for index, state in enumerate(states) if index == 0 or states[index - 1] != state]
    assert order[-5:] == ["idle", "listening", "processing", "responding", "listening"] or order[-1] == "idle"


@pytest.mark.parametrize("connect_s", [0.0, 0.7, 2.0, 3.0])
async def test_no_word_is_lost_while_the_cloud_takes_its_time(on: Stage, speech: Speech, connect_s: float) -> None:
    """The command follows the wake word in one breath; the service gets all of it, however late it answers."""
    async with scripted([Delay(connect_s), *opening()]) as (script, url):
        # Without the chime, whose echo would be cancelled, what is received is sample by sample what was said.
        await on.start(stage_settings(on.broker.port, audio={"sounds": []}, **cloud_at(url)))
        await on.room.say(speech("Hey Jarvis, turn on the sofa lamp."))
        await on.until(lambda: bool(script.seen) and len(sound_sent(script)) > 2.2 * SESSION_HZ)
    received = pcm.resample(sound_sent(script), SESSION_HZ, WAKE_HZ)
    heard = (await asyncio.to_thread(Ears().hear, received)).text.lower()
    # The last sound of the wake word may come along; the first of the command may not be missing.
    assert heard.endswith("turn on the sofa lamp.")
    late = lags(speech("Hey Jarvis, turn on the sofa lamp."), sound_sent(script))
    assert len(late) >= 3
    assert max(late) - min(late) <= 1, late
    await on.command("stop")
    audio = (await on.event("turn"))["audio"]
    assert (audio["lost_samples"], audio["duplicated_samples"], audio["overflows"]) == (0, 0, 0)


def lags(said: Samples, received: Samples) -> list[int]:
    """How much later each quarter of a second of speech was received than it was said, in samples of 24 kHz.

    One sample lost, doubled or out of order changes it for all that follows.
    """
    block = SESSION_HZ // 2
    found: list[int] = []
    for start in range(SESSION_HZ * 7 // 5, said.size - block, block // 2):
        piece = said[start : start + block].astype(np.float64)
        match = np.correlate(received.astype(np.float64), piece)
        energy = np.convolve(received.astype(np.float64) ** 2, np.ones(block), "valid")
        likeness = match / np.sqrt(energy * np.sum(piece**2) + 1e-9)
        assert np.max(likeness) > 0.9, f"half a second from {start / SESSION_HZ:.2f} s on was not received"
        found.append(int(np.argmax(likeness)) - start)
    return found


def sound_sent(script: Scripted, connection: int = 0) -> Samples:
    """What the service was sent, in order."""
    pieces = [b64decode(one["audio"]) for one in script.seen[connection] if one["type"] == "input_audio_buffer.append"]
    return pcm.from_bytes(b"".join(pieces))


async def test_unplugged_lamp_is_not_claimed_to_be_on(on: Stage, speech: Speech) -> None:
    on.house.gadget("Sofa_lamp").plugged_in = False
    await on.start(stage_settings(on.broker.port, tools={"confirm_timeout_s": 1}))
    since_ms = on.room.now_ms
    await on.room.say(speech("Hey Jarvis, turn on the sofa lamp."))
    said = await heard(on, since_ms)
    assert "not" in said or "n't" in said
    assert (await on.event("tool"))["confirmed"] is False
    assert lamp_states(on) == []


async def test_goodbye_is_spoken_before_the_session_closes(on: Stage, speech: Speech) -> None:
    await on.start(stage_settings(on.broker.port, limits={"follow_up_s": 20}))
    since_ms = on.room.now_ms
    await on.room.say(speech("Hey Jarvis, that's all, thank you."))
    assert "bye" in await heard(on, since_ms)
    assert (await on.event("turn", within_s=5))["ended_by"] == "goodbye"


async def test_wake_without_speech_asks_for_nothing(on: Stage, speech: Speech) -> None:
    async with scripted([*opening()]) as (script, url):
        await on.start(stage_settings(on.broker.port, limits={"listen_s": 1.5}, **cloud_at(url)))
        await on.room.say(speech("Hey Jarvis."))
        event = await on.event("not_for_me")
        assert event["score"] > 0.5
        await on.is_in("idle")
        types = {sent["type"] for sent in script.seen[0]}
    assert types == {"session.update", "input_audio_buffer.append"}
    assert on.events("turn") == []


async def test_muted_hears_nothing_and_says_so(on: Stage, speech: Speech) -> None:
    await on.start(stage_settings(on.broker.port))
    await on.command("mute", "ON")
    await on.until(lambda: on.state().get("muted") is True)
    await on.room.say(speech("Hey Jarvis."))
    await asyncio.sleep(1)
    assert on.events("wake") == []
    await on.command("mute", "OFF")
    await on.until(lambda: on.state().get("muted") is False)
    await asyncio.sleep(0.5)
    await on.room.say(speech("Hey Jarvis."))
    await on.event("wake", within_s=5)


async def test_wake_word_interrupts_a_long_answer(on: Stage, speech: Speech) -> None:
    done = ev.ResponseDone(event_id="e7", response=Response(id="resp_1", status="completed"))
    scene = [*opening(), *spoken_turn(), Emit(done), Expect("conversation.item.truncate")]
    async with scripted(scene) as (script, url):
        await on.start(stage_settings(on.broker.port, audio={"volume": 30}, **cloud_at(url)))
        await on.room.say(speech("Hey Jarvis."))
        await on.is_in("responding")
        await on.room.say(speech("Hey Jarvis."))
        await on.until(lambda: any(one["type"] == "conversation.item.truncate" for one in script.seen[0]))
        (cut,) = [one for one in script.seen[0] if one["type"] == "conversation.item.truncate"]
        await on.room.quiet(for_ms=300, within_s=2)
    assert cut["item_id"] == "item_2"
    assert 0 < cut["audio_end_ms"] < 3000


@pytest.mark.parametrize("end", [Drop(), Close(1001, "going away"), Close(1011)])
async def test_cloud_gone_mid_answer_is_said_and_the_session_opened_anew(on: Stage, speech: Speech, end: Step) -> None:
    async with scripted([*opening(), *spoken_turn(), Delay(1), end], opening()) as (script, url):
        await on.start(stage_settings(on.broker.port, **cloud_at(url)))
        since_ms = on.room.now_ms
        await on.room.say(speech("Hey Jarvis."))
        await hears(on, since_ms, "connection")
        await on.until(lambda: len(script.seen) == 2)
        assert (await on.event("turn"))["ended_by"] == "follow_up_timeout"
        assert "opened anew" in on.events("error")[0]["message"]


async def test_words_that_a_broken_session_took_reach_the_next_one(on: Stage, speech: Speech) -> None:
    began = Emit(ev.SpeechStarted(event_id="e3", audio_start_ms=0, item_id="item_1"))
    scene = [*opening(), *[Expect("input_audio_buffer.append")] * 30, began, Drop()]
    async with scripted(scene, opening()) as (script, url):
        await on.start(stage_settings(on.broker.port, **cloud_at(url)))
        await on.room.say(speech("Hey Jarvis, turn on the sofa lamp."))
        await on.until(lambda: len(script.seen) == 2 and len(sound_sent(script, 1)) > 2.2 * SESSION_HZ)
    received = pcm.resample(sound_sent(script, 1), SESSION_HZ, WAKE_HZ)
    heard = (await asyncio.to_thread(Ears().hear, received)).text.lower()
    assert heard.endswith("turn on the sofa lamp.")


STORY = (
    "Once upon a time there was a lighthouse keeper who lived alone on a rock in the sea. Every evening he climbed "
    "the stairs and lit the lamp. Ships went by, and sometimes he waved, although nobody could see him. One night "
    "the fog came so thick that the light could not get through it. He took his old horn and began to blow. Far "
    "away somebody answered him. It was a small boat with a girl in it, who had lost her way. "
)


def storyteller(on: Stage, duplex: str) -> Settings:
    """A speaker that answers everything with a long story, and writes down what it heard."""
    session = {"instructions": f"Say exactly: {STORY * 4}", "transcription": "offline"}
    privacy = {"publish_transcripts": True}
    return stage_settings(on.broker.port, audio={"duplex": duplex}, session=session, privacy=privacy)


async def test_talking_over_a_story_is_heard_and_the_story_itself_is_not(on: Stage, speech: Speech) -> None:
    """The room feeds the loudspeaker back into the microphone; the echo test finds that this can be removed."""
    async with on.room.echo(delay_ms=80, gain_db=-10):
        await on.start(storyteller(on, "auto"))
        await on.until(lambda: "removed" in str(on.state().get("duplex_reason")), within_s=15)
        assert on.state()["duplex"] == "full", on.state()["duplex_reason"]
        await on.room.say(speech("Hey Jarvis, tell me a story."))
        await on.is_in("responding")
        await asyncio.sleep(15)
        assert on.state()["state"] == "responding", "it interrupted itself"
        await on.room.say(speech("Turn off the kitchen light please."))
        await on.until(lambda: on.state()["state"] != "responding", within_s=3)
        await on.is_in("responding")
        await on.command("stop")
        turn = await on.event("turn")
    heard = [one["text"].lower() for one in turn["words"] if one["who"] == "user"]
    assert len(heard) == 2
    assert "kitchen light" in heard[1]


async def test_slow_tool_is_excused_once(on: Stage, speech: Speech) -> None:
    on.house.lag_s = 2.5
    await on.start(stage_settings(on.broker.port))
    since_ms = on.room.now_ms
    await on.room.say(speech("Hey Jarvis, turn on the sofa lamp."))
    said = await hears(on, since_ms, "lamp is on")
    assert said.count("moment") == 1


@asynccontextmanager
async def black_hole() -> AsyncIterator[str]:
    """A cloud that takes connections and says nothing, as behind a dead uplink; its address."""
    held: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _reader, writer: held.append(writer), "127.0.0.1", 0)
    yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/realtime"
    server.close()
    for writer in held:
        writer.transport.abort()
    await asyncio.sleep(0)


@asynccontextmanager
async def nobody() -> AsyncIterator[str]:
    """An address where nobody listens."""
    yield "ws://127.0.0.1:9/v1/realtime"


@pytest.mark.parametrize(("cloud", "says"), [(nobody, "cannot be reached"), (black_hole, "did not answer within")])
async def test_no_internet_falls_back_to_the_offline_server(
    on: Stage, speech: Speech, cloud: Callable[[], AbstractAsyncContextManager[str]], says: str
) -> None:
    async with cloud() as url:
        settings = stage_settings(on.broker.port, session={"endpoint": "auto", "url": url}, limits={"connect_s": 5})
        await on.start(settings, api_key="sk-not-a-key")
        since_ms = on.room.now_ms
        await on.room.say(speech("Hey Jarvis, turn on the sofa lamp."))
        await hears(on, since_ms, "sofa lamp is on")
        assert (await on.event("turn"))["endpoint"] == "offline"
    assert says in on.events("error")[0]["message"]
    assert not any("sk-not-a-key" in one.payload.decode(errors="replace") for one in on.messages)


async def test_broker_gone_and_back(tmp_path: Path, room: Room, speech: Speech) -> None:
    async with private_broker(tmp_path) as own, stage(tmp_path, room, own) as on:
        await on.start(stage_settings(own.port))
        await own.stop()
        since_ms = room.now_ms
        await room.say(speech("Hey Jarvis, turn on the sofa lamp."))
        said = await heard(on, since_ms)
        assert "lamp is on" not in said
        on.messages.clear()
        await own.start()
        await on.until(lambda: any(one.topic.endswith("/availability") for one in on.messages), within_s=40)
        assert [one.payload for one in on.messages if one.topic == f"speaker/{NAME}/availability"][-1] == b"online"
        await on.house.announce()
        await on.is_in("idle")
        since_ms = room.now_ms
        await room.say(speech("Hey Jarvis, turn on the sofa lamp."))
        assert "lamp is on" in await heard(on, since_ms)


class Daemon:
    """``speaker run`` as a process of its own, with a supervisor's notification socket."""

    def __init__(self, folder: Path, on: Stage) -> None:
        self.file = folder / "config.yaml"
        self.document: dict[str, Any] = {
            "id": NAME,
            "audio": {"microphone": MICROPHONE, "loudspeaker": LOUDSPEAKER, "volume": 100},
            "session": {"endpoint": "offline"},
            "mqtt": {"host": "127.0.0.1", "port": on.broker.port},
            "quiet_hours": {"from": "00:00", "to": "00:00"},
        }
        self.write(self.document)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "notify"))
        self._socket.setblocking(False)
        self._env = os.environ | {
            "NOTIFY_SOCKET": str(folder / "notify"),
            "WATCHDOG_USEC": "1500000",
            "STATE_DIRECTORY": str(folder / "state"),
        }
        self.told: list[str] = []
        self.process: asyncio.subprocess.Process | None = None

    def write(self, document: dict[str, Any]) -> None:
        self.file.write_text(yaml.safe_dump(document))

    async def start(self) -> asyncio.subprocess.Process:
        command = [sys.executable, "-m", "speaker", "run", "--config", str(self.file)]
        self.process = await asyncio.create_subprocess_exec(*command, env=self._env, stderr=asyncio.subprocess.PIPE)
        return self.process

    def notified(self, wanted: str) -> bool:
        """Whether the supervisor was told something that begins so."""
        try:
            while True:
                self.told += self._socket.recv(4096).decode().splitlines()
        except BlockingIOError:
            return any(line.startswith(wanted) for line in self.told)

    def close(self) -> None:
        self._socket.close()
        if self.process is not None and self.process.returncode is None:
            self.process.kill()


@pytest.fixture
async def daemon(tmp_path: Path, on: Stage) -> AsyncIterator[Daemon]:
    one = Daemon(tmp_path, on)
    yield one
    one.close()


async def test_service_is_ready_alive_and_ends_in_time_mid_answer(daemon: Daemon, on: Stage, speech: Speech) -> None:
    process = await daemon.start()
    await on.until(lambda: daemon.notified("READY=1"))
    await on.until(lambda: daemon.notified("WATCHDOG=1"))
    await on.until(lambda: daemon.notified('STATUS=waiting for "hey jarvis"'))
    await on.room.say(speech("Hey Jarvis, order me a pizza."))
    await on.is_in("responding")
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(2):
        assert await process.wait() == 0
    assert daemon.notified("STOPPING=1")
    await on.until(lambda: _last(on, "availability") == "offline", within_s=5)


async def test_watchdog_goes_hungry_when_the_microphone_is_gone(daemon: Daemon, on: Stage) -> None:
    daemon.document["audio"]["microphone"] = "nowhere"
    daemon.write(daemon.document)
    process = await daemon.start()
    await on.until(lambda: daemon.notified("READY=1"))
    await asyncio.sleep(6)
    daemon.notified("WATCHDOG=1")
    daemon.told.clear()
    await asyncio.sleep(1.5)
    assert not daemon.notified("WATCHDOG=1")
    assert "nowhere" in str(on.state()["last_error"])
    process.terminate()
    assert await process.wait() == 0


async def test_reload_takes_the_new_configuration_and_survives_a_broken_one(daemon: Daemon, on: Stage) -> None:
    process = await daemon.start()
    await on.until(lambda: daemon.notified("READY=1"))
    daemon.write(daemon.document | {"audio": {"volume": "loud"}})
    daemon.told.clear()
    process.send_signal(signal.SIGHUP)
    await on.until(lambda: daemon.notified("RELOADING=1") and daemon.notified("READY=1"))
    await on.until(lambda: on.state().get("volume") == 100)
    daemon.write(daemon.document | {"audio": daemon.document["audio"] | {"volume": 55}})
    process.send_signal(signal.SIGHUP)
    await on.until(lambda: on.state().get("volume") == 55)
    process.terminate()
    assert await process.wait() == 0
    assert process.stderr is not None
    log = (await process.stderr.read()).decode()
    assert "audio.volume: expected `int`, got str 'loud'" in log


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda one: one | {"aduio": {}}, "aduio: unknown key. Did you mean audio?"),
        (lambda one: one | {"wake": {"words": [{"model": "hey_nobody"}]}}, "neither a bundled wake word"),
        (lambda one: one | {"session": {"endpoint": "cloud"}}, "there is no key"),
    ],
)
async def test_bad_configuration_ends_with_2_and_a_sentence(
    daemon: Daemon, change: Callable[[dict[str, Any]], dict[str, Any]], says: str
) -> None:
    daemon.write(change(daemon.document))
    process = await daemon.start()
    _, errors = await process.communicate()
    assert process.returncode == 2
    assert says in errors.decode()
    assert "Traceback" not in errors.decode()


def _last(on: Stage, topic: str) -> str:
    found = [one.payload.decode() for one in on.messages if one.topic == f"speaker/{NAME}/{topic}"]
    return found[-1] if found else ""
