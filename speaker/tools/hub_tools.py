"""Tools that the hub defines by retained messages: kept, called and waited for over MQTT.

The model sees them at the next wake. A definition that cannot be used is refused with a sentence that names the
field; an empty payload takes a tool away.
"""

import asyncio
import json
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from speaker.errors import BrokerError, SpeakerError, ToolError, place_of
from speaker.home import templates
from speaker.home.risk import Risk
from speaker.mqtt.allowance import Allowance
from speaker.mqtt.dispatch import IncomingMessage, MessageHandler
from speaker.mqtt.topic_names import shown_topic
from speaker.tools.hub_schema import checked_arguments
from speaker.tools.hub_tool import HubToolDefinition, read_definition
from speaker.tools.result import ToolResult, as_line, outside_answer

log = logging.getLogger(__name__)

MOST_TOOLS: Final = 64
"""More definitions are refused: all of them go with every session."""

ALREADY_S: Final = 1.0
"""A state that was as wanted before is believed after so long without another."""


class ToolBroker(Protocol):
    """What a hub tool needs of the MQTT client."""

    def subscribe(self, filters: Iterable[str], handler: MessageHandler) -> None:
        """Let a handler have the messages of these filters."""

    def unsubscribe(self, filters: Iterable[str], handler: MessageHandler) -> None:
        """Stop giving a handler the messages of these filters."""

    async def publish(self, topic: str, payload: str, *, respond_to: str | None = None) -> None:
        """Send, and wait until the broker has it. Raises BrokerError."""


@dataclass(slots=True)
class _Watch:
    """A state topic, and who waits for what on it."""

    last: bytes = b""
    changed: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class HubTool:
    """One of them, as the registry takes it."""

    name: str
    definition_: HubToolDefinition
    hub: "HubTools"
    quiet: bool = False

    @property
    def description(self) -> str:
        """What the model reads."""
        return self.definition_.description

    @property
    def parameters(self) -> dict[str, Any]:
        """JSON Schema of the arguments."""
        return {"type": "object", "properties": {}} | self.definition_.parameters

    @property
    def risk(self) -> Risk:
        """What the hub says about it; the configuration may say more."""
        return self.definition_.risk

    def definition(self) -> dict[str, Any]:
        """The tool as an entry of ``session.tools``."""
        return {
            "type": "function", "name": self.name, "description": self.description, "parameters": self.parameters,
        }  # fmt: skip

    async def call(self, arguments: str, _providers: Mapping[type, object]) -> ToolResult:
        """Check the arguments, publish, wait for the confirmation. Raises ToolError with words for the model."""
        given = await asyncio.to_thread(checked_arguments, self.name, self.parameters, arguments)
        try:
            return await (self.hub.request if self.definition_.respond else self.hub.act)(self, given)
        except BrokerError as error:
            raise ToolError(f"{self.name} could not be sent. {error}") from error


class HubTools:
    """All of them. ``refused`` is told what is wrong with a definition."""

    def __init__(self, broker: ToolBroker, base: str, speaker: str, refused: Callable[[str], None]) -> None:
        self._broker = broker
        self._prefix = f"{base}/tools/"
        self._answers = f"{base}/{speaker}/answer/"
        self._speaker = speaker
        self._refused = refused
        self._watches: dict[str, _Watch] = {}
        self._waiting: dict[str, asyncio.Future[bytes]] = {}
        self._unread: dict[str, tuple[str, bytes]] = {}
        """Name → topic and the last definition that came, until it is read."""
        self._reading = ""
        self._reader: asyncio.Task[None] | None = None
        self._refusals = Allowance(per_s=0.5, burst=10)
        self.tools: dict[str, HubTool] = {}

    def start(self) -> None:
        """Hear the definitions, and the answers of those who respond."""
        self._broker.subscribe([f"{self._prefix}+"], self._define)
        self._broker.subscribe([f"{self._answers}+"], self._answered)

    def _answered(self, message: IncomingMessage) -> None:
        waiting = self._waiting.get(message.topic.removeprefix(self._answers))
        if waiting is not None and not waiting.done():
            waiting.set_result(message.payload)

    def _reported(self, message: IncomingMessage) -> None:
        watch = self._watches.get(message.topic)
        if watch is not None:
            watch.last = message.payload
            if not message.retained:
                watch.changed.set()

    def _define(self, message: IncomingMessage) -> None:
        name = message.topic.removeprefix(self._prefix)
        if not message.payload:
            self._remove(name)
        elif name not in self._unread and len(self._unread) >= MOST_TOOLS:
            self._refuse(f"{shown_topic(message.topic)}: {MOST_TOOLS} tools of the hub wait to be read already")
        else:
            self._unread[name] = message.topic, message.payload
            if self._reader is None:
                self._reader = asyncio.create_task(self._read())

    def _remove(self, name: str) -> None:
        self._unread.pop(name, None)
        if name == self._reading:
            self._reading = ""
        if self.tools.pop(name, None) is not None:
            log.info("= tool %s of the hub is gone", name)
        self._follow()

    async def _read(self) -> None:
        """Read what came, one after the other and beside the event loop: a schema may take a while to check."""
        try:
            while self._unread:
                name = next(iter(self._unread))
                topic, payload = self._unread.pop(name)
                if name not in self.tools and len(self.tools) >= MOST_TOOLS:
                    self._refuse(f"{shown_topic(topic)}: there are {MOST_TOOLS} tools of the hub already")
                    continue
                self._reading = name
                await self._read_one(topic, payload)
        finally:
            self._reader = None

    async def _read_one(self, topic: str, payload: bytes) -> None:
        try:
            name, found = await asyncio.to_thread(read_definition, topic, payload)
        except SpeakerError as error:
            self._refuse(str(error))
        except Exception as error:  # noqa: BLE001 - it is told, with its place
            self._refuse(f"{shown_topic(topic)}: the definition cannot be read: {place_of(error)}")
        else:
            if name == self._reading:  # it was not taken away meanwhile
                log.info("= tool %s of the hub", name)
                self.tools[name] = HubTool(name, found, self)
                self._follow()

    def _refuse(self, problem: str) -> None:
        """A definition cannot be used; one of the same name that came before stays."""
        if self._refusals.take(asyncio.get_running_loop().time()):
            log.warning("%s", problem)
            self._refused(problem)
        elif self._refusals.begins():
            self._refused("more tools of the hub cannot be used than are told one by one")

    def _follow(self) -> None:
        wanted = {tool.definition_.state_topic for tool in self.tools.values()} - {None}
        topics = {topic for topic in wanted if topic is not None}
        gone = set(self._watches) - topics
        for topic in gone:
            del self._watches[topic]
        self._broker.unsubscribe(gone, self._reported)
        fresh = topics - set(self._watches)
        self._watches |= {topic: _Watch() for topic in fresh}
        self._broker.subscribe(fresh, self._reported)

    async def act(self, tool: HubTool, arguments: Mapping[str, Any]) -> ToolResult:
        """Publish the command; what the state says of it."""
        wanted = tool.definition_
        payload = templates.fill_template(wanted.payload, {"arguments": dict(arguments)})
        if not payload:
            raise ToolError(f"the payload template of {tool.name} makes nothing of these arguments")
        watch = self._watches.get(wanted.state_topic or "")
        if watch is None or wanted.confirm_when is None:
            await self._broker.publish(wanted.command_topic, payload)
            return ToolResult("sent", f"{tool.name} was sent; nothing confirms it.")
        before = wanted.confirm_when.met_by(watch.last)
        watch.changed.clear()
        await self._broker.publish(wanted.command_topic, payload)
        wait_s = min(ALREADY_S, wanted.timeout_s) if before else wanted.timeout_s
        try:
            async with asyncio.timeout(wait_s):
                while True:
                    await watch.changed.wait()
                    watch.changed.clear()
                    if wanted.confirm_when.met_by(watch.last):
                        return ToolResult("confirmed", f"the state is {as_line(watch.last)}.")
        except TimeoutError:
            pass
        if before and wanted.confirm_when.met_by(watch.last):
            return ToolResult("confirmed", f"the state was {as_line(watch.last)} already.")
        known = f"the state is {as_line(watch.last)}" if watch.last else "no state was reported"
        return ToolResult("no answer", f"{known} after {wanted.timeout_s:g} seconds.")

    async def request(self, tool: HubTool, arguments: Mapping[str, Any]) -> ToolResult:
        """Publish the call; the first answer is the result."""
        call_id = secrets.token_hex(8)
        answered = self._waiting[call_id] = asyncio.get_running_loop().create_future()
        call = {"call_id": call_id, "arguments": dict(arguments), "speaker": self._speaker}
        try:
            topic = tool.definition_.command_topic
            await self._broker.publish(topic, json.dumps(call, ensure_ascii=False), respond_to=self._answers + call_id)
            async with asyncio.timeout(tool.definition_.timeout_s):
                return outside_answer(await answered)
        except TimeoutError:
            waited = f"{tool.definition_.timeout_s:g} seconds"
            return ToolResult("no answer", f"nobody answered {tool.name} within {waited}.")
        finally:
            del self._waiting[call_id]
