"""What the plans are made of: calls that a tool's parameters can express, and the questions that stay open."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

from speaker.offline.understanding.devices_from_prompt import Household, Listed
from speaker.offline.understanding.sentence_matcher import Slot
from speaker.offline.understanding.tool_schema import ArgumentValue, Call, Reply, ToolSchema

Arguments = Mapping[str, ArgumentValue]
Slots = Mapping[str, Slot]


def together(replies: Iterable[Reply | None]) -> Reply | None:
    """Several replies as one; a question goes before all calls, and one that is missing spoils all."""
    complete: list[Reply] = []
    for reply in replies:
        if reply is None:
            return None
        complete.append(reply)
    question = next((reply for reply in complete if reply.text), None)
    if question is not None:
        return question
    calls: list[Call] = []
    for call in (call for reply in complete for call in reply.calls):
        if call not in calls:
            calls.append(call)
    return Reply(tuple(calls)) if calls else None


def every(calls: Iterable[Call | None]) -> Reply | None:
    """All of the calls, or nothing when one of them cannot be expressed."""
    return together(None if call is None else Reply((call,)) for call in calls)


def first(tool: ToolSchema, variants: Iterable[Arguments]) -> Call | None:
    """The first of several ways to say the same that the tool's parameters allow."""
    calls = (tool.call(**arguments) for arguments in variants)
    return next((call for call in calls if call is not None), None)


def merged_calls(targets: Sequence[Arguments], changes: Sequence[Arguments]) -> Iterator[Arguments]:
    """Every target with every change."""
    for target, change in product(targets, changes):
        yield {**target, **change}


def targets(key: str, device: Listed, household: Household, *kinds: str) -> list[Arguments]:
    """Ways to name a device in the parameter ``key``: alone when the name is the only one, else with its room."""
    named = [other for kind in kinds for other in household.of(kind)]
    alone = sum(other.name == device.name for other in named) == 1
    both: Arguments = {key: device.name, "room": device.room}
    one: Arguments = {key: f"{device.room} {device.name}".strip()}
    return [{key: device.name}, both] if alone else [both, one]


def rooms_of(kind: str, household: Household) -> list[str]:
    """The rooms that have such a device, each once."""
    return list(dict.fromkeys(device.room for device in household.of(kind) if device.room))


def device_in(value: Slot) -> Listed:
    """The device that fills a slot."""
    if not isinstance(value, tuple):
        raise TypeError(f"a slot for devices holds {value!r}")
    return value[0]


def number_in(value: Slot) -> int | float:
    """The number that fills a slot; a whole one as such."""
    if not isinstance(value, int | float):
        raise TypeError(f"a slot for a number holds {value!r}")
    return int(value) if value == int(value) else value


def comma_list(names: Sequence[str]) -> str:
    """Names as one says a choice of them."""
    return " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
