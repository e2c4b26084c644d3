"""Topics from outside: what a broker would answer by closing the connection never gets there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.errors import SpeakerError
from speaker.mqtt.topic_names import (
    MOST_LEVELS,
    MOST_TOPIC_BYTES,
    checked_topic,
    filter_fault,
    shown_topic,
    topic_fault,
)

BAD = {
    "": "empty",
    "a/+/b": "wildcard",
    "a/#": "wildcard",
    "#": "wildcard",
    "$SYS/broker/uptime": "begins with",
    "$share/all/x": "begins with",
    "a\x00b": "control",
    "a\nb": "control",
    "a\x7f": "control",
    "a\x85": "control",
    "a\ud800": "forbids",
    "a\ufdd0": "forbids",
    "a\uffff": "forbids",
    "a\U0001fffe": "forbids",
    "x" * (MOST_TOPIC_BYTES + 1): "bytes",
    "é" * (MOST_TOPIC_BYTES // 2 + 1): "bytes",
    "x" * 70_000: "bytes",
    "a/" * MOST_LEVELS: "levels",
    "/" * 250: "levels",
}


@pytest.mark.parametrize("topic", BAD, ids=[f"{number} {why}" for number, why in enumerate(BAD.values())])
def test_bad_topic_is_a_sentence_that_can_be_shown(topic: str) -> None:
    with pytest.raises(SpeakerError, match=f"reply_to: the topic .*{BAD[topic]}") as caught:
        checked_topic(topic, "reply_to")
    assert str(caught.value).isprintable()
    assert shown_topic(topic).isprintable() or not topic
    assert len(shown_topic(topic)) <= 100


@pytest.mark.parametrize("topic", ["a", "/", "a//b", "home/küche/lampe", "zigbee2mqtt/0x00/set", "a b/c", "a/$b"])
def test_usual_topic_is_taken(topic: str) -> None:
    assert checked_topic(topic, "x") == topic
    assert filter_fault(topic) == ""


@pytest.mark.parametrize("topic_filter", ["#", "+", "a/+/b", "a/#", "+/+/#"])
def test_wildcards_have_their_place(topic_filter: str) -> None:
    assert filter_fault(topic_filter) == ""
    assert topic_fault(topic_filter)


@pytest.mark.parametrize("topic_filter", ["a#", "a+/b", "#/a", "a/#/b", "", "$share/x/#", "a\x00/#"])
def test_and_nowhere_else(topic_filter: str) -> None:
    assert filter_fault(topic_filter)


@given(st.text())
def test_what_passes_is_what_the_protocol_allows(topic: str) -> None:
    if not topic_fault(topic):
        assert 0 < len(topic.encode()) <= 65_535
        assert not set(topic) & set("+#\x00")
        assert filter_fault(topic) == ""
