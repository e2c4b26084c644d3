"""What the command line does through the broker: commands to a running speaker, and single tools."""

import asyncio
import json
import secrets
from collections.abc import Iterable, Sequence
from typing import Any, Final

from speaker.cli.output import did_you_mean
from speaker.config.settings import Settings
from speaker.daemon.house_feed import HouseFeed
from speaker.daemon.loading import configured_house, make_registry
from speaker.errors import About, BrokerError, SpeakerError, ToolError
from speaker.home.device_controller import DeviceController
from speaker.mqtt.client import MqttClient
from speaker.mqtt.dispatch import IncomingMessage
from speaker.tools.context import Voice
from speaker.tools.device_selection import Home

CONNECT_S: Final = 5.0
ANSWER_S: Final = 3.0
SPOKEN_S: Final = 60.0
"""A question is spoken to its end, and what is spoken before it."""

ANNOUNCED_S: Final = 1.0
"""Retained announcements and states arrive within this."""


class RemoteSpeaker:
    """A connection for one errand."""

    def __init__(self, settings: Settings, password: str | None) -> None:
        self.messages: asyncio.Queue[IncomingMessage] = asyncio.Queue()
        """What came for the filters of ``listen``."""
        self._online = asyncio.Event()
        self._problem = f"the MQTT broker {settings.mqtt.host}:{settings.mqtt.port} does not answer"
        name = f"speaker-cli-{secrets.token_hex(4)}"
        self.broker = MqttClient(
            settings.mqtt, name, password, f"{settings.mqtt.base}/{name}/availability",
            connected=lambda _: self._online.set(), trouble=self._note,
        )  # fmt: skip

    def _note(self, problem: str, _about: About) -> None:
        self._problem = problem or self._problem

    def listen(self, filters: Iterable[str]) -> None:
        """Collect the messages of these filters."""
        self.broker.subscribe(filters, self.messages.put_nowait)

    async def __aenter__(self) -> "RemoteSpeaker":
        self.broker.start()
        try:
            async with asyncio.timeout(CONNECT_S):
                await self._online.wait()
        except TimeoutError:
            await self.broker.stop()
            raise BrokerError(self._problem) from None
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.broker.stop()


async def send_command(settings: Settings, password: str | None, verb: str, payload: str) -> None:
    """Send a command to the speaker of this configuration. Raises SpeakerError with its answer if it refuses."""
    async with RemoteSpeaker(settings, password) as line:
        line.listen([f"{settings.topic}/command/result"])
        await _send(line, settings, verb, payload)


async def _send(line: "RemoteSpeaker", settings: Settings, verb: str, payload: str) -> None:
    await line.broker.publish(f"{settings.topic}/command/{verb}", payload)
    try:
        async with asyncio.timeout(ANSWER_S):
            while (result := _result(await line.messages.get())).get("verb") != verb:
                pass
    except TimeoutError:
        raise SpeakerError(f"no speaker answers at {settings.topic}; is the service running?") from None
    if not result.get("ok"):
        raise SpeakerError(str(result.get("error")))


async def ask_question(settings: Settings, password: str | None, text: str, answers: Sequence[str]) -> str | None:
    """Ask something aloud; the answer that was given, None when nobody gave one. Raises SpeakerError."""
    async with RemoteSpeaker(settings, password) as line:
        reply_to = f"{settings.topic}/reply/{secrets.token_hex(4)}"
        line.listen([f"{settings.topic}/command/result", reply_to])
        asked = {"text": text, "answers": list(answers), "reply_to": reply_to}
        await _send(line, settings, "question", json.dumps(asked, ensure_ascii=False))
        try:
            async with asyncio.timeout(settings.limits.answer_s + SPOKEN_S):
                while (message := await line.messages.get()).topic != reply_to:
                    pass
        except TimeoutError:
            return None
    answer = _result(message).get("answer")
    return answer if isinstance(answer, str) else None


def _result(message: IncomingMessage) -> dict[str, Any]:
    found = json.loads(message.payload)
    return found if isinstance(found, dict) else {}


async def run_tool(settings: Settings, password: str | None, name: str, arguments: Sequence[str]) -> tuple[str, bool]:
    """Run one tool against the house; its words and whether it did what it should."""
    house = configured_house(settings)
    belt, _ = make_registry(settings)
    known = [tool.name for tool in belt.tools]
    if name not in known:
        raise SpeakerError(f"there is no tool {name!r}{did_you_mean(name, known)}; speaker tools lists them")
    async with RemoteSpeaker(settings, password) as line:
        home = DeviceController(
            house, line.broker, settings.tools.confirm_timeout_s, risk=settings.tools.risk,
        )  # fmt: skip

        HouseFeed(line.broker, house, home).start(settings.mqtt.discovery_prefixes)
        await asyncio.sleep(ANNOUNCED_S)
        ran = await belt.run(name, _json(arguments), {Home: home, Voice: _Nobody()})
    return ran.output, ran.ok


def _json(arguments: Sequence[str]) -> str:
    """``key=value`` words as a JSON object; a value that is JSON is taken as such, else as text."""
    values: dict[str, Any] = {}
    for word in arguments:
        key, equals, value = word.partition("=")
        if not equals:
            raise SpeakerError(f"{word!r} is not KEY=VALUE")
        try:
            values[key] = json.loads(value)
        except ValueError:
            values[key] = value
    return json.dumps(values)


class _Nobody:
    """The voice of a tool that runs without a speaker."""

    @property
    def volume(self) -> int:
        return 0

    def set_volume(self, percent: int) -> int:
        raise ToolError(f"no speaker runs here; publish {percent} to its command/volume instead")

    @property
    def muted(self) -> bool:
        return False

    def mute(self, muted: bool) -> int:
        raise ToolError(f"no speaker runs here; publish {0 if muted else 60} to its command/volume instead")

    def goodbye(self) -> None:
        raise ToolError("no conversation is under way here")
