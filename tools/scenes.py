"""What is set off: scenes and buttons; and settings of devices."""

from speaker.tools import Annotated, Home, Meta, ToolError, ToolResult, Wish, carry_out, tool


@tool(rehearsable=True, kinds=["scene"])
async def activate_scene(home: Home, scene: str) -> ToolResult:
    """Activate a scene by its name."""
    return await carry_out(home, [home.find(scene, "scene")], Wish(on=True))


@tool(rehearsable=True, kinds=["button"])
async def press_button(home: Home, button: str, room: str = "") -> ToolResult:
    """Press a button of the house."""
    return await carry_out(home, [home.find(button, "button", room=room)], Wish(action="press"))


@tool(rehearsable=True, kinds=["number", "select", "text"])
async def set_value(
    home: Home,
    name: str,
    room: str = "",
    number: float | None = None,
    option: Annotated[str, Meta(description="One of its options, or a text")] = "",
) -> ToolResult:
    """Set a device of kind number, select or text."""
    if (number is None) is (not option):
        raise ToolError("Give either a number or an option.")
    if number is not None:
        return await carry_out(home, [home.find(name, "number", room=room)], Wish(number=number))
    return await carry_out(home, [home.find(name, "select", "text", room=room)], Wish(mode=option))
