"""What was said and done before, as the conversation's items tell it."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from speaker.offline.server.conversation_entry import Entry
from speaker.offline.understanding.past_turn import PastTurn
from speaker.offline.understanding.tool_schema import ArgumentValue, Call

REMEMBERED_S: Final = 90.0
"""How long a sentence may refer to the one before it."""

MOST_TURNS: Final = 5
"""How far back a chain of such sentences is followed."""


def past_turns(read: Sequence[Entry], until: Entry, now_s: float) -> list[PastTurn]:
    """The turns before the user's item ``until``, the last one last; none when that was too long ago.

    Entries carry the time at which a response first read them.
    """
    turns: list[PastTurn] = []
    recent = False
    for entry in read[: list(read).index(until)]:
        item = entry.item
        if item.role == "user":
            recent = now_s - entry.read_at_s <= REMEMBERED_S
            turns.append(PastTurn(entry.words or ""))
        elif turns and item.type == "function_call":
            call = Call(item.name or "", _arguments(item.arguments or ""))
            turns[-1] = PastTurn(turns[-1].words, (*turns[-1].calls, call), turns[-1].said)
        elif turns and item.type == "message" and item.role == "assistant":
            said = " ".join(part.transcript or part.text or "" for part in item.content or []).strip()
            turns[-1] = PastTurn(turns[-1].words, turns[-1].calls, said)
    return turns[-MOST_TURNS:] if recent else []


def unanswered_outputs(read: Sequence[Entry]) -> list[str]:
    """Outputs of tools that came after the user's last words and that no message has answered yet."""
    outputs: list[str] = []
    for entry in reversed(read):
        # What the session is told beside the talk, such as a new day, answers nothing.
        if entry.item.type == "message" and entry.item.role != "system":
            break
        if entry.item.type == "function_call_output":
            outputs.append(entry.item.output or "")
    return outputs[::-1]


def _arguments(text: str) -> Mapping[str, ArgumentValue]:
    try:
        return msgspec.json.decode(text or "{}", type=dict[str, str | int | float | bool | list[str]])
    except msgspec.MsgspecError:
        return {}
