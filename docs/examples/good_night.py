"""Good night."""

from speaker.tools import Home, Wish, tool


@tool
async def good_night(home: Home, room: str = "") -> str:
    """Say good night: the lights of a room, or of the whole house, go off."""
    outcomes = [await home.act(light, Wish(on=False)) for light in home.devices("light", room=room)]
    failed = [f"{one.status.capitalize()}: {one.text}" for one in outcomes if one.status != "confirmed"]
    return " ".join(failed) or f"Confirmed: {len(outcomes)} lights are off. Good night."
