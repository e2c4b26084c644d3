"""The command line."""

import argparse
import asyncio
import gc
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from speaker import __version__
from speaker.cli.cost import as_json, as_text, draw, month_named, read_month
from speaker.cli.demo import run_demo
from speaker.cli.devices import list_devices, listen_live
from speaker.cli.doctor.command import run_doctor, write_bundle
from speaker.cli.output import FAILED, GOOD, config_file, explain, leaves
from speaker.cli.tools import list_or_run_tools, send_verb
from speaker.cost.cost_tracker import now_here
from speaker.daemon.checking import inspect_config
from speaker.daemon.daemon import serve
from speaker.daemon.loading import DEFAULT_CONFIG, LEDGER, read_settings
from speaker.daemon.systemd import JournalFormatter, state_directory
from speaker.errors import ConfigError, SpeakerError
from speaker.offline.server.server import ServerSettings, offline_server
from speaker.offline.speech.engines import OfflineEngines

Json = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit: 0 good, 1 failed, 2 wrong usage or configuration."""
    options = build_parser().parse_args(arguments)
    _set_up_log(options)
    command: Callable[[argparse.Namespace], int] = options.command
    # Sound waits while garbage is looked for, and nothing of what was imported will ever be any.
    gc.freeze()
    try:
        code = command(options)
    except BaseExceptionGroup as group:
        code = explain(list(leaves(group)))
    except (SpeakerError, KeyboardInterrupt) as error:
        code = explain([error])
    finally:
        gc.unfreeze()  # at the end everything is garbage, and native modules complain about what is not collected
    sys.exit(code)


def build_parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    parser = argparse.ArgumentParser(prog="speaker", description="An open smart speaker.")
    parser.add_argument("--version", action="version", version=f"speaker {__version__}")
    parser.add_argument("-v", "--verbose", action="store_true", help="log what happens in detail")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[argparse.Namespace], int], about: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=about, description=about)
        one.set_defaults(command=command)
        return one

    def with_config(one: argparse.ArgumentParser) -> argparse.ArgumentParser:
        one.add_argument("--config", type=Path, metavar="FILE", help=f"configuration; default {DEFAULT_CONFIG}")
        return one

    with_config(add("run", _run, "the daemon"))
    demo = add("demo", run_demo, "the whole daemon against parts it brings along; exit 0 only if the lamp changed")
    demo.add_argument("--wav", type=Path, metavar="FILE", help="say this recording instead of the demo's own lines")
    demo.add_argument("--mic", action="store_true", help="use the real microphone and loudspeaker")
    demo.add_argument("--json", action="store_true", help="one JSON object a line")
    doctor = with_config(add("doctor", run_doctor, "check everything, one line each with a remedy; makes two sounds"))
    doctor.add_argument("--json", action="store_true", help="one JSON object")
    with_config(add("devices", list_devices, "ALSA inputs and outputs, and which are chosen"))
    with_config(add("listen", listen_live, "live wake scores and level, for choosing a threshold"))
    tools = with_config(add("tools", list_or_run_tools, "list the tools, or run one against the broker"))
    tools.add_argument("name", nargs="?", metavar="NAME")
    tools.add_argument("arguments", nargs="*", metavar="KEY=VALUE")
    for verb, about in (("wake", "wake the speaker, as if the word was said"), ("stop", "silence, now")):
        with_config(add(verb, send_verb, about)).set_defaults(verb=verb, payload="")
    say = with_config(add("say", send_verb, "speak a text as it stands"))
    say.add_argument("payload", metavar="TEXT")
    say.set_defaults(verb="say")
    ask = with_config(add("ask", send_verb, "let the model answer a text aloud"))
    ask.add_argument("payload", metavar="TEXT")
    ask.set_defaults(verb="ask")
    bundle = with_config(add("bundle", write_bundle, "an archive for whoever helps: log, config, doctor; no secrets"))
    bundle.add_argument("--output", type=Path, metavar="FILE", default=Path("speaker-bundle.tar.gz"))
    cost = with_config(add("cost", _cost, "what was spent in a month, on what, and what was saved"))
    cost.add_argument("--month", metavar="YYYY-MM", help="default: this month")
    cost.add_argument("--json", action="store_true", help="the same as data")
    cost.add_argument("--plot", type=Path, metavar="FILE.png", help="draw the days of the month into a file")
    offline = add("offline", _offline, "the embedded Realtime server alone")
    offline.add_argument("--host", default="127.0.0.1")
    offline.add_argument("--port", type=int, default=8765)
    check = add("config", _config, "check a configuration")
    check.add_argument("--check", type=Path, required=True, metavar="FILE")
    return parser


def _set_up_log(options: argparse.Namespace) -> None:
    # A descriptor of its own: while PortAudio probes devices, descriptor 2 leads nowhere.
    handler = logging.StreamHandler(os.fdopen(os.dup(sys.stderr.fileno()), "w", buffering=1))
    under_systemd = "JOURNAL_STREAM" in os.environ
    handler.setFormatter(
        JournalFormatter() if under_systemd else logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S")
    )
    speaking = options.command in {_run, _offline}
    level = logging.DEBUG if options.verbose else logging.INFO if speaking else logging.CRITICAL
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("speaker").setLevel(level)


def _run(options: argparse.Namespace) -> int:
    asyncio.run(_serve_and_leave(config_file(options)))
    return GOOD


async def _serve_and_leave(file: Path | None) -> None:
    await serve(file)
    # Everything is closed, and in order. A worker in the middle of a sentence would be waited for, on a busy machine
    # longer than systemd waits.
    logging.shutdown()
    os._exit(GOOD)


def _cost(options: argparse.Namespace) -> int:
    settings = read_settings(config_file(options))
    today = now_here().date()
    month = month_named(options.month) if options.month else today
    found = read_month(settings, state_directory() / LEDGER, month, today)
    print(as_json(found, settings) if options.json else as_text(found, settings))
    if options.plot:
        draw(found, options.plot, settings.cost.daily_usd)
    return GOOD


def _offline(options: argparse.Namespace) -> int:
    async def serve_for_ever() -> None:
        engines = OfflineEngines()
        await engines.warm_up()
        settings = ServerSettings(options.host, options.port, token=os.environ.get("OPENAI_API_KEY"))
        async with offline_server(settings, engines) as server:
            print(f"listening at {server.url}", flush=True)
            await asyncio.Event().wait()

    asyncio.run(serve_for_ever())
    return GOOD


def _config(options: argparse.Namespace) -> int:
    found = inspect_config(options.check)
    for doubt in found.doubts:
        print(f"speaker: warning: {doubt}", file=sys.stderr)
    if found.problems:
        # The mistake is what was looked for, and no wrong use of this command.
        explain([ConfigError(found.problems)])
        return FAILED
    print(f"{options.check} is good")
    return GOOD
