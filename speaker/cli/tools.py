"""``speaker tools`` and the commands that a running speaker gets through the broker."""

import argparse
import asyncio
import sys

from speaker.cli.output import FAILED, GOOD, config_file
from speaker.cli.remote import run_tool, send_command
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
    for tool in belt.tools:
        parameters = ", ".join(tool.parameters.get("properties", {}))
        print(f"{tool.name}({parameters})  [{belt.risk(tool)}]\n    {tool.description.splitlines()[0]}")
    for problem in problems:
        print(f"speaker: {problem}", file=sys.stderr)
    return FAILED if problems else GOOD


def send_verb(options: argparse.Namespace) -> int:
    """Send a command to the running speaker."""
    file = config_file(options)
    asyncio.run(send_command(read_settings(file), read_secret("mqtt_password", file), options.verb, options.payload))
    return GOOD
