"""What tools share: which devices are meant, acting on them, and telling how it went."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final, Protocol

from speaker.home.device_command import Kind, Outcome, Wish
from speaker.home.device_types import Device
from speaker.home.naming import NOUNS, bag

_PLURALS: Final[dict[Kind, frozenset[str]]] = {
    "light": bag("lights lamps lighting"),
    "switch": bag("switches sockets plugs outlets"),
    "cover": bag("covers blinds shutters curtains shades awnings"),
    "climate": bag("thermostats heaters radiators heating"),
    "fan": bag("fans"),
    "lock": bag("locks doors"),
    "media_player": bag("players speakers radios music"),
    "vacuum": bag("vacuums robots"),
    "humidifier": bag("humidifiers dehumidifiers"),
}
"""What one calls all devices of a kind, or several of them."""

_ALL: Final = frozenset({"all", "every", "everything", "everywhere"})
_SMALL: Final = frozenset({"the", "of", "my", "our", "in"})


class Home(Protocol):
    """The house, as tools see it."""

    def find(self, name: str, *kinds: Kind, room: str = "") -> Device:
        """The one device of these kinds that ``name`` means. Raises ToolError, naming what there is."""

    def matching(self, name: str, *kinds: Kind, room: str = "") -> list[Device]:
        """All devices of these kinds that ``name`` may mean."""

    def devices(self, *kinds: Kind, room: str = "") -> list[Device]:
        """All devices of these kinds (no kind: all kinds), in a room or everywhere."""

    async def act(self, device: Device, wish: Wish) -> Outcome:
        """Ask the device for a change and wait until its state says so (or it does not answer).

        Raises ToolError when the device cannot do that at all.
        """

    async def act_all(self, devices: Sequence[Device], wish: Wish) -> list[Outcome]:
        """The same for several at once; what one cannot do is its Outcome and does not hide the others'."""

    def condition(self, device: Device) -> str | None:
        """What the device is: "on at 40 percent", "closed"; None when not known or not reachable."""

    def reading(self, device: Device) -> str | None:
        """The device's present value with its unit, as one would say it; None when it never reported."""


def chosen(home: Home, name: str, room: str, *kinds: Kind) -> list[Device]:
    """The devices that a request means: the named one, all of a room, or the only one there is.

    "all", "lights" or "kitchen lights" mean several, of the first kind alone. Raises ToolError, naming what
    there is, when nothing or nothing clear is meant.
    """
    first = kinds[0]
    words = [word for word in re.findall(r"[\w'’]+", name.lower()) if word not in _SMALL]
    every = bool(words) and (words[0] in _ALL or words[-1] in _ALL)
    words = [word for word in words if word not in _ALL]
    if words and words[-1] in _PLURALS.get(first, ()) and (several := _several(home, words, room, first, every=every)):
        return several
    if name.strip() and not (every and not words):
        return [home.find(name, *kinds, room=room)]
    found = home.devices(first, room=room)
    if found and (every or room or len(found) == 1):
        return found
    return [home.find(NOUNS[first], *kinds, room=room)]


def _several(home: Home, words: Sequence[str], room: str, kind: Kind, *, every: bool) -> list[Device]:
    """Those that a plural means; none when the words before it are no room of theirs."""
    *before, plural = words
    named = " ".join(before)
    if named and not room:
        return home.matching(plural, kind, room=named)
    if named:
        return []
    found = home.matching(plural, kind, room=room)
    return found or (home.devices(kind, room=room) if every else [])


async def carry_out(home: Home, devices: Sequence[Device], wish: Wish, state: str = "done") -> str:
    """Ask the devices for ``wish`` and tell how it went, beginning with "Confirmed", "No answer" or "Refused".

    ``state`` says what several of them are then, as in "3 lights are on". Raises ToolError when a single
    device cannot do that at all.
    """
    if len(devices) == 1:
        return _said(await home.act(devices[0], wish))
    noun = NOUNS[devices[0].kind] if devices else "device"
    return report_outcomes(await home.act_all(devices, wish), noun, state)


def _said(outcome: Outcome) -> str:
    return f"{outcome.status.capitalize()}: {outcome.text}"


def report_outcomes(outcomes: Sequence[Outcome], noun: str, state: str) -> str:
    """One sentence about several devices, with what went wrong first."""
    if len(outcomes) == 1:
        return _said(outcomes[0])
    plural = f"{noun}{'es' if noun.endswith('ch') else 's'}"
    failed = sorted((o for o in outcomes if o.status != "confirmed"), key=lambda o: o.status, reverse=True)
    parts = [f"{outcome.status}: {outcome.text.rstrip('.')}" for outcome in failed[:4]]
    if len(failed) > 4:
        counts = Counter(outcome.status for outcome in failed)
        parts = [f"{status}: {count} {noun if count == 1 else plural}" for status, count in counts.items()]
    if done := len(outcomes) - len(failed):
        parts.append(f"confirmed: {done} {f'{noun} is' if done == 1 else f'{plural} are'} {state}")
    sentence = "; ".join(parts)
    return f"{sentence[:1].upper()}{sentence[1:]}."
