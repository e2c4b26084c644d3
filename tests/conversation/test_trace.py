"""The trace of a conversation."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.config.prices import PRICES
from speaker.conversation.trace import Trace
from speaker.cost.pricing import cost_usd
from speaker.cost.tokens import Paid
from speaker.listening.sample_audit import SampleAudit
from speaker.realtime.protocol.objects import InputTokens, OutputTokens, Usage

MINI = PRICES["gpt-realtime-2.1-mini"]
MINUTE = Usage(
    total_tokens=1800,
    input_tokens=600,
    output_tokens=1200,
    input_token_details=InputTokens(audio_tokens=600),
    output_token_details=OutputTokens(audio_tokens=1200),
)


def test_a_turn_from_wake_to_sleep() -> None:
    trace = Trace(woke_at=100.0, wake_word="hey_jarvis", score=0.93456, number=7)
    trace.endpoint = "cloud"
    trace.opened_at, trace.sent_at = 100.4, 100.42
    trace.speech_ended(102.0)
    trace.pay(Paid(MINUTE, 0.03))
    trace.tool("set_light", ok=True, confirmed=True, took_s=0.3)
    trace.tool("get_weather", ok=False, confirmed=False, took_s=0.05)
    trace.sounded(102.75)
    trace.hear_out(SampleAudit(taken=32_000, lost=0, duplicated=0), 96_000, overflows=0)
    trace.pay(Paid(MINUTE, 0.03, estimated=True))
    assert trace.event(110.0, "follow_up_timeout", with_words=False) == {
        "type": "turn",
        "turn": 7,
        "wake_word": "hey_jarvis",
        "score": 0.935,
        "endpoint": "cloud",
        "ms": {
            "wake_to_open": 400,
            "wake_to_sent": 420,
            "wake_to_speech_end": 2000,
            "speech_end_to_first_sound": 750,
            "tools": 350,
            "total": 10_000,
        },
        "audio": {
            "taken_ms": 2000,
            "spared_ms": 0,
            "sent_ms": 2000,
            "lost_samples": 0,
            "duplicated_samples": 0,
            "overflows": 0,
        },
        "tools": [
            {"name": "set_light", "ok": True, "confirmed": True},
            {"name": "get_weather", "ok": False, "confirmed": False},
        ],
        "tokens": {
            "total_tokens": 3600,
            "input_tokens": 1200,
            "output_tokens": 2400,
            "input_token_details": {
                "text_tokens": 0,
                "audio_tokens": 1200,
                "image_tokens": 0,
                "cached_tokens": 0,
                "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0},
            },
            "output_token_details": {"text_tokens": 0, "audio_tokens": 2400},
        },
        "cost_usd": 0.06,
        "cost_estimated": True,
        "ended_by": "follow_up_timeout",
    }


def test_what_did_not_happen_took_no_time() -> None:
    told = Trace(100.0, "button", 0.0).event(101.5, "error", with_words=False)
    assert told["ms"] == {
        "wake_to_open": None,
        "wake_to_sent": None,
        "wake_to_speech_end": None,
        "speech_end_to_first_sound": None,
        "tools": 0,
        "total": 1500,
    }


def test_words_are_told_only_when_asked_for() -> None:
    trace = Trace(0.0, "alexa", 0.7)
    trace.words.append({"who": "user", "text": "a secret"})
    assert "a secret" not in json.dumps(trace.event(1.0, "stop", with_words=False))
    assert trace.event(1.0, "stop", with_words=True)["words"] == [{"who": "user", "text": "a secret"}]


def test_the_first_answer_counts_and_sound_before_the_question_does_not() -> None:
    trace = Trace(0.0, "alexa", 0.7)
    trace.sounded(0.5)
    for ended, sounded in ((2.0, 2.5), (8.0, 12.0)):
        trace.speech_ended(ended)
        trace.sounded(sounded)
    assert trace.event(20.0, "stop", with_words=False)["ms"]["speech_end_to_first_sound"] == 500


def test_who_goes_on_speaking_is_answered_from_the_last_word() -> None:
    trace = Trace(0.0, "alexa", 0.7)
    trace.speech_ended(2.0)
    trace.speech_ended(4.0)
    trace.sounded(4.25)
    assert trace.event(9.0, "stop", with_words=False)["ms"]["speech_end_to_first_sound"] == 250


def test_what_costs_nothing_counts_its_tokens_all_the_same() -> None:
    trace = Trace(0.0, "alexa", 0.7)
    trace.pay(None)
    trace.pay(Paid(MINUTE, 0.0))
    told = trace.event(1.0, "stop", with_words=False)
    assert (told["cost_usd"], told["tokens"]["total_tokens"]) == (0, 1800)


@given(st.lists(st.tuples(st.sampled_from(["speech_ended", "sounded", "book"]), st.floats(0, 10)), max_size=30))
def test_times_never_run_backwards_and_costs_add_up(steps: list[tuple[str, float]]) -> None:
    trace, now, booked = Trace(0.0, "alexa", 0.7), 0.0, 0
    for what, later in steps:
        now += later
        match what:
            case "speech_ended":
                trace.speech_ended(now)
            case "sounded":
                trace.sounded(now)
            case _:
                booked += 1
                trace.pay(Paid(MINUTE, cost_usd(MINUTE, MINI)))
    told = trace.event(now, "stop", with_words=False)
    delay = told["ms"]["speech_end_to_first_sound"]
    assert delay is None or 0 <= delay <= told["ms"]["total"]
    assert told["cost_usd"] == pytest.approx(booked * 0.03)
    assert cost_usd(msgspec.convert(told["tokens"], Usage), MINI) == pytest.approx(booked * 0.03)
