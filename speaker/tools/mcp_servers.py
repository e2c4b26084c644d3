"""The MCP servers on the broker that the configuration names: found, followed, and their tools brought to the model.

A server that comes is initialised, one that changes is asked again, one that goes takes its tools along.
"""

import asyncio
import logging
import secrets
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import Final

from msgspec import Raw

from speaker.errors import BrokerError, McpError, SpeakerError, place_of, plain
from speaker.mqtt.allowance import Allowance
from speaker.mqtt.dispatch import IncomingMessage
from speaker.tools import mcp_messages as mcp
from speaker.tools import mcp_topics as topics
from speaker.tools.hub_schema import checked_arguments
from speaker.tools.hub_tools import MOST_TOOLS
from speaker.tools.mcp_messages import CallResult
from speaker.tools.mcp_session import Connect, McpPatience, McpSession, ServerInstance
from speaker.tools.mcp_tool import McpTool, ServedTool, model_names, read_served_tool

log = logging.getLogger(__name__)

MOST_SERVERS: Final = 8
"""Servers that are followed; each takes a connection to the broker."""

MOST_INSTANCES: Final = 16
"""Processes of one server that are remembered."""

SESSIONS_PER_S: Final = 1.0
SESSIONS_AT_ONCE: Final = 2 * MOST_SERVERS
"""Sessions that are begun a second, and at once, however often servers come and go."""

PAUSES_S: Final = (1.0, 60.0)
"""Shortest and longest pause before a server is tried again."""


class McpServers:
    """All of them. ``refused`` is told what cannot be used, and why."""

    def __init__(
        self,
        connect: Connect,
        filters: Sequence[str],
        own: Collection[str],
        refused: Callable[[str], None],
        *,
        taken: Callable[[], Collection[str]] = tuple,
        patience: McpPatience | None = None,
        pauses_s: tuple[float, float] = PAUSES_S,
    ) -> None:
        """``own``: ids of servers that are this speaker; ``taken``: names of tools that are there for good."""
        self._connect = connect
        self._filters = [topics.presence_topic("+", one) for one in filters]
        self._own = own
        self._refused = refused
        self._taken = taken
        self._patience = patience or McpPatience()
        self._pauses_s = pauses_s
        self._instances: dict[str, list[str]] = defaultdict(list)
        """Server name → ids of its processes, the first to come first."""
        self._following: dict[str, asyncio.Task[None]] = {}
        self._sessions: dict[str, McpSession] = {}
        self._served: dict[str, list[ServedTool]] = {}
        self._begun = Allowance(SESSIONS_PER_S, SESSIONS_AT_ONCE)
        self._wrong: dict[str, str] = {}
        """Server name → what was said of it last."""
        self._closing: set[asyncio.Task[None]] = set()
        self._refusals = Allowance(per_s=0.5, burst=10)
        identity = secrets.token_hex(16)
        role = topics.mcp_role("mcp-client", identity, mcp.notification(mcp.DISCONNECTED), retained=False)
        self._lobby = connect(identity, topics.client_presence_topic(identity), role, self._connected)

    @property
    def tools(self) -> dict[str, McpTool]:
        """The tools that there are now, by the model's names for them."""
        served = {server: [tool.name for tool in tools] for server, tools in self._served.items()}
        names = model_names(served, self._taken())
        return {
            names[server, tool.name]: McpTool(names[server, tool.name], tool, server, self._call)
            for server, tools in self._served.items()
            for tool in tools
            if (server, tool.name) in names and not self._sessions[server].gone
        }

    async def _call(self, tool: McpTool, arguments: str) -> CallResult:
        given = await asyncio.to_thread(checked_arguments, tool.name, tool.parameters, arguments)
        session = self._sessions.get(tool.server)
        if session is None:
            raise McpError("the server is gone", mcp.BUSY)
        return await session.call_tool(tool.served.name, given)

    def start(self) -> None:
        """Look for servers, from now on. Raises BrokerError."""
        self._lobby.subscribe(self._filters, self._present)
        self._lobby.start()

    async def stop(self) -> None:
        """Leave all of them."""
        await self._lobby.stop()
        self._instances.clear()
        following = list(self._following.values())
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
        await asyncio.gather(*self._closing, return_exceptions=True)

    def _connected(self, online: bool) -> None:
        """What was there may be gone when the broker is back; whoever is still there is announced again."""
        if not online:
            for name in list(self._instances):
                self._leave(name, *self._instances[name])

    def _present(self, message: IncomingMessage) -> None:
        found = topics.announced_server(message.topic)
        if found is None or found[0] in self._own:
            return
        server_id, name = found
        if not message.payload:
            self._leave(name, server_id)
            return
        known = self._instances.get(name, [])
        if name not in self._following and len(self._following) >= MOST_SERVERS:
            self._refuse(f"MCP server {plain(name)}: {MOST_SERVERS} servers are followed already")
        elif server_id in known:
            if not message.retained:
                self._restarted(name, server_id)
        elif len(known) < MOST_INSTANCES:
            self._instances[name].append(server_id)
            if name not in self._following:
                self._begin(name)

    def _begin(self, name: str) -> None:
        self._following[name] = task = asyncio.create_task(self._follow(name))
        task.add_done_callback(lambda _: self._ended(name))

    def _ended(self, name: str) -> None:
        del self._following[name]
        self._wrong.pop(name, None)
        if self._instances.get(name):  # it came back meanwhile
            self._begin(name)

    def _restarted(self, name: str, server_id: str) -> None:
        """A server that is announced again has forgotten us; while it is being asked, it may just be told twice."""
        session = self._sessions.get(name)
        if session is not None and session.server.id == server_id and name in self._served:
            session.end("it was started again")

    def _leave(self, name: str, *gone: str) -> None:
        left = [one for one in self._instances.get(name, []) if one not in gone]
        self._instances[name] = left
        session = self._sessions.get(name)
        if session is not None and session.server.id in gone:
            session.end("it left the broker")
        if not left:
            del self._instances[name]
            if name in self._following and session is None:
                self._following[name].cancel()

    async def _follow(self, name: str) -> None:
        """Keep a session with one of a server's processes while there is one."""
        shortest_s, longest_s = self._pauses_s
        pause_s = shortest_s
        while True:
            await self._turn()
            if not (instances := self._instances.get(name)):
                return
            # The next one has its turn if this one fails.
            instances.append(instances.pop(0))
            good = await self._attend(ServerInstance(instances[-1], name))
            pause_s = shortest_s if good else min(2 * pause_s, longest_s)
            if name in self._instances:
                await asyncio.sleep(pause_s)

    async def _turn(self) -> None:
        while not self._begun.take(asyncio.get_running_loop().time()):
            await asyncio.sleep(self._begun.wait_s())

    async def _attend(self, server: ServerInstance) -> bool:
        """One session, to its end; whether it brought tools."""
        name, good = server.name, False
        try:
            session = McpSession(self._connect, server, self._patience, lambda said: self._complain(name, said))
            self._sessions[name] = session
            try:
                await session.open()
                while not session.gone:
                    self._served[name] = await self._read(name, await session.list_tools(MOST_TOOLS))
                    log.info("= MCP server %s has %d tools", plain(name), len(self._served[name]))
                    good = True
                    self._wrong.pop(name, None)
                    await session.changed()
            finally:
                self._served.pop(name, None)
                del self._sessions[name]
                await asyncio.shield(self._close(session))
        except TimeoutError:
            self._complain(name, "does not answer")
        except (McpError, BrokerError) as error:
            if name in self._instances:
                self._complain(name, str(error))
        except Exception as error:  # noqa: BLE001 - it is told, with its place
            self._complain(name, f"cannot be used: {place_of(error)}")
        log.info("= MCP server %s is left", plain(name))
        return good

    def _close(self, session: McpSession) -> "asyncio.Task[None]":
        """Take leave of a server, whatever becomes of who waits for it."""
        closing = asyncio.create_task(session.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        return closing

    async def _read(self, name: str, listed: Sequence[Raw]) -> list[ServedTool]:
        """Its tools, those left out that cannot be used; read beside the event loop, since a schema takes a while."""
        others = sum(len(tools) for server, tools in self._served.items() if server != name)
        found: dict[str, ServedTool] = {}
        for raw in listed:
            if others + len(found) >= MOST_TOOLS:
                self._refuse(f"MCP server {plain(name)}: there are {MOST_TOOLS} tools of servers already")
                break
            try:
                tool = await asyncio.to_thread(read_served_tool, plain(name), raw)
            except SpeakerError as error:
                self._refuse(str(error))
            else:
                found.setdefault(tool.name, tool)
        return list(found.values())

    def _complain(self, name: str, problem: str) -> None:
        """Say once what is wrong with a server; one that died may stay announced for ever."""
        if self._wrong.get(name) != problem:
            self._wrong[name] = problem
            self._refuse(f"MCP server {plain(name)}: {plain(problem)}")

    def _refuse(self, problem: str) -> None:
        if self._refusals.take(asyncio.get_running_loop().time()):
            log.warning("%s", problem)
            self._refused(problem)
        elif self._refusals.begins():
            self._refused("more goes wrong with MCP servers than is told one by one")
