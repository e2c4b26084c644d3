"""What is asked of a new Realtime session: one function from settings, tools and house to ``session.update``."""

import re
from collections.abc import Sequence
from typing import Any, Final

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from speaker.config.settings import SessionSettings
from speaker.config.turn_detection import ClientTurns
from speaker.language.codes import ENGLISH, service_language
from speaker.realtime.protocol.objects import (
    SESSION_FORMAT,
    Audio,
    AudioInput,
    AudioOutput,
    NoiseReduction,
    Reasoning,
    Session,
    Transcription,
)

_ANSWER_IN: Final = "Answer in the language "
_LANGUAGE: Final = re.compile(rf"^{_ANSWER_IN}(?P<language>[A-Za-z-]+)\.$", re.MULTILINE)

REASONING: Final = "gpt-realtime-2"
"""Models whose names begin so think before they speak; older ones refuse to be told how hard."""


def opening(settings: SessionSettings, house: str, tools: Sequence[dict[str, Any]], more: str = "") -> Session:
    """The session to ask for.

    Instructions and tools come first and stay the same from session to session as long as the house does,
    so that the service's cache finds them again. ``more`` is what holds only for a while; it stands last.
    """
    spoken = settings.output == "audio"
    role = f"{settings.instructions.strip()}\n{_ANSWER_IN}{settings.language}."
    reasons = settings.model.startswith(REASONING) and settings.reasoning_effort is not None
    return Session(
        type="realtime",
        output_modalities=["audio"] if spoken else ["text"],
        instructions="\n\n".join(filter(None, (role, house, more))),
        tools=list(tools),
        tool_choice="auto",
        audio=Audio(input=_input(settings), output=_output(settings) if spoken else UNSET),
        reasoning=Reasoning(effort=settings.reasoning_effort or UNSET) if reasons else UNSET,
        max_output_tokens=settings.max_output_tokens or UNSET,
        truncation=_truncation(settings.retention_ratio),
    )


def without_reasoning(session: Session) -> Session:
    """The same without what a compatible server may not know; for one that refused the whole."""
    audio = session.audio
    if not isinstance(audio, Audio):
        return session
    hearing = audio.input
    if isinstance(hearing, AudioInput):
        hearing = replace(hearing, noise_reduction=UNSET, transcription=UNSET)
    speaking = audio.output
    if isinstance(speaking, AudioOutput):
        speaking = replace(speaking, speed=UNSET)
    return replace(
        session,
        audio=replace(audio, input=hearing, output=speaking),
        reasoning=UNSET,
        max_output_tokens=UNSET,
        truncation=UNSET,
    )


def spoken_language(session: Session) -> str:
    """The language that people speak in a session, by its transcription or its instructions; else "en"."""
    hearing = session.audio.input if isinstance(session.audio, Audio) else UNSET
    written = hearing.transcription if isinstance(hearing, AudioInput) else UNSET
    told = _LANGUAGE.search(session.instructions) if isinstance(session.instructions, str) else None
    if isinstance(written, Transcription) and isinstance(written.language, str):
        # Of the same language the instructions know the region, too.
        return told["language"] if told and service_language(told["language"]) == written.language else written.language
    return told["language"] if told else ENGLISH


def _input(settings: SessionSettings) -> AudioInput:
    kind, model, turns = settings.noise_reduction, settings.transcription, settings.turn_detection
    return AudioInput(
        format=SESSION_FORMAT,
        # null and not left out: a session finds turn ends by itself unless it is told not to.
        turn_detection=None if isinstance(turns, ClientTurns) else turns,
        noise_reduction=NoiseReduction(type=kind) if kind else UNSET,
        transcription=Transcription(model=model, language=service_language(settings.language)) if model else UNSET,
    )


def _output(settings: SessionSettings) -> AudioOutput:
    # The default is left out: older servers do not know the key.
    return AudioOutput(
        format=SESSION_FORMAT, voice=settings.voice, speed=settings.speed if settings.speed != 1.0 else UNSET
    )


def _truncation(retention_ratio: float | None) -> dict[str, Any] | UnsetType:
    return UNSET if retention_ratio is None else {"type": "retention_ratio", "retention_ratio": retention_ratio}
