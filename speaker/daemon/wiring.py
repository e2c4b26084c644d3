"""Wires the parts of one speaker together. Nothing is decided here."""

import logging
from collections.abc import Callable
from typing import Any

from speaker import version
from speaker.announce.system_speech import SystemSpeech
from speaker.audio.devices import SoundSystem
from speaker.config.settings import Settings
from speaker.conversation.assembly import Conversation, Surrounds, assemble
from speaker.conversation.audio_io import AudioIO
from speaker.conversation.inbox import Post
from speaker.conversation.voice import SpeakerVoice
from speaker.cost.cost_tracker import CostTracker
from speaker.daemon.house_feed import HouseFeed
from speaker.daemon.loading import (
    LEDGER,
    Surroundings,
    configured_house,
    endpoints,
    make_registry,
    offline_endpoint,
    open_judge,
    open_words,
    tell_missing_ears,
)
from speaker.daemon.mcp_parts import McpParts
from speaker.daemon.page_part import FirstAid, PagePart, Shown
from speaker.daemon.quiet_work import QuietWork
from speaker.errors import About, ConfigError, Trouble
from speaker.home.device_controller import DeviceController
from speaker.home.device_registry import Device, Wish
from speaker.hub.commands import COMMANDS
from speaker.hub.control_kinds import EVERY_WORD
from speaker.hub.controls import CONTROLS, Controls
from speaker.hub.event_publisher import EventPublisher
from speaker.hub.later_shelf import LaterShelf
from speaker.hub.mqtt_api import CarryOut, MqttApi
from speaker.hub.neighbours import Neighbours
from speaker.hub.parts import SpeakerParts
from speaker.hub.status import Status, today
from speaker.mqtt.client import MqttClient
from speaker.offline.server.server import RealtimeServer, ServerSettings
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.speech.espeak import speaking_book
from speaker.realtime.failover import Endpoint, Failover
from speaker.speech.phrases import stock_phrases
from speaker.speech.tts import TextToSpeech
from speaker.speech.tts_cache import SoundCache
from speaker.store.store import Ledger
from speaker.tools.api import AnyTool
from speaker.tools.context import Clock, Intercom, Lists, Voice
from speaker.tools.device_selection import Home
from speaker.tools.hub_tools import HubTools
from speaker.tools.later import LaterTools
from speaker.wake.detector import Detection, WakeWords

log = logging.getLogger(__name__)


class Wiring:
    """All parts of one life of the daemon. Must be made on the event loop."""

    def __init__(self, settings: Settings, around: Surroundings, aid: FirstAid | None = None) -> None:
        self.settings = settings
        self.around = around
        self.book = speaking_book(settings.session.language)
        """What the speaker says by itself."""
        self.warm = False
        """Whether everything is loaded that is loaded ahead of time."""
        self.engines = OfflineEngines(around.state, settings.session.language)
        tell_missing_ears(self.engines, settings.session.language)
        self.server = RealtimeServer(ServerSettings(port=0), self.engines)
        self.ledger = Ledger(around.state / LEDGER)
        self.sound_system = SoundSystem()
        self.client = MqttClient(
            settings.mqtt, f"speaker-{settings.id}", around.mqtt_password, f"{settings.topic}/availability",
            connected=self._connected, trouble=self._trouble,
        )  # fmt: skip
        self.hub = MqttApi(self.client, settings, version(), self.ledger)
        self.cost = CostTracker(settings, self.ledger, self.hub.event)
        kept = SoundCache(around.state / "phrases", settings.audio.cache_mb * 1_000_000)
        self.tts = TextToSpeech(self.engines, kept, self.cost.spoke, self.book)
        self.mcp = McpParts(settings, around.mqtt_password, self._refuse_definition)
        self.page = PagePart(settings, around, aid)
        self._wire_house()
        self.conversation = self._make_conversation()
        self.system_speech = SystemSpeech(
            self.conversation,
            self.tts,
            self.ledger.memory,
            self.hub.event,
            self.book,
            hears=self.engines.can_hear(self.book.code),
        )
        self._wire_hub()
        self._provide_tools()

    # The house.

    def _wire_house(self) -> None:
        settings, tools = self.settings, self.settings.tools
        self.house = configured_house(settings)
        self.home = DeviceController(
            self.house, self.client, tools.confirm_timeout_s, risk=tools.risk, approve=self._approve_wish,
            book=self.book,
        )  # fmt: skip
        self.feed = HouseFeed(self.client, self.house, self.home)
        speaker = str(settings.id)
        self.hub_tools = HubTools(self.client, settings.mqtt.base, speaker, self._refuse_definition)
        self.neighbours = Neighbours(self.client, settings.mqtt.base, settings.mqtt.discovery_prefix, speaker)

    async def _approve(self, sentence: str) -> bool:
        return await self.system_speech.confirm(sentence)

    async def _approve_wish(self, device: Device, wish: Wish, sentence: str) -> bool:  # noqa: ARG002 - the sentence says it
        return await self._approve(sentence)

    def _refuse_definition(self, problem: str) -> None:
        self.hub.event({"type": "error", "message": problem})

    # The conversation.

    def _make_conversation(self) -> Conversation:
        registry, problems = make_registry(
            self.settings, self.house, more=self._tools_that_come, approve=self._approve, book=self.book
        )
        self.mcp.look_for_servers(lambda: {*registry.own, *self.hub_tools.tools})
        for problem in problems:
            log.error("%s", problem)
        budget_guard = self.cost.budget_guard
        self.failover = Failover(
            lambda: budget_guard.endpoints(self.answering(), offline_endpoint(self.server.url)), budget_guard.refusal
        )
        return assemble(
            Surrounds(
                settings=self.settings,
                make_sound=self._make_sound,
                registry=registry,
                engines=self.engines,
                cost=self.cost,
                failover=self.failover,
                describe_house=self.house.describe,
                tell=self.hub.event,
                claim=self.hub.claim,
                not_for_me=lambda: self.ledger.count("not_for_me", today()),
                settled=lambda: self.warm,
                book=self.book,
            )
        )

    def _tools_that_come(self) -> dict[str, AnyTool]:
        return {**self.mcp.tools, **self.hub_tools.tools}

    def _make_sound(self, post: Post, woken: Callable[[Detection], None], trouble: Trouble) -> AudioIO:
        chosen = self.ledger.chosen("wake_word") or EVERY_WORD
        return AudioIO(
            self.settings, self.sound_system, self._words(chosen), engines=self.engines, tts=self.tts,
            post=post, woken=woken, trouble=trouble, judge=open_judge(self.settings, self.around.state),
        )  # fmt: skip

    def _words(self, chosen: str) -> WakeWords:
        try:
            words = open_words(self.settings, chosen)
        except ConfigError:
            words = open_words(self.settings)  # a word that was chosen once, and is gone
        return WakeWords(words, refractory_s=self.settings.wake.refractory_s)

    def answering(self) -> list[Endpoint]:
        """Who may answer as things are chosen; a choice that has become impossible does not count."""
        try:
            return self._endpoints(str(self.controls.value("endpoint")))
        except ConfigError:
            return self._endpoints(None)

    def _endpoints(self, chosen: str | None) -> list[Endpoint]:
        return endpoints(self.settings, self.around.api_key, self.server.url, chosen)

    # The hub.

    def _wire_hub(self) -> None:
        self.parts = SpeakerParts(
            self.settings, self.conversation, self.system_speech, self.cost,
            words=self._words, reachable=lambda chosen: _ignore(self._endpoints(chosen)), publish=self.client.publish,
        )  # fmt: skip
        self.shelf = LaterShelf(self.ledger)
        self.controls = Controls(self.parts, self.shelf, lambda: self.status.show())  # noqa: PLW0108 - made next
        self.status = Status(
            self.parts, self.controls, self.hub, self.ledger,
            first_asked=lambda: self.failover.first, line=self.around.systemd.status, newest=self.neighbours.newest,
        )  # fmt: skip
        for observer in (self.system_speech, EventPublisher(self.hub.event), self.status):
            self.conversation.observers.add(observer)

    def commands(self) -> dict[str, CarryOut]:
        """Verb → what carries it out."""
        verbs: dict[str, CarryOut] = {}
        for control in CONTROLS:
            verbs[control.name] = lambda payload, name=control.name: self.controls.command(name, payload)  # type: ignore[misc]
        for command in COMMANDS:
            verbs[command.name] = lambda payload, run=command.run: run(self.parts, payload)  # type: ignore[misc]
        return verbs

    def _trouble(self, problem: str, about: About) -> None:
        self.conversation.observers.trouble(problem, about)

    def _connected(self, online: bool) -> None:
        if online:
            self._trouble("", "broker")
            self.hub.connected()

    async def warm_up(self) -> None:
        """Load what will be needed; later, when it is quiet, make the phrases for when nothing else works."""
        if self.answering()[0].name == "offline":
            await self.engines.warm_up()
        self.warm = True
        await QuietWork(self.tts, self.engines, self._nobody_needs_it).run(stock_phrases(self.book))

    def _nobody_needs_it(self) -> bool:
        conversation = self.conversation
        return not (conversation.machine.awake or conversation.sound.playing or self.system_speech.scheduler.ringing)

    # What tools get.

    def _provide_tools(self) -> None:
        conversation = self.conversation
        voice = SpeakerVoice(
            conversation.machine, conversation.inbox.post, conversation.loudness,
            lambda percent: self.controls.choose("volume", percent),
        )  # fmt: skip
        provided: dict[type, Any] = {
            Home: self.home,
            Intercom: self.neighbours,
            Voice: voice,
            Clock: self.system_speech.scheduler,
            Lists: self.ledger.memory,
        }
        for kind, thing in provided.items():
            conversation.tools.provide(kind, thing)
        self.system_speech.scheduler.tools = LaterTools(
            conversation.tools.registry, self.home, lambda: provided, self.book
        )
        self.mcp.offer(conversation.tools.registry, self.parts, provided, self.hub.event)
        self.page.show(
            Shown(
                conversation=conversation, hub=self.hub, home=self.home, ledger=self.ledger, providers=provided,
                from_hub=lambda: self.hub_tools.tools, from_mcp=lambda: self.mcp.tools,
            )
        )  # fmt: skip


def _ignore(_value: object) -> None:
    """A check has no result of its own."""
