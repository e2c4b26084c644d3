"""Who asked for a filter gets its messages, once, and nobody else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from speaker.mqtt.dispatch import Dispatcher, IncomingMessage


def message(topic: str) -> IncomingMessage:
    return IncomingMessage(topic, b"", retained=False)


@pytest.mark.parametrize(
    ("topic_filter", "topic", "wanted"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/b/c", False),
        ("a/+", "a/b", True),
        ("a/+", "a/b/c", False),
        ("+/+/config", "light/sofa/config", True),
        ("#", "a/b/c", True),
        ("a/#", "a", True),
        ("#", "$SYS/uptime", False),
        ("+/uptime", "$SYS/uptime", False),
    ],
)
def test_a_filter_means_what_it_means_to_a_broker(topic_filter: str, topic: str, wanted: bool) -> None:
    heard: list[str] = []
    dispatcher = Dispatcher()
    dispatcher.add(topic_filter, lambda one: heard.append(one.topic))
    dispatcher.dispatch(message(topic))
    assert heard == ([topic] if wanted else [])


LEVELS = st.sampled_from(["a", "b", "", "+", "$S"])


PLAIN_LEVELS = LEVELS.filter(lambda one: one != "+")


@given(st.lists(LEVELS, min_size=1, max_size=4), st.lists(PLAIN_LEVELS, min_size=1, max_size=4))
def test_it_agrees_with_the_client_library(filter_levels: list[str], topic_levels: list[str]) -> None:
    topic_filter, topic = "/".join(filter_levels), "/".join(topic_levels)
    heard: list[IncomingMessage] = []
    dispatcher = Dispatcher()
    dispatcher.add(topic_filter, heard.append)
    dispatcher.dispatch(message(topic))
    assert bool(heard) == topic_matches_sub(topic_filter, topic)


def test_a_handler_is_called_once_however_many_filters_lead_to_it() -> None:
    heard: list[IncomingMessage] = []
    handler = heard.append
    dispatcher = Dispatcher()
    assert dispatcher.add("a/b", handler)
    assert dispatcher.add("a/+", handler)
    assert not dispatcher.add("a/+", handler), "a broker is asked once for a filter"
    dispatcher.dispatch(message("a/b"))
    assert len(heard) == 1


def test_the_last_one_who_leaves_ends_the_subscription() -> None:
    one: list[IncomingMessage] = []
    other: list[IncomingMessage] = []
    take_one, take_other = one.append, other.append
    dispatcher = Dispatcher()
    assert dispatcher.add("a", take_one)
    assert not dispatcher.add("a", take_other)
    assert not dispatcher.remove("a", take_one)
    dispatcher.dispatch(message("a"))
    assert dispatcher.remove("a", take_other)
    assert not dispatcher.remove("a", take_other)
    dispatcher.dispatch(message("a"))
    assert (len(one), len(other)) == (0, 1)


def test_what_goes_wrong_in_one_handler_harms_no_other(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[IncomingMessage] = []

    def fail(_: IncomingMessage) -> None:
        raise ZeroDivisionError

    dispatcher = Dispatcher()
    dispatcher.add("a", fail)
    dispatcher.add("a", heard.append)
    dispatcher.dispatch(message("a"))
    assert len(heard) == 1
    assert "a message to a could not be taken in" in caplog.text


def test_a_handler_may_leave_while_it_is_called() -> None:
    heard: list[str] = []
    dispatcher = Dispatcher()

    def once(one: IncomingMessage) -> None:
        heard.append(one.topic)
        dispatcher.remove("a", once)

    dispatcher.add("a", once)
    dispatcher.add("a", lambda _: heard.append("other"))
    dispatcher.dispatch(message("a"))
    dispatcher.dispatch(message("a"))
    assert heard == ["a", "other", "other"]
