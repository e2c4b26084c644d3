"""Somebody who says a day's sentences to the speaker on a stage, and notes what becomes of each.

It goes by what the speaker publishes and by the sound of the room, not by pauses, and says nothing twice.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import numpy as np

from speaker.audio.pcm import Samples
from speaker.demo.stage import STAGE_NAME, Stage
from speaker.mqtt.dispatch import IncomingMessage
from tests.bench.day import Moment, Said

Json = dict[str, Any]

ANSWER_WITHIN_S: Final = 25
QUIET_MS: Final = 300
"""The loudspeaker has been silent for so long when an answer is over; shorter than any follow-up time."""
AUDIBLE: Final = 300
"""Samples beyond this are no silence."""
CALM: Final = frozenset({"listening", "idle"})
BUSY: Final = frozenset({"processing", "responding"})


class Watch:
    """What the speaker tells while it plays, in order."""

    def __init__(self) -> None:
        self.states: list[str] = ["idle"]
        self.tools: list[Json] = []
        self.errors: list[str] = []
        self.ended = 0
        """Conversations that are over, those with nobody included."""

    def note(self, message: IncomingMessage) -> None:
        """Take in a message of the broker."""
        if message.topic == f"speaker/{STAGE_NAME}/state":
            self.states.append(msgspec.json.decode(message.payload)["state"])
        elif message.topic == f"speaker/{STAGE_NAME}/event":
            event = msgspec.json.decode(message.payload)
            self.tools += [event] if event["type"] == "tool" else []
            self.errors += [event["message"]] if event["type"] == "error" else []
            self.ended += event["type"] in {"turn", "not_for_me"}


@dataclass(slots=True)
class Score:
    """What became of the sentences so far."""

    said: int = 0
    heard: int = 0
    meant: int = 0
    understood: int = 0
    missed: list[str] = field(default_factory=list)

    def begin(self, said: Said) -> None:
        """A sentence is due."""
        self.said, self.meant = self.said + 1, self.meant + bool(said.tools)

    def miss(self, what: str) -> None:
        """Something went otherwise than it was to; nothing is said twice."""
        self.missed.append(what)
        print(f"  {what}", flush=True)


class Household:
    """Somebody who says the day's sentences, each when the speaker has done with the one before."""

    def __init__(self, on: Stage, sounds: Mapping[str, Samples], *, stays_open: bool) -> None:
        self.score = Score()
        self._on, self._sounds, self._stays_open = on, sounds, stays_open
        self._watch = Watch()
        on.listen = self._watch.note

    async def live(self, day: Sequence[Moment]) -> None:
        """Say everything, and end what is still open."""
        for moment in day:
            taken = True
            for said in moment:
                taken = await self._say(said) if taken else self._leave_out(said)
            if not self._stays_open:
                await self._on.until(lambda: self._state == "idle")
        for error in self._watch.errors:
            self.score.miss(error)
        await self._on.command("stop")
        await self._on.until(lambda: self._state == "idle")

    @property
    def _state(self) -> str:
        return self._watch.states[-1]

    async def _say(self, said: Said) -> bool:
        """Say one sentence and wait until all that comes of it is over; whether it was taken in."""
        watch, score = self._watch, self.score
        asleep = self._state == "idle"
        before, ran, ended = len(watch.states), len(watch.tools), watch.ended
        score.begin(said)
        await self._on.room.say(self._sounds[said.text])
        try:
            await self._settle(before, ended, self._on.room.now_ms)
        except TimeoutError:
            score.miss(f"{said.text} led to nothing")
            return False
        answered = not BUSY.isdisjoint(watch.states[before:])
        if answered == (said.answered or not asleep):
            score.heard += 1
        else:
            score.miss(f"{said.text} was {'' if answered else 'not '}answered")
        self._judge(said, watch.tools[ran:])
        return answered

    def _leave_out(self, said: Said) -> bool:
        """The rest of a conversation would be said to nobody: the speaker sleeps."""
        self.score.begin(said)
        self.score.miss(f"{said.text} was left out")
        return False

    def _judge(self, said: Said, tools: Sequence[Json]) -> None:
        names = sorted(one["name"] for one in tools)
        if names == sorted(said.tools) and all(one["ok"] for one in tools):
            self.score.understood += bool(said.tools)
        else:
            failed = "" if all(one["ok"] for one in tools) else ", which failed"
            self.score.miss(f"{said.text} ran {', '.join(names) or 'no tool'}{failed}")

    async def _settle(self, before: int, ended: int, since_ms: float) -> None:
        """Wait until a sentence has been worked off, and is answered by a sound at least.

        A pause in it may begin an answer that is given up again.
        """

        def settled() -> bool:
            since = self._watch.states[before:]
            if not since or since[-1] not in CALM:
                return False
            return self._watch.ended > ended or (not BUSY.isdisjoint(since) and self._sounded(since_ms))

        async with asyncio.timeout(ANSWER_WITHIN_S):
            while not settled():
                await self._on.until(settled, within_s=ANSWER_WITHIN_S)
                await self._on.room.quiet(QUIET_MS, within_s=ANSWER_WITHIN_S)

    def _sounded(self, since_ms: float) -> bool:
        heard = self._on.room.heard(since_ms)
        return bool(heard.size) and int(np.max(np.abs(heard.astype(np.int32)))) > AUDIBLE
