"""The model itself, where it was fetched: what it says of sentences, and what is told when it is not there."""

from pathlib import Path

import numpy as np
import pytest

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, Samples
from speaker.audio.smart_turn import SmartTurn, smart_turn_file
from speaker.errors import ModelError
from tests.support.real_parts import Speech, fetched_models


@pytest.fixture(scope="module")
def model() -> SmartTurn:
    return SmartTurn(smart_turn_file(fetched_models()))


def said(speech: Speech, words: str) -> Samples:
    return np.concatenate([pcm.resample(speech(words), SESSION_HZ, WAKE_HZ), np.zeros(3_200, np.int16)])


@pytest.mark.parametrize("words", ["Turn it on.", "Yesterday I went to the store.", "Set a timer for ten minutes."])
def test_a_sentence_is_complete(model: SmartTurn, speech: Speech, words: str) -> None:
    assert model.probability(said(speech, words)) > 0.8
    assert model.is_complete(said(speech, words))


@pytest.mark.parametrize(
    "words", ["I would like to know whether you could, um,", "So, yesterday I went to the store and,"]
)
def test_who_hesitates_has_not_finished(model: SmartTurn, speech: Speech, words: str) -> None:
    assert model.probability(said(speech, words)) < 0.2
    assert not model.is_complete(said(speech, words))


def test_a_missing_or_damaged_model_names_its_place_and_the_command(tmp_path: Path) -> None:
    file = smart_turn_file(tmp_path)
    with pytest.raises(ModelError, match=r"models/smart-turn-v3\.2-cpu\.onnx cannot be read.*speaker model add smart-"):
        SmartTurn(file)
    file.path.parent.mkdir()
    file.path.write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"is damaged.*speaker model add smart-turn"):
        SmartTurn(file)
