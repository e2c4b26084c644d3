"""Who makes out an answer: this machine, a service, or nobody; never the wrong one."""

import logging

import numpy as np
import pytest

from speaker.announce.answer_ears import AnswerEars
from speaker.audio.pcm import Samples
from speaker.language.phrasebook import phrasebook

SAID = np.zeros(1_600, np.int16)


async def here(_sound: Samples) -> str:
    return "heard here"


class Service:
    def __init__(self, words: str | None) -> None:
        self.words = words

    async def write_down(self, samples: Samples) -> str | None:
        return self.words


async def test_this_machine_hears_what_it_knows() -> None:
    assert await AnswerEars(phrasebook("en"), True, here, lambda: Service("written")).hear(SAID) == "heard here"


async def test_a_service_writes_what_it_does_not_know() -> None:
    assert await AnswerEars(phrasebook("de"), False, here, lambda: Service("Ja.")).hear(SAID) == "Ja."


@pytest.mark.parametrize("service", [None, Service(None)])
async def test_what_nobody_understands_is_nothing_and_told_once(
    caplog: pytest.LogCaptureFixture, service: Service | None
) -> None:
    ears = AnswerEars(phrasebook("de"), False, here, lambda: service)
    with caplog.at_level(logging.WARNING):
        assert [await ears.hear(SAID) for _ in range(3)] == ["", "", ""]
    (told,) = caplog.messages
    assert "German" in told
    assert "speaker language add de" in told


async def test_silence_is_no_lack_of_ears(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert await AnswerEars(phrasebook("de"), False, here, lambda: Service("")).hear(SAID) == ""
    assert caplog.messages == []
