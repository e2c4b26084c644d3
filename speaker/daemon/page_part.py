"""The web page, if the configuration asks for it: without, nothing of it is imported."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from speaker.config.settings import Settings
from speaker.config.web_settings import token_fault
from speaker.conversation.assembly import Conversation
from speaker.daemon.loading import Surroundings
from speaker.errors import ConfigError
from speaker.home.device_controller import DeviceController
from speaker.hub.mqtt_api import MqttApi
from speaker.store.store import Ledger
from speaker.tools.api import Tool
from speaker.tools.registry import bundled

if TYPE_CHECKING:
    from speaker.web.page_server import PageServer

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FirstAid:
    """What the command line lends to the page: this part lies below it."""

    examine: Callable[[Settings, Surroundings], Awaitable[list[Json]]]
    """The doctor's checks that leave the sound devices alone."""
    pack: Callable[[Settings, Surroundings], Awaitable[bytes]]
    """The archive for whoever helps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the page shows, and acts on."""

    conversation: Conversation
    hub: MqttApi
    home: DeviceController
    ledger: Ledger
    providers: Mapping[type, object]
    from_hub: Callable[[], Mapping[str, object]]
    """Tools that the hub has defined."""
    from_mcp: Callable[[], Mapping[str, object]]


class PagePart:
    """The page of one life of the daemon."""

    def __init__(self, settings: Settings, around: Surroundings, aid: FirstAid | None) -> None:
        """Raises ConfigError when the token is missing that it needs, or is too short."""
        if fault := token_fault(settings.web, around.web_token):
            raise ConfigError([f"web.host: {fault}"])
        self._settings = settings
        self._around = around
        self._aid = aid
        self._server: PageServer | None = None

    def show(self, shown: Shown) -> None:
        """Make it, if it is configured, and let it see."""
        if not self._settings.web.enabled:
            return
        from speaker.hub.mcp_offer import McpOffer  # noqa: PLC0415 - most speakers have no page
        from speaker.web.page_answers import PageAnswers  # noqa: PLC0415 - as above
        from speaker.web.page_door import PageDoor  # noqa: PLC0415 - as above
        from speaker.web.page_feed import PageFeed  # noqa: PLC0415 - as above
        from speaker.web.page_files import page_files  # noqa: PLC0415 - as above
        from speaker.web.page_reports import PageReports  # noqa: PLC0415 - as above
        from speaker.web.page_server import PageServer  # noqa: PLC0415 - as above

        settings, conversation, hub = self._settings, shown.conversation, shown.hub
        registry = conversation.tools.registry
        about = {"speaker": settings.name, "room": settings.room, "words": settings.privacy.publish_transcripts}
        feed = PageFeed(lambda: not conversation.machine.awake, lambda: hub.state, about)
        hub.watch(feed)
        conversation.sound.watch(feed.look)
        reports = PageReports(
            settings=settings, home=shown.home, registry=registry, sources=lambda: _sources(shown),
            ledger=shown.ledger, sound=conversation.sound, hears=lambda: conversation.controller.hears,
            online=lambda: hub.online,
        )  # fmt: skip
        door, aid = PageDoor(self._around.web_token), self._aid
        answers = PageAnswers(
            door, feed, reports=reports, hub=hub, tools=McpOffer(registry, shown.providers, hub.event),
            files=page_files(), examine=None if aid is None else lambda: aid.examine(settings, self._around),
            pack=None if aid is None else lambda: aid.pack(settings, self._around),
        )  # fmt: skip
        self._server = PageServer(settings.web, door, answers, conversation.observers.trouble)

    @property
    def port(self) -> int:
        """Where it listens; 0 while it does not."""
        return self._server.port if self._server is not None else 0

    async def run(self) -> None:
        """Answer browsers, as long as there is a page."""
        if self._server is not None:
            await self._server.run()


def _sources(shown: Shown) -> dict[str, str]:
    """Tool → where it comes from."""
    came_along = str(bundled())
    own = {
        name: "bundled" if isinstance(tool, Tool) and tool.file.startswith(came_along) else "own file"
        for name, tool in shown.conversation.tools.registry.own.items()
    }
    return dict.fromkeys(shown.from_mcp(), "MCP") | dict.fromkeys(shown.from_hub(), "hub") | own
