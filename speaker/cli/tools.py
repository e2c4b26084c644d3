"""``speaker tools`` and the commands that a running speaker gets through the broker."""

import argparse
import asyncio
import json
import sys

from speaker.cli.output import FAILED, GOOD, config_file
from speaker.cli.remote import ask_question, run_tool, send_command
from speaker.cli.screen import Screen
from speaker.daemon.loading import make_registry, read_settings
from speaker.daemon.systemd import read_secret


def list_or_run_tools(options: argparse.Namespace) -> int:
    """Print the tools, or run one against the broker."""
    file = config_file(options)
    if options.name:
        password = read_secret("mqtt_password", file)
        text, ok = asyncio.run(run_tool(read_settings(file), password, options.name, options.arguments))
        print(text)
        return GOOD if ok else FAILED
    belt, problems = make_registry(read_settings(file))
    screen = Screen()
    for tool in belt.tools:
        parameters, risk = ", ".join(tool.parameters.get("properties", {})), belt.risk(tool)
        screen.line(
            (tool.name, "name"), f"({parameters})  ", (f"[{risk}]", "warning" if risk == "confirm" else "quiet")
        )
        screen.line(f"    {tool.description.splitlines()[0]}")
    for problem in problems:
        print(f"speaker: {problem}", file=sys.stderr)
    return FAILED if problems else GOOD


def send_verb(options: argparse.Namespace) -> int:
    """Send a command to the running speaker; a question's answer is printed."""
    file = config_file(options)
    settings, password = read_settings(file), read_secret("mqtt_password", file)
    if options.verb == "question":
        answer = asyncio.run(ask_question(settings, password, options.payload, options.answers))
        print(answer if answer is not None else "nobody answered")
        return FAILED if answer is None else GOOD
    asyncio.run(send_command(settings, password, options.verb, _payload(options)))
    return GOOD


def _payload(options: argparse.Namespace) -> str:
    """What the command takes, as the hub writes it."""
    match options.verb:
        case "announce":
            wanted = {
                "text": options.payload.strip(),
                "url": options.url,
                "volume": options.volume,
                "chime": options.chime,
            }
            return json.dumps({key: value for key, value in wanted.items() if value not in {None, ""}})
        case "mute":
            return str(options.payload).upper()
        case _:
            return str(options.payload)
