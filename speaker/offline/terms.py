"""The session object: its defaults, how an update merges into it, and what is refused."""

from typing import Final, TypeVar

import msgspec
from msgspec import UNSET, Struct

from speaker.core.wire.codec import RefusedError
from speaker.core.wire.objects import (
    Audio,
    AudioFormat,
    AudioInput,
    AudioOutput,
    SemanticVad,
    ServerVad,
    Session,
)
from speaker.offline.vad import TurnSettings

INSTRUCTIONS: Final = "You are the voice of a home. Answer briefly."
PCM: Final = AudioFormat(type="audio/pcm", rate=24_000)

_EAGERNESS_MS: Final = {"low": 1200, "medium": 800, "auto": 800, "high": 400}
"""Silence that ends a turn; this server has no ear for meaning and takes eagerness as patience."""

S = TypeVar("S", bound=Struct)


def new_session(session_id: str, model: str, expires_at: int) -> Session:
    """The full session object before any update."""
    return Session(
        type="realtime",
        object="realtime.session",
        id=session_id,
        model=model,
        expires_at=expires_at,
        output_modalities=["audio"],
        instructions=INSTRUCTIONS,
        audio=Audio(
            input=AudioInput(
                format=PCM, transcription=None, noise_reduction=None, turn_detection=complete(ServerVad())
            ),
            output=AudioOutput(format=PCM, voice="heart", speed=1.0),
        ),
        tools=[],
        tool_choice="auto",
        max_output_tokens="inf",
        truncation="auto",
        tracing=None,
        prompt=None,
        include=None,
    )


def complete(turns: ServerVad | SemanticVad) -> ServerVad | SemanticVad:
    """Turn detection with every value: those left out are the server's own."""
    if isinstance(turns, SemanticVad):
        defaults = SemanticVad(eagerness="auto", create_response=True, interrupt_response=True)
        return merged(defaults, turns)
    return merged(
        ServerVad(
            threshold=0.5,
            prefix_padding_ms=300,
            silence_duration_ms=200,
            create_response=True,
            interrupt_response=True,
            idle_timeout_ms=None,
        ),
        turns,
    )


def turn_settings(turns: ServerVad | SemanticVad) -> TurnSettings:
    """What the turn detector is set to."""
    if isinstance(turns, SemanticVad):
        return TurnSettings(silence_duration_ms=_EAGERNESS_MS[str(turns.eagerness)])
    full = complete(turns)
    assert isinstance(full, ServerVad)  # noqa: S101 - complete keeps the kind
    return TurnSettings(
        threshold=float(str(full.threshold)),
        prefix_padding_ms=int(str(full.prefix_padding_ms)),
        silence_duration_ms=int(str(full.silence_duration_ms)),
    )


def merged(base: S, update: S) -> S:
    """``base`` with every leaf that ``update`` mentions; turn detection and the like are leaves."""
    changes: dict[str, object] = {}
    for name in update.__struct_fields__:
        value = getattr(update, name)
        if value is UNSET:
            continue
        old = getattr(base, name)
        nested = isinstance(value, Audio | AudioInput | AudioOutput) and isinstance(old, Struct)
        changes[name] = merged(old, value) if nested else value
    return msgspec.structs.replace(base, **changes)


def updated(current: Session, update: Session, *, spoke: bool) -> Session:
    """The session after an update, or RefusedError and nothing applied.

    ``spoke``: the model has already emitted sound, which locks its voice.
    """
    if update.type is UNSET:
        raise _refused("Missing required parameter: 'session.type'.", "missing_required_parameter", "session.type")
    if update.model is not UNSET and update.model != current.model:
        raise _refused("The model of a session cannot be changed.", "invalid_value", "session.model")
    if update.output_modalities is not UNSET and update.output_modalities not in (["audio"], ["text"]):
        message = f"Invalid modalities: {update.output_modalities}. Supported: ['text'] and ['audio']."
        raise _refused(message, "invalid_value", "session.output_modalities")
    after = merged(current, update)
    _check_audio(current, after, spoke=spoke)
    return after


def _check_audio(before: Session, after: Session, *, spoke: bool) -> None:
    (audio_in, audio_out), (_, earlier) = sides(after), sides(before)
    for side, given in (("input", audio_in.format), ("output", audio_out.format)):
        if given != PCM:
            message = f"This server takes only audio/pcm at 24000 Hz, got {msgspec.json.encode(given).decode()}."
            raise _refused(message, "invalid_value", f"session.audio.{side}.format")
    if isinstance(audio_out.speed, float) and not 0.25 <= audio_out.speed <= 1.5:
        raise _refused("Speed is 0.25 to 1.5.", "invalid_value", "session.audio.output.speed")
    if spoke and audio_out.voice != earlier.voice:
        message = "Cannot update a conversation's voice if assistant audio is present."
        raise _refused(message, "cannot_update_voice", "session.audio.output.voice")
    if isinstance(audio_in.turn_detection, ServerVad | SemanticVad):
        audio_in.turn_detection = complete(audio_in.turn_detection)


def sides(session: Session) -> tuple[AudioInput, AudioOutput]:
    """The user's and the model's side of a full session's sound."""
    audio = session.audio if isinstance(session.audio, Audio) else Audio()
    heard = audio.input if isinstance(audio.input, AudioInput) else AudioInput()
    spoken = audio.output if isinstance(audio.output, AudioOutput) else AudioOutput()
    return heard, spoken


def _refused(message: str, code: str, param: str) -> RefusedError:
    return RefusedError(message, code=code, param=param)
