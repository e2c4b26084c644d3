"""The tool calls of a response, put together from all events that tell of them.

A service may tell of a call when its item is done, when its arguments are, and at the end of the response, or in one
of these places only; and each may lack what another has. What makes two of them the same call is its call id, else
the id of its item.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.objects import Item

_NO_ARGUMENTS: Final = frozenset({"", "{}"})


@dataclass(slots=True)
class CollectedCall:
    """One call, as far as it is known."""

    call_id: str = ""
    item_id: str = ""
    name: str = ""
    arguments: str = ""
    """As JSON."""
    complete: bool = False

    @property
    def id(self) -> str:
        """What its output is sent to."""
        return self.call_id or self.item_id

    def learn(self, *, call_id: str, item_id: str, name: str, arguments: str, complete: bool) -> None:
        """Take in what another event tells of it; arguments that are there are not emptied again."""
        self.call_id, self.item_id = self.call_id or call_id, self.item_id or item_id
        self.name = self.name or name
        if arguments.strip() not in _NO_ARGUMENTS or not self.arguments:
            self.arguments = arguments
        self.complete = self.complete or complete


class CallCollector:
    """The calls of the responses that are being made, by response."""

    def __init__(self) -> None:
        self._calls: dict[str, list[CollectedCall]] = {}

    def hear(self, response: str, event: ev.ServerEvent) -> None:
        """An event of a response that may tell of a call."""
        match event:
            case ev.OutputItemAdded(item=item) if item.type == "function_call":
                self._note_item(response, item, complete=False)
            case ev.OutputItemDone(item=item) if item.type == "function_call":
                self._note_item(response, item, complete=True)
            case ev.ArgumentsDone(call_id=call_id, item_id=item_id, arguments=arguments, name=name):
                named = name if isinstance(name, str) else ""
                self._find(response, call_id, item_id).learn(
                    call_id=call_id, item_id=item_id, name=named, arguments=arguments, complete=True
                )
            case _:
                pass

    def take(self, response: str, output: Iterable[Item]) -> list[CollectedCall]:
        """All complete calls of a response that has ended, each once; ``output`` is what its end lists.

        Calls whose outputs it lists too were carried out by the service itself.
        """
        items = list(output)
        for item in items:
            if item.type == "function_call":
                self._note_item(response, item, complete=True)
        answered = {item.call_id for item in items if item.type == "function_call_output"}
        calls = self._calls.pop(response, []) + (self._calls.pop("", []) if response else [])
        return [one for one in calls if one.complete and one.id and one.name and one.call_id not in answered]

    def _note_item(self, response: str, item: Item, *, complete: bool) -> None:
        call = self._find(response, item.call_id or "", item.id or "")
        call.learn(
            call_id=item.call_id or "", item_id=item.id or "", name=item.name or "", arguments=item.arguments or "",
            complete=complete,
        )  # fmt: skip
        if item.status == "incomplete":
            call.complete = False

    def _find(self, response: str, call_id: str, item_id: str) -> CollectedCall:
        calls = self._calls.setdefault(response, [])
        for one in calls:
            other = bool(call_id) and bool(one.call_id) and call_id != one.call_id
            if (call_id and call_id == one.call_id) or (item_id and item_id == one.item_id and not other):
                return one
        calls.append(CollectedCall())
        return calls[-1]
