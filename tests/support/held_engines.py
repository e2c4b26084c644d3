"""What is asked of the offline engines, and engines that do not get on with it for a while."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from speaker.audio.pcm import SESSION_HZ, Samples, samples_to_ms
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.speech.recogniser import RecognisedSpeech


@asynccontextmanager
async def held(engines: OfflineEngines) -> AsyncIterator[None]:
    """Stop their process, as a machine does that is busy with others; what is asked meanwhile waits."""
    await engines.warm_up()
    pid = engines.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def note_hearings(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each piece is that is given to a recogniser from now on, ms."""
    lengths_ms: list[float] = []
    hear = OfflineEngines.hear

    async def listen(
        self: OfflineEngines, samples: Samples, hz: int = SESSION_HZ, language: str = ""
    ) -> RecognisedSpeech:
        lengths_ms.append(samples_to_ms(samples.size, hz))
        return await hear(self, samples, hz, language)

    monkeypatch.setattr(OfflineEngines, "hear", listen)
    return lengths_ms
