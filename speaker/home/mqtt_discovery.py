"""Home Assistant's MQTT discovery messages, and entries of the config, as devices.

Two forms are read: one message for one entity, ``<prefix>/<component>/[<node>/]<object>/config``, and
one message for a whole device, ``<prefix>/device/[<node>/]<object>/config``. Everything in them is
foreign: a message that breaks its form is refused as a whole, with a sentence that names the field.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar, cast

import msgspec

from speaker.errors import SpeakerError
from speaker.home.device_command import Kind
from speaker.home.device_types import DEVICE_TYPES, LIGHT_FORMS, Device, DeviceType
from speaker.home.discovery_abbreviations import ABBREVIATIONS
from speaker.home.naming import choose_names, clean

DEVICE_ABBREVIATIONS: Final = {"ids": "identifiers", "sa": "suggested_area", "mdl": "model", "mf": "manufacturer"}

_REACH: Final[tuple[str, ...]] = ("availability", "availability_topic", "availability_template", "availability_mode")
_REACH_PAYLOADS: Final[tuple[str, ...]] = ("payload_available", "payload_not_available")
_SHARED: Final[tuple[str, ...]] = ("command_topic", "state_topic")

_MAY_BE_NULL: Final = frozenset({"payload_open", "payload_close", "payload_stop"})
"""Where null does not mean "as usual" but "the device cannot do that"."""

OWN_ORIGIN: Final = "speaker"
"""The origin that speakers announce themselves with: they are not devices to be switched by voice."""

Config = dict[str, Any]
T = TypeVar("T")


class _Entity(msgspec.Struct, frozen=True):
    """What is read of an entity beside its shape."""

    name: str = ""
    enabled_by_default: bool = True
    entity_category: str = ""
    unique_id: str = ""


class _Owner(msgspec.Struct, frozen=True):
    """What is read of the device that an entity belongs to."""

    name: str | None = None
    suggested_area: str | None = None


def component_of(prefix: str, topic: str) -> tuple[str, str] | None:
    """Component and id (with the node, if any) of a discovery topic; None for any other topic."""
    if not topic.startswith(f"{prefix}/"):
        return None
    parts = topic[len(prefix) + 1 :].split("/")
    if len(parts) not in {3, 4} or parts[-1] != "config" or not all(parts):
        return None
    return parts[0], "/".join(parts[1:-1])


def announced(prefix: str, topic: str, payload: bytes) -> list[Device]:
    """The devices that a discovery message announces; none when it removes them or they are not ours.

    Raises SpeakerError, naming topic and field, when the message is not as it should be.
    """
    place = component_of(prefix, topic)
    if place is None or not payload.strip():
        return []
    component, identity = place
    if component != "device" and component not in DEVICE_TYPES:
        return []
    config = _full_keys(_decoded(topic, payload), topic)
    if config.get("migrate_discovery") is True:
        return []
    if component != "device":
        return _devices(component, identity, config, topic)
    origin = config.get("origin")
    if identity.startswith("speaker_") and isinstance(origin, dict) and origin.get("name") == OWN_ORIGIN:
        return []
    return [
        device
        for key, part in _components(config, topic)
        for device in _devices(part.pop("platform"), f"{identity}/{key}", part, topic)
    ]


def configured(place: str, entry: Mapping[str, Any]) -> Device:
    """The device of a config entry: an announcement's keys with ``name``, ``room`` and ``kind``.

    ``place`` is where the entry stands, as in ``house.devices[0]``. Raises SpeakerError naming the field.
    """
    kind = entry.get("kind")
    if not isinstance(kind, str) or kind not in DEVICE_TYPES:
        raise SpeakerError(f"{place}.kind: {kind!r} is not one of {', '.join(DEVICE_TYPES)}")
    if not isinstance(entry.get("name"), str) or not clean(entry["name"]):
        raise SpeakerError(f"{place}.name: every device needs a name")
    config = _full_keys({str(key): value for key, value in entry.items() if key not in {"room", "kind"}}, place)
    config["device"] = {"suggested_area": entry.get("room")}
    (device,) = _devices(kind, place, config, place)
    return device


def _decoded(topic: str, payload: bytes) -> Config:
    try:
        config = msgspec.json.decode(payload)
    except (msgspec.DecodeError, RecursionError) as error:
        raise SpeakerError(f"{topic}: the announcement is not JSON: {error}") from error
    return _mapping(config, topic, "the announcement")


def _mapping(value: object, where: str, field: str) -> Config:
    if not isinstance(value, dict):
        raise SpeakerError(f"{where}: {field} is not an object")
    return value


def _full_keys(config: Mapping[str, Any], where: str, base: str = "") -> Config:
    """The message with full keys, without nulls, and with ``~`` replaced by the base topic."""
    renamed = ((ABBREVIATIONS.get(key, key), value) for key, value in config.items())
    full = {key: value for key, value in renamed if value is not None or key in _MAY_BE_NULL}
    own_base = full.pop("~", base)
    if not isinstance(own_base, str):
        raise SpeakerError(f"{where}: ~ is not a text")
    if own_base:
        full = {key: _based(key, value, own_base) for key, value in full.items()}
    if "device" in full:
        owner = _mapping(full["device"], where, "device")
        full["device"] = {DEVICE_ABBREVIATIONS.get(key, key): value for key, value in owner.items()}
    if "availability" in full:
        entries = full["availability"]
        listed = entries if isinstance(entries, list) else [entries]
        named = [_mapping(entry, where, "availability") for entry in listed]
        full["availability"] = [_full_keys(entry, where, own_base) for entry in named]
    if "components" in full:
        parts = _mapping(full["components"], where, "components")
        full["components"] = {
            key: _full_keys(_mapping(part, where, f"components.{clean(str(key))}"), where, own_base)
            for key, part in parts.items()
        }
    return full


def _based(key: str, value: Any, base: str) -> Any:  # noqa: ANN401 - whatever the message holds
    if not key.endswith("topic") or not isinstance(value, str):
        return value
    if value.startswith("~"):
        value = base + value[1:]
    return value[:-1] + base if value.endswith("~") else value


def _components(config: Config, topic: str) -> list[tuple[str, Config]]:
    """Each component of a device message that is of a known kind, with what it shares with the others."""
    found = []
    for key, part in _mapping(config.get("components"), topic, "components").items():
        platform = part.get("platform")
        if not isinstance(platform, str):
            raise SpeakerError(f"{topic}: components.{clean(str(key))} has no platform")
        if platform not in DEVICE_TYPES or len(part) == 1:  # a bare platform removes the component
            continue
        shared = {name: config[name] for name in _SHARED if name in config}
        if not any(name in part for name in _REACH):
            shared |= {name: config[name] for name in (*_REACH, *_REACH_PAYLOADS) if name in config}
        found.append((key, shared | part | {"device": config.get("device", {})}))
    return found


def _devices(component: str, identity: str, config: Config, where: str) -> list[Device]:
    """The one device that ``config`` describes, or none when a person would not ask for it."""
    kind = cast("Kind", component)
    entity = _converted(config, _Entity, where)
    if not entity.enabled_by_default or entity.entity_category:
        return []
    owner = _converted(config.get("device", {}), _Owner, f"{where}: device")
    room = clean(owner.suggested_area or "").lower()
    short, long = choose_names(clean(entity.name), clean(owner.name or ""), room, kind)
    name = short or clean(identity.rpartition("/")[2]) or kind
    shape = _converted(_with_reach(config), _form(kind, config, where), where)
    return [Device(f"{kind}/{identity}", name, room, kind, shape, long or name, entity.unique_id)]


def _form(kind: Kind, config: Config, where: str) -> type[DeviceType]:
    schema = config.get("schema")
    if kind != "light" or schema is None:
        return DEVICE_TYPES[kind]  # vacuums have a schema too, but only one of theirs is left
    if not isinstance(schema, str) or schema not in LIGHT_FORMS:
        raise SpeakerError(f"{where}: schema is {schema!r}; lights are understood as {' or '.join(LIGHT_FORMS)}")
    return LIGHT_FORMS[schema]


def _with_reach(config: Config) -> Config:
    """The message with its availability as a list, whichever of the three ways it was given."""
    shared = {name: config[name] for name in _REACH_PAYLOADS if name in config}
    entries = [shared | entry for entry in config.get("availability", [])]
    if "availability_topic" in config:
        single = {"topic": config["availability_topic"]}
        if "availability_template" in config:
            single["value_template"] = config["availability_template"]
        entries.append(shared | single)
    return config | {"availability": entries}


def _converted(config: object, shape: type[T], where: str) -> T:
    try:
        return msgspec.convert(config, shape, strict=False)
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at `")
        if "regex" in problem:
            problem = "holds a character that is not allowed there"
        field = re.sub(r"^\$\.?", "", path.rstrip("`")) or "the announcement"
        raise SpeakerError(f"{where}: {field}: {problem}") from error
