"""Scenes: several devices set at once."""

from speaker.core.toolbox import Home, Wish, tool


@tool
async def activate_scene(home: Home, scene: str) -> str:
    """Activate a scene by its name."""
    outcome = await home.act(home.find(scene, "scene"), Wish(on=True))
    return f"{outcome.status.capitalize()}: {outcome.text}"
