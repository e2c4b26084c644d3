"""The command line."""

import argparse
import asyncio
import gc
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, NoReturn

from speaker import __version__
from speaker.audio.devices import Direction, SoundSystem
from speaker.audio.microphone import Microphone
from speaker.audio.pcm import Samples, level_dbfs
from speaker.cli.cost import as_json, as_text, draw, month_named, month_report
from speaker.cli.doctor.all_checks import visit
from speaker.cli.doctor.check import Check
from speaker.cli.remote import run_tool, send_command
from speaker.cli.support_bundle import gather, pack
from speaker.config.settings import Settings
from speaker.cost.cost_tracker import now_here
from speaker.daemon.daemon import (
    DEFAULT_CONFIG,
    LEDGER,
    Surroundings,
    check_settings,
    make_toolbelt,
    open_words,
    read_settings,
    serve,
)
from speaker.daemon.systemd import JournalFormatter, read_secret, state_directory
from speaker.demo.demo import perform
from speaker.errors import ConfigError, SpeakerError
from speaker.offline.server.server import ServerSettings, offline_server
from speaker.offline.speech.engines import Mind
from speaker.wake.detector import WakeWords

Json = dict[str, Any]

GOOD: Final = 0
FAILED: Final = 1
WRONG_USE: Final = 2
"""systemd does not start the daemon again after this one."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit: 0 good, 1 failed, 2 wrong usage or configuration."""
    options = _parser().parse_args(arguments)
    _set_up_log(options)
    command: Callable[[argparse.Namespace], int] = options.command
    # Sound waits while garbage is looked for, and nothing of what was imported will ever be any.
    gc.freeze()
    try:
        code = command(options)
    except BaseExceptionGroup as group:
        code = _explain(list(_leaves(group)))
    except (SpeakerError, KeyboardInterrupt) as error:
        code = _explain([error])
    finally:
        gc.unfreeze()  # at the end everything is garbage, and native modules complain about what is not collected
    sys.exit(code)


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for one in group.exceptions:
        if isinstance(one, BaseExceptionGroup):
            yield from _leaves(one)
        else:
            yield one


def _explain(errors: Sequence[BaseException]) -> int:
    """Say what went wrong, one line each, and choose the exit code; what nobody foresaw keeps its trace."""
    for error in errors:
        if isinstance(error, KeyboardInterrupt):
            return 130
        if not isinstance(error, SpeakerError):
            raise error
        for line in str(error).splitlines():
            print(f"speaker: {line}", file=sys.stderr)
    return WRONG_USE if any(isinstance(error, ConfigError) for error in errors) else FAILED


def _parser() -> argparse.ArgumentParser:
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
    demo = add("demo", _demo, "the whole daemon against parts it brings along; exit 0 only if the lamp changed")
    demo.add_argument("--wav", type=Path, metavar="FILE", help="say this recording instead of the demo's own lines")
    demo.add_argument("--mic", action="store_true", help="use the real microphone and loudspeaker")
    demo.add_argument("--json", action="store_true", help="one JSON object a line")
    doctor = with_config(add("doctor", _doctor, "check everything, one line each with a remedy; makes two sounds"))
    doctor.add_argument("--json", action="store_true", help="one JSON object")
    with_config(add("devices", _devices, "ALSA inputs and outputs, and which are chosen"))
    with_config(add("listen", _listen, "live wake scores and level, for choosing a threshold"))
    tools = with_config(add("tools", _tools, "list the tools, or run one against the broker"))
    tools.add_argument("name", nargs="?", metavar="NAME")
    tools.add_argument("arguments", nargs="*", metavar="KEY=VALUE")
    for verb, about in (("wake", "wake the speaker, as if the word was said"), ("stop", "silence, now")):
        with_config(add(verb, _send, about)).set_defaults(verb=verb, payload="")
    say = with_config(add("say", _send, "speak a text as it stands"))
    say.add_argument("payload", metavar="TEXT")
    say.set_defaults(verb="say")
    ask = with_config(add("ask", _send, "let the model answer a text aloud"))
    ask.add_argument("payload", metavar="TEXT")
    ask.set_defaults(verb="ask")
    bundle = with_config(add("bundle", _bundle, "an archive for whoever helps: log, config, doctor; no secrets"))
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


def _config_file(options: argparse.Namespace) -> Path | None:
    """The file that was named, else the usual one if it is there."""
    named: Path | None = options.config
    return named or (DEFAULT_CONFIG if DEFAULT_CONFIG.exists() else None)


def _run(options: argparse.Namespace) -> int:
    asyncio.run(serve(_config_file(options)))
    return GOOD


def _demo(options: argparse.Namespace) -> int:
    show: Callable[[Json], None] = _print_json if options.json else _print_line
    failures = asyncio.run(perform(show, wav=options.wav, microphone=options.mic))
    for failure in failures:
        show({"what": "failed", "why": failure})
    show({"what": "verdict", "text": "failed" if failures else "the lamp changed and the answers were heard"})
    return FAILED if failures else GOOD


def _print_json(event: Json) -> None:
    print(json.dumps(event, ensure_ascii=False), flush=True)


def _print_line(event: Json) -> None:
    shown = dict(event)
    ms, what = shown.pop("ms", None), str(shown.pop("what"))
    words = " ".join(str(value) if key in {"text", "why", "say"} else f"{key}={value}" for key, value in shown.items())
    print(f"{'' if ms is None else f'{ms:>7} ms':>10}  {what:<9} {words}", flush=True)


async def _see(settings: Settings, around: Surroundings, show: Callable[[Check], None]) -> list[Check]:
    """All checks of the doctor, each shown as it is done."""
    found = []
    async for check in visit(settings, around):
        found.append(check)
        show(check)
    return found


def _print_check(check: Check) -> None:
    print(f"{check.result:8} {check.name:15} {check.text}", flush=True)
    if check.remedy:
        print(f"{'':24} -> {check.remedy}", flush=True)


def _bundle(options: argparse.Namespace) -> int:
    file = _config_file(options)
    settings, around = read_settings(file), Surroundings.here(file)

    async def collect() -> None:
        checks = await _see(settings, around, _print_check)
        pack(await gather(file, checks, [around.api_key, around.mqtt_password]), options.output)

    try:
        asyncio.run(collect())
    except OSError as error:
        raise SpeakerError(
            f"{options.output} cannot be written: {error.strerror}; name another with --output"
        ) from error
    print(f"{options.output} is written; look through it before you send it to anybody")
    return GOOD


def _doctor(options: argparse.Namespace) -> int:
    file = _config_file(options)
    settings, around = read_settings(file), Surroundings.here(file)
    checks = asyncio.run(_see(settings, around, (lambda _: None) if options.json else _print_check))
    bad = any(check.result == "failed" for check in checks)
    if options.json:
        _print_json({"good": not bad, "checks": [asdict(check) for check in checks]})
    return FAILED if bad else GOOD


def _devices(options: argparse.Namespace) -> int:
    audio = read_settings(_config_file(options)).audio
    system = SoundSystem()
    chosen: dict[int, list[str]] = {}
    directions: tuple[tuple[Direction, str], ...] = (
        ("microphone", audio.microphone),
        ("loudspeaker", audio.loudspeaker),
    )
    problems = []
    for direction, name in directions:
        try:
            chosen.setdefault(system.find(name, direction).index, []).append(direction)
        except SpeakerError as error:
            problems.append(str(error))
    for one in system.devices():
        mark = f"  <- {' and '.join(chosen[one.index])}" if one.index in chosen else ""
        print(f"{one.name}: {one.inputs} in, {one.outputs} out, native {one.native_hz} Hz{mark}")
    system.end()
    for problem in problems:
        print(f"speaker: {problem}", file=sys.stderr)
    return FAILED if problems else GOOD


def _listen(options: argparse.Namespace) -> int:
    settings = read_settings(_config_file(options))
    words = WakeWords(open_words(settings), refractory_s=settings.wake.refractory_s)

    def show(frame: Samples, _index: int) -> None:
        heard = words.push(frame)
        scores = " ".join(f"{word.name} {word.score:.3f}" for word in words.words)
        mark = f"  <- {heard.word}" if heard else ""
        print(f"{level_dbfs(frame):6.1f} dBFS  {scores}{mark}", flush=True)

    async def listen() -> None:
        microphone = Microphone(SoundSystem(), settings.audio.microphone, show, lambda _: None)
        microphone.open(True)
        await microphone.run()

    asyncio.run(listen())
    return GOOD


def _tools(options: argparse.Namespace) -> int:
    file = _config_file(options)
    if options.name:
        password = read_secret("mqtt_password", file)
        text, ok = asyncio.run(run_tool(read_settings(file), password, options.name, options.arguments))
        print(text)
        return GOOD if ok else FAILED
    belt, problems = make_toolbelt(read_settings(file))
    for tool in belt.tools:
        parameters = ", ".join(tool.parameters.get("properties", {}))
        print(f"{tool.name}({parameters})  [{belt.risk(tool)}]\n    {tool.description.splitlines()[0]}")
    for problem in problems:
        print(f"speaker: {problem}", file=sys.stderr)
    return FAILED if problems else GOOD


def _send(options: argparse.Namespace) -> int:
    file = _config_file(options)
    asyncio.run(send_command(read_settings(file), read_secret("mqtt_password", file), options.verb, options.payload))
    return GOOD


def _cost(options: argparse.Namespace) -> int:
    settings = read_settings(_config_file(options))
    today = now_here().date()
    month = month_named(options.month) if options.month else today
    found = month_report(settings, state_directory() / LEDGER, month, today)
    print(as_json(found, settings) if options.json else as_text(found, settings))
    if options.plot:
        draw(found, options.plot, settings.cost.daily_usd)
    return GOOD


def _offline(options: argparse.Namespace) -> int:
    async def serve_for_ever() -> None:
        mind = Mind()
        await mind.warm_up()
        settings = ServerSettings(options.host, options.port, token=os.environ.get("OPENAI_API_KEY"))
        async with offline_server(settings, mind) as server:
            print(f"listening at {server.url}", flush=True)
            await asyncio.Event().wait()

    asyncio.run(serve_for_ever())
    return GOOD


def _config(options: argparse.Namespace) -> int:
    try:
        check_settings(read_settings(options.check), options.check)
    except ConfigError as error:
        # The mistake is what was looked for, and no wrong use of this command.
        _explain([error])
        return FAILED
    print(f"{options.check} is good")
    return GOOD
