"""The daemon: configuration → parts → one TaskGroup; signals, reload, the order of the end."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from speaker import __version__
from speaker.audio.devices import SoundSystem
from speaker.config.loading import load_settings
from speaker.config.settings import Settings, WakeWord
from speaker.conversation.controller import Controller, Parts
from speaker.cost.cost_tracker import CostTracker
from speaker.daemon.systemd import Systemd, read_secret, state_directory
from speaker.errors import ConfigError, ModelError, SpeakerError
from speaker.home.device_controller import DeviceController
from speaker.home.device_registry import Device, DeviceRegistry, Wish
from speaker.hub.commands import Commands
from speaker.hub.mqtt_api import MqttApi
from speaker.hub.neighbours import Neighbours
from speaker.mqtt.client import IncomingMessage, MqttClient
from speaker.offline.server.server import RealtimeServer, ServerSettings
from speaker.offline.speech.engines import OfflineEngines
from speaker.realtime.endpoint import Target
from speaker.realtime.failover import Endpoint, Failover
from speaker.speech import phrases
from speaker.speech.tts import TextToSpeech
from speaker.speech.tts_cache import SoundCache
from speaker.store.runtime_settings import EVERY_WORD, EndpointChoice, RuntimeSettings, as_endpoint, wake_word_options
from speaker.store.store import Ledger
from speaker.tools import registry
from speaker.tools.api import AnyTool, Home, Intercom
from speaker.tools.hub_tools import HubTools
from speaker.wake.detector import WakeModel, WakeWords, open_word

log = logging.getLogger(__name__)

DEFAULT_CONFIG: Final = Path("/etc/speaker/config.yaml")

LEDGER: Final = "ledger.sqlite"
"""The ledger's file in the state directory."""

WATCHDOG_SHARE: Final = 3
"""The watchdog is fed this many times in its period."""


def read_settings(file: Path | None) -> Settings:
    """Settings from a file; without one, all defaults. Raises ConfigError."""
    document: object = None
    if file is not None:
        try:
            document = yaml.safe_load(file.read_text())
        except OSError as error:
            raise ConfigError([f"{file}: {error.strerror}; name the file with --config"]) from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            place = " ".join(str(error).split())
            raise ConfigError([f"{file} is not YAML: {place}"]) from error
    return load_settings(document, socket.gethostname(), os.environ.get("OPENAI_REALTIME_MODEL"))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the daemon takes from its process rather than from its configuration."""

    config_file: Path | None
    state: Path
    systemd: Systemd
    api_key: str | None
    mqtt_password: str | None

    @classmethod
    def here(cls, config_file: Path | None) -> "Surroundings":
        """As this process finds them. Raises ConfigError for a secret that everybody can read."""
        return cls(
            config_file,
            state_directory(),
            Systemd(),
            read_secret("openai_api_key", config_file),
            read_secret("mqtt_password", config_file),
        )


def endpoints(
    settings: Settings, api_key: str | None, offline_url: str, chosen: EndpointChoice | None = None
) -> list[Endpoint]:
    """Who may answer, in order; ``chosen`` instead of what is configured.

    Raises ConfigError when the impossible is asked for.
    """
    session = settings.session
    wanted = chosen or session.endpoint
    offline = offline_endpoint(offline_url)
    cloud = Endpoint("cloud", Target(session.url, session.model, session.protocol, api_key))
    if wanted == "offline":
        return [offline]
    if wanted == "cloud":
        if not api_key and session.url.startswith("wss:"):
            raise ConfigError(["session.endpoint is cloud, but there is no key; set the credential openai_api_key"])
        return [cloud]
    return [cloud, offline] if api_key else [offline]


def open_words(settings: Settings, chosen: str = EVERY_WORD) -> list[WakeModel]:
    """The wake words of the configuration, or the chosen one. Raises ConfigError."""
    configured = settings.wake.words
    if chosen != EVERY_WORD:
        configured = [word for word in configured if word.model == chosen] or [WakeWord(model=chosen)]
    try:
        return [open_word(word.model, word.threshold, word.frames) for word in configured]
    except ModelError as error:
        raise ConfigError([str(error)]) from error


def configured_house(settings: Settings) -> DeviceRegistry:
    """A house with the devices that stand in the configuration. Raises ConfigError."""
    house = DeviceRegistry(settings.mqtt.discovery_prefix)
    try:
        house.add_configured(settings.house.devices)
    except SpeakerError as error:
        raise ConfigError([str(error)]) from error
    return house


def check_settings(settings: Settings, config_file: Path | None) -> None:
    """Everything about a configuration that can be known without starting. Raises ConfigError."""
    open_words(settings)
    configured_house(settings)
    endpoints(settings, read_secret("openai_api_key", config_file), "")


def make_toolbelt(
    settings: Settings,
    house: DeviceRegistry | None = None,
    *,
    more: Callable[[], Mapping[str, AnyTool]] = dict,
    approve: Callable[[str], Awaitable[bool]] = registry.approve_no_call,
) -> tuple[registry.ToolRegistry, list[str]]:
    """The tools that the configuration allows, and what is wrong with files that hold none.

    With a ``house``, those that have nothing to act on there are not offered.
    """
    tools, problems = registry.find([registry.bundled(), *map(Path, settings.tools.paths)])
    kinds = house.kinds if house is not None else None
    belt = registry.ToolRegistry(
        tools, settings.tools, settings.cost.quiet_tools, more=more, approve=approve, kinds=kinds
    )
    return belt, problems


def offline_endpoint(url: str) -> Endpoint:
    """The embedded server."""
    return Endpoint("offline", Target(url, "offline"))


class Daemon:
    """One life of the daemon between two reloads."""

    def __init__(self, settings: Settings, around: Surroundings) -> None:
        self.settings = settings
        self.around = around
        self._mind = OfflineEngines()
        self._server = RealtimeServer(ServerSettings(port=0), self._mind)
        self._ledger = Ledger(around.state / LEDGER)
        self._sound = SoundSystem()
        self._house = configured_house(settings)
        topic = f"{settings.topic}/availability"
        self._broker = MqttClient(
            settings.mqtt, f"speaker-{settings.id}", around.mqtt_password, topic,
            deliver=self._deliver, connected=self._connected, trouble=self._trouble,
        )  # fmt: skip
        self._choices = RuntimeSettings(self._ledger, settings)
        self._hub = MqttApi(self._broker, settings, __version__, wake_word_options(self._choices), self._ledger)
        self._accounts = CostTracker(settings, self._ledger, self._hub.event)
        kept = SoundCache(around.state / "phrases", settings.audio.cache_mb * 1_000_000)
        self._speech = TextToSpeech(self._mind, kept, self._accounts.spoke)
        self._followed: set[str] = set()
        self._errands: set[asyncio.Task[None]] = set()
        tools = settings.tools
        self._home = DeviceController(
            self._house, self._broker, tools.confirm_timeout_s, risk=tools.risk, approve=self._approve_wish
        )
        self._hub_tools = HubTools(self._broker, settings.mqtt.base, str(settings.id), self._refuse_definition)
        self._neighbours = Neighbours(
            self._broker, settings.mqtt.base, settings.mqtt.discovery_prefix, str(settings.id)
        )
        self._discovery = [f"{settings.mqtt.discovery_prefix}/{levels}/config" for levels in ("+/+", "+/+/+")]
        self.assistant: Controller | None = None

    @property
    def online(self) -> bool:
        """Whether the broker is connected."""
        return self._broker.online

    @property
    def hub_tools(self) -> list[str]:
        """The names of the tools that the hub defines."""
        return sorted(self._hub_tools.tools)

    async def run(self) -> None:
        """Start every part, tell systemd, and go on until cancelled."""
        await self._server.start()
        try:
            self.assistant = assistant = self._build()
            self._commands = Commands(assistant, self.settings, self._broker, self._start)
            self._hub.offer(self._commands.offered())
            self._broker.subscribe([*self._hub_tools.topics, *self._neighbours.topics])
            if self.settings.house.discover:
                self._broker.subscribe(self._discovery)
            self._follow_house()
            self._broker.start()
            async with asyncio.TaskGroup() as group:
                group.create_task(assistant.run())
                group.create_task(self._watch(assistant))
                if self._answering()[0].name == "offline":
                    group.create_task(self._mind.warm_up())
                group.create_task(self._speech.prepare(phrases.EVERY))
                self.around.systemd.ready()
                log.info("speaker %s is ready as %s", __version__, self.settings.id)
        finally:
            await self._close()

    def _build(self) -> Controller:
        settings, around = self.settings, self.around
        belt, problems = make_toolbelt(settings, self._house, more=lambda: self._hub_tools.tools, approve=self._approve)
        for problem in problems:
            log.error("%s", problem)
        return Controller(
            settings,
            Parts(
                sound=self._sound,
                words=self._words,
                toolbelt=belt,
                providers={Home: self._home, Intercom: self._neighbours},
                reachable=self._check_endpoint,
                choices=self._choices,
                describe_house=self._house.describe,
                standby=Failover(
                    lambda: self._accounts.purse.endpoints(self._answering(), offline_endpoint(self._server.url)),
                    self._accounts.purse.refusal,
                ),
                accounts=self._accounts,
                mind=self._mind,
                speech=self._speech,
                hub=self._hub,
                ledger=self._ledger,
                status=around.systemd.status,
            ),
        )

    def _words(self, chosen: str) -> WakeWords:
        try:
            words = open_words(self.settings, chosen)
        except ConfigError:
            words = open_words(self.settings)  # a word that was chosen once, and is gone
        return WakeWords(words, refractory_s=self.settings.wake.refractory_s)

    def _answering(self) -> list[Endpoint]:
        """Who may answer as things are chosen; a choice that has become impossible does not count."""
        try:
            return endpoints(self.settings, self.around.api_key, self._server.url, self._choices.endpoint)
        except ConfigError:
            return endpoints(self.settings, self.around.api_key, self._server.url)

    def _check_endpoint(self, chosen: str) -> None:
        endpoints(self.settings, self.around.api_key, self._server.url, as_endpoint(chosen))

    async def _approve(self, sentence: str) -> bool:
        return self.assistant is not None and await self.assistant.aside.confirm(sentence)

    async def _approve_wish(self, device: Device, wish: Wish, sentence: str) -> bool:  # noqa: ARG002
        return await self._approve(sentence)

    def _refuse_definition(self, problem: str) -> None:
        self._hub.event({"type": "error", "message": problem})

    def _start(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)
        return task

    async def _close(self) -> None:
        """The end, in order: no new sound, no session, then the house is told."""
        for errand in self._errands:
            errand.cancel()
        if self.assistant is not None:
            await self.assistant.close()
        await self._server.stop()
        await self._broker.stop()
        self._mind.close()
        self._ledger.close()
        self._sound.end()

    async def _watch(self, assistant: Controller) -> None:
        """Feed systemd's watchdog while the speaker hears."""
        period_s = self.around.systemd.watchdog_s
        while period_s is not None:
            if assistant.alive:
                self.around.systemd.alive()
            await asyncio.sleep(period_s / WATCHDOG_SHARE)

    def _deliver(self, message: IncomingMessage) -> None:
        if self._hub.hears(message) or self._hub_tools.hear(message.topic, message.payload, retained=message.retained):
            return
        if (claim := self._hub.claimed(message)) is not None and self.assistant is not None:
            self.assistant.claimed(*claim)
            return
        self._neighbours.hear(message.topic, message.payload)
        prefix = f"{self.settings.mqtt.discovery_prefix}/"
        if message.topic.startswith(prefix) and message.topic.endswith("/config"):
            try:
                if self._house.hear_discovery(message.topic, message.payload):
                    self._follow_house()
            except SpeakerError as error:
                log.warning("%s", error)
        else:
            self._home.hear(message.topic, message.payload, retained=message.retained)

    def _follow_house(self) -> None:
        """Hear the topics of the devices there are now, and no others."""
        wanted = self._house.topics()
        self._broker.unsubscribe(self._followed - wanted)
        self._broker.subscribe(wanted)
        self._followed = wanted

    def _connected(self, online: bool) -> None:
        if online and self.assistant is not None:
            self.assistant.connected()
            self._hub.connected()

    def _trouble(self, problem: str) -> None:
        if self.assistant is not None:
            self.assistant.trouble(problem)


@contextlib.contextmanager
def _signals(on: dict[signal.Signals, Callable[[], None]]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number, act in on.items():
        loop.add_signal_handler(number, act)
    try:
        yield
    finally:
        for number in on:
            loop.remove_signal_handler(number)


async def serve(config_file: Path | None) -> None:
    """Run the daemon until SIGTERM or SIGINT; SIGHUP reads the configuration again.

    Raises ConfigError when it cannot start, and SpeakerError when a part cannot go on.
    """
    around = Surroundings.here(config_file)
    settings = read_settings(config_file)
    stop, reload = asyncio.Event(), asyncio.Event()
    with _signals({signal.SIGTERM: stop.set, signal.SIGINT: stop.set, signal.SIGHUP: reload.set}):
        while not stop.is_set():
            app = Daemon(settings, around)
            life = asyncio.create_task(app.run())
            settings = await _live(app, life, stop, reload)
            if stop.is_set():
                around.systemd.stopping()
            life.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await life


async def _live(app: Daemon, life: "asyncio.Task[None]", stop: asyncio.Event, reload: asyncio.Event) -> Settings:
    """Wait until the daemon is to end, or to begin again with other settings: those to go on with."""
    while True:
        waiting = [asyncio.create_task(event.wait()) for event in (stop, reload)]
        await asyncio.wait([life, *waiting], return_when=asyncio.FIRST_COMPLETED)
        for one in waiting:
            one.cancel()
        if life.done():
            await life
        if stop.is_set():
            return app.settings
        reload.clear()
        app.around.systemd.reloading(time.monotonic_ns() // 1000)
        try:
            settings = read_settings(app.around.config_file)
            check_settings(settings, app.around.config_file)
        except ConfigError as error:
            log.error("the configuration is not used, the old one stays: %s", error)  # noqa: TRY400 - no trace needed
            app.around.systemd.ready()
        else:
            return settings
