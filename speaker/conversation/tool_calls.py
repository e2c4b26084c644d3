"""The calls of a session: carried out once each, and answered to whoever asked, as long as they are there."""

from collections.abc import Mapping
from typing import Protocol

from speaker.conversation import events
from speaker.conversation.session_needs import SessionNeeds
from speaker.realtime.protocol import client_events as cl
from speaker.realtime.protocol.objects import Item, Response


class CallingSession(Protocol):
    """The session that the calls belong to."""

    number: int
    is_open: bool

    def send(self, event: cl.ClientEvent) -> None:
        """Send an event, unless the session is not open."""

    def tell(self, text: str) -> None:
        """Let the model know something that nobody said."""


class ToolCalls:
    """One session's calls, over all its connections."""

    def __init__(self, session: CallingSession, needs: SessionNeeds) -> None:
        self._session = session
        self._needs = needs
        self._known: set[str] = set()
        self._connections = 0

    def connected(self) -> None:
        """The session has a connection anew: who answers it knows nothing of earlier calls."""
        self._connections += 1

    def fresh(self, response: Response) -> Mapping[str, Item]:
        """The calls of a response that are to be carried out: only complete ones, and none twice."""
        if response.status != "completed":
            return {}
        wanted = {item.call_id: item for item in response.output if item.type == "function_call" and item.call_id}
        fresh = {call_id: item for call_id, item in wanted.items() if call_id not in self._known}
        self._known |= set(fresh)
        return fresh

    def run(self, calls: Mapping[str, Item]) -> None:
        """Carry them out, side by side."""
        for call_id, item in calls.items():
            self._needs.tasks.start(self._run(call_id, item, self._connections))

    async def _run(self, call_id: str, item: Item, connection: int) -> None:
        """Run a tool and put its output into the conversation, whatever has become of the turn."""
        ran = await self._needs.run_tool(item.name or "", item.arguments or "")
        session = self._session
        if connection == self._connections and session.is_open:
            output = Item(type="function_call_output", call_id=call_id, output=ran.output)
            session.send(cl.CreateItem(item=output))
        elif connection != self._connections:
            # The session that wanted to know is gone; its successor does not know the call.
            session.tell(f"The tool {item.name} that was called before answers now: {ran.output}")
        self._needs.post(events.ToolAnswered(session.number, call_id, quiet=ran.quiet))
