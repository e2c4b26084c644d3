"""The speaker's face on MQTT: state, events, commands and the announcement to Home Assistant."""

import json
import logging
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import msgspec

from speaker.config.settings import Settings
from speaker.errors import SpeakerError, place_of
from speaker.hub.command_intake import CommandIntake
from speaker.hub.own_discovery import announcements
from speaker.mqtt.client import MqttClient
from speaker.mqtt.dispatch import IncomingMessage
from speaker.store.store import Ledger
from speaker.wake.arbitration import Claim, is_talking, read_claim

log = logging.getLogger(__name__)

Json = dict[str, Any]
CarryOut = Callable[[str], None]
"""Carries out a payload; raises SpeakerError with a sentence when it cannot."""

MOST_PAYLOAD_BYTES: Final = 8_192
"""Longest payload of a command."""

_BIRTH: Final = "announce yourself"
"""What a hub that was started asks for."""


class HubWatcher(Protocol):
    """Sees what the hub sees."""

    def shown(self, state: Json) -> None:
        """The state has changed."""

    def told(self, event: Json) -> None:
        """Something happened, with its time."""


class MqttApi:
    """What others see of the speaker, and what they may ask of it."""

    def __init__(
        self,
        broker: MqttClient,
        settings: Settings,
        version: str,
        ledger: Ledger | None = None,
    ) -> None:
        """``ledger`` remembers what was announced."""
        self._ledger = ledger
        self._broker = broker
        self._settings = settings
        self._version = version
        self._commands: Mapping[str, CarryOut] = {}
        self._claimed: Callable[[str, Claim], None] = lambda _word, _claim: None
        self._showed: Callable[[str, bool], None] = lambda _speaker, _talking: None
        self._intake = CommandIntake(self._carry_out, self._refuse_flood)
        self._births = CommandIntake(
            lambda _verb, _message: self.connected(), lambda _verb, problem: log.warning("%s", problem)
        )
        self._births.expect({_BIRTH}, {_BIRTH})
        self._state: Json = {}
        self._birth = f"{settings.mqtt.discovery_prefix}/status"
        self._claims = f"{settings.mqtt.base}/claim/"
        self._watchers: list[HubWatcher] = []
        self._results: list[Json] = []
        """How the last command that was carried out has ended."""

    def offer(
        self,
        commands: Mapping[str, CarryOut],
        claimed: Callable[[str, Claim], None],
        lasting: Collection[str] = (),
        showed: Callable[[str, bool], None] = lambda _speaker, _talking: None,
    ) -> None:
        """Name the commands; from now on they are heard, and ``claimed`` is told who heard a wake word.

        ``lasting`` are the verbs that set a value; ``showed`` is told whether other speakers are in a conversation.
        """
        self._commands, self._claimed, self._showed = commands, claimed, showed
        self._intake.expect(commands, lasting)
        self._broker.subscribe([f"{self._settings.topic}/command/+"], self._hear_command)
        self._broker.subscribe([self._birth], self._hear_birth)
        # QoS 1: a broker with much to do drops QoS 0, and a claim that one speaker misses is a second answer.
        self._broker.subscribe([f"{self._claims}+"], self._hear_claim)
        self._broker.subscribe([f"{self._settings.mqtt.base}/+/state"], self._hear_state, qos=0)

    def connected(self) -> None:
        """Tell everything anew: the broker, or the hub, may have forgotten."""
        told = announcements(self._settings, self._version)
        self._withdraw(set(told))
        for topic, message in told.items():
            self._broker.tell(topic, json.dumps(message, ensure_ascii=False), retain=True, qos=1)
        self._broker.tell(f"{self._settings.topic}/availability", "online", retain=True, qos=1)
        self._tell_state()

    def _withdraw(self, now: set[str]) -> None:
        """Take back what was announced before and is no more: the hub complains of what it hears of twice."""
        if self._ledger is None:
            return
        key = f"announced by {self._settings.id}"
        before = set((self._ledger.chosen(key) or "").splitlines())
        for topic in sorted(before - now):
            self._broker.tell(topic, "", retain=True, qos=1)
        if before != now:
            self._ledger.choose(key, "\n".join(sorted(now)))

    def show(self, state: Json) -> None:
        """Publish the state, if it differs from the last one."""
        if state != self._state:
            self._state = state
            self._tell_state()
            for watcher in self._watchers:
                watcher.shown(state)

    @property
    def state(self) -> Json:
        """The state as it was shown last; empty before that."""
        return self._state

    def watch(self, watcher: HubWatcher) -> None:
        """Let one more see what the hub sees."""
        self._watchers.append(watcher)

    @property
    def online(self) -> bool:
        """Whether anybody hears what is told."""
        return self._broker.online

    def event(self, event: Json) -> None:
        """Publish something that happened."""
        told = event | {"at": datetime.now(UTC).isoformat(timespec="milliseconds")}
        self._broker.tell(f"{self._settings.topic}/event", json.dumps(told, ensure_ascii=False))
        for watcher in self._watchers:
            watcher.told(told)

    def claim(self, word: str, claim: Claim) -> None:
        """Tell the other speakers that this one heard a wake word."""
        self._broker.tell(f"{self._claims}{word}", msgspec.json.encode(claim).decode(), qos=1)

    def _hear_claim(self, message: IncomingMessage) -> None:
        claim = None if message.retained else read_claim(message.payload)
        if claim is not None:
            self._claimed(message.topic.removeprefix(self._claims), claim)

    def _hear_state(self, message: IncomingMessage) -> None:
        """The state of another speaker; one that the broker kept may be of last year."""
        if message.topic != f"{self._settings.topic}/state":
            talking = not message.retained and is_talking(message.payload)
            self._showed(message.topic.split("/")[-2], talking)

    def _hear_birth(self, message: IncomingMessage) -> None:
        if message.payload == b"online" and not message.retained:
            self._births.hear(_BIRTH, message)

    def _hear_command(self, message: IncomingMessage) -> None:
        verb = message.topic.removeprefix(f"{self._settings.topic}/command/")
        # A retained command would be carried out again at every start.
        if verb != "result" and not message.retained:
            self._intake.hear(verb, message)

    def command(self, verb: str, payload: bytes) -> Json:
        """Carry out a command that did not come by the broker, as if it had; its result."""
        self._results.clear()
        taken = self._intake.hear(verb, IncomingMessage(f"{self._settings.topic}/command/{verb}", payload, False))
        if self._results:
            return self._results.pop()
        return {"verb": verb, "ok": taken} | ({} if taken else {"error": "too many commands at once; wait a little"})

    def _refuse_flood(self, verb: str, problem: str) -> None:
        log.warning("%s", problem)
        self._tell_result({"verb": verb, "ok": False, "error": problem})
        self.event({"type": "error", "message": problem})

    def _carry_out(self, verb: str, message: IncomingMessage) -> None:
        error = self._error(verb, message.payload)
        result: Json = {"verb": verb, "ok": not error} | ({"error": error} if error else {})
        self._results[:] = [result]
        self._broker.answer(message, self._tell_result(result))

    def _tell_result(self, result: Json) -> str:
        told = json.dumps(result, ensure_ascii=False)
        self._broker.tell(f"{self._settings.topic}/command/result", told)
        return told

    def _error(self, verb: str, payload: bytes) -> str:
        command = self._commands.get(verb)
        if command is None:
            return f"there is no command {verb[:40]!r}; there are {', '.join(self._commands)}"
        if len(payload) > MOST_PAYLOAD_BYTES:
            return f"the payload has {len(payload)} bytes; at most {MOST_PAYLOAD_BYTES} are taken"
        try:
            command(payload.decode())
        except UnicodeDecodeError:
            return "the payload is not UTF-8 text"
        except SpeakerError as refusal:
            return str(refusal)
        except Exception as error:  # noqa: BLE001 - it is told, with its place
            problem = f"the command {verb} could not be carried out: {place_of(error)}"
            log.error("%s", problem)  # noqa: TRY400 - one line
            self.event({"type": "error", "message": problem})
            return problem
        log.info("< command %s", verb)
        return ""

    def _tell_state(self) -> None:
        if self._state:
            told = json.dumps(self._state, ensure_ascii=False)
            self._broker.tell(f"{self._settings.topic}/state", told, retain=True, qos=1)
