"""What every sound part promises to the conversation. The stand-in and the real part are held to the same page."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np

from speaker.audio.pcm import SESSION_HZ, Samples
from speaker.conversation import events
from speaker.conversation.events import Event
from speaker.conversation.sound import OWN, SoundPart
from speaker.listening.route import MicrophoneRoute, Route
from speaker.listening.uplink_gate import Lead
from speaker.wake.detector import Detection


@dataclass(slots=True)
class Told:
    """What a sound part told."""

    events: list[Event] = field(default_factory=list)
    words: list[Detection] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def count(self, kind: type[Event]) -> int:
        return sum(isinstance(one, kind) for one in self.events)

    @property
    def playback(self) -> list[type[Event]]:
        """The news of the loudspeaker, in order."""
        kinds = (events.PlaybackQueued, events.PlaybackBegan, events.PlaybackEnded)
        return [type(one) for one in self.events if isinstance(one, kinds)]


class Rig(Protocol):
    """A sound part, and somebody in its room."""

    told: Told

    @property
    def sound(self) -> SoundPart:
        """The part that is tried."""

    async def say_wake_word(self) -> None:
        """Somebody says the wake word, and nothing else."""

    async def say(self, ms: int) -> None:
        """Somebody makes a sound of so many ms; returns when it has reached the microphone."""


@dataclass(slots=True)
class Taken:
    """A session that takes sound."""

    samples: int = 0

    def append(self, samples: Samples) -> None:
        self.samples += samples.size

    def turn_began(self, lead: Lead | None) -> None:
        """Turns are found by the service here."""

    def turn_ended(self) -> None:
        """The same."""


def tone(ms: int) -> Samples:
    t = np.arange(SESSION_HZ * ms // 1000) / SESSION_HZ
    return (8_000 * np.sin(2 * np.pi * 330 * t)).astype(np.int16)


async def until(true: Callable[[], bool], within_s: float = 15) -> None:
    async with asyncio.timeout(within_s):
        while not true():
            await asyncio.sleep(0.002)


async def an_answer_is_queued_begins_and_ends_once(rig: Rig) -> None:
    for _ in range(3):
        rig.sound.play(tone(100), "item_1")
    assert rig.sound.playing
    await until(lambda: rig.told.count(events.PlaybackEnded) > 0)
    assert rig.told.playback == [events.PlaybackQueued, events.PlaybackBegan, events.PlaybackEnded]
    await until(lambda: not rig.sound.playing)
    assert rig.sound.hush() == [], "what was heard in full is not cut"


async def what_is_silenced_was_heard_up_to_there(rig: Rig) -> None:
    rig.sound.play(tone(3_000), "item_1")
    rig.sound.play(tone(500), "item_2")
    await until(lambda: rig.told.count(events.PlaybackBegan) > 0)
    await asyncio.sleep(0.02)
    first, second = rig.sound.hush()
    assert (first.item, second.item) == ("item_1", "item_2")
    assert 0 <= first.played_ms < first.received_ms
    assert (first.received_ms, second.played_ms, second.received_ms) == (3_000, 0, 500)
    await until(lambda: not rig.sound.playing)
    await asyncio.sleep(0.1)
    assert rig.told.count(events.PlaybackEnded) == 0, "nobody is told of an end that nobody heard"
    rig.sound.play(tone(100), "item_3")
    await until(lambda: rig.told.count(events.PlaybackEnded) > 0)
    assert rig.told.count(events.PlaybackQueued) == 2


async def the_own_voice_counts_as_sound_from_the_moment_it_is_asked(rig: Rig) -> None:
    spoke: list[float] = []
    rig.sound.speak("Hello.", OWN, lambda ms, _: spoke.append(ms))
    assert rig.sound.playing
    assert rig.told.playback == [events.PlaybackQueued]
    await until(lambda: rig.told.count(events.PlaybackEnded) > 0)
    assert rig.told.playback == [events.PlaybackQueued, events.PlaybackBegan, events.PlaybackEnded]
    (ms,) = spoke
    assert ms > 0


async def a_chime_is_no_answer(rig: Rig) -> None:
    rig.sound.chime("wake", 10)
    await asyncio.sleep(0.3)
    assert rig.told.playback == []


async def the_session_gets_the_microphone_while_it_is_routed_there(rig: Rig) -> None:
    taken = Taken()
    rig.sound.open_microphone(True)
    rig.sound.begin_audit()
    rig.sound.route(Route(MicrophoneRoute.SESSION, taken))
    await rig.say(400)
    await until(lambda: taken.samples > 0)
    assert (rig.sound.audit.lost, rig.sound.audit.duplicated) == (0, 0)
    rig.sound.route(Route(MicrophoneRoute.WAKE))
    before = taken.samples
    await rig.say(400)
    assert taken.samples == before
    assert rig.told.words == []


async def a_closed_microphone_hears_nothing(rig: Rig) -> None:
    taken = Taken()
    rig.sound.open_microphone(False)
    rig.sound.route(Route(MicrophoneRoute.OFF, taken))
    await rig.say(400)
    assert taken.samples == 0


async def what_follows_the_wake_word_waits_for_the_session(rig: Rig) -> None:
    rig.sound.open_microphone(True)
    rig.sound.route(Route(MicrophoneRoute.WAKE))
    await rig.say_wake_word()
    await until(lambda: bool(rig.told.words))
    assert rig.told.words[0].word == "hey_jarvis"
    rig.sound.begin_audit()
    rig.sound.route(Route(MicrophoneRoute.HOLD))
    await rig.say(400)
    taken = Taken()
    rig.sound.route(Route(MicrophoneRoute.SESSION, taken))
    await rig.say(400)
    await until(lambda: taken.samples >= 400 * 16)
    assert (rig.sound.audit.lost, rig.sound.audit.duplicated) == (0, 0)
    assert len(rig.told.words) == 1


async def a_lost_sessions_words_go_to_the_next(rig: Rig) -> None:
    first, second = Taken(), Taken()
    rig.sound.open_microphone(True)
    rig.sound.route(Route(MicrophoneRoute.SESSION, first))
    await rig.say(400)
    await until(lambda: first.samples > 0)
    rig.sound.route(Route(MicrophoneRoute.SESSION))
    rig.sound.repeat()
    rig.sound.route(Route(MicrophoneRoute.SESSION, second))
    await rig.say(80)
    await until(lambda: second.samples >= first.samples)
    rig.sound.answered()
    rig.sound.repeat()
    third = Taken()
    rig.sound.route(Route(MicrophoneRoute.SESSION, third))
    await rig.say(80)
    await asyncio.sleep(0.05)
    assert third.samples < first.samples, "what was answered is not said again"


CONTRACT: Final[tuple[Callable[[Rig], Awaitable[None]], ...]] = (
    an_answer_is_queued_begins_and_ends_once,
    what_is_silenced_was_heard_up_to_there,
    the_own_voice_counts_as_sound_from_the_moment_it_is_asked,
    a_chime_is_no_answer,
    the_session_gets_the_microphone_while_it_is_routed_there,
    a_closed_microphone_hears_nothing,
    what_follows_the_wake_word_waits_for_the_session,
    a_lost_sessions_words_go_to_the_next,
)
