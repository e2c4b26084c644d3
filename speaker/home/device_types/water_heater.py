"""Water heaters: a thermostat for water, hotter and with modes of its own."""

import msgspec

from speaker.home.device_types.base import AnnouncedValue
from speaker.home.device_types.climate import Climate

LOWEST_WATER_C = 43.3
HIGHEST_WATER_C = 60.0
"""The range of one that does not announce its own; Home Assistant's."""


class WaterHeater(Climate, frozen=True, kw_only=True):
    """A boiler or a tank."""

    modes: list[AnnouncedValue] = msgspec.field(
        default_factory=lambda: ["off", "eco", "electric", "gas", "heat_pump", "high_demand", "performance"]
    )

    def default_range_c(self) -> tuple[float, float]:
        """Hotter than a room."""
        return LOWEST_WATER_C, HIGHEST_WATER_C

    def running_modes(self) -> tuple[str, ...]:
        """What "on" may mean: any of its modes but off, in its own order."""
        return tuple(str(mode) for mode in self.modes if mode != "off")
