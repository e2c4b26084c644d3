"""A speaker for the pictures, and a conversation with it in real time: what the microphone heard, what was sent, what
was played.

The parts are the product's own, with the embedded server in place of the paid service and a voice of our own in place
of a person; there are no sound devices. The wake word is found by the real detector in the sound.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from speaker.audio import pcm
from speaker.audio.pcm import FRAME_MS, FRAME_SAMPLES, SESSION_HZ, WAKE_HZ, Samples
from speaker.conversation.events import Event
from speaker.conversation.observers import Observer, ToolCall
from speaker.conversation.states import State
from speaker.cost.cost_tracker import now_here
from speaker.cost.entries import LedgerEntry
from speaker.cost.tokens import Tokens
from speaker.daemon.loading import open_words
from speaker.listening.front_end import SensedFrame
from speaker.offline.server.server import RealtimeServer, ServerSettings
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.speech.synthesiser import Synthesiser
from speaker.tools.device_selection import Home
from speaker.tools.result import ToolResult
from speaker.wake.detector import Detection, WakeWords
from tests.support.shown_page import NoBroker, ShownPage, page_of, with_page

Json = dict[str, Any]

DAILY_USD, MONTHLY_USD = 0.30, 8.0

_ROOM_NOISE: Final = 12.0
"""Standard deviation, samples: about -69 dBFS."""

HOUSE: Final[list[Json]] = [
    {"id": name.lower(), "name": name, "room": room, "kind": kind, "state_topic": f"h/{name.lower()}"}
    | ({} if kind in {"sensor", "binary_sensor"} else {"command_topic": f"h/{name.lower()}/set"}) | more
    for name, room, kind, more in (
        ("Ceiling light", "Kitchen", "light", {}),
        ("Coffee machine", "Kitchen", "switch", {}),
        ("Temperature", "Kitchen", "sensor", {"device_class": "temperature", "unit_of_measurement": "°C"}),
        ("Sofa lamp", "Living room", "light", {}),
        ("Fan", "Living room", "fan", {}),
        ("Front door", "Hall", "lock", {}),
        ("Hall light", "Hall", "light", {}),
    )
]  # fmt: skip

REPORTED: Final = {
    "ceiling light": "OFF", "coffee machine": "OFF", "temperature": "21.5", "sofa lamp": "OFF", "fan": "OFF",
    "front door": "LOCKED", "hall light": "ON",
}  # fmt: skip


@dataclass(slots=True)
class ToldConversation(Observer):
    """One conversation as it happened. Moments are seconds since the microphone's first frame."""

    began_s: float
    """The same moment on the event loop's clock."""
    heard: list[tuple[float, Samples]] = field(default_factory=list)
    """Microphone frames: when each ended, and int16, 16 kHz."""
    sent: list[tuple[float, float]] = field(default_factory=list)
    """When sound went to the service, and how much of it in ms."""
    played: list[tuple[float, Samples]] = field(default_factory=list)
    """When a piece of the answer begins to be heard, and int16, 24 kHz."""
    states: list[tuple[float, State]] = field(default_factory=list)
    marks: list[tuple[float, str]] = field(default_factory=list)
    trace: Json = field(default_factory=dict)
    """The ``turn`` event; what comes behind it belongs to others."""
    _sounds_until_s: float = 0.0

    @property
    def now_s(self) -> float:
        """This moment."""
        return asyncio.get_running_loop().time() - self.began_s

    def woken(self, detection: Detection) -> None:
        self._mark(f"wake word, score {detection.score:.2f}")

    def opened(self, endpoint: str) -> None:
        self._mark("session is open")

    def tool_ran(self, call: ToolCall, result: ToolResult, took_s: float) -> None:
        self._mark(f"{call.name}: {'confirmed' if result.confirmed else 'done'}")

    def sound_sent(self, ms: float, *, awake: bool) -> None:
        if not self.trace:
            self.sent.append((self.now_s, ms))

    def state_changed(self, before: State, after: State, event: Event) -> None:
        if not self.trace:
            self.states.append((self.now_s, after))

    def _mark(self, what: str) -> None:
        if not self.trace:
            self.marks.append((self.now_s, what))

    def hear_answer(self, samples: Samples, _item: str) -> None:
        """A piece of the answer, which is heard behind the pieces before it."""
        begins_s = max(self.now_s, self._sounds_until_s)
        self._sounds_until_s = begins_s + samples.size / SESSION_HZ
        self.played.append((begins_s, samples))


def spoken(voice: Synthesiser, *parts: str | float) -> Samples:
    """Sentences by the offline voice and pauses in seconds, in a quiet room: int16, 16 kHz, whole frames."""
    pieces = [
        np.zeros(round(part * WAKE_HZ), np.int16)
        if isinstance(part, float)
        else pcm.resample(np.concatenate(list(voice.speak(part))), SESSION_HZ, WAKE_HZ)
        for part in parts
    ]
    sound = np.concatenate(pieces).astype(np.float64) * 0.5
    sound = np.pad(sound, (0, -sound.size % FRAME_SAMPLES))
    noise = np.random.default_rng(1).normal(0, _ROOM_NOISE, sound.size)
    return np.clip(sound + noise, -32768, 32767).astype(np.int16)


async def converse(shown: ShownPage, sound: Samples, *, most_s: float = 30.0) -> ToldConversation:
    """Play a sound into the microphone, frame by frame in real time, until the conversation has ended.

    Raises SystemExit with a sentence when it did not go well.
    """
    speaker = shown.speaker
    words = WakeWords(open_words(with_page()), refractory_s=2.0)
    told = ToldConversation(asyncio.get_running_loop().time())
    speaker.conversation.observers.add(told)
    speaker.sound.hearer = told.hear_answer
    turns = len(speaker.events("turn"))
    frames = [*sound.reshape(-1, FRAME_SAMPLES)]
    noise = np.random.default_rng(2)
    async with asyncio.timeout(most_s):
        while len(speaker.events("turn")) == turns:
            quiet = noise.normal(0, _ROOM_NOISE, FRAME_SAMPLES).astype(np.int16)
            frame = frames.pop(0) if frames else quiet
            due_s = (len(told.heard) + 1) * FRAME_MS / 1000
            await asyncio.sleep(max(0.0, due_s - told.now_s))
            told.heard.append((due_s, frame))
            detection = words.push(frame)
            speaker.sound.watcher(SensedFrame(frame, frame, detection, score=detection.score if detection else 0.01))
            if detection is not None:
                speaker.sound.hear_wake_word(detection.word, detection.score)
            speaker.sound.hear_frame(frame)
    told.trace = speaker.events("turn")[-1]
    if told.trace["ended_by"] != "follow_up_timeout" or not told.played:
        raise SystemExit(
            f"a conversation went wrong ({told.trace['ended_by']}); try again on a machine that is not busy"
        )
    return told


@asynccontextmanager
async def pictured_speaker(folder: Path, broker: NoBroker | None = None) -> AsyncIterator[ShownPage]:
    """A speaker with a page, a house, a month of spending and the embedded server behind it."""
    sections: Json = {
        "house": {"devices": HOUSE},
        "audio": {"duplex": "wake"},
        "limits": {"listen_s": 8, "think_s": 20, "follow_up_s": 1.5, "connect_s": 8, "stalled_s": 10},
        "privacy": {"publish_transcripts": True},
        "cost": {"daily_usd": DAILY_USD, "monthly_usd": MONTHLY_USD},
    }
    async with RealtimeServer(ServerSettings(port=0), OfflineEngines()) as server:
        settings = with_page(sections, url="http://kitchen.local:8767/")
        async with page_of(folder, settings=settings, cloud_url=server.url, faster=1.0, broker=broker) as shown:
            controller = shown.house.controller
            assert controller is not None
            for device, state in REPORTED.items():
                controller.hear(f"h/{device}", state.encode())
            shown.speaker.conversation.tools.provide(Home, controller)
            shown.speech.scheduler.set_timer(0, 40, 0, name="bread")
            for one in spending(now_here()):
                shown.speaker.ledger.book(one)
            yield shown


def spending(now: datetime) -> Sequence[LedgerEntry]:
    """The days of this month before ``now``, as a household might spend: made up, the same in every run."""
    chance = np.random.default_rng(7)
    entries = []
    for day in range(1, now.day):
        at = now - timedelta(days=now.day - day)
        for model, share in (("gpt-realtime-2.1-mini", 1.0), ("gpt-realtime-2.1", 0.6 * (day % 3 == 0))):
            usd = round(share * float(chance.uniform(0.04, 0.2)), 4)
            if usd:
                tokens = Tokens(text_in=round(usd * 90_000), audio_in=round(usd * 9_000), audio_out=round(usd * 12_000))
                entries.append(LedgerEntry(at=at, model=model, endpoint="cloud", cost_usd=usd, turn=0, tokens=tokens))
    return entries


def near_misses(shown: ShownPage) -> None:
    """What the last hour brought: voices that were almost the word."""
    for score in (0.21, 0.38, 0.44, 0.29):
        for one in (score, *[0.02] * 6):
            shown.frame(one, loud=900)
