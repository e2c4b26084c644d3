"""What each way of saving is worth: one day of a household, played through the real daemon for every variant.

``python -m tests.bench.cost [--only NAME ...] [--short] [--json FILE]``, in real time, six to fourteen minutes for
each variant; ``--report FILE ...`` prints the tables of runs that were kept with ``--json``. The daemon speaks with
the embedded Realtime server and books it as the cloud. That server counts tokens by the published rates: 100 ms of
the user or 50 ms of an answer is one, every response reads the whole conversation again, and what an earlier response
of the same session has read is the cached part. The bill of the real service was not seen.

The day has sixteen hours, nearly all of them silence, which is left out; speech and answers run in real time. Where
silence ends something (``limits`` listen_s, follow_up_s, question_s) it is shortened. That changes no token: silence
between turns is dropped by the server's turn detection, is in no item of the conversation, and is billed to nobody.
For the same reason nothing is remembered from one conversation to the next (remember_s): in a real day most come more
than the three minutes apart in which that would be done.
"""

import argparse
import asyncio
import dataclasses
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec

from speaker.audio.pcm import Samples
from speaker.config.settings import Settings
from speaker.cost.cost_tracker import now_here
from speaker.cost.tokens import Opening, Tokens
from speaker.daemon.loading import LEDGER
from speaker.demo.broker import private_broker
from speaker.demo.stage import Stage, stage, stage_settings
from speaker.demo.virtual_room import VirtualRoom
from speaker.demo.virtual_room import room as open_room
from speaker.offline.server.server import RealtimeServer, ServerSettings
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.speech.synthesiser import Synthesiser
from speaker.store.store import Ledger
from tests.bench import table
from tests.bench.bill import (
    BIG,
    CACHED,
    CLIENT_VAD,
    GATED,
    OPEN,
    TALKED,
    TEXT,
    Day,
    bill_rows,
    claim_rows,
    hearing_rows,
    talk_rows,
)
from tests.bench.day import TALK, Moment, moments, more_devices, with_talk
from tests.bench.household import Household, Score
from tests.bench.story import spoken

Json = dict[str, Any]

NAIVE: Final[Mapping[str, Json]] = {
    "session": {"endpoint": "cloud", "model": BIG},
    "audio": {"cache_mb": 0},
    "limits": {"listen_s": 2, "follow_up_s": 1.8, "question_s": 1.8, "remember_s": 0},
}
"""What all variants begin with: wake-gated, and nothing saved."""

ALL_DAY_S: Final = 1_000_000


def _open(session_s: float) -> Mapping[str, Json]:
    """A session that never sleeps.

    Sixteen hours take about 17 sessions of at most 55 minutes, so the day without its silence is renewed as often:
    ``session_s`` is a 17th of what it takes, less the turn that each session is still in when its time is up.
    """
    return {"limits": {"follow_up_s": ALL_DAY_S, "question_s": ALL_DAY_S, "session_s": session_s}}


_CLIENT_VAD: Final = {"type": "client_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 500}

VARIANTS: Final[Mapping[str, Mapping[str, Json]]] = {
    OPEN: _open(22),
    # A speaker that sleeps sends nothing of what people say to each other; one that is open pays for it and answers.
    TALKED: _open(45),
    GATED: {},
    TEXT: {"session": {"output": "text"}},
    CLIENT_VAD: {"session": {"turn_detection": _CLIENT_VAD}},
    "quiet confirmations": {"cost": {"quiet_tools": ["*"]}},
    "local first": {"session": {"turn_detection": _CLIENT_VAD, "local_first": "confident"}},
    # Where the model speaks, there is nothing of a day's answers that could be replayed.
    CACHED: {"session": {"output": "text"}, "audio": {"cache_mb": 50}},
    "all together": {
        "session": {"output": "text", "turn_detection": _CLIENT_VAD, "local_first": "confident"},
        "cost": {"quiet_tools": ["*"]},
        "audio": {"cache_mb": 50},
    },
}
"""Settings that differ from ``NAIVE``."""


async def furnish(on: Stage) -> None:
    """Bring the day's own devices into the house of the demo."""
    more = more_devices()
    await on.house.add(more)
    on.listen_to(topic for device in more for topic in device.command_topics)


def read(folder: Path, variant: str, score: Score, took_s: float) -> Day:
    """The day as the ledger has it."""
    with closing(Ledger(folder / LEDGER)) as ledger:
        today, opening = now_here().date(), Opening.read(ledger.chosen("opening_tokens"))
        lines, savings, sessions = ledger.lines(today), ledger.savings(today), ledger.sessions(today)
    paid = [line for line in lines if line.endpoint == "cloud"]
    return Day(
        variant=variant, said=score.said, heard=score.heard, meant=score.meant, understood=score.understood,
        sessions=sessions, responses=sum(line.times for line in paid),
        estimated_usd=sum(line.estimated_usd for line in paid),
        tokens=dataclasses.asdict(sum((line.tokens for line in paid), Tokens())),
        saved_usd={one.what: one.usd for one in savings}, saved_s={one.what: one.seconds for one in savings},
        took_s=took_s, missed=score.missed, opening=opening.total if opening else 0,
    )  # fmt: skip


def settings_of(variant: str, broker_port: int, url: str) -> Settings:
    """What a variant's daemon is told."""
    wanted = {
        one: NAIVE.get(one, {}) | VARIANTS[variant].get(one, {}) for one in ("session", "audio", "limits", "cost")
    }
    return stage_settings(
        broker_port, session=wanted["session"] | {"url": url}, audio=wanted["audio"], limits=wanted["limits"],
        cost=wanted["cost"],
    )  # fmt: skip


async def play(
    variant: str, room: VirtualRoom, engines: OfflineEngines, sounds: Mapping[str, Samples], day: Sequence[Moment]
) -> Day:
    """One variant's day, with a house, a broker and a ledger of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with (
            private_broker(folder) as broker,
            stage(folder, room, broker) as on,
            RealtimeServer(ServerSettings(port=0), engines) as server,
        ):
            settings = settings_of(variant, broker.port, server.url)
            await furnish(on)
            people = Household(on, sounds, stays_open=variant in {OPEN, TALKED})
            await on.start(settings)
            began = time.monotonic()
            await people.live(with_talk(day) if variant == TALKED else day)
            took_s = time.monotonic() - began
            await on.stop()
            return read(folder, variant, people.score, took_s)


def show(days: Sequence[Day]) -> None:
    """Print the tables."""
    by_name = {day.variant: day for day in days}
    table("Heard and understood", ["variant", "heard", "understood", "sessions", "guessed USD", "min"],
          list(hearing_rows(days)))  # fmt: skip
    costs = ("2.1", "mini", "% 2.1", "% mini")
    table("A day's tokens, and what they cost in USD at the prices of two models; % of the wake-gated day",
          ["variant", "responses", "text in (cached)", "audio in (cached)", "text out", "audio out",
           *costs, *(f"{one} *" for one in costs)],
          list(bill_rows(days)))  # fmt: skip
    shares = ("2.1", "mini", "holds")
    table("What each way of saving takes off the bill", ["saving", "claim", *shares, *(f"{one} *" for one in shares)],
          list(claim_rows(by_name)))  # fmt: skip
    if rows := list(talk_rows(by_name)):
        table("What people say to each other, heard by a session that is always open",
              ["model", "open USD", "gated USD", "a sentence USD", "gated is cheaper from sentences a day"],
              rows)  # fmt: skip
    print("* if the service still knew the opening of a session from the one before; the embedded server does not")
    print("batched calls cannot be switched off: the wake-gated day, and what the ledger says that they spared on it")
    print("cached phrases: text output with the cache on, against itself with the replayed sound bought from the model")


def keep(days: Sequence[Day], file: Path | None) -> None:
    """Write down what was measured so far."""
    if file is not None:
        file.write_bytes(msgspec.json.format(msgspec.json.encode(days)))


async def perform(variants: Sequence[str], *, short: bool, kept: Path | None) -> list[Day]:
    """Play variants one after another; each is kept as soon as it is over."""
    day = moments(short=short)
    voice, engines, days = Synthesiser(), OfflineEngines(), list[Day]()
    sounds = {text: spoken(voice, text) for text in {*TALK, *(said.text for moment in day for said in moment)}}
    await engines.warm_up()
    with tempfile.TemporaryDirectory() as name:
        async with open_room(Path(name)) as room:
            for variant in variants:
                print(f"{variant} ...", flush=True)
                days.append(await play(variant, room, engines, sounds, day))
                keep(days, kept)
    engines.close()
    return days


def main() -> None:
    """Measure, or read what was measured, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=VARIANTS, help="a variant; may be given several times")
    parser.add_argument("--short", action="store_true", help="about a tenth of the day, to try it out")
    parser.add_argument("--json", type=Path, help="where to keep what was measured")
    parser.add_argument("--report", type=Path, nargs="+", help="print what was kept, a later file before an earlier")
    wanted = parser.parse_args()
    if wanted.report:
        files = [msgspec.json.decode(file.read_bytes(), type=list[Day]) for file in wanted.report]
        found = {day.variant: day for days in files for day in days}
        show([found[variant] for variant in VARIANTS if variant in found])
        return
    show(asyncio.run(perform(wanted.only or list(VARIANTS), short=wanted.short, kept=wanted.json)))


if __name__ == "__main__":
    main()
