"""How the user's turns are to be found, out of the configuration."""

from speaker.audio.vad import TurnSettings
from speaker.config.settings import SessionSettings
from speaker.config.turn_detection import ASK_AFTER_MS, ClientTurns


def turn_settings(session: SessionSettings) -> TurnSettings | None:
    """How the user's turns are found, None where the service does that."""
    turns = session.turn_detection
    if not isinstance(turns, ClientTurns):
        return None
    asked = ASK_AFTER_MS if turns.endpointing == "smart" else None
    return TurnSettings(turns.threshold, turns.prefix_padding_ms, turns.longest_silence_ms, asked)
