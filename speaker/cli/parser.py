"""Every command with its options, its help and its examples.

Whoever wants silence does not wait for speech models: what a command needs is imported when it is the one.
"""

import argparse
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NoReturn

from speaker import version
from speaker.cli.hub_verbs import VERBS
from speaker.cli.output import did_you_mean
from speaker.daemon.systemd import SECRETS, SERVICE_CONFIG
from speaker.hub.home_assistant_package import HUB_LABEL, HUB_PREFIX

CommandFunction = Callable[[argparse.Namespace], int]
Load = Callable[[], CommandFunction]
"""Imports what a command needs, and gives the command."""

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "Talk to the running speaker": (
        "status", "watch", "say", "ask", "announce", "question", "confirm", "wake", "stop", "sleep", "mute", "volume",
    ),
    "Change it until you change it back": (
        "announcement_volume", "threshold", "follow_up", "wake_word", "duplex", "endpoint", "budget", "test",
    ),
    "Set it up": (
        "config", "secret", "language", "model", "devices", "listen", "tools", "doctor", "hub-package", "bundle",
        "completion",
    ),
    "See what it costs": ("cost",),
    "Run it": ("run", "demo", "offline"),
}  # fmt: skip
"""What the help shows, in this order."""


class HelpfulParser(argparse.ArgumentParser):
    """Groups its commands in the help, and knows what somebody meant."""

    def format_help(self) -> str:
        """The help; of the whole program, its commands by what they are for."""
        commands = next((one for one in self._actions if isinstance(one, argparse._SubParsersAction)), None)
        if commands is None:
            return super().format_help()
        lines = [self.format_usage().rstrip(), "", self.description or ""]
        for title, names in GROUPS.items():
            lines += ["", f"{title}:", *(f"  {name:20} {commands.choices[name].description}" for name in names)]
        return "\n".join([*lines, "", "speaker COMMAND --help tells more, with examples.", ""])

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and what may have been meant."""
        found = re.search(r"invalid choice: '?([^'\s]*)'? \(choose from (.*)\)", message)
        if found is not None:
            meant = did_you_mean(found[1], re.findall(r"[\w-]+", found[2]))
            message = f"there is no {found[1]!r}{meant}"
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


class _TellVersion(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(f"speaker {version()}")
        parser.exit()


def build_parser() -> HelpfulParser:
    """The whole command line."""
    parser = HelpfulParser(prog="speaker", description="An open smart speaker.")
    parser.add_argument("--version", action=_TellVersion, nargs=0, help="show the version")
    parser.add_argument("-v", "--verbose", action="store_true", help="log what happens in detail")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def add(name: str, load: Load, about: str, *examples: str, config: bool = True) -> argparse.ArgumentParser:
        shown = "\n".join(["examples:", *(f"  {one}" for one in examples)]) if examples else None
        one = commands.add_parser(
            name, help=about, description=about, epilog=shown, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        one.set_defaults(load=load, logs=False)
        if config:
            one.add_argument("--config", type=Path, metavar="FILE", help=f"configuration; default {SERVICE_CONFIG}")
        return one

    _add_daemon(add)
    _add_verbs(add)
    _add_set_up(add)
    cost = add("cost", _cost, "what was spent in a month, on what, and what was saved",
               "sudo speaker cost", "sudo speaker cost --month 2026-11 --json")  # fmt: skip
    cost.add_argument("--month", metavar="YYYY-MM", help="default: this month")
    cost.add_argument("--json", action="store_true", help="the same as data")
    cost.add_argument("--plot", type=Path, metavar="FILE.svg", help="draw the days of the month into a file")
    return parser


Add = Callable[..., argparse.ArgumentParser]


def _add_daemon(add: Add) -> None:
    add("run", _run, "the daemon").set_defaults(logs=True)
    demo = add("demo", _demo, "the whole daemon against parts it brings along; exit 0 only if the lamp changed",
               "speaker demo", "speaker demo --wav hello.wav --json", config=False)  # fmt: skip
    demo.add_argument("--wav", type=Path, metavar="FILE", help="say this recording instead of the demo's own lines")
    demo.add_argument("--mic", action="store_true", help="use the real microphone and loudspeaker")
    demo.add_argument("--json", action="store_true", help="one JSON object a line")
    offline = add("offline", _offline, "the embedded Realtime server alone",
                  "OPENAI_API_KEY=secret speaker offline --host 0.0.0.0", config=False)  # fmt: skip
    offline.set_defaults(logs=True)
    offline.add_argument("--host", default="127.0.0.1")
    offline.add_argument("--port", type=int, default=8765)


def _add_verbs(add: Add) -> None:
    status = add("status", _status, "what the running speaker does, since when, its last error, its cost")
    status.add_argument("--json", action="store_true", help="the same as data")
    watch = add("watch", _watch, "the events of the running speaker, live; Ctrl-C ends it")
    watch.add_argument("--json", action="store_true", help="each event as it is published")
    for verb in VERBS:
        one = add(verb.name, _verb, verb.about, *(f"speaker {example}" for example in verb.examples))
        one.set_defaults(verb=verb.name, payload="", answers=[])
        if verb.takes:
            one.add_argument("payload", metavar=verb.takes, help=verb.values or None, **verb.optional())
        if verb.name == "announce":
            one.add_argument("--url", default="", help="a sound to play instead: WAV, MP3, FLAC or Ogg")
            one.add_argument("--volume", type=int, metavar="PERCENT")
            one.add_argument("--chime", action="store_true", help="a chime first")
        if verb.name == "question":
            one.add_argument("answers", nargs="+", metavar="ANSWER", help="one of these is understood")


def _add_set_up(add: Add) -> None:
    config = add("config", _config, "check a configuration, or show the one in force",
                 "speaker config check", "speaker config show --changed", config=False)  # fmt: skip
    config.add_argument("what", nargs="?", choices=("check", "show"), metavar="check|show")
    config.add_argument("file", nargs="?", type=Path, metavar="FILE", help=f"default {SERVICE_CONFIG}")
    config.add_argument("--check", type=Path, metavar="FILE", help="the same as: check FILE")
    config.add_argument("--changed", action="store_true", help="only what differs from the defaults")
    secret = add("secret", _secret, "write a credential where the service reads it",
                 "sudo speaker secret set openai_api_key", config=False)  # fmt: skip
    secret.add_argument("what", choices=("set",), metavar="set")
    secret.add_argument("name", choices=tuple(SECRETS), metavar="NAME", help=" or ".join(SECRETS))
    add("devices", _devices, "ALSA inputs and outputs, and which are chosen")
    add("listen", _listen, "live wake scores and level, for choosing a threshold")
    tools = add("tools", _tools, "list the tools, or run one against the broker",
                "speaker tools", 'sudo speaker tools set_light light="sofa lamp" on=true')  # fmt: skip
    tools.add_argument("name", nargs="?", metavar="NAME")
    tools.add_argument("arguments", nargs="*", metavar="KEY=VALUE")
    doctor = add("doctor", _doctor, "check everything, one line each with a remedy; makes two sounds")
    doctor.add_argument("--json", action="store_true", help="one JSON object")
    package = add("hub-package", _hub_package, "print a file for Home Assistant that brings what is not on MQTT",
                  "speaker hub-package > speaker.yaml", 'speaker hub-package --label voice --area Kitchen')  # fmt: skip
    package.add_argument("--label", default=HUB_LABEL, help=f"what has this label comes along; default {HUB_LABEL}")
    package.add_argument("--area", action="append", default=[], metavar="AREA", help="only this area; may be repeated")
    package.add_argument("--entity", action="append", default=[], metavar="ENTITY",
                         help="this too, for what has no id and so takes no label; may be repeated")  # fmt: skip
    package.add_argument("--prefix", default=HUB_PREFIX, help=f"discovery prefix; default {HUB_PREFIX}")
    package.add_argument("--assist", choices=("confirm", "allow"), help="offer a tool that hands sentences to Assist, "
                         "and whether each is asked about first; default: no such tool")  # fmt: skip
    bundle = add("bundle", _bundle, "an archive for whoever helps: log, config, doctor; no secrets")
    bundle.add_argument("--output", type=Path, metavar="FILE", default=Path("speaker-bundle.tar.gz"))
    language = add("language", _language, "what there is for each language, and a recogniser for one more",
                   "speaker language list", "sudo speaker language add de",
                   "sudo speaker language add es --from /media/stick/base-es")  # fmt: skip
    language.add_argument("what", choices=("list", "add"), metavar="list|add")
    language.add_argument("code", nargs="?", default="", metavar="CODE", help="such as de")
    language.add_argument("--from", dest="place", default="", metavar="PLACE",
                          help="a folder or an address with the files of a recogniser")  # fmt: skip
    language.add_argument("--json", action="store_true", help="the list as data")
    model = add("model", _model, "models that no package carries: which are here, and one more",
                "speaker model list", "sudo speaker model add smart-turn",
                "sudo speaker model add smart-turn --from /media/stick/pipecat_ai-1.14.0-py3-none-any.whl")  # fmt: skip
    model.add_argument("what", choices=("list", "add"), metavar="list|add")
    model.add_argument("name", nargs="?", default="", metavar="NAME", help="smart-turn, the only one")
    model.add_argument("--from", dest="place", default="", metavar="PLACE",
                       help="a path or an address of the file, or of the wheel with it")  # fmt: skip
    completion = add("completion", _completion, "what a shell needs to complete these commands",
                     "speaker completion bash | sudo tee /etc/bash_completion.d/speaker", config=False)  # fmt: skip
    completion.add_argument("shell", choices=("bash", "zsh"), metavar="bash|zsh")


def _run() -> CommandFunction:
    from speaker.cli.serving import run_daemon

    return run_daemon


def _offline() -> CommandFunction:
    from speaker.cli.serving import serve_offline

    return serve_offline


def _demo() -> CommandFunction:
    from speaker.cli.demo import run_demo

    return run_demo


def _status() -> CommandFunction:
    from speaker.cli.status import show_status

    return show_status


def _watch() -> CommandFunction:
    from speaker.cli.status import watch_events

    return watch_events


def _verb() -> CommandFunction:
    from speaker.cli.tools import send_verb

    return send_verb


def _tools() -> CommandFunction:
    from speaker.cli.tools import list_or_run_tools

    return list_or_run_tools


def _config() -> CommandFunction:
    from speaker.cli.configuration import check_or_show

    return check_or_show


def _secret() -> CommandFunction:
    from speaker.cli.secret import set_secret

    return set_secret


def _language() -> CommandFunction:
    from speaker.cli.language.command import manage_languages

    return manage_languages


def _model() -> CommandFunction:
    from speaker.cli.models import manage_models

    return manage_models


def _devices() -> CommandFunction:
    from speaker.cli.devices import list_devices

    return list_devices


def _listen() -> CommandFunction:
    from speaker.cli.devices import listen_live

    return listen_live


def _doctor() -> CommandFunction:
    from speaker.cli.doctor.command import run_doctor

    return run_doctor


def _hub_package() -> CommandFunction:
    from speaker.cli.hub_package import print_hub_package

    return print_hub_package


def _bundle() -> CommandFunction:
    from speaker.cli.doctor.command import write_bundle

    return write_bundle


def _cost() -> CommandFunction:
    from speaker.cli.cost import show_cost

    return show_cost


def _completion() -> CommandFunction:
    import shtab

    def complete(options: argparse.Namespace) -> int:
        print(shtab.complete(build_parser(), options.shell))
        return 0

    return complete
