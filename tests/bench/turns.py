"""Whether finding the user's turns on this machine costs words: the same commands, heard by the same server.

``python -m tests.bench.turns`` speaks each command behind the wake word, in one breath or after a pause, clean and
in pink noise, through the real front end and router to the embedded server. Once it finds the turns itself in all that
it is sent; once they are found here, and it is sent nothing else. What counts is whether the rules understand the words
that came out. One synthetic voice: no row is a rate among real people.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from speaker.audio import pcm
from speaker.audio.echo_canceller import EchoCanceller
from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, Samples
from speaker.audio.vad import TurnSettings
from speaker.listening.frame_router import FrameRouter
from speaker.listening.front_end import FrontEnd
from speaker.listening.route import MicrophoneRoute, Route
from speaker.listening.uplink_gate import Lead, SpeechGate, UplinkGate, WordGate
from speaker.offline.server.server import RealtimeServer, ServerSettings
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.speech.synthesiser import Synthesiser
from tests.bench import table
from tests.bench.local import in_noise
from tests.offline.test_intent_engine import BRAIN, COMMANDS, each
from tests.real.listening.test_frame_router import feed
from tests.real.wake.test_detector import frames, ours, silence
from tests.support.strict_client import Peer, of, peer

TURNS: Final = TurnSettings(threshold=0.5, prefix_padding_ms=300, silence_duration_ms=500)
THERE: Final[dict[str, Any]] = {
    "type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 500,
    "create_response": False,
}  # fmt: skip
WRITTEN_DOWN: Final = "conversation.item.input_audio_transcription.completed"
NOISES_DB: Final = (None, 12.0, 3.0)
PAUSES_S: Final = (0.0, 1.5)


@dataclass(slots=True)
class Sent:
    """What a session was sent: sound between commits, and the rest."""

    turns: list[Samples] = field(default_factory=list)
    loose: list[Samples] = field(default_factory=list)

    def append(self, samples: Samples) -> None:
        """Take sound."""
        self.loose.append(samples)

    def turn_began(self, lead: Lead | None) -> None:
        """Nothing is recorded before."""
        self.loose.clear()

    def turn_ended(self) -> None:
        """What came is a turn."""
        self.turns.append(np.concatenate(self.loose))
        self.loose.clear()

    @property
    def size(self) -> int:
        """Samples that were sent."""
        return sum(one.size for one in (*self.turns, *self.loose))


async def through(sound: Samples, gate: UplinkGate) -> Sent | None:
    """What reaches the session of a sound (int16, 16 kHz) with a wake word in it; None if that is not heard."""
    woken: list[None] = []
    front_end = FrontEnd(ours(["hey_jarvis"], lazy=True), EchoCanceller(), 0.25, TURNS)
    router = FrameRouter(front_end, lambda _: woken.append(None), lambda: None, lambda _: None, gate)
    sent, cut, taken = Sent(), frames(sound), 0
    router.route(Route(MicrophoneRoute.WAKE))
    while not woken and taken < len(cut):
        await feed(router, cut[taken : taken + 1])
        taken += 1
    router.route(Route(MicrophoneRoute.SESSION, sent))
    await feed(router, cut[taken:])
    router.close()
    return sent if woken else None


async def words_of(client: Peer, sent: Sent, *, here: bool) -> str:
    """What the server makes of it."""
    for turn in sent.turns if here else [np.concatenate([*sent.loose, silence(1)])]:
        await client.append(pcm.resample(turn, WAKE_HZ, SESSION_HZ))
        if here:
            await client.send("input_audio_buffer.commit")
    await client.send("session.update", session={"type": "realtime"})
    before = await client.until("session.updated")
    found = [one["transcript"] for one in of(before, WRITTEN_DOWN)]
    while len(found) < len(of(before, "input_audio_buffer.committed")):
        found += [(await client.until(WRITTEN_DOWN))[-1]["transcript"]]
    return " ".join(found).strip()


async def measure(client: Peer, sounds: Iterator[tuple[list[Any], Samples]], *, here: bool) -> tuple[int, int, float]:
    """Commands, how many of them were understood, and seconds of sound that were sent for them."""
    turns = None if here else THERE
    await client.update(audio={"input": {"turn_detection": turns, "transcription": {"model": "offline"}}})
    number = right = 0
    seconds = 0.0
    for calls, sound in sounds:
        sent = await through(sound, SpeechGate(TURNS) if here else WordGate())
        number += 1
        if sent is not None:
            seconds += sent.size / WAKE_HZ
            right += list(BRAIN.reply(await words_of(client, sent, here=here)).calls) == calls
    return number, right, seconds


def spoken(say: Callable[[str], Samples], pause_s: float, db: float | None) -> Iterator[tuple[list[Any], Samples]]:
    """Every command behind the wake word: its calls, and its sound."""
    random = np.random.default_rng(0)
    for calls, sentences in COMMANDS:
        for words in each(sentences):
            apart = [say("Hey Jarvis."), silence(pause_s), say(words)]
            parts = apart if pause_s else [say(f"Hey Jarvis, {words}")]
            sound = np.concatenate([silence(2), *parts, silence(2)])
            yield calls, sound if db is None else in_noise(sound, db, random)


async def main() -> None:
    """Measure and print."""
    voice, engines = Synthesiser(), OfflineEngines()

    def say(words: str) -> Samples:
        return pcm.resample(np.concatenate(list(voice.speak(words))), SESSION_HZ, WAKE_HZ)

    rows = []
    async with RealtimeServer(ServerSettings(port=0), engines) as server, peer(server) as client:
        for pause_s in PAUSES_S:
            for db in NOISES_DB:
                found = [await measure(client, spoken(say, pause_s, db), here=here) for here in (False, True)]
                (number, there, all_s), (_, here, speech_s) = found
                said = "after a pause" if pause_s else "in one breath"
                how = f"{said}, clean" if db is None else f"{said}, {db:g} dB"
                rows.append([how, str(number), str(there), str(here), f"{all_s:.0f} s", f"{speech_s:.0f} s"])
                print(rows[-1], flush=True)
    engines.close()
    table(
        "Commands understood by the embedded server",
        ["", "commands", "server_vad", "client_vad", "sent with server_vad", "with client_vad"],
        rows,
    )


if __name__ == "__main__":
    asyncio.run(main())
