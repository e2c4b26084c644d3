"""How a tool call ended: its status, the words that a person hears, and the words that the model reads.

They are two fields since they serve two readers: an order to the model ("do not say it was done") is never spoken,
and JSON that the model understands is put into a sentence for a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from speaker.offline.understanding import answer_text

ToolStatus = Literal["confirmed", "sent", "no answer", "refused", "answer"]
"""confirmed: the device's own state says so. sent: nothing can confirm it. no answer: nobody knows. refused: it was
not done. answer: there was nothing to do but to answer."""

MAX_OUTPUT_CHARACTERS: Final = 4_000
"""Longest answer of a tool: it is paid for again with every later response of the session."""

_STATUSES: Final[tuple[ToolStatus, ...]] = ("confirmed", "sent", "no answer", "refused")


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool returns; a plain string is allowed, too (see ``ToolResult.of``)."""

    status: ToolStatus
    text: str
    """What a person hears: a sentence, or a part of one without a capital."""
    for_model: str = ""
    """What the model reads instead of the text, if that differs."""
    quiet: bool = False
    """Whether a sound is answer enough: it is confirmed, and nobody needs to hear it in words."""

    @classmethod
    def of(cls, returned: "ToolResult | str") -> "ToolResult":
        """What a tool's function returned. A string may begin with a status, as in "Confirmed: the door is shut.".

        One that names several statuses stays as it is, and confirms nothing.
        """
        if isinstance(returned, ToolResult):
            return returned
        named = [status for status in _STATUSES if f"{status}:" in returned.lower()]
        head, _, rest = returned.partition(":")
        if len(named) == 1 and head.lower() == named[0]:
            return cls(named[0], rest.strip())
        return cls("answer", answer_text.answer([returned]), returned) if named else cls("answer", returned)

    @property
    def ok(self) -> bool:
        """Whether it was done, as far as anybody knows."""
        return self.status not in {"refused", "no answer"}

    @property
    def confirmed(self) -> bool:
        """Whether a device's own state says that all of it was done."""
        return self.status == "confirmed"

    @property
    def output(self) -> str:
        """What the model reads: the status first, which its instructions explain."""
        return self._told(self.for_model or self.text)

    @property
    def heard(self) -> str:
        """What rules read that speak it as it stands: the status, and the words for a person."""
        return self._told(self.text)

    def _told(self, words: str) -> str:
        whole = words if self.status == "answer" else f"{self.status.capitalize()}: {words}"
        return whole if len(whole) <= MAX_OUTPUT_CHARACTERS else whole[: MAX_OUTPUT_CHARACTERS - 1] + "…"


def as_line(text: str | bytes, most: int = 200) -> str:
    """A text from outside as one line of printable characters, cut at ``most`` of them."""
    # Cut before it is cleaned, too: what comes from outside may have megabytes.
    whole = text[: 32 * most].decode(errors="replace") if isinstance(text, bytes) else text
    whole = whole[: 8 * most]
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in whole).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def outside_answer(text: str | bytes) -> ToolResult:
    """What a program elsewhere answered to a call: data, cleaned and bounded."""
    answer = as_line(text, MAX_OUTPUT_CHARACTERS) or "The answer is empty."
    return ToolResult("answer", answer_text.answer([answer]), answer)


def spoken_together(results: Sequence[ToolResult]) -> str:
    """Several results as a person hears them: one text, each thing said once."""
    return " ".join(
        dict.fromkeys(answer_text.as_sentence(one.text) if one.text.strip() else answer_text.DONE for one in results)
    )
