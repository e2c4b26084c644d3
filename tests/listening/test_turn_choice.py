"""From the configuration's turn detection to the rules that the front end keeps."""

import pytest

from speaker.audio.vad import TurnSettings
from speaker.config.settings import SessionSettings
from speaker.config.turn_detection import ClientTurns, ServerTurns
from speaker.listening.turn_choice import turn_settings


@pytest.mark.parametrize(
    ("turns", "settings"),
    [
        (ServerTurns(), None),
        (ClientTurns(), TurnSettings(0.5, 300, 500, None)),
        (ClientTurns(threshold=0.6, silence_duration_ms=700), TurnSettings(0.6, 300, 700, None)),
        (ClientTurns(endpointing="smart"), TurnSettings(0.5, 300, 2_000, 200)),
        (ClientTurns(endpointing="smart", silence_duration_ms=900), TurnSettings(0.5, 300, 900, 200)),
    ],
)
def test_who_is_asked_and_how_long_is_waited(turns: ClientTurns | ServerTurns, settings: TurnSettings | None) -> None:
    assert turn_settings(SessionSettings(turn_detection=turns)) == settings
