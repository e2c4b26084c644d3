"""Calls of tools that wait for their time: checked when they are set and again when they run, and nobody is asked.

What a person would have to confirm cannot be set for later: at that time, nobody may be there to answer. A tool of
the house is rehearsed when it is set, so that a name that means nothing and a garage door are told at once.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from speaker.errors import ToolError
from speaker.home.device_command import Kind, Outcome, Wish
from speaker.home.device_controller import DeviceController
from speaker.home.device_types import Device
from speaker.home.naming import NOUNS
from speaker.home.places import Places
from speaker.home.risk import asked_for
from speaker.language.phrasebook import ENGLISH_PHRASES, Phrasebook
from speaker.tools.api import AnyTool, Tool
from speaker.tools.device_selection import Home
from speaker.tools.registry import ToolRegistry, wording
from speaker.tools.result import ToolResult

NOT_LATER: Final = frozenset({"do_later", "end_conversation", "snooze", "change_timer", "cancel_timer"})
"""Tools that mean this moment."""


class LaterTools:
    """What timers may run. ``providers`` are what tools get of the speaker."""

    def __init__(
        self,
        registry: ToolRegistry,
        home: DeviceController,
        providers: Callable[[], Mapping[type, object]],
        book: Phrasebook = ENGLISH_PHRASES,
    ) -> None:
        """``book``: in whose words a call is told later."""
        self._registry = registry
        self._home = home
        self._providers = providers
        self._book = book

    async def check(self, tool: str, arguments: str) -> str:
        """What a call would do, as in "switch off the sofa lamp". Raises ToolError when it may not, or cannot."""
        found = self._allowed(tool)
        if isinstance(found, Tool) and found.only_home:
            stage = _Rehearsal(self._home, self._book)
            result = await found.call(arguments, {Home: stage})
            if not result.ok:
                raise ToolError(result.text[:1].upper() + result.text[1:])
            return stage.told or wording(tool, arguments, self._book)
        if not self._registry.allows(tool):
            raise ToolError("That is asked about first, so it cannot be done later.")
        if isinstance(found, Tool):
            found.check(arguments)
        return wording(tool, arguments, self._book)

    async def run(self, tool: str, arguments: str) -> tuple[bool, str]:
        """Do it; whether that worked, and what a person has to hear of it: what went wrong, or an answer."""
        try:
            self._allowed(tool)
        except ToolError as error:
            return False, str(error)
        providers = {**self._providers(), Home: _Unattended(self._home)}
        result: ToolResult = await self._registry.run(tool, arguments, providers)
        return result.ok, result.text if not result.ok or result.status == "answer" else ""

    def _allowed(self, name: str) -> AnyTool:
        found = next((one for one in self._registry.offered if one.name == name), None)
        if found is None or name in NOT_LATER:
            raise ToolError("That cannot be done later.", note=f"No tool {name[:40]!r} can be called by do_later.")
        if self._registry.risk(found) != "allow":
            raise ToolError("That is asked about first, so it cannot be done later.")
        return found


class _Unattended:
    """The Home of a tool that nobody watches: what somebody would be asked about is refused."""

    def __init__(self, home: DeviceController) -> None:
        self._home = home

    @property
    def places(self) -> Places:
        return self._home.places

    def find(self, name: str, *kinds: Kind, room: str = "") -> Device:
        return self._home.find(name, *kinds, room=room)

    def matching(self, name: str, *kinds: Kind, room: str = "") -> list[Device]:
        return self._home.matching(name, *kinds, room=room)

    def devices(self, *kinds: Kind, room: str = "") -> list[Device]:
        return self._home.devices(*kinds, room=room)

    def condition(self, device: Device) -> str | None:
        return self._home.condition(device)

    def reading(self, device: Device) -> str | None:
        return self._home.reading(device)

    async def act(self, device: Device, wish: Wish) -> Outcome:
        self._home.rehearse(device, wish)
        return await self._home.act(device, wish)

    async def act_all(self, devices: Sequence[Device], wish: Wish) -> list[Outcome]:
        allowed: list[Device] = []
        refused: list[Outcome] = []
        for device in devices:
            try:
                self._home.rehearse(device, wish)
            except ToolError as error:
                refused.append(Outcome("refused", f"{str(error)[:1].lower()}{str(error)[1:].rstrip('.')}."))
            else:
                allowed.append(device)
        return [*refused, *await self._home.act_all(allowed, wish)]


class _Rehearsal(_Unattended):
    """The Home of a tool that is only tried: nothing is done, and what would be done is put down."""

    def __init__(self, home: DeviceController, book: Phrasebook) -> None:
        super().__init__(home)
        self._book = book
        self.told = ""
        """What the tool would do, as a verb with its object."""

    async def act(self, device: Device, wish: Wish) -> Outcome:
        self.told = self._home.rehearse(device, wish)
        return Outcome("confirmed", self.told)

    async def act_all(self, devices: Sequence[Device], wish: Wish) -> list[Outcome]:
        told: list[str] = []
        problem = ToolError("There is no such device.")
        for device in devices:
            try:
                told.append(self._home.rehearse(device, wish))
            except ToolError as error:
                problem = error
        if not told:
            raise problem
        several = self._book.devices.several.format(count=len(told), noun=NOUNS[devices[0].kind])
        self.told = told[0] if len(told) == 1 else asked_for(wish, several, self._book)
        return [Outcome("confirmed", one) for one in told]
