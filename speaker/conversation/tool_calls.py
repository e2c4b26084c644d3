"""The calls of a session: carried out once each, and answered to whoever asked, as long as they are there."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from speaker.conversation import events
from speaker.conversation.call_collector import CollectedCall
from speaker.conversation.session_needs import SessionNeeds
from speaker.realtime.protocol import client_events as cl
from speaker.realtime.protocol.objects import Item

INTERRUPTED: Final = "Refused: the user interrupted before this was called, so it was not done."
TOO_MANY: Final = "Refused: no more tools are carried out for this request."


class CallingSession(Protocol):
    """The session that the calls belong to."""

    number: int
    is_open: bool

    def send(self, event: cl.ClientEvent) -> None:
        """Send an event, unless the session is not open."""

    def tell(self, text: str) -> None:
        """Let the model know something that nobody said."""


class ToolCalls:
    """One session's calls, over all its connections.

    The conversation knows each under a name of its own, since a service may use a call id again for another call.
    """

    def __init__(self, session: CallingSession, needs: SessionNeeds) -> None:
        self._session = session
        self._needs = needs
        self._used: set[str] = set()
        self._connections = 0
        self._by_rules = False
        self._running = 0

    @property
    def running(self) -> bool:
        """Whether a tool has not answered yet."""
        return self._running > 0

    def connected(self, *, by_rules: bool) -> None:
        """The session has a connection anew: who answers it knows nothing of earlier calls.

        ``by_rules``: no model answers it, so that what the tools return is spoken as it stands.
        """
        self._connections += 1
        self._by_rules = by_rules

    def named(self, calls: Sequence[CollectedCall]) -> Mapping[str, CollectedCall]:
        """Calls that are to be carried out, each under a name that no earlier call had."""
        return {self._fresh(call.id): call for call in calls}

    def _fresh(self, call_id: str) -> str:
        name, count = call_id, 1
        while name in self._used:
            count += 1
            name = f"{call_id} ({count})"
        self._used.add(name)
        return name

    def run(self, calls: Mapping[str, CollectedCall]) -> None:
        """Carry them out, side by side."""
        for name, call in calls.items():
            self._running += 1
            self._needs.tasks.start(self._run(name, call, self._connections))

    def refuse(self, calls: Sequence[CollectedCall], why: str) -> None:
        """Tell the model that they are not carried out: a call without an output would puzzle it later."""
        for call in calls:
            self._answer(call, why)

    async def _run(self, name: str, call: CollectedCall, connection: int) -> None:
        """Run a tool and put its output into the conversation, whatever has become of the turn."""
        try:
            ran = await self._needs.run_tool(call.name, call.arguments)
        finally:
            self._running -= 1
        session = self._session
        if connection == self._connections and session.is_open:
            self._answer(call, ran.heard if self._by_rules else ran.output)
        elif connection != self._connections:
            # The session that wanted to know is gone; its successor does not know the call.
            session.tell(f"The tool {call.name} that was called before answers now: {ran.output}")
        self._needs.post(events.ToolAnswered(session.number, name, quiet=ran.quiet, done=ran.ok))

    def _answer(self, call: CollectedCall, output: str) -> None:
        item = Item(type="function_call_output", call_id=call.id, output=output)
        self._session.send(cl.CreateItem(item=item))
