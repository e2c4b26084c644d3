"""Lights, and sockets that are switched like lights."""

import asyncio
from collections import Counter

from speaker.core.toolbox import Annotated, Device, Home, Meta, Outcome, ToolError, Wish, tool

EVERY = {"all", "all lights", "all the lights", "every light", "everything", "lights", "the lights"}


@tool
async def set_light(
    home: Home,
    light: Annotated[str, Meta(description="Name of a light or socket; empty or 'all' for every light")] = "",
    room: Annotated[str, Meta(description="Room, when it was named")] = "",
    on: bool | None = None,
    brightness: Annotated[int, Meta(ge=0, le=100, description="Percent; implies on, 0 is off")] | None = None,
) -> str:
    """Switch lights or sockets on or off, or dim lights.

    One by name, or all lights of a room. Give on, brightness or both.
    """
    if on is None and brightness is None:
        raise ToolError("Say whether the light is to be on or off, or how bright.")
    if not light and not room:
        raise ToolError("Say which light, which room, or 'all'.")
    wish = Wish(on=on, brightness_percent=brightness)
    light, room = _group(home, light.strip(), room)
    if light:
        return _report([await home.act(home.find(light, "light", "switch", room=room), wish)], wish)
    lights = home.devices("light", room=room)
    if not lights:
        home.find("lights", "light", room=room)  # says what there is instead
    return _report(await asyncio.gather(*(_act(home, one, wish) for one in lights)), wish)


def _group(home: Home, light: str, room: str) -> tuple[str, str]:
    """The light and the room that are meant; no light means all: "all", "kitchen lights"."""
    if light.lower() in EVERY:
        return "", room
    before, _, last = light.rpartition(" ")
    if last.lower() in {"lights", "lamps"} and not room and home.devices("light", room=before):
        return "", before
    return light, room


async def _act(home: Home, light: Device, wish: Wish) -> Outcome:
    """One light of many: what it cannot do must not hide what the others did."""
    try:
        return await home.act(light, wish)
    except ToolError as error:
        return Outcome("refused", f"{str(error)[:1].lower()}{str(error)[1:]}")


def _report(outcomes: list[Outcome], wish: Wish) -> str:
    """One sentence, with what went wrong first."""
    if len(outcomes) == 1:
        return f"{outcomes[0].status.capitalize()}: {outcomes[0].text}"
    failed = sorted((o for o in outcomes if o.status != "confirmed"), key=lambda o: o.status, reverse=True)
    parts = [f"{outcome.status}: {outcome.text.rstrip('.')}" for outcome in failed[:4]]
    if len(failed) > 4:
        counts = Counter(outcome.status for outcome in failed)
        parts = [f"{status}: {count} lights" for status, count in counts.items()]
    if done := len(outcomes) - len(failed):
        parts.append(f"confirmed: {done} light{' is' if done == 1 else 's are'} {_state(wish)}")
    sentence = "; ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _state(wish: Wish) -> str:
    if not wish.wants_on:
        return "off"
    return "on" if wish.brightness_percent is None else f"on at {wish.brightness_percent} percent"
