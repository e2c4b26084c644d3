"""Questions about the state of things, of the world, and of the clock."""

from collections.abc import Callable

from speaker.home.spoken_values import BINARY
from speaker.offline.understanding.call_builders import every, first
from speaker.offline.understanding.devices_from_prompt import Household, Listed
from speaker.offline.understanding.home_intents.device_plans import Tools, asked, in_place
from speaker.offline.understanding.home_intents.home_match import HomeMatch
from speaker.offline.understanding.normalise import spoken_name
from speaker.offline.understanding.tool_schema import Reply


def state_of(match: HomeMatch, tools: Tools, household: Household) -> Reply | None:
    """HassGetState: of one device by its name, or of all of a kind."""
    if match.devices and all(_is_outdoor(device) for device in match.devices) and "get_temperature" in tools:
        return asked("get_temperature", tools, household, outside="outside")
    if match.devices:
        return asked("read_device", tools, household, device=in_place(match))
    kind = match.text("device_class") or match.domain
    state = match.text("state")
    if not kind or kind in {"person", "zone", "binary_sensor", "sensor"}:
        return None
    arguments = {"kind": _kind(kind), "state": _state(kind, state)}
    if not match.is_here:
        arguments["room"] = match.place
    tool = tools.get("find_devices")
    call = first(tool, [{key: value for key, value in arguments.items() if value}]) if tool is not None else None
    return every([call])


def _is_outdoor(device: Listed) -> bool:
    """Whether it is what tells the temperature outside."""
    words = set(spoken_name(device.name).split())
    named = words <= {"outdoor", "outside", "temperature"} and words > {"temperature"}
    return device.kind == "sensor" and named


def _kind(kind: str) -> str:
    """A kind as the tools call it: "garage_door" is "garage door"."""
    return "garage door" if kind == "garage" else kind.replace("_", " ")


def _state(kind: str, state: str) -> str:
    """A state as the house tells it: doors are open or closed, not on and off."""
    when_on, when_off = BINARY.get(kind, ("on", "off"))
    return {"on": when_on, "off": when_off}.get(state, state)


def told(tool_name: str) -> Callable[[HomeMatch, Tools, Household], Reply | None]:
    """A plan for a question without anything to fill in."""

    def plan_question(match: HomeMatch, tools: Tools, _: Household) -> Reply | None:
        tool = tools.get(tool_name)
        return every([tool.call()]) if tool is not None and not match.devices else None

    return plan_question
