"""What tools share: which devices are meant, acting on them, and telling how it went."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final, Literal, Protocol

from speaker.errors import ToolError
from speaker.home.device_command import Kind, Outcome, Wish
from speaker.home.device_types import Device
from speaker.home.naming import NOUNS, bag, clean, listing
from speaker.home.places import Places
from speaker.tools.result import ToolResult

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
    """The house, as tools see it. A room may be a floor, too, or "here", which is where the speaker stands."""

    @property
    def places(self) -> Places:
        """Where the speaker stands, and which floors there are."""

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


def chosen(home: Home, name: str, room: str, *kinds: Kind, but: str = "") -> list[Device]:
    """The devices that a request means: the named one, all of a room, or the only one there is.

    "all", "lights" or "kitchen lights" mean several, of the first kind alone. Without a name and a room, those of
    the speaker's own room are meant, if there are any. ``but``: rooms and devices that are left out of several.
    Raises ToolError, naming what there is, when nothing or nothing clear is meant.
    """
    if but.strip():
        whole = name if name.strip() else "all"
        return _without(home, _meant(home, whole, room, kinds), but, kinds)
    return _meant(home, name, room, kinds)


def _meant(home: Home, name: str, room: str, kinds: Sequence[Kind]) -> list[Device]:
    first = kinds[0]
    words = [word for word in re.findall(r"[\w'’]+", name.lower()) if word not in _SMALL]
    every = bool(words) and (words[0] in _ALL or words[-1] in _ALL)
    words = [word for word in words if word not in _ALL]
    if not room.strip() and not every and (near := _here(home, words, kinds)):
        return near
    if words and words[-1] in _PLURALS.get(first, ()) and (several := _several(home, words, room, first, every=every)):
        return several
    if name.strip() and not (every and not words):
        return [home.find(name, *kinds, room=room)]
    found = home.devices(first, room=room)
    if found and (every or room or len(found) == 1):
        return found
    return [home.find(NOUNS[first], *kinds, room=room)]


def _here(home: Home, words: Sequence[str], kinds: Sequence[Kind]) -> list[Device]:
    """Those of the speaker's own room, when only the kind was said and the house has not just one, or one called so.

    All lights of a room are one light to people, and several covers are meant by "the blinds". Of locks only the
    single one is meant: "the doors" are those of the house.
    """
    first = kinds[0]
    several = bool(words) and words[-1] in _PLURALS.get(first, ())
    just_kind = not words or (len(words) == 1 and (several or words[0] == NOUNS[first]))
    if not just_kind or len(home.devices(first)) == 1:
        return []
    if any(device.name.lower() == " ".join(words) for device in home.devices(*kinds)):
        return []
    near = home.places.near(home.matching(words[-1], first) if several and first != "light" else home.devices(first))
    return near if first == "light" or (len(near) == 1 and not several) or (several and first != "lock") else []


def _without(home: Home, found: Sequence[Device], but: str, kinds: Sequence[Kind]) -> list[Device]:
    """What is left of several; each part of ``but`` has to mean some of them, or too much would be switched."""
    out: set[str] = set()
    for part in re.split(r",| and ", but):
        if not part.strip():
            continue
        place = part.strip().removeprefix("the ")
        gone = home.devices(*kinds, room=place) or home.matching(part, *kinds)
        if not {one.id for one in gone} & {one.id for one in found} and not home.devices(room=place):
            raise ToolError(f'"{clean(part)}" is none of them, so nothing was done.')
        out |= {one.id for one in gone}
    if left := [one for one in found if one.id not in out]:
        return left
    raise ToolError("Nothing is left then, so nothing was done.")


def _several(home: Home, words: Sequence[str], room: str, kind: Kind, *, every: bool) -> list[Device]:
    """Those that a plural means; none when the words before it are no room of theirs."""
    *before, plural = words
    named = " ".join(before)
    if named and not room:
        return home.matching(plural, kind, room=named)
    if named:
        return []
    # "All lights" are all, though one is called just "Lamp"; "all blinds" are not the garage door.
    if every and plural == f"{NOUNS[kind]}s":
        return home.devices(kind, room=room)
    found = home.matching(plural, kind, room=room)
    rooms = sorted({one.room for one in found if one.room})
    if len(rooms) > 1 and not every and not room:
        raise ToolError(f"Say in which room: {listing(rooms, 'or')}.")
    return found or (home.devices(kind, room=room) if every else [])


async def carry_out(home: Home, devices: Sequence[Device], wish: Wish, state: str = "done") -> ToolResult:
    """Ask the devices for ``wish`` and tell how it went.

    ``state`` says what several of them are then, as in "3 lights are on". Raises ToolError when a single
    device cannot do that at all.
    """
    if len(devices) == 1:
        return report_outcomes([await home.act(devices[0], wish)], "", state)
    noun = NOUNS[devices[0].kind] if devices else "device"
    return report_outcomes(await home.act_all(devices, wish), noun, state)


_WORST_FIRST: Final = ("refused", "no answer", "sent", "confirmed")
_FAILED: Final = {"refused": "refused", "no answer": "did not answer", "sent": "were only sent"}
"""How a person hears of several devices at once."""

MOST_NAMED: Final = 4
"""More devices that failed are counted instead of named."""


def report_outcomes(outcomes: Sequence[Outcome], noun: str, state: str) -> ToolResult:
    """One result for several devices, with what went wrong first; its status is the worst of theirs."""
    if len(outcomes) == 1:
        return ToolResult(outcomes[0].status, outcomes[0].text, outcomes[0].for_model)
    failed = sorted((o for o in outcomes if o.status != "confirmed"), key=lambda o: _WORST_FIRST.index(o.status))
    parts = _named(failed) if len(failed) <= MOST_NAMED else _counted(failed, noun)
    if done := len(outcomes) - len(failed):
        sentence = f"{_several_of(done, noun)} {'is' if done == 1 else 'are'} {state}"
        parts.append(("confirmed", sentence, sentence))
    if not parts:
        return ToolResult("refused", "there is no such device.")
    status = parts[0][0]
    spoken = "; ".join(text for _, text, _ in parts)
    read = "; ".join(f"{how}: {words}" for how, _, words in parts).removeprefix(f"{status}: ")
    return ToolResult(status, f"{spoken}.", f"{read}.")


_Part = tuple[Literal["confirmed", "sent", "no answer", "refused"], str, str]
"""A status, what a person hears, what the model reads."""


def _named(failed: Sequence[Outcome]) -> list[_Part]:
    return [(one.status, one.text.rstrip("."), (one.for_model or one.text).rstrip(".")) for one in failed]


def _counted(failed: Sequence[Outcome], noun: str) -> list[_Part]:
    counts = Counter(outcome.status for outcome in failed)
    return [
        (status, f"{_several_of(count, noun)} {_FAILED[status]}", _several_of(count, noun))
        for status, count in counts.items()
    ]


def _several_of(count: int, noun: str) -> str:
    plural = f"{noun}{'es' if noun.endswith('ch') else 's'}"
    return f"{count} {noun if count == 1 else plural}"
