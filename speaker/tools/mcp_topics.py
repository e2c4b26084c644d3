"""MCP over MQTT: the topics of a server and its clients, what may be a name in them, and who a connection is there."""

from typing import Final, Literal

from speaker.mqtt.role import BrokerRole
from speaker.mqtt.topic_names import topic_fault

SYSTEM_TOPICS: Final = ("$mcp-server/", "$mcp-client/", "$mcp-rpc/")
"""Beginnings of the topics of the standard."""

SENDER: Final = "MCP-MQTT-CLIENT-ID"
"""The user property that names who sent a message."""

_COMPONENT: Final = "MCP-COMPONENT-TYPE"
_PRESENCE: Final = "$mcp-server/presence/"
_RPC: Final = "$mcp-rpc/"
_LONGEST_ID: Final = 128


def presence_topic(server_id: str, server_name: str) -> str:
    """Where a server is announced; the message is retained, and empty when it is gone."""
    return f"{_PRESENCE}{server_id}/{server_name}"


def control_topic(server_id: str, server_name: str) -> str:
    """Where a server is asked to initialise."""
    return f"$mcp-server/{server_id}/{server_name}"


def capability_topic(server_id: str, server_name: str) -> str:
    """Where a server tells that what it offers has changed."""
    return f"$mcp-server/capability/{server_id}/{server_name}"


def rpc_topic(client_id: str, server_id: str, server_name: str) -> str:
    """Where one client and one server talk, in both directions."""
    return f"{_RPC}{client_id}/{server_id}/{server_name}"


def client_presence_topic(client_id: str) -> str:
    """Where a client says that it is gone."""
    return f"$mcp-client/presence/{client_id}"


def announced_server(topic: str) -> tuple[str, str] | None:
    """Id and name of the server that a presence topic is about; None: nobody could talk to it."""
    server_id, _, name = topic.removeprefix(_PRESENCE).partition("/")
    # The longest topic that will be needed.
    fault = topic_fault(rpc_topic("x" * 32, server_id, name), SYSTEM_TOPICS)
    return None if identity_fault(server_id) or not name or fault else (server_id, name)


def client_of(topic: str) -> str:
    """The client of an rpc topic, or of its presence topic."""
    return topic.removeprefix(_RPC).partition("/")[0] if topic.startswith(_RPC) else topic.rpartition("/")[2]


def identity_fault(identity: str) -> str:
    """What is wrong with the id of a client or server, as the end of a sentence; empty when nothing is."""
    if not identity or len(identity.encode(errors="replace")) > _LONGEST_ID:
        return f"has not from 1 to {_LONGEST_ID} bytes"
    return "holds /" if "/" in identity else topic_fault(identity)


def mcp_role(component: Literal["mcp-client", "mcp-server"], identity: str, gone: str, *, retained: bool) -> BrokerRole:
    """Who a connection is; ``gone`` is the payload that says that it is no more."""
    properties = ((_COMPONENT, component), (SENDER, identity))
    return BrokerRole(gone=gone, will_retained=retained, user_properties=properties, system_topics=SYSTEM_TOPICS)
