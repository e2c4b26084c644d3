"""Home Assistant's MQTT discovery messages, and entries of the config, as devices.

Two forms are read: one message for one entity, ``<prefix>/<component>/[<node>/]<object>/config``, and
one message for a whole device, ``<prefix>/device/[<node>/]<object>/config``. Everything in them is
foreign: what breaks its form is refused with a sentence that names the field, and costs nothing else.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

import msgspec

from speaker.errors import SpeakerError
from speaker.home.class_names import name_of_class
from speaker.home.device_command import Kind
from speaker.home.device_types import DEVICE_TYPES, LIGHT_FORMS, Device, DeviceType
from speaker.home.discovery_fields import MOST_COMPONENTS, Config, an_object, converted, decoded, with_full_keys
from speaker.home.kept_secrets import holds_secret
from speaker.home.naming import choose_names, clean

_REACH: Final[tuple[str, ...]] = ("availability", "availability_topic", "availability_template", "availability_mode")
_REACH_PAYLOADS: Final[tuple[str, ...]] = ("payload_available", "payload_not_available")
_SHARED: Final[tuple[str, ...]] = ("command_topic", "state_topic", *_REACH_PAYLOADS)

OWN_ORIGIN: Final = "speaker"
"""The origin that speakers announce themselves with: they are not devices to be switched by voice."""


class _Entity(msgspec.Struct, frozen=True):
    """What is read of an entity beside its shape."""

    name: str | msgspec.UnsetType | None = msgspec.UNSET
    """None: it is called like its device. Not given: like its class."""
    enabled_by_default: bool = True
    entity_category: str = ""
    unique_id: str = ""
    device_class: str = ""


class _Owner(msgspec.Struct, frozen=True):
    """What is read of the device that an entity belongs to."""

    name: str | None = None
    suggested_area: str | None = None


@dataclass(frozen=True, slots=True)
class Announced:
    """What one message announces."""

    devices: list[Device] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """A sentence for each component that cannot be used."""
    unreadable: list[str] = field(default_factory=list)
    """The ids of these components: whatever was known of them stays."""


def component_of(prefix: str, topic: str) -> tuple[str, str] | None:
    """Component and id (with the node, if any) of a discovery topic; None for any other topic."""
    if not topic.startswith(f"{prefix}/"):
        return None
    parts = topic[len(prefix) + 1 :].split("/")
    if len(parts) not in {3, 4} or parts[-1] != "config" or not all(parts):
        return None
    return parts[0], "/".join(parts[1:-1])


def announced(prefix: str, topic: str, payload: bytes) -> Announced:
    """The devices that a discovery message announces; none when it removes them or they are not ours.

    Raises SpeakerError, naming topic and field, when nothing of the message can be used.
    """
    place = component_of(prefix, topic)
    if place is None or not payload.strip():
        return Announced()
    component, identity = place
    if component != "device" and component not in DEVICE_TYPES:
        return Announced()
    message = decoded(topic, payload)
    config = with_full_keys(message, topic)
    if config.get("migrate_discovery") is True:
        return Announced()
    if component != "device":
        return Announced(devices_of(component, identity, config, topic))
    origin = config.get("origin")
    if identity.startswith("speaker_") and isinstance(origin, dict) and origin.get("name") == OWN_ORIGIN:
        return Announced()
    return _of_whole_device(identity, config, topic, message.get("~", ""))


def told_once(problems: list[str]) -> str:
    """One sentence for what is wrong with a message, however much it is."""
    return problems[0] if len(problems) == 1 else f"{problems[0]}; and {len(problems) - 1} more of its devices"


def configured(place: str, entry: Mapping[str, Any]) -> Device:
    """The device of a config entry: an announcement's keys with ``name``, ``room`` and ``kind``.

    ``place`` is where the entry stands, as in ``house.devices[0]``. Raises SpeakerError naming the field.
    """
    kind = entry.get("kind")
    if not isinstance(kind, str) or kind not in DEVICE_TYPES:
        raise SpeakerError(f"{place}.kind: {kind!r} is not one of {', '.join(DEVICE_TYPES)}")
    if not isinstance(entry.get("name"), str) or not clean(entry["name"]):
        raise SpeakerError(f"{place}.name: every device needs a name")
    if not isinstance(entry.get("room", ""), str):
        raise SpeakerError(f"{place}: room is not a text")
    config = with_full_keys({str(key): value for key, value in entry.items() if key not in {"room", "kind"}}, place)
    config["device"] = {"suggested_area": entry.get("room")}
    (device,) = devices_of(kind, place, config, place)
    return device


def _of_whole_device(identity: str, config: Config, topic: str, base: str) -> Announced:
    """Each component of a device message that is of a known kind, with what it shares with the others."""
    found = Announced()
    parts = list(_parts(config, topic))
    if len(parts) > MOST_COMPONENTS:
        raise SpeakerError(f"{topic}: the device has {len(parts)} components; at most {MOST_COMPONENTS} are read")
    shared = {name: config[name] for name in _SHARED if name in config}
    given_reach = {name: config[name] for name in _REACH if name in config}
    for key, part, owner in parts:
        platform = part.get("platform", part.get("p")) if isinstance(part, dict) else None
        where = f"{topic}: components.{clean(str(key))}"
        if not isinstance(platform, str):
            found.problems.append(f"{where} has no platform")
            continue
        if platform not in DEVICE_TYPES or len(part) == 1:
            continue  # a bare platform removes the component
        try:
            own = with_full_keys(part, where, base)
            reach = {} if any(name in own for name in _REACH) else given_reach
            whole = shared | reach | own | {"device": owner}
            found.devices.extend(devices_of(platform, f"{identity}/{key}", whole, where))
        except SpeakerError as error:
            found.problems.append(str(error))
            found.unreadable.append(f"{platform}/{identity}/{key}")
    return found


def _parts(config: Config, topic: str) -> Iterator[tuple[str, Any, Config]]:
    """The components of the device, and of the devices that are parts of it, each with its owner."""
    owner = config.get("device", {})
    children = config.get("child_devices", [])
    if "components" in config or not children:
        for key, part in an_object(config.get("components"), topic, "components").items():
            yield key, part, owner
    for child in children if isinstance(children, list) else [children]:
        whole = with_full_keys(an_object(child, topic, "child_devices"), topic)
        for key, part in an_object(whole.get("components"), topic, "child_devices.components").items():
            yield key, part, owner | {name: whole[name] for name in ("name",) if whole.get("name")}


def devices_of(component: str, identity: str, config: Config, where: str) -> list[Device]:
    """The one device that ``config`` describes, or none when a person would not ask for it."""
    kind = cast("Kind", component)
    entity = converted(config, _Entity, where)
    aside = bool(entity.entity_category) or kind == "update"
    if not entity.enabled_by_default or (aside and not _worth_asking(kind, entity, config)):
        return []
    owner = converted(an_object(config.get("device", {}), where, "device"), _Owner, f"{where}: device")
    room = clean(owner.suggested_area or "").lower()
    named = name_of_class(kind, entity.device_class) if entity.name is msgspec.UNSET else entity.name or ""
    short, long = choose_names(clean(named), clean(owner.name or ""), room, kind)
    name = short or clean(identity.rpartition("/")[2]) or kind
    if holds_secret(kind, (named, long, identity.rpartition("/")[2], entity.unique_id), config):
        return []
    shape = converted(_with_reach(config), _form(kind, config, where), where)
    return [Device(f"{kind}/{identity}", name, room, kind, shape, long or name, entity.unique_id, aside)]


def _worth_asking(kind: Kind, entity: _Entity, config: Config) -> bool:
    """Whether something that is only there for its owner is asked for now and then: updates, and batteries."""
    if kind == "update":
        return "state_topic" in config or "latest_version_topic" in config
    return kind in {"sensor", "binary_sensor"} and entity.device_class == "battery"


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
    # Of a code, only that there is one is kept.
    known = {"code": "given"} if config.get("code") else {}
    return config | {"availability": entries} | known
