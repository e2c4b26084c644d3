"""The trace of one conversation, from wake to sleep: times, tools, tokens, cost, and why it ended."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, bytes_to_ms, samples_to_ms
from speaker.cost.tokens import Paid, add_usage
from speaker.listening.sample_audit import SampleAudit
from speaker.realtime.protocol.objects import Usage


@dataclass(slots=True)
class Trace:
    """What happened since the speaker woke. Moments are seconds on one monotonic clock."""

    woke_at: float
    wake_word: str
    score: float
    endpoint: str = ""
    opened_at: float | None = None
    sent_at: float | None = None
    speech_ended_at: float | None = None
    sounded_at: float | None = None
    tools_s: float = 0.0
    tools: list[dict[str, Any]] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    cost_usd: float = 0.0
    estimated: bool = False
    """Whether a part of the cost is a guess."""
    number: int = 0
    """What the ledger calls this conversation; 0 when nothing of it was paid for."""
    words: list[dict[str, str]] = field(default_factory=list)
    overflows: int = 0
    """How often the microphone's driver had dropped sound when the conversation began."""
    audio: dict[str, int] = field(default_factory=dict)

    def opened(self, now: float, endpoint: str) -> None:
        """A session takes sound; the first one is what the user waited for."""
        self.opened_at = self.opened_at or now
        self.endpoint = endpoint

    def hear_out(self, audit: SampleAudit, sent_bytes: int, overflows: int) -> None:
        """What became of the sound that was meant for the session."""
        self.audio = {
            "taken_ms": round(samples_to_ms(audit.taken, WAKE_HZ)),
            "spared_ms": round(samples_to_ms(audit.spared, WAKE_HZ)),
            "sent_ms": round(bytes_to_ms(sent_bytes, SESSION_HZ)),
            "lost_samples": audit.lost,
            "duplicated_samples": audit.duplicated,
            "overflows": overflows - self.overflows,
        }

    def pay(self, paid: Paid | None) -> None:
        """Add what a response used and cost."""
        if paid is not None:
            self.usage = add_usage(self.usage, paid.usage)
            self.cost_usd += paid.cost_usd
            self.estimated = self.estimated or paid.estimated

    def speech_ended(self, now: float) -> None:
        """The user's turn is over; the answer's delay counts from here."""
        if self.sounded_at is None:
            self.speech_ended_at = now

    def sounded(self, now: float) -> None:
        """Sound is in the air; the first after the user's turn is the answer's."""
        if self.sounded_at is None and self.speech_ended_at is not None:
            self.sounded_at = now

    def tool(self, name: str, *, ok: bool, confirmed: bool, took_s: float) -> None:
        """A tool has run."""
        self.tools_s += took_s
        self.tools.append({"name": name, "ok": ok, "confirmed": confirmed})

    def event(self, now: float, ended_by: str, *, with_words: bool) -> dict[str, Any]:
        """The ``turn`` event, without its time of day."""
        told = {
            "type": "turn",
            "turn": self.number,
            "wake_word": self.wake_word,
            "score": round(self.score, 3),
            "endpoint": self.endpoint,
            "ms": {
                "wake_to_open": _ms(self.woke_at, self.opened_at),
                "wake_to_sent": _ms(self.woke_at, self.sent_at),
                "wake_to_speech_end": _ms(self.woke_at, self.speech_ended_at),
                "speech_end_to_first_sound": _ms(self.speech_ended_at, self.sounded_at),
                "tools": round(1000 * self.tools_s),
                "total": _ms(self.woke_at, now),
            },
            "audio": self.audio,
            "tools": self.tools,
            "tokens": msgspec.to_builtins(self.usage),
            "cost_usd": round(self.cost_usd, 6),
            "cost_estimated": self.estimated,
            "ended_by": ended_by,
        }
        return told | ({"words": self.words} if with_words else {})


def _ms(start: float | None, end: float | None) -> int | None:
    return None if start is None or end is None else round(1000 * (end - start))
