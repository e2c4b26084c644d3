"""The topics of MCP over MQTT, and the ids and names in them."""

import pytest

from speaker.mqtt.topic_names import filter_fault, topic_fault
from speaker.tools import mcp_topics as topics


def test_the_topics_are_those_of_the_standard() -> None:
    assert topics.presence_topic("s1", "garden/sprinkler") == "$mcp-server/presence/s1/garden/sprinkler"
    assert topics.control_topic("s1", "garden/sprinkler") == "$mcp-server/s1/garden/sprinkler"
    assert topics.capability_topic("s1", "garden/sprinkler") == "$mcp-server/capability/s1/garden/sprinkler"
    assert topics.rpc_topic("c1", "s1", "garden/sprinkler") == "$mcp-rpc/c1/s1/garden/sprinkler"
    assert topics.client_presence_topic("c1") == "$mcp-client/presence/c1"


def test_who_a_topic_is_about_stands_in_it() -> None:
    assert topics.announced_server("$mcp-server/presence/s1/garden/sprinkler") == ("s1", "garden/sprinkler")
    assert topics.client_of("$mcp-rpc/c1/s1/garden/sprinkler") == "c1"
    assert topics.client_of("$mcp-client/presence/c1") == "c1"


@pytest.mark.parametrize(
    "topic",
    [
        "$mcp-server/presence/s1", "$mcp-server/presence/s1/", "$mcp-server/presence//garden",
        "$mcp-server/presence/s1/two\nlines", "$mcp-server/presence/s1\x00/garden", "$mcp-server/presence/$s/garden",
        "$mcp-server/presence/s1/" + "n" * 475, "$mcp-server/presence/" + "s" * 129 + "/garden",
        "$mcp-server/presence/s1/" + "n/" * 61 + "n",
    ],
)  # fmt: skip
def test_a_server_to_which_nothing_could_be_sent_is_none(topic: str) -> None:
    assert topics.announced_server(topic) is None


@pytest.mark.parametrize("identity", ["", "a/b", "a+", "#", "a\nb", "$a", "x" * 129, "é" * 65, "\ud800"])
def test_an_id_is_no_part_of_a_topic_that_means_more(identity: str) -> None:
    assert topics.identity_fault(identity)


@pytest.mark.parametrize("identity", ["c1", "speaker-kitchen-mcp", "f" * 32, "a b", "é" * 64])
def test_any_other_text_is_an_id(identity: str) -> None:
    assert not topics.identity_fault(identity)


def test_the_topics_of_mcp_are_for_those_who_have_that_role() -> None:
    topic = topics.presence_topic("s1", "garden")
    assert "begins with $" in topic_fault(topic)
    assert "begins with $" in filter_fault(topics.presence_topic("+", "#"))
    role = topics.mcp_role("mcp-server", "s1", "", retained=True)
    assert not topic_fault(topic, role.system_topics)
    assert not filter_fault(topics.presence_topic("+", "garden/#"), role.system_topics)
    assert "begins with $" in topic_fault("$SYS/broker", role.system_topics)
    assert "begins with $" in topic_fault("$mcp-serverless/x", role.system_topics)


def test_a_role_says_who_it_is_in_every_message() -> None:
    role = topics.mcp_role("mcp-client", "c1", "gone", retained=False)
    assert role.user_properties == (("MCP-COMPONENT-TYPE", "mcp-client"), ("MCP-MQTT-CLIENT-ID", "c1"))
    assert (role.gone, role.will_retained) == ("gone", False)
