"""A sound part without devices: plays faster than real time, and hears what a test says.

It is believed because it passes the same contract as the real one (tests/support/sound_contract.py).
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from speaker.audio.chimes import Chime
from speaker.audio.echo_analysis import EchoReport
from speaker.audio.pcm import FRAME_SAMPLES, SESSION_HZ, Samples, samples_to_ms
from speaker.audio.playback_queue import PlayedItem
from speaker.conversation import events
from speaker.conversation.inbox import Post
from speaker.conversation.sound import OWN, Spoke
from speaker.errors import SoundError, Trouble
from speaker.listening.front_end import SensedFrame
from speaker.listening.route import MicrophoneRoute, Route
from speaker.listening.sample_audit import SampleAudit
from speaker.listening.uplink_gate import Lead
from speaker.wake.detector import Detection, WakeWords

MS_A_CHARACTER = 60.0
"""How long the own voice takes for a text."""

_SENT = frozenset({MicrophoneRoute.SESSION, MicrophoneRoute.OVER})


@dataclass(slots=True)
class _Playing:
    item: str
    ms: float
    played_ms: float = 0.0


class StandInSound:
    """The sound part of the fast tests. ``faster``: how many times as fast as real time it plays."""

    def __init__(
        self,
        post: Post,
        woken: Callable[[Detection], None],
        trouble: Trouble,
        *,
        sounds: Iterable[str] = ("wake", "done", "error", "muted", "timer"),
        faster: float = 10.0,
    ) -> None:
        self._post = post
        self._woken = woken
        self.trouble = trouble
        self._sounds = frozenset(sounds)
        self._faster = faster
        self._loop = asyncio.get_running_loop()
        self._queue: deque[_Playing] = deque()
        self._done: list[_Playing] = []
        self._timer: asyncio.TimerHandle | None = None
        self._head_began = 0.0
        self._began = False
        self._route = Route(MicrophoneRoute.OFF)
        self._held: list[Samples] = []
        self._unanswered: list[Samples] = []
        self._turns: list[Callable[[SensedFrame], None]] = []
        self._count = 0
        self.watcher: Callable[[SensedFrame], None] = lambda _: None
        """Who looks at every frame."""
        self.hearer: Callable[[Samples, str], None] = lambda _samples, _item: None
        """Who hears what is to be played: int16, 24 kHz, and its item."""
        self.open = False
        self.deaf = False
        self.unheard = ""
        self.dead = False
        """Whether no frames arrive."""
        self.held_open = False
        self.volume_percent = -1
        self.threshold = -1.0
        self.played: list[tuple[str, float]] = []
        """Sound that came to be played: item and ms."""
        self.said: list[str] = []
        """What the own voice was asked to say."""
        self.chimes: list[str] = []
        self.audit = SampleAudit()
        self.overflows = 0
        self.slips = (0, 0)
        self.words = ["hey_jarvis"]
        self.echo: EchoReport | None = None
        """What the next echo test finds; None: there is no microphone."""
        self.echo_delay_ms: float | None = None
        self.clock_ratio: float | None = None
        self.own_voice = False
        """Whether what is noticed over an answer is the speaker's own voice."""

    # Playing.

    @property
    def playing(self) -> bool:
        return bool(self._queue)

    @property
    def audible(self) -> bool:
        return bool(self._queue)

    def play(self, samples: Samples, item: str, percent: int | None = None) -> None:
        ms = samples_to_ms(samples.size, SESSION_HZ)
        self.played.append((item, ms))
        self.hearer(samples, item)
        self._add(item, ms)

    def speak(self, text: str, item: str = OWN, spoke: Spoke | None = None) -> None:
        self.said.append(text)
        ms = MS_A_CHARACTER * len(text)
        self._add(item, ms)
        if spoke is not None:
            spoke(ms, False)

    def chime(self, name: Chime, percent: int) -> None:
        if name in self._sounds:
            self.chimes.append(name)

    @property
    def queued(self) -> list[str]:
        """The items that are played or wait to be."""
        return [one.item for one in self._queue]

    def hush(self) -> list[PlayedItem]:
        self._advance()
        items: dict[str, PlayedItem] = {}
        for one in [*self._done, *self._queue]:
            known = items.get(one.item, PlayedItem(one.item, 0, 0))
            played, received = known.played_ms + int(one.played_ms), known.received_ms + int(one.ms)
            items[one.item] = PlayedItem(one.item, played, received)
        self._queue.clear()
        self._done.clear()
        self._began = False
        self._stop_timer()
        return [one for one in items.values() if one.played_ms < one.received_ms]

    def hold(self, wanted: bool) -> None:
        self.held_open = wanted

    def set_volume(self, percent: int) -> None:
        self.volume_percent = percent

    def _add(self, item: str, ms: float) -> None:
        if not self._queue:
            self._post(events.PlaybackQueued())
            self._head_began = self._loop.time()
            self._loop.call_soon(self._begin)
        self._queue.append(_Playing(item, ms))
        self._set_timer()

    def _begin(self) -> None:
        if self._queue and not self._began:
            self._began = True
            self._post(events.PlaybackBegan())

    def _set_timer(self) -> None:
        self._stop_timer()
        left_ms = sum(one.ms - one.played_ms for one in self._queue)
        passed_s = self._loop.time() - self._head_began
        self._timer = self._loop.call_later(max(0.0, left_ms / 1000 / self._faster - passed_s), self._ran_dry)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ran_dry(self) -> None:
        for one in self._queue:
            one.played_ms = one.ms
        self._done.extend(self._queue)
        self._queue.clear()
        self._began = False
        self._post(events.PlaybackEnded())

    def _advance(self) -> None:
        """Let what was heard by now be played."""
        passed_ms = 1000 * (self._loop.time() - self._head_began) * self._faster
        for one in self._queue:
            part = min(one.ms - one.played_ms, max(0.0, passed_ms))
            one.played_ms += part
            passed_ms -= part

    # Hearing.

    async def run(self) -> None:
        await asyncio.Event().wait()

    def close(self) -> None:
        self._stop_timer()
        self._route = Route(MicrophoneRoute.OFF)

    @property
    def worked_at(self) -> float:
        return 0.0 if self.deaf else self._loop.time()

    def open_microphone(self, wanted: bool) -> None:
        self.open = wanted

    def route(self, route: Route) -> None:
        self._route = route
        if route.mode in {MicrophoneRoute.OFF, MicrophoneRoute.WAKE, MicrophoneRoute.ANSWER}:
            self._held.clear()
        self._flush()

    @property
    def routed(self) -> Route:
        """Where frames go now."""
        return self._route

    def hear_wake_word(self, word: str = "hey_jarvis", score: float = 0.9) -> bool:
        """Somebody says the wake word; whether it was listened for."""
        if not self.open or self._route.mode not in {MicrophoneRoute.WAKE, MicrophoneRoute.OVER}:
            return False
        self._route = Route(MicrophoneRoute.HOLD, talk=self._route.talk)
        self._woken(Detection(word, score))
        return True

    def hear(self, ms: int = 80) -> None:
        """Somebody speaks into the microphone."""
        for _ in range(max(1, ms // 80)):
            self._count += 1
            self.hear_frame(np.full(FRAME_SAMPLES, self._count, np.int16))

    def hear_frame(self, frame: Samples) -> None:
        """The microphone delivers a frame: int16, 16 kHz, shape (1280,)."""
        if self.open and self._route.mode in {*_SENT, MicrophoneRoute.HOLD}:
            self._held.append(frame)
            self._flush()

    def hear_turn(self, ms: int = 800) -> None:
        """Somebody says a whole turn, as far as turns are found on this machine."""
        sink = self._route.sink
        assert sink is not None
        sink.turn_began(Lead("hey_jarvis", np.zeros(0, np.int16)))
        self.hear(ms)
        sink.turn_ended()

    def hear_talk(self) -> None:
        """Somebody talks over the answer, and it is noticed here."""
        if self._route.mode is MicrophoneRoute.OVER:
            self._post(events.SpokenOver())

    def hear_stop(self) -> None:
        """Somebody says "stop" where that is listened for."""
        if self._route.talk:
            self._post(events.Stopped())

    def _flush(self) -> None:
        sink = self._route.sink
        if sink is None or self._route.mode not in _SENT or not self._held:
            return
        together = np.concatenate(self._held)
        self._unanswered += self._held
        self._held.clear()
        sink.append(together)

    def begin_audit(self) -> None:
        self.audit = SampleAudit()

    def answered(self) -> None:
        self._unanswered.clear()

    def repeat(self) -> None:
        self._held[:0] = self._unanswered
        self._unanswered.clear()

    def set_threshold(self, threshold: float) -> None:
        self.threshold = threshold

    def use_words(self, words: WakeWords) -> None:
        self.words = [word.name for word in words.words]

    def attend(self, hear: Callable[[SensedFrame], None]) -> None:
        self._turns.append(hear)

    def watch(self, look: Callable[[SensedFrame], None]) -> None:
        self.watcher = look

    async def recognise(self, samples: Samples) -> str:
        return ""

    async def test_echo(self, percent: int) -> EchoReport:
        if self.echo is None:
            raise SoundError("no microphone delivers anything")
        return self.echo

    def expect_echo(self, delay_ms: float, clock_ratio: float | None) -> None:
        self.echo_delay_ms, self.clock_ratio = delay_ms, clock_ratio

    def heard_itself(self) -> bool:
        return self.own_voice
