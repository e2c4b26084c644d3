"""Questions about the house: what there is, and what it is doing."""

import re

from speaker.tools import NOUNS, Annotated, Device, Home, Meta, ToolError, ToolResult, be, listing, tool

MOST = 30
"""How many devices are listed in one answer."""

MOST_SPOKEN = 4
"""How many names are worth hearing; the last of more is their number."""

CLASSES = {"window": "window", "door": "door", "garage_door": "garage door", "garage": "garage door"}
"""Device classes that one calls things by."""

SAME = {"opened": "open", "shut": "closed", "close": "closed", "running": "on", "active": "on"}


@tool(reads=True)
async def find_devices(
    home: Home,
    room: str = "",
    kind: Annotated[str, Meta(description="light, cover, lock, window, temperature, …")] = "",
    name: Annotated[str, Meta(description="Part of it")] = "",
    state: Annotated[str, Meta(description="Only those: on, open, unlocked")] = "",
) -> ToolResult:
    """List and count devices with their states: what is on, which windows are open."""
    there = [device for device in home.devices(room=room) if _called(device, name)]
    # A door by its class is one for certain; what is only called so counts where there is nothing else.
    everything = [one for one in there if _is(one, kind)] or [one for one in there if _is_called(one, kind)]
    # Batteries and updates are only listed for who asks for them.
    fitting = [device for device in everything if kind or name or not device.aside]
    if not fitting:
        raise ToolError("There are no such devices.", note="Ask for another room, kind or name.")
    unknown = [device for device in fitting if home.condition(device) is None]
    found = [device for device in fitting if _does(home.condition(device), state)]
    if not found and len(fitting) == 1 and not unknown:
        return ToolResult("answer", f"{_sentence(home, fitting[0])}.")
    if not found:
        rest = f" {len(unknown)} of them did not report." if unknown else ""
        return ToolResult("answer", f"None of {len(fitting)} {_noun(fitting)} is {_word(state)}.{rest}")
    entry = _sentence if state else _entry
    listed = [entry(home, device) for device in found[:MOST]]
    more = f"; and {len(found) - MOST} more, ask for a room or a kind" if len(found) > MOST else ""
    note = f"{len(found)} of {len(fitting)} devices: {'; '.join(listed)}{more}."
    return ToolResult("answer", _counted(home, found, fitting, state), note)


@tool(reads=True)
async def read_device(home: Home, name: str, room: str = "") -> str:
    """Tell what one device is or measures, by its name: is the front door locked, how warm is the fridge."""
    found = home.matching(name, room=room) or [home.find(name, room=room)]
    if len(found) > 4:
        home.find(name, room=room)  # says which ones it may mean
    told = [f"{device.spoken} {be(device.spoken)} {_quoted(device, home.reading(device))}" for device in found]
    known = [home.reading(device) for device in found if home.reading(device)]
    if not known:
        return f"No answer: {found[0].spoken} has not reported, or cannot be reached."
    sentence = f"{'; '.join(told)}."
    return sentence[:1].upper() + sentence[1:]


def _counted(home: Home, found: list[Device], of: list[Device], state: str) -> str:
    """What a person hears: how many, and the first three by name."""
    names = [device.spoken for device in found]
    if not state:
        if len(found) == 1:
            return f"{_sentence(home, found[0])}."
        return f"{len(found)} {_noun(found)}: {listing(names, limit=MOST_SPOKEN)}."
    if len(found) == len(of) and len(of) > 1:
        return f"{'Both' if len(of) == 2 else f'All {len(of)}'} {_noun(of)} are {_word(state)}."
    if len(of) == 1:
        return f"{_sentence(home, found[0])}."
    rest = [device for device in of if device not in found]
    be_so = f"{len(found)} of {len(of)} {_noun(of)} {'is' if len(found) == 1 else 'are'} {_word(state)}"
    if len(rest) < len(found) and len(rest) < MOST_SPOKEN:
        # Shorter than the names of all the others, and as much said.
        return f"{be_so}: all but {listing([_placed(device) for device in rest])}."
    also = f"; {_sentence(home, rest[0])}" if len(rest) == 1 else ""
    return f"{be_so}: {listing(names, limit=MOST_SPOKEN)}{also}."


def _noun(devices: list[Device]) -> str:
    """What one calls them together: by their kind, if they are of one and it says enough."""
    nouns = {CLASSES.get(device.device_class, NOUNS[device.kind]) for device in devices}
    noun = nouns.pop() if len(nouns) == 1 else "device"
    noun = "device" if noun in {"sensor", "switch"} else noun
    return noun if len(devices) == 1 else f"{noun}s"


def _is(device: Device, kind: str) -> bool:
    """Whether a word for a kind means the device: its kind or its class. A garage door is no door of the house."""
    asked = _singular(kind).replace("_", " ")
    own = {device.kind, NOUNS[device.kind], device.device_class}
    return not asked or asked in {word.replace("_", " ") for word in own}


def _is_called(device: Device, kind: str) -> bool:
    return _singular(kind) in _singulars(device.name) | set(device.device_class.split("_"))


def _called(device: Device, name: str) -> bool:
    return _singulars(name) <= _singulars(f"{device.name} {device.long_name}")


def _singulars(text: str) -> set[str]:
    return {_singular(word) for word in re.findall(r"\w+", text.lower())}


def _singular(word: str) -> str:
    word = word.strip().lower()
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _word(state: str) -> str:
    word = re.sub(r"\W+", " ", state.lower()).strip()
    return SAME.get(word, word)


def _does(condition: str | None, state: str) -> bool:
    """Whether the condition says that; "on at 40 percent" is on, "42 percent open" is open, "not open" is not."""
    if not state:
        return True
    words = re.findall(r"\w+", (condition or "").lower())
    return _word(state) in words and "not" not in words


def _entry(home: Home, device: Device) -> str:
    place = f", {device.room}" if device.room else ""
    return f"{device.name} ({NOUNS[device.kind]}{place}): {_quoted(device, home.condition(device))}"


def _placed(device: Device) -> str:
    place = f" in the {device.room}" if device.room and device.room not in device.name.lower() else ""
    return f"{device.spoken}{place}"


def _sentence(home: Home, device: Device) -> str:
    return f"{_placed(device)} {be(device.spoken)} {_quoted(device, home.condition(device))}"


def _quoted(device: Device, reading: str | None) -> str:
    """A reading, in quotation marks when the device made up the words."""
    if reading is None:
        return "not known"
    own_words = device.kind in {"sensor", "select", "media_player", "text", "event"} and not re.match(
        r"(minus )?\d", reading
    )
    return f'"{reading}"' if own_words and '"' not in reading else reading
