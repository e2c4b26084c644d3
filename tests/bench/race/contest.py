"""Everybody in turn, round by round, in one room and at one server."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, Samples
from speaker.demo.broker import private_broker
from speaker.demo.virtual_room import VirtualRoom
from speaker.demo.virtual_room import room as open_room
from speaker.errors import SpeakerError
from speaker.offline.server.server import RealtimeServer, ServerSettings
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.speech.synthesiser import Synthesiser
from tests.bench.race.asleep import first_start, speech_and_noise, wait_for_word
from tests.bench.race.awake import Conversation, Found, Talk
from tests.bench.race.contestants import Contestant, Ours, Part, takes_part
from tests.bench.race.ears import ear, say_in_room
from tests.bench.race.environments import install
from tests.bench.race.figures import Outcome
from tests.bench.race.measuring_server import MeasuringServer
from tests.bench.race.running import DEFAULT_DEVICES, Hub, Place, Runner, runner
from tests.bench.race.sound_marks import cut_sharply

QUESTION: Final = "How long is the train ride to Berlin?"
INTERRUPTION: Final = "Turn off the kitchen light."
WORD: Final = "Hey Jarvis."
READING: Final = "She asked him whether the garden had been watered, and nobody could say where the letter was from. "
MOST_FAILURES: Final = 2
"""Who fails so often is not tried again: the others wait for it each time."""

ROUND_S: Final = 120.0
"""A contestant that needs longer hangs."""


@dataclass(slots=True)
class Contest:
    """The room, the server, and what came of it so far."""

    room: VirtualRoom
    server: MeasuringServer
    hub: Hub
    place: Place
    talk: Talk
    reading: Samples
    word: Samples
    awake: Outcome = field(default_factory=Outcome)
    asleep: Outcome = field(default_factory=Outcome)
    _failures: Counter[str] = field(default_factory=Counter)

    async def begin(self, who: Contestant) -> None:
        """A start that finds nothing kept from earlier ones; what the speaker keeps then, every round has."""
        outcome = self.asleep if takes_part(who, "asleep") else Outcome()
        await self._round(who, outcome, lambda run: first_start(run, self.hub))

    async def converse(self, who: Contestant) -> None:
        """One round awake."""

        async def play(run: Runner) -> Found:
            async with self.talking(run) as conversation:
                return await conversation.hold(self.talk)

        await self._round(who, self.awake, play)

    @asynccontextmanager
    async def talking(self, run: Runner) -> AsyncIterator[Conversation]:
        """Somebody in the room who may talk with a contestant, and hears everything."""
        socket = self.place.folder / "pulse.sock"
        async with ear(socket, "microphone") as microphone, ear(socket, "loudspeaker") as loudspeaker:
            yield Conversation(partial(say_in_room, socket), microphone, loudspeaker, self.server, run, self.hub)

    async def sleep(self, who: Contestant) -> None:
        """One round asleep."""
        sound = speech_and_noise(self.reading)
        await self._round(who, self.asleep, lambda run: wait_for_word(run, self.hub, self.room, sound, self.word))

    async def _round(self, who: Contestant, outcome: Outcome, play: Callable[[Runner], Awaitable[Found]]) -> None:
        if self._failures[who.name] >= MOST_FAILURES:
            return
        self.hub.forget()
        try:
            async with asyncio.timeout(ROUND_S), runner(who, self.place) as run:
                try:
                    found = await play(run)
                except TimeoutError:
                    outcome.fail(who.name, f"did not answer in time; its last words: {run.last_words()}")
                else:
                    outcome.add(who.name, found)
                    return
        except TimeoutError:
            outcome.fail(who.name, f"hung for {ROUND_S:.0f} s")
        except SpeakerError as error:
            outcome.fail(who.name, str(error))
        self._failures[who.name] += 1


@asynccontextmanager
async def contest(environments: Path) -> AsyncIterator[Contest]:
    """Open everything that is needed around the contestants."""
    server = MeasuringServer()
    with tempfile.TemporaryDirectory(prefix="speaker-bench-") as name:
        folder, engines = Path(name), OfflineEngines()
        async with (
            open_room(folder) as room,
            private_broker(folder) as broker,
            RealtimeServer(ServerSettings(port=0), engines, server) as listening,
        ):
            alsa = folder / "default.conf"
            alsa.write_text(room.alsa_config.read_text() + DEFAULT_DEVICES)
            hub = Hub(broker.port)
            place = Place(folder, environments, alsa, broker.port, listening.url)
            yield Contest(room, server, hub, place, *await asyncio.to_thread(_voices))
            await hub.close()
        engines.close()


def _voices() -> tuple[Talk, Samples, Samples]:
    voice = Synthesiser()

    def say(text: str) -> Samples:
        samples = np.concatenate(list(voice.speak(text)))
        return pcm.amplify(samples, 0.6 * 32767 / float(np.abs(samples.astype(np.float32)).max()))

    word = np.concatenate([say(WORD), np.zeros(SESSION_HZ // 2, np.int16)])
    return Talk(cut_sharply(say(QUESTION)), cut_sharply(say(INTERRUPTION))), say(READING), word


async def hold_contest(who: Sequence[Contestant], rounds: int, environments: Path) -> tuple[Outcome, Outcome]:
    """Install who is missing and run everybody, one after the other, so many rounds: awake and asleep."""
    can: list[Contestant] = []
    refused: dict[str, str] = {}
    for one in who:
        try:
            await _installed(one, environments)
            can.append(one)
        except SpeakerError as error:
            refused[one.name] = str(error)
    parts: tuple[Part, ...] = ("awake", "asleep")
    async with contest(environments) as held:
        for one in can:
            if isinstance(one, Ours) or takes_part(one, "asleep"):
                print(f"first start: {one.name}", flush=True)
                await held.begin(one)
        for number in range(1, rounds + 1):
            for part in parts:
                for one in can:
                    if takes_part(one, part):
                        print(f"round {number} of {rounds}, {part}: {one.name}", flush=True)
                        await (held.converse if part == "awake" else held.sleep)(one)
    for one in who:
        if one.name in refused:
            for part, outcome in zip(parts, (held.awake, held.asleep), strict=True):
                if takes_part(one, part):
                    outcome.fail(one.name, refused[one.name])
    return held.awake, held.asleep


async def _installed(one: Contestant, folder: Path) -> None:
    if isinstance(one, Ours):
        return
    for environment in one.environments:
        if not environment.ready(folder):
            print(f"installing {', '.join(environment.pins)}", flush=True)
        await install(environment, folder)
