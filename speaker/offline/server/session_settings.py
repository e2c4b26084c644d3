"""The session object: its defaults, how an update merges into it, and what is refused."""

from typing import Any, Final, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

from speaker.audio.vad import TurnSettings
from speaker.config.turn_detection import ASK_AFTER_MS, SemanticVad, ServerVad
from speaker.realtime.protocol.codec import RefusedError
from speaker.realtime.protocol.objects import (
    SESSION_FORMAT,
    Audio,
    AudioFormat,
    AudioInput,
    AudioOutput,
    ResponseWish,
    Session,
    TurnDetection,
)

DEFAULT_INSTRUCTIONS: Final = "You are the voice of a home. Answer briefly."

LONGEST_MS: Final = 60_000
"""No setting of turn detection may be longer."""

SHORTEST_IDLE_MS: Final = 500
"""A shorter ``idle_timeout_ms`` would ask again and again without leaving anybody the time to answer."""

LONGEST_INSTRUCTIONS: Final = 65_536
"""Characters; those of a house with 400 devices are some 10,000, and what the cloud takes is no more than this."""

MOST_SESSION_TOOLS: Final = 256
"""A house with a hundred scripts has some 120."""

LONGEST_TOOLS: Final = 262_144
"""Bytes of all tools as JSON."""

_EAGERNESS_MS: Final = {"low": 8_000, "medium": 4_000, "auto": 4_000, "high": 2_000}
"""Silence that ends a turn whose sentence is not complete, by eagerness; as the protocol documents it."""

_SILENCE_MS: Final = {"low": 1200, "medium": 800, "auto": 800, "high": 400}
"""Silence that ends a turn where nobody can tell whether a sentence is complete, and eagerness is patience alone."""

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
        instructions=DEFAULT_INSTRUCTIONS,
        audio=Audio(
            input=AudioInput(
                format=SESSION_FORMAT, transcription=None, noise_reduction=None, turn_detection=complete(ServerVad())
            ),
            output=AudioOutput(format=SESSION_FORMAT, voice="heart", speed=1.0),
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
        return merged_update(defaults, turns)
    return merged_update(
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


def requested_turn_settings(turns: ServerVad | SemanticVad, *, judged: bool) -> TurnSettings:
    """What the turn detector is set to; ``judged``: whether there is somebody to ask if a sentence is complete."""
    if isinstance(turns, SemanticVad):
        patience_ms = (_EAGERNESS_MS if judged else _SILENCE_MS)[str(turns.eagerness)]
        return TurnSettings(silence_duration_ms=patience_ms, ask_after_ms=ASK_AFTER_MS if judged else None)
    full = complete(turns)
    assert isinstance(full, ServerVad)  # noqa: S101 - complete keeps the kind
    return TurnSettings(
        threshold=float(str(full.threshold)),
        prefix_padding_ms=int(str(full.prefix_padding_ms)),
        silence_duration_ms=int(str(full.silence_duration_ms)),
    )


def idle_timeout_ms(session: Session) -> int | None:
    """How long it may be silent after an answer, ms; None when that does not matter. Only ``server_vad`` has it."""
    turns = sides(session)[0].turn_detection
    wanted = turns.idle_timeout_ms if isinstance(turns, ServerVad) else None
    return wanted if isinstance(wanted, int) else None


def merged_update(base: S, update: S) -> S:
    """``base`` with every leaf that ``update`` mentions; turn detection and the like are leaves."""
    changes: dict[str, object] = {}
    for name in update.__struct_fields__:
        value = getattr(update, name)
        if value is UNSET:
            continue
        old = getattr(base, name)
        nested = isinstance(value, Audio | AudioInput | AudioOutput) and isinstance(old, Struct)
        changes[name] = merged_update(old, value) if nested else value
    return msgspec.structs.replace(base, **changes)


def updated(current: Session, update: Session, *, spoke: bool) -> Session:
    """The session after an update, or RefusedError and nothing applied.

    ``spoke``: the model has already emitted sound, which locks its voice.
    """
    if update.type is UNSET:
        raise _refused("Missing required parameter: 'session.type'.", "missing_required_parameter", "session.type")
    for name in ("type", "object", "id", "model", "expires_at"):
        wanted, fixed = (msgspec.structs.asdict(one)[name] for one in (update, current))
        if wanted is not UNSET and wanted != fixed:
            raise _refused(f"The {name} of a session cannot be changed.", "invalid_value", f"session.{name}")
    after = merged_update(current, update)
    check(after, "session")
    if spoke and sides(after)[1].voice != sides(current)[1].voice:
        message = "Cannot update a conversation's voice if assistant audio is present."
        raise _refused(message, "cannot_update_voice", "session.audio.output.voice")
    return completed(after)


def wished(session: Session, wish: ResponseWish) -> Session:
    """The session as it counts for one response. Raises RefusedError when the wish cannot be granted."""
    audio = UNSET if wish.audio is UNSET else Audio(output=wish.audio.output)
    changes = Session(
        output_modalities=wish.output_modalities,
        instructions=wish.instructions,
        audio=audio,
        tools=wish.tools,
        tool_choice=wish.tool_choice,
        max_output_tokens=wish.max_output_tokens,
    )
    after = merged_update(session, changes)
    check(after, "response")
    return completed(after)


def completed(session: Session) -> Session:
    """A full session whose sound has every value: those that an update left out are the server's own."""
    heard, spoken = sides(session)
    turns = heard.turn_detection
    heard = msgspec.structs.replace(
        heard,
        format=SESSION_FORMAT,
        turn_detection=complete(turns) if isinstance(turns, ServerVad | SemanticVad) else None,
    )
    audio = Audio(input=heard, output=msgspec.structs.replace(spoken, format=SESSION_FORMAT))
    return msgspec.structs.replace(session, audio=audio)


def check(session: Session, where: str) -> None:
    """Raise RefusedError for what this server cannot do; the parameter begins with ``where``."""
    heard, spoken = sides(session)
    if session.output_modalities not in (["audio"], ["text"]):
        message = (
            f"Invalid modalities: {session.output_modalities}. Supported combinations are: ['text'] and ['audio']."
        )
        raise _refused(message, "invalid_value", f"{where}.output_modalities")
    _within(session.max_output_tokens, 1, 4096, f"{where}.max_output_tokens")
    _within(spoken.speed, 0.25, 1.5, f"{where}.audio.output.speed")
    _check_format(heard.format, f"{where}.audio.input.format")
    _check_format(spoken.format, f"{where}.audio.output.format")
    _check_turns(heard.turn_detection, f"{where}.audio.input.turn_detection")
    _check_tools(session.tools, f"{where}.tools")
    if isinstance(session.instructions, str):
        _not_longer(len(session.instructions), LONGEST_INSTRUCTIONS, "characters", f"{where}.instructions")


def _check_format(given: AudioFormat | UnsetType, param: str) -> None:
    if given is UNSET:
        return
    if given.type != SESSION_FORMAT.type:
        raise _refused(f"Invalid value: '{given.type}'. This server takes audio/pcm.", "invalid_value", f"{param}.type")
    if given.rate not in (SESSION_FORMAT.rate, UNSET):
        raise _refused(f"Invalid value: {given.rate}. The only rate is 24000.", "invalid_value", f"{param}.rate")


def _check_turns(turns: TurnDetection | UnsetType | None, param: str) -> None:
    if isinstance(turns, ServerVad):
        _within(turns.threshold, 0, 1, f"{param}.threshold")
        _within(turns.prefix_padding_ms, 0, LONGEST_MS, f"{param}.prefix_padding_ms")
        _within(turns.silence_duration_ms, 0, LONGEST_MS, f"{param}.silence_duration_ms")
        _within(turns.idle_timeout_ms, SHORTEST_IDLE_MS, LONGEST_MS, f"{param}.idle_timeout_ms")


def _check_tools(tools: list[dict[str, Any]] | UnsetType, param: str) -> None:
    given = tools or []
    if len(given) > MOST_SESSION_TOOLS:
        message = (
            f"Invalid '{param}': array too long. Expected {MOST_SESSION_TOOLS} tools at most, but got {len(given)}."
        )
        raise _refused(message, "array_above_max_length", param)
    _not_longer(len(msgspec.json.encode(given)), LONGEST_TOOLS, "bytes", param)
    for index, tool in enumerate(given):
        if tool.get("type") != "function":
            message = f"Invalid value: '{tool.get('type')}'. This server takes 'function' tools."
            raise _refused(message, "invalid_value", f"{param}[{index}].type")
        if not isinstance(tool.get("name"), str):
            name = f"{param}[{index}].name"
            raise _refused(f"Missing required parameter: '{name}'.", "missing_required_parameter", name)


def _not_longer(length: int, most: int, unit: str, param: str) -> None:
    if length > most:
        message = f"Invalid '{param}': too long. Expected {most} {unit} at most, but got {length}."
        raise _refused(message, "string_above_max_length", param)


def _within(value: float | str | UnsetType | None, least: float, most: float, param: str) -> None:
    if isinstance(value, int | float) and not least <= value <= most:
        kind = "integer" if isinstance(value, int) else "decimal"
        code = f"{kind}_below_min_value" if value < least else f"{kind}_above_max_value"
        raise _refused(f"Invalid value: {value}. Expected {least} to {most}.", code, param)


def sides(session: Session) -> tuple[AudioInput, AudioOutput]:
    """The user's and the model's side of a full session's sound."""
    audio = session.audio if isinstance(session.audio, Audio) else Audio()
    heard = audio.input if isinstance(audio.input, AudioInput) else AudioInput()
    spoken = audio.output if isinstance(audio.output, AudioOutput) else AudioOutput()
    return heard, spoken


def _refused(message: str, code: str, param: str) -> RefusedError:
    return RefusedError(message, code=code, param=param)
