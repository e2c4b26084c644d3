"""The daemon: configuration → wiring → one TaskGroup; signals, reload, the order of the end."""

import asyncio
import contextlib
import gc
import logging
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from speaker import version
from speaker.announce.announcer import Announcement
from speaker.config.settings import Settings
from speaker.daemon.checking import check_settings, inspect_config
from speaker.daemon.deafness import Deafness
from speaker.daemon.loading import Surroundings, read_settings
from speaker.daemon.memory import keep_little
from speaker.daemon.page_part import FirstAid
from speaker.daemon.wiring import Wiring
from speaker.errors import ConfigError, place_of, plain
from speaker.hub.controls import CONTROLS

log = logging.getLogger(__name__)

WATCHDOG_SHARE: Final = 3
"""The watchdog is fed this many times in its period."""

UNWATCHED_S: Final = 15.0
"""The same period where nobody watches."""


class Daemon:
    """One life of the daemon between two reloads."""

    def __init__(self, settings: Settings, around: Surroundings, aid: FirstAid | None = None) -> None:
        self.settings = settings
        self.around = around
        self.parts = Wiring(settings, around, aid)

    async def run(self) -> None:
        """Start every part, tell systemd, and go on until cancelled."""
        parts = self.parts
        asyncio.get_running_loop().set_exception_handler(self._callback_failed)
        await parts.server.start()
        try:
            parts.answering()  # raises ConfigError when nobody can answer as it is configured
            parts.controls.restore()
            parts.status.start()
            self._listen_to_the_broker()
            async with asyncio.TaskGroup() as group:
                group.create_task(parts.conversation.run())
                group.create_task(parts.system_speech.run())
                group.create_task(self._feed_watchdog())
                group.create_task(parts.warm_up())
                group.create_task(parts.page.run())
                self.around.systemd.ready()
                log.info("speaker %s is ready as %s", version(), self.settings.id)
        finally:
            await self._close()

    def _listen_to_the_broker(self) -> None:
        parts, settings = self.parts, self.settings
        wake = parts.conversation.wake
        parts.hub.offer(parts.commands(), wake.claimed, [one.name for one in CONTROLS], wake.showed)
        parts.hub_tools.start()
        parts.neighbours.start()
        parts.feed.start(settings.mqtt.discovery_prefixes if settings.house.discover else [])
        parts.client.start()
        parts.mcp.start()

    def _callback_failed(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """What fails in a callback or a task that nobody waits for ends nothing: it is one line and an event."""
        error = context.get("exception")
        # asyncio's own words hold the arguments of the callback, and so what somebody said.
        why = place_of(error) if isinstance(error, BaseException) else plain(str(context.get("message", "")))
        problem = f"a callback or a task failed: {why}"
        log.error("%s", problem)
        log.debug("here it failed", exc_info=error)
        self.parts.hub.event({"type": "error", "message": problem})

    async def _close(self) -> None:
        """The end, in order: no new sound, no session, then the house is told."""
        parts = self.parts
        await parts.conversation.close()
        await parts.server.stop()
        await parts.mcp.stop()
        await parts.client.stop()
        parts.engines.close()
        await parts.shelf.close()
        parts.ledger.close()
        parts.sound_system.end()

    async def _feed_watchdog(self) -> None:
        """Feed systemd's watchdog while the loop turns and, if there was a microphone, while its frames are scored.

        A speaker that has gone deaf is started again, which mends what a driver holds; one that never had a
        microphone lives on without.
        """
        parts = self.parts
        deafness = Deafness(
            lambda: parts.conversation.controller.hears,
            lambda: parts.conversation.sound.dead,
            lambda sentence: parts.system_speech.announce(Announcement(sentence)),
            parts.book.own,
        )
        while True:
            if deafness.look():
                self.around.systemd.alive()
            await asyncio.sleep((self.around.systemd.watchdog_s or UNWATCHED_S) / WATCHDOG_SHARE)


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


async def serve(config_file: Path | None, aid: FirstAid | None = None) -> None:
    """Run the daemon until SIGTERM or SIGINT; SIGHUP reads the configuration again.

    Raises ConfigError when it cannot start, and SpeakerError when a part cannot go on.
    """
    keep_little()
    settings, around = _begin(config_file)
    stop, reload = asyncio.Event(), asyncio.Event()
    with _signals({signal.SIGTERM: stop.set, signal.SIGINT: stop.set, signal.SIGHUP: reload.set}):
        while not stop.is_set():
            daemon = Daemon(settings, around, aid)
            life = asyncio.create_task(daemon.run())
            settings = await _live(daemon, life, stop, reload)
            if stop.is_set():
                around.systemd.stopping()
            life.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await life
            # Its parts know each other in circles: without this they lie about until there is much garbage.
            del daemon, life
            gc.collect()


def _begin(config_file: Path | None) -> tuple[Settings, Surroundings]:
    """What the daemon starts with. Raises ConfigError with all mistakes, also those that it would meet later."""
    try:
        return read_settings(config_file), Surroundings.here(config_file)
    except ConfigError as error:
        raise ConfigError(inspect_config(config_file).problems or error.problems) from error


async def _live(daemon: Daemon, life: "asyncio.Task[None]", stop: asyncio.Event, reload: asyncio.Event) -> Settings:
    """Wait until the daemon is to end, or to begin again with other settings: those to go on with."""
    while True:
        waiting = [asyncio.create_task(event.wait()) for event in (stop, reload)]
        await asyncio.wait([life, *waiting], return_when=asyncio.FIRST_COMPLETED)
        for one in waiting:
            one.cancel()
        if life.done():
            await life
        if stop.is_set():
            return daemon.settings
        reload.clear()
        daemon.around.systemd.reloading(time.monotonic_ns() // 1000)
        try:
            return check_settings(daemon.around.config_file)
        except ConfigError as error:
            told = "\n".join(error.problems)
            log.error("the configuration is not used, the old one stays:\n%s", told)  # noqa: TRY400 - no trace needed
            daemon.around.systemd.ready()
