"""A turn of the conversation that is past, as the rules need it."""

import re
from dataclasses import dataclass
from typing import Final

from speaker.offline.understanding.tool_schema import Call

_QUESTION: Final = re.compile(
    r"[?？]\s*$|\b[Ss]ay (?:which|whether|in|how|who|what|the|whose)\b|\bmay mean\b|\bAsk which\b"
)


@dataclass(frozen=True, slots=True)
class PastTurn:
    """What somebody said, what was done for it, and what was answered."""

    words: str
    calls: tuple[Call, ...] = ()
    said: str = ""

    @property
    def asks(self) -> bool:
        """Whether it was answered by a question."""
        return bool(_QUESTION.search(self.said))
