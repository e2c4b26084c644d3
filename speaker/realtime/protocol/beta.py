"""The older beta dialect as a renaming of the GA one, on JSON objects before and after the structs.

The cloud refuses this dialect; older compatible servers speak nothing else.
"""

from collections.abc import Mapping
from typing import Any, Final

SERVER_NAMES: Final[Mapping[str, str]] = {
    "response.audio.delta": "response.output_audio.delta",
    "response.audio.done": "response.output_audio.done",
    "response.audio_transcript.delta": "response.output_audio_transcript.delta",
    "response.audio_transcript.done": "response.output_audio_transcript.done",
    "response.text.delta": "response.output_text.delta",
    "response.text.done": "response.output_text.done",
}
"""Beta name → GA name of the server's events."""

_BETA_NAMES: Final = {ga: beta for beta, ga in SERVER_NAMES.items()} | {
    "conversation.item.added": "conversation.item.created",
}

_FORMATS: Final = {"pcm16": "audio/pcm", "g711_ulaw": "audio/pcmu", "g711_alaw": "audio/pcma"}
_BETA_FORMATS: Final = {ga: beta for beta, ga in _FORMATS.items()}

_CONTENT: Final = {"text": "output_text", "audio": "output_audio"}
_BETA_CONTENT: Final = {ga: beta for beta, ga in _CONTENT.items()}

_SESSION_PATHS: Final[Mapping[str, tuple[str, ...]]] = {
    "voice": ("audio", "output", "voice"),
    "speed": ("audio", "output", "speed"),
    "input_audio_format": ("audio", "input", "format"),
    "output_audio_format": ("audio", "output", "format"),
    "input_audio_transcription": ("audio", "input", "transcription"),
    "input_audio_noise_reduction": ("audio", "input", "noise_reduction"),
    "turn_detection": ("audio", "input", "turn_detection"),
    "max_response_output_tokens": ("max_output_tokens",),
    "modalities": ("output_modalities",),
}
"""Where a flat beta key of the session (or of a wished response) stands in the GA object."""

_SAME: Final = ("id", "object", "model", "expires_at", "instructions", "tools", "tool_choice", "tracing",
                "include", "metadata", "conversation", "input", "max_output_tokens")  # fmt: skip

Json = dict[str, Any]


def flatten(ga: Json) -> Json:
    """A GA session or wished response as a beta one; what beta does not know is left out."""
    flat: Json = {key: ga[key] for key in _SAME if key in ga}
    for key, path in _SESSION_PATHS.items():
        value: Any = ga
        for step in path:
            value = value.get(step, _FORMATS) if isinstance(value, dict) else _FORMATS
        if value is not _FORMATS:  # any object that JSON cannot hold marks "not there"
            flat[key] = _to_beta_value(key, value)
    if "max_response_output_tokens" in flat:
        flat.pop("max_output_tokens", None)
    return flat


def unflatten(flat: Json) -> Json:
    """A beta session or wished response as a GA one; ``temperature`` has no counterpart and is dropped."""
    ga: Json = {key: flat[key] for key in _SAME if key in flat}
    for key, path in _SESSION_PATHS.items():
        if key not in flat:
            continue
        place = ga
        for step in path[:-1]:
            place = place.setdefault(step, {})
        place[path[-1]] = _to_ga_value(key, flat[key])
    return ga


def _to_beta_value(key: str, value: Any) -> Any:  # noqa: ANN401 - a JSON value
    if key.endswith("_format") and isinstance(value, dict):
        return _BETA_FORMATS.get(value["type"], value["type"])
    if key == "modalities" and value == ["audio"]:
        return ["text", "audio"]
    return value


def _to_ga_value(key: str, value: Any) -> Any:  # noqa: ANN401 - a JSON value
    if key.endswith("_format") and isinstance(value, str):
        kind = _FORMATS.get(value, value)
        return {"type": kind, "rate": 24_000} if kind == "audio/pcm" else {"type": kind}
    if key == "modalities" and isinstance(value, list):
        return ["audio"] if "audio" in value else ["text"]
    return value


def client_to_beta(event: Json) -> Json:
    """A GA client event as a beta server wants it."""
    if event["type"] == "session.update":
        return event | {"session": flatten(event["session"])}
    if event["type"] == "response.create" and "response" in event:
        return event | {"response": _rename_items(flatten(event["response"]), "input", _BETA_CONTENT)}
    if event["type"] == "conversation.item.create":
        return event | {"item": _rename_content(event["item"], _BETA_CONTENT)}
    return event


def client_to_ga(event: Json) -> Json:
    """A beta client event as our server understands it."""
    if event.get("type") == "session.update" and isinstance(event.get("session"), dict):
        return event | {"session": unflatten(event["session"]) | {"type": "realtime"}}
    if event.get("type") == "response.create" and isinstance(event.get("response"), dict):
        return event | {"response": _rename_items(unflatten(event["response"]), "input", _CONTENT)}
    if event.get("type") == "conversation.item.create" and isinstance(event.get("item"), dict):
        return event | {"item": _rename_content(event["item"], _CONTENT)}
    return event


def server_to_beta(event: Json) -> Json | None:
    """A GA server event as beta clients know it; None for those that beta has no name for."""
    kind = event["type"]
    if kind == "conversation.item.done":
        return None
    changed = dict(event)
    changed["type"] = "conversation.item.created" if kind == "conversation.item.added" else _BETA_NAMES.get(kind, kind)
    if "session" in changed:
        changed["session"] = flatten(changed["session"])
    if "item" in changed:
        changed["item"] = _rename_content(changed["item"], _BETA_CONTENT)
    if "response" in changed:
        changed["response"] = _response_to_beta(changed["response"])
    return changed


def server_to_ga(event: Json) -> Json:
    """A server event of either dialect as a GA one; a GA event comes back as it is."""
    changed = event | {"type": SERVER_NAMES.get(event["type"], event["type"])}
    if isinstance(event.get("item"), dict):
        changed["item"] = _rename_content(event["item"], _CONTENT)
    if isinstance(event.get("part"), dict):
        # Parts are named text and audio in both dialects; some servers call them by the item's names.
        changed["part"] = _rename_part(event["part"], _BETA_CONTENT)
    if isinstance(event.get("response"), dict):
        changed["response"] = _response_to_ga(event["response"])
    if isinstance(event.get("session"), dict):
        changed["session"] = _session_to_ga(event["session"])
    return changed


_TOLD_FORMATS: Final[Mapping[str, Json]] = {
    "pcm16": {"type": "audio/pcm"},  # its rate goes without saying, and is not the same everywhere
    "pcm24": {"type": "audio/pcm", "rate": 24_000},
    "g711_ulaw": {"type": "audio/pcmu"},
    "g711_alaw": {"type": "audio/pcma"},
}


def _session_to_ga(session: Json) -> Json:
    """The session that a server reports: the formats of its sound, where they stand flat and not in ``audio``."""
    flat = {side: session.get(f"{side}_audio_format") for side in ("input", "output")}
    told = {
        side: {"format": _TOLD_FORMATS[name]}
        for side, name in flat.items()
        if isinstance(name, str) and name in _TOLD_FORMATS
    }
    nested = session.get("audio")
    return session | {"audio": told | (nested if isinstance(nested, dict) else {})} if told else session


_OF_RESPONSE: Final = {"modalities", "voice", "output_audio_format", "max_response_output_tokens"}
"""Flat keys that only a beta response has."""


def _response_to_beta(response: Json) -> Json:
    changed = {key: value for key, value in response.items() if key not in {"output_modalities", "audio"}}
    changed |= flatten({key: response[key] for key in ("output_modalities", "audio") if key in response})
    return _rename_items(changed, "output", _BETA_CONTENT)


def _response_to_ga(response: Json) -> Json:
    changed = {key: value for key, value in response.items() if key not in _OF_RESPONSE}
    changed |= unflatten({key: response[key] for key in _OF_RESPONSE & response.keys()})
    return _rename_items(changed, "output", _CONTENT)


def _rename_items(owner: Json, key: str, names: Mapping[str, str]) -> Json:
    items = owner.get(key)
    if not isinstance(items, list):
        return owner
    return owner | {key: [_rename_content(item, names) if isinstance(item, dict) else item for item in items]}


def _rename_content(item: Json, names: Mapping[str, str]) -> Json:
    """Only what the model says has two names; the user's content is called ``input_…`` in both dialects."""
    content = item.get("content")
    if not isinstance(content, list) or item.get("role") != "assistant":
        return item
    return item | {"content": [_rename_part(part, names) if isinstance(part, dict) else part for part in content]}


def _rename_part(part: Json, names: Mapping[str, str]) -> Json:
    kind = part.get("type")
    return part | {"type": names.get(kind, kind)} if isinstance(kind, str) else part
