"""``speaker status`` and ``speaker watch``: what the running speaker tells of itself on the broker."""

import argparse
import asyncio
import json
import subprocess
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from speaker.cli.output import FAILED, GOOD, config_file, print_json
from speaker.cli.remote import RemoteSpeaker
from speaker.cli.screen import Screen
from speaker.config.settings import Settings
from speaker.daemon.loading import read_settings
from speaker.daemon.systemd import read_secret
from speaker.errors import BrokerError, SpeakerError
from speaker.mqtt.dispatch import IncomingMessage

Json = dict[str, Any]

TOLD_S: Final = 2.0
"""What is retained arrives within this."""

_LATER: Final = {"type", "at"}
"""Fields of an event that are shown before the others."""


def show_status(options: argparse.Namespace) -> int:
    """Print what the speaker does; 1 when it does not run."""
    file = config_file(options)
    settings = read_settings(file)
    unit = _unit()
    try:
        told = asyncio.run(_ask(settings, read_secret("mqtt_password", file)))
    except BrokerError as error:
        told = {"problem": str(error)}
    if options.json:
        print_json({"topic": settings.topic, **told, "unit": unit})
    else:
        _show(list(status_lines(settings.topic, told, unit)), told)
    return GOOD if told.get("availability") == "online" else FAILED


def _show(lines: list[str], told: Json) -> None:
    screen = Screen()
    screen.line((lines[0], "good" if told.get("availability") == "online" else "failed"))
    for line in lines[1:]:
        screen.line(line)


async def _ask(settings: Settings, password: str | None) -> Json:
    """The retained availability and state."""
    told: Json = {}
    async with RemoteSpeaker(settings, password) as line:
        line.listen([f"{settings.topic}/availability", f"{settings.topic}/state"])
        try:
            async with asyncio.timeout(TOLD_S):
                while told.keys() != {"availability", "state"}:
                    message = await line.messages.get()
                    kind = message.topic.rpartition("/")[2]
                    told[kind] = (
                        message.payload.decode(errors="replace") if kind == "availability" else _object(message)
                    )
        except TimeoutError:
            pass
    return told


def status_lines(topic: str, told: Json, unit: Mapping[str, str]) -> Iterator[str]:
    """What the speaker does, since when, what it costs, and what went wrong last."""
    state, here = told.get("state", {}), told.get("availability") == "online"
    since = f", {unit['state']} since {unit['since']}" if unit else ""
    doing = state.get("state", "running") if here else "not connected to the broker"
    yield f"{topic}: {doing}{since}"
    if not here:
        yield f"  {told.get('problem', 'is the service running? sudo systemctl status speaker')}"
        if unit.get("told"):
            yield f"  it tells systemd: {unit['told']}"
        return
    muted = "muted" if state.get("muted") else "listening for the wake word"
    yield f"  microphone: {muted}, volume {state.get('volume')} %, interrupted by: {state.get('duplex')}"
    yield f"  answers: {state.get('endpoint')}, {state.get('sessions_today', 0)} sessions today"
    yield f"  cost: ${state.get('cost_today_usd') or 0:.4f} today, ${state.get('cost_month_usd') or 0:.4f} this month"
    yield f"  last error: {state.get('last_error') or 'none'}"


def _unit() -> dict[str, str]:
    """What systemd says of the service; empty where there is none."""
    command = ["systemctl", "show", "speaker", "--property=ActiveState,ActiveEnterTimestamp,LoadState,StatusText"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=5)  # noqa: S603 - as above
    except (OSError, subprocess.TimeoutExpired):
        return {}
    found = dict(line.partition("=")[::2] for line in asked.stdout.splitlines())
    if found.get("LoadState") != "loaded":
        return {}
    since = found.get("ActiveEnterTimestamp") or "it was installed"
    return {"state": found.get("ActiveState", ""), "since": since, "told": found.get("StatusText", "")}


def watch_events(options: argparse.Namespace) -> int:
    """Print events as they come, until interrupted."""
    file = config_file(options)
    settings = read_settings(file)

    async def watch() -> None:
        async with RemoteSpeaker(settings, read_secret("mqtt_password", file)) as line:
            line.listen([f"{settings.topic}/event", f"{settings.topic}/availability"])
            while True:
                message = await line.messages.get()
                if message.topic.endswith("/availability"):
                    event = {
                        "type": message.payload.decode(errors="replace"),
                        "at": datetime.now().astimezone().isoformat(),
                    }
                else:
                    event = _object(message)
                if options.json:
                    print_json(event)
                else:
                    print(event_line(event), flush=True)

    asyncio.run(watch())
    return GOOD


def event_line(event: Json) -> str:
    """An event on one line: when, what, and its fields."""
    at = str(event.get("at", ""))
    fields = " ".join(f"{key}={_short(value)}" for key, value in event.items() if key not in _LATER)
    return f"{at[11:19] or '--:--:--'} {event.get('type', '?'):12} {fields}".rstrip()


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 160 else f"{text[:159]}…"


def _object(message: IncomingMessage) -> Json:
    try:
        found = json.loads(message.payload)
    except ValueError:
        raise SpeakerError(f"{message.topic} holds no JSON; is that a speaker?") from None
    return found if isinstance(found, dict) else {}
