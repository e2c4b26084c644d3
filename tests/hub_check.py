"""A speaker that runs, looked at and turned through a real Home Assistant.

Home Assistant needs its MQTT integration on the speaker's broker; the token is a long-lived one of an administrator:

    python -m tests.hub_check --url http://127.0.0.1:8123 --token TOKEN --config /etc/speaker/config.yaml

Every component of the announcement must be an available entity; every control must reach the speaker, be carried out
(or be refused with a sentence) and show how it is set now; Home Assistant's log must hold nothing about MQTT or the
speaker. What was set is set back. One line each is printed; exit 1 if any is wrong.

With ``--package`` it looks instead at what the file of ``speaker hub-package`` brings, in a Home Assistant whose
configuration has ``demo:`` and ``kitchen_sink:``, so that every kind of entity is there.
"""

import argparse
import asyncio
import itertools
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect

from speaker.cli.remote import RemoteSpeaker
from speaker.config.settings import Settings
from speaker.daemon.loading import read_settings
from speaker.daemon.systemd import read_secret
from speaker.errors import SpeakerError
from speaker.hub.home_assistant_package import HUB_LABEL, HUB_PREFIX
from speaker.hub.own_discovery import announcements
from tests.hub_package_check import PackageVisit

Json = dict[str, Any]

WITHIN_S: Final = 5.0
SPOKEN: Final = "hello"
REFUSES: Final = ("choose_endpoint", "yes", "no", "wake")
"""What a speaker may refuse: a cloud without a key, an answer to nothing, listening while it is muted."""


class HomeAssistant:
    """Its websocket."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    async def log_in(self, token: str) -> str:
        """Say who asks; its version."""
        asked = json.loads(await self._socket.recv())
        await self._socket.send(json.dumps({"type": "auth", "access_token": token}))
        answer = json.loads(await self._socket.recv())
        if answer["type"] != "auth_ok":
            raise SystemExit(f"Home Assistant does not take the token: {answer.get('message')}")
        return str(asked["ha_version"])

    async def ask(self, kind: str, **more: Any) -> Any:
        """The result of one request."""
        number = next(self._numbers)
        await self._socket.send(json.dumps({"id": number, "type": kind} | more))
        while (answer := json.loads(await self._socket.recv())).get("id") != number:
            pass
        if not answer["success"]:
            raise AssertionError(f"{kind}: {answer['error']['message']}")
        return answer["result"]

    async def state(self, entity: str) -> Json | None:
        """An entity as it is now."""
        found: list[Json] = await self.ask("get_states")
        return next((one for one in found if one["entity_id"] == entity), None)

    async def act(self, entity: str, service: str, **data: Any) -> None:
        """Turn something."""
        domain = entity.partition(".")[0]
        await self.ask("call_service", domain=domain, service=service, service_data=data, target={"entity_id": entity})

    async def complaints(self, *words: str) -> list[str]:
        """Lines of its log, warnings and worse, that hold one of some words."""
        found: list[Json] = await self.ask("system_log/list")
        lines = [f"{one['level']} {one['name']}: {' / '.join(one['message'])} {one['exception']}" for one in found]
        return [line for line in lines if any(word in line for word in words)]


class Check:
    """One visit: what is announced, what is there, and what it does."""

    def __init__(self, hub: HomeAssistant, line: RemoteSpeaker, settings: Settings) -> None:
        self._hub = hub
        self._line = line
        self._settings = settings
        self.bad = 0

    def tell(self, good: bool, text: str) -> None:
        """Print one finding."""
        self.bad += not good
        print("ok  " if good else "BAD ", text, flush=True)  # noqa: T201 - its output

    async def announced(self) -> dict[str, Json]:
        """The components as retained on the broker: unique id → announcement."""
        for topic in announcements(self._settings, ""):
            self._line.listen([topic])
        found: dict[str, Json] = {}
        try:
            while True:
                async with asyncio.timeout(1):
                    message = await self._line.messages.get()
                told = json.loads(message.payload)
                parts = told.get("cmps") or {"one": told | {"p": message.topic.split("/")[-4]}}
                found |= {one.get("unique_id", f"{message.topic} {key}"): one for key, one in parts.items()}
        except TimeoutError:
            return found

    async def visit(self) -> None:
        """Everything, once."""
        announced = await self.announced()
        self.tell(bool(announced), f"{len(announced)} components are announced")
        entries: list[Json] = await self._hub.ask("config/entity_registry/list")
        entities = {one["unique_id"]: one["entity_id"] for one in entries if one["platform"] == "mqtt"}
        self._line.listen([f"{self._settings.topic}/command/result"])
        for unique, component in announced.items():
            if component["p"] == "device_automation":
                continue
            entity = entities.get(unique)
            state = await self._hub.state(entity) if entity else None
            shown = state["state"] if state else "not there"
            self.tell(shown not in {"not there", "unavailable"}, f"{entity or unique}: {shown}")
            if entity and state and "command_topic" in component:
                await self._turn(entity, component, state)
        await self._triggers([one for one in announced.values() if one["p"] == "device_automation"])

    async def _triggers(self, announced: list[Json]) -> None:
        devices: list[Json] = await self._hub.ask("config/device_registry/list")
        (ours,) = [one["id"] for one in devices if ["mqtt", f"speaker_{self._settings.id}"] in one["identifiers"]]
        known: list[Json] = await self._hub.ask("device_automation/trigger/list", device_id=ours)
        names = {(one.get("type"), one.get("subtype")) for one in known}
        for one in announced:
            self.tell((one["type"], one["subtype"]) in names, f'trigger: "{one["subtype"]}" {one["type"]}')

    async def _turn(self, entity: str, component: Json, state: Json) -> None:
        name = component["unique_id"].removeprefix(f"speaker_{self._settings.id}_")
        verb = component["command_topic"].rpartition("/")[2]
        for service, data, expected in _moves(component, state):
            error = await self._answer(verb, lambda s=service, d=data: self._hub.act(entity, s, **d))  # type: ignore[misc]
            good = not error or (name in REFUSES and error != "no answer")
            now = await self._becomes(entity, expected if not error else None)
            self.tell(good and now is not False, f"  {service} {data or ''} → {error or 'done'}; shows {now or 'more'}")
        if verb in {"wake", "ask", "say", "test"}:
            await self._answer("stop", lambda: self._line.broker.publish(f"{self._settings.topic}/command/stop", ""))

    async def _answer(self, verb: str, do: Callable[[], Awaitable[None]]) -> str:
        while not self._line.messages.empty():
            self._line.messages.get_nowait()
        await do()
        try:
            async with asyncio.timeout(WITHIN_S):
                while (result := json.loads((await self._line.messages.get()).payload)).get("verb") != verb:
                    pass
        except TimeoutError:
            return "no answer"
        return str(result.get("error") or "")

    async def _becomes(self, entity: str, expected: object) -> object:
        """The state, once it is as expected; False when it does not become so."""
        for _ in range(int(WITHIN_S / 0.1)):
            state = await self._hub.state(entity)
            shown = state["state"] if state else None
            if expected is None or shown == expected or _number(shown) == expected:
                return shown
            await asyncio.sleep(0.1)
        return False


def _number(text: object) -> float | None:
    try:
        return float(str(text))
    except ValueError:
        return None


def _moves(component: Json, state: Json) -> list[tuple[str, Json, object]]:
    """Service, data and the state that follows; the last one sets it back."""
    now = state["state"]
    match component["p"]:
        case "switch":
            return [("turn_on", {}, "on"), ("turn_off", {}, "off")]
        case "number":
            values = [component["min"], component["max"], float(now)]
            return [("set_value", {"value": value}, value) for value in values]
        case "select":
            return [("select_option", {"option": one}, one) for one in [*component["options"], now]]
        case "button":
            return [("press", {}, None)]
        case "notify":
            return [("send_message", {"message": SPOKEN}, None)]
        case "text":
            return [("set_value", {"value": SPOKEN}, "")]
        case other:
            raise AssertionError(f"nobody told how {other} is turned")


async def check(url: str, token: str, settings: Settings, password: str | None, package: str = "") -> int:
    """The number of things that are wrong; with the prefix of a ``package``, of those that it brings."""
    address = f"{url.rstrip('/').replace('http', 'ws', 1)}/api/websocket"
    async with connect(address, max_size=None) as socket, RemoteSpeaker(settings, password) as line:
        hub = HomeAssistant(socket)
        version = await hub.log_in(token)
        visit = Check(hub, line, settings)
        visit.tell(True, f"Home Assistant {version}")
        if package:
            await PackageVisit(hub.ask, visit.tell, line, settings, prefix=package, label=HUB_LABEL).visit()
        else:
            await visit.visit()
        for complaint in await hub.complaints("mqtt", "MQTT", f"speaker_{settings.id}", package or "MQTT", "emplate"):
            visit.tell(False, complaint)
        return visit.bad


def main() -> None:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--url", default="http://127.0.0.1:8123", help="Home Assistant's address")
    parser.add_argument("--token", required=True, help="a long-lived access token of an administrator")
    parser.add_argument("--config", type=Path, help="the speaker's configuration; default: none")
    parser.add_argument("--package", metavar="PREFIX", nargs="?", const=HUB_PREFIX, default="",
                        help=f"try what the package brings under this prefix; default {HUB_PREFIX}")  # fmt: skip
    options = parser.parse_args()
    settings = read_settings(options.config)
    password = read_secret("mqtt_password", options.config)
    try:
        sys.exit(bool(asyncio.run(check(options.url, options.token, settings, password, options.package))))
    except (SpeakerError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
