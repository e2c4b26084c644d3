"""What the page asks for when somebody looks at it: the house with its tools, the month's money, the health."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from speaker import version
from speaker.config.settings import Settings
from speaker.conversation.sound import SoundPart
from speaker.cost.report import month_report
from speaker.cost.tokens import Opening
from speaker.home.device_controller import DeviceController
from speaker.store.store import Ledger
from speaker.tools.registry import ToolRegistry
from speaker.web.sayings import saying

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReports:
    """The reports of one speaker, as data."""

    settings: Settings
    home: DeviceController
    registry: ToolRegistry
    sources: Callable[[], Mapping[str, str]]
    """Tool → where it comes from: bundled, own file, hub or MCP."""
    ledger: Ledger
    sound: SoundPart
    hears: Callable[[], bool]
    """Whether frames of the microphone arrive and are worked on, or nobody wants them."""
    online: Callable[[], bool]
    """Whether the broker is there."""

    def house(self) -> Json:
        """Devices with their state and what one can say, and tools with their risk and where they come from."""
        sources = self.sources()
        return {
            "devices": [
                {
                    "name": device.name, "room": device.room or "", "kind": device.kind,
                    "state": self.home.reading(device) or self.home.condition(device), "say": saying(device),
                }
                for device in self.home.devices()
            ],
            "tools": [
                {
                    "name": tool.name, "description": tool.description, "risk": self.registry.risk(tool),
                    "source": sources.get(tool.name, ""), "parameters": tool.parameters,
                }
                for tool in self.registry.tools
            ],
        }  # fmt: skip

    def cost(self, today: date) -> Json:
        """The present month, with its budgets."""
        cost = self.settings.cost
        report = month_report(
            self.ledger.lines(today), self.ledger.savings(today), month=today, today=today, prices=cost.prices,
            opening=Opening.read(self.ledger.chosen("opening_tokens")),
        )  # fmt: skip
        by_model: dict[str, float] = {}
        for line in report.lines:
            by_model[line.model] = round(by_model.get(line.model, 0.0) + line.cost_usd, 6)
        return report.data() | {
            "by_day_usd": list(report.by_day_usd().values()),
            "by_model_usd": by_model,
            "saved_usd": round(report.saved_usd, 6),
            "budget": {"daily_usd": cost.daily_usd, "monthly_usd": cost.monthly_usd},
            "today": today.day,
        }

    def health(self) -> Json:
        """What can be told without trying anything out."""
        mqtt, audio, sound = self.settings.mqtt, self.settings.audio, self.sound
        dry, dropped = sound.slips
        hears = "delivers nothing but silence" if sound.dead else "is heard" if self.hears() else "delivers nothing"
        return {
            "version": version(),
            "facts": [
                ["broker", self.online(), f"{mqtt.host}:{mqtt.port} {'is connected' if self.online() else 'is away'}"],
                ["microphone", self.hears() and not sound.dead, f"{audio.microphone} {hears}"],
                ["loudspeaker", not sound.unheard, sound.unheard or f"{audio.loudspeaker} plays"],
                ["pace", dropped == 0, f"sound was dropped {dropped} times, and playback ran dry {dry} times"],
                ["ledger", not self.ledger.problem, self.ledger.problem or "is written"],
            ],
        }  # fmt: skip
