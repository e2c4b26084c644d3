"""What is asked of a new Realtime session: one function from settings, tools and house to ``session.update``."""

from collections.abc import Sequence
from typing import Any, Final

from msgspec import UNSET

from speaker.core.settings import Session as SessionSettings
from speaker.core.wire.objects import Audio, AudioFormat, AudioInput, AudioOutput, Session

PCM: Final = AudioFormat(type="audio/pcm", rate=24_000)
"""The rate is always sent: some servers refuse its absence."""


def opening(settings: SessionSettings, house: str, tools: Sequence[dict[str, Any]]) -> Session:
    """The session to ask for.

    Instructions and tools come first and stay the same from session to session as long as the house does,
    so that the service's cache finds them again.
    """
    spoken = settings.output == "audio"
    output = AudioOutput(format=PCM, voice=settings.voice) if spoken else UNSET
    return Session(
        type="realtime",
        output_modalities=["audio"] if spoken else ["text"],
        instructions=f"{settings.instructions.strip()}\nAnswer in the language {settings.language}.\n\n{house}",
        tools=list(tools),
        tool_choice="auto",
        audio=Audio(input=AudioInput(format=PCM, turn_detection=settings.turn_detection), output=output),
    )
