"""A conversation with one contestant: what it costs, and how soon everything reaches the other side.

Somebody asks, and talks over the answer; three times. Then one answer is heard to its end. The first exchange only
warms up. Whoever speaks is the synthetic voice, since the speaker's judge of who talks is a detector of speech.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from speaker.audio.pcm import SESSION_HZ, Samples
from tests.bench.race.contestants import Ours
from tests.bench.race.ears import EAR_HZ, Ear
from tests.bench.race.measuring_server import TURN_SILENCE_MS, MeasuringServer
from tests.bench.race.running import Hub, Runner
from tests.bench.race.sound_marks import end_of_sound, first_loud, silence_within

EXCHANGES: Final = 3
WARM_UP_S: Final = 1.0
LONG_S: Final = 4.0
WHOLE_S: Final = 6.0
SHORT_S: Final = 0.8
TALKS_AFTER_S: Final = 1.5
"""So long after an answer began somebody talks over it."""

QUIET_S: Final = 0.5
START_S: Final = 30.0
SETTLE_S: Final = 2.0
EXCHANGE_S: Final = 15.0
"""After so long, something is wrong."""

SILENCE: Final = round(0.15 * EAR_HZ)
"""So much silence ends what the loudspeaker says."""

TURN_PAUSE: Final = round(0.4 * EAR_HZ)
"""Less than ends a turn, more than any pause in what is said."""

TORN: Final = round(0.015 * EAR_HZ)
"""What is longer or shorter by more than this was not said whole."""

GAP: Final = round(0.005 * EAR_HZ)
"""So much within an answer is a gap."""

Found = dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Talk:
    """What is said: int16, 24 kHz, with sharp ends."""

    question: Samples
    interruption: Samples


@dataclass(slots=True)
class Conversation:
    """One contestant between the room and the server."""

    say: Callable[[Samples], Awaitable[None]]
    microphone: Ear
    loudspeaker: Ear
    server: MeasuringServer
    run: Runner
    hub: Hub
    found: Found = field(default_factory=dict)
    slipped: int = 0
    """How often the room itself did not say whole what was said in it: nobody is measured by that."""

    async def hold(self, talk: Talk) -> Found:
        """All figures. Raises TimeoutError when it does not answer, SpeakerError when it ends."""
        await self.begin()
        await self._whole(talk.question, WARM_UP_S)
        self.found.clear()
        self.slipped = 0
        before = self.run.used()
        for _ in range(EXCHANGES):
            await self.exchange(talk)
        await self._whole(talk.question, WHOLE_S, gaps=True)
        spent = self.run.used().since(before)
        needs = self.run.memory()
        self._note("cpu_a_minute", 60 * spent.cpu_s / spent.at_s)
        self._note("memory", needs.rss_mb)
        self._note("memory_shared", needs.pss_mb)
        self._note("slipped", self.slipped)
        return self.found

    async def begin(self) -> None:
        """Until its microphone is heard at the server; the speaker is woken first."""
        begun = self.server.appended
        if isinstance(self.run.who, Ours):
            await self.hub.is_in("idle", self.run, START_S)
            await asyncio.sleep(SETTLE_S)
            await self.hub.wake()
            await self.hub.is_in("listening", self.run, START_S)
        else:
            async with asyncio.timeout(START_S):
                while self.server.appended == begun:
                    self.run.check()
                    await asyncio.sleep(0.05)
        await asyncio.sleep(SETTLE_S)

    async def _asked(self, question: Samples, answer_s: float) -> None:
        """Ask, wait until the answer sounds, and note what that took."""
        self.server.answer_s = answer_s
        count, began = len(self.server.turns), self.microphone.place_of_end()
        await self.say(question)
        answer = await self._sounds(self.loudspeaker.place_of_end(), count + 1)
        turn = self.server.turns[-1]
        said = whole_place(self.microphone.samples, began, question)
        if said is None:
            self.slipped += 1
            return
        said_s, audible_s = self.microphone.time_of(said[1]), self.loudspeaker.time_of(answer)
        self._note("last_word_to_server", 1000 * (turn.last_sound_s - said_s))
        self._note("end_to_sound", 1000 * (audible_s - said_s) - TURN_SILENCE_MS)
        self._note("delta_to_sound", 1000 * (audible_s - turn.first_delta_s))

    async def _sounds(self, since: int, turns: int) -> int:
        """The place where the loudspeaker begins, once the server has heard so many turns."""
        async with asyncio.timeout(EXCHANGE_S):
            while True:
                self.run.check()
                if len(self.server.turns) >= turns and self.server.turns[-1].first_delta_s:
                    place = first_loud(self.loudspeaker.samples, since)
                    if place is not None:
                        return place
                await asyncio.sleep(0.05)

    async def _whole(self, question: Samples, answer_s: float, *, gaps: bool = False) -> None:
        """One answer, heard to its end."""
        since = self.loudspeaker.place_of_end()
        await self._asked(question, answer_s)
        await asyncio.sleep(answer_s)
        await self.loudspeaker.silent(QUIET_S, EXCHANGE_S)
        if gaps:
            self._note("gaps", 1000 * silence_within(self.loudspeaker.samples[since:], GAP) / EAR_HZ)

    async def exchange(self, talk: Talk) -> None:
        """An answer over which somebody talks, and the answer to that."""
        await self._asked(talk.question, LONG_S)
        await asyncio.sleep(TALKS_AFTER_S)
        self.server.answer_s = SHORT_S
        count, began = len(self.server.turns), self.microphone.place_of_end()
        await self.say(talk.interruption)
        await asyncio.sleep(LONG_S / 4)
        await self.loudspeaker.silent(QUIET_S, EXCHANGE_S)
        said = whole_place(self.microphone.samples, began, talk.interruption)
        if said is None:
            self.slipped += 1
            return
        voice_s = self.microphone.time_of(said[0])
        end = end_of_sound(self.loudspeaker.samples, self.loudspeaker.place_of(voice_s), SILENCE)
        if len(self.server.turns) > count and end is not None:
            silent_s = self.loudspeaker.time_of(end)
            self._note("voice_to_silence", 1000 * (silent_s - voice_s))
            self._note("started_to_silence", 1000 * (silent_s - self.server.turns[count].started_s))

    def _note(self, key: str, value: float) -> None:
        self.found.setdefault(key, []).append(value)


def whole_place(heard: Samples, since: int, said: Samples) -> tuple[int, int] | None:
    """Where something that was said (24 kHz) is in a recording (``EAR_HZ``), first sample and behind the last one.

    None when it is not there in one piece: a busy machine tears it.
    """
    first = first_loud(heard, since)
    end = end_of_sound(heard, since, TURN_PAUSE)
    if first is None or end is None or abs(end - first - said.size * EAR_HZ // SESSION_HZ) > TORN:
        return None
    return first, end
