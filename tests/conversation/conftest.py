"""What the tests of whole conversations share."""

import pytest

from speaker.conversation import answer_faults, reply_pause
from speaker.realtime import connecting


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Things are tried again, and given up, sooner; the rules are the same."""
    monkeypatch.setattr(connecting, "_BACKOFF_S", 0.02)
    monkeypatch.setattr(reply_pause, "FIRST_S", 0.05)
    monkeypatch.setattr(answer_faults, "AFTER_ERROR_S", 0.2)
