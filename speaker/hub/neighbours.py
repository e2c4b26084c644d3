"""The other speakers on the broker: who they are, and how to say something on them."""

import json
import logging
import re
from collections.abc import Iterable
from typing import Any, Final, Protocol

from speaker.errors import BrokerError, ToolError
from speaker.home.name_matching import same_room
from speaker.mqtt.dispatch import IncomingMessage, MessageHandler
from speaker.tools.result import ToolResult

log = logging.getLogger(__name__)

_MOST_BYTES: Final = 64 * 1024
_MOST_SPEAKERS: Final = 64
_VERSION: Final = re.compile(r"\d{1,6}(?:\.\d{1,6}){0,3}")


class SpeakerBroker(Protocol):
    """What is needed of the MQTT client."""

    def subscribe(self, filters: Iterable[str], handler: MessageHandler, *, qos: int = 1) -> None:
        """Let a handler have the messages of these filters."""

    async def publish(self, topic: str, payload: str) -> None:
        """Send, and wait until the broker has it. Raises BrokerError."""


class Neighbours:
    """The Intercom that tools see: fed with what speakers announce of themselves and whether they are there."""

    def __init__(self, broker: SpeakerBroker, base: str, prefix: str, speaker: str) -> None:
        self._broker = broker
        self._base = base
        self._own = speaker
        self._announced = f"{prefix}/device/speaker_"
        self._announcements = f"{prefix}/device/+/config"
        self._called: dict[str, tuple[str, str]] = {}
        """Id → name and room."""
        self._versions: dict[str, str] = {}
        self._online: set[str] = set()

    def start(self) -> None:
        """Hear which speakers there are."""
        self._broker.subscribe([f"{self._base}/+/availability"], self._came_or_went, qos=0)
        self._broker.subscribe([self._announcements], self._introduced, qos=0)

    def _came_or_went(self, message: IncomingMessage) -> None:
        speaker = message.topic.removeprefix(f"{self._base}/").removesuffix("/availability")
        if message.payload != b"online":
            self._online.discard(speaker)
        elif len(self._online) < _MOST_SPEAKERS:
            self._online.add(speaker)

    def _introduced(self, message: IncomingMessage) -> None:
        if message.topic.startswith(self._announced):
            self._introduce(message.topic.removeprefix(self._announced).removesuffix("/config"), message.payload)

    def _introduce(self, speaker: str, payload: bytes) -> None:
        if speaker not in self._called and len(self._called) >= _MOST_SPEAKERS:
            return
        try:
            device: Any = json.loads(payload[:_MOST_BYTES] or b"{}").get("dev", {})
            self._called[speaker] = str(device.get("name", speaker))[:60], str(device.get("sa", ""))[:60]
            self._versions[speaker] = str(device.get("sw", ""))
        except (ValueError, AttributeError, RecursionError):
            log.debug("an announcement of speaker %s cannot be read", speaker)

    def speakers(self) -> list[str]:
        """The names of those that are there."""
        return [self._name(one) for one in self._there]

    def placed(self) -> list[str]:
        """The same with their rooms, where the name does not tell them."""
        rooms = {one: self._called.get(one, ("", ""))[1] for one in self._there}
        return [
            f"{self._name(one)} in the {room}" if room and room.casefold() not in self._name(one).casefold()
            else self._name(one) for one, room in rooms.items()
        ]  # fmt: skip

    def newest(self, own: str) -> str:
        """The newest version that one of those that are there runs, or this one's ``own``; nobody else is asked."""
        known = [own, *(self._versions.get(one, "") for one in self._there)]
        return max((one for one in known if _VERSION.fullmatch(one)), key=_ordered, default=own)

    @property
    def _there(self) -> list[str]:
        return sorted(one for one in self._online if one != self._own and not one.startswith("speaker-cli"))

    def _name(self, speaker: str) -> str:
        return self._called.get(speaker, (speaker.replace("_", " "), ""))[0]

    async def announce(self, message: str, where: str) -> ToolResult:
        """Say something on one of them, or on all. Raises ToolError when there is none, or none of that name."""
        there = self._there
        if not there:
            raise ToolError("There is no other speaker.")
        chosen = (
            there if where.strip().lower() in {"", "all", "everywhere"} else [o for o in there if self._is(o, where)]
        )
        if not chosen:
            raise ToolError(f"There is no speaker {where[:40]!r}. There is: {', '.join(self.speakers())}.")
        payload = json.dumps({"text": message, "chime": True}, ensure_ascii=False)
        try:
            for speaker in chosen:
                await self._broker.publish(f"{self._base}/{speaker}/command/announce", payload)
        except BrokerError as error:
            raise ToolError(f"The announcement could not be sent. {error}") from error
        return ToolResult("sent", f"the announcement goes to {', '.join(self._name(one) for one in chosen)}.")

    def _is(self, speaker: str, where: str) -> bool:
        name, room = self._called.get(speaker, ("", ""))
        known = [speaker.replace("_", " ").replace("-", " "), name, room]
        return any(same_room(where.removesuffix(" speaker"), one.removesuffix(" speaker")) for one in known if one)


def _ordered(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]
