"""openai-agents with sounddevice, after its realtime demo: 40 ms a piece, the microphone looked at every 10 ms.

The demo sends nothing while it plays and lets nobody interrupt it; here it does, since that is what is measured.
"""

import asyncio
import queue
import sys

import numpy as np
import sounddevice
from agents.realtime import RealtimeAgent, RealtimePlaybackTracker, RealtimeRunner

HZ = 24_000
PIECE = HZ * 40 // 1000


class Loudspeaker:
    """Plays what waits, and tells the library how much of it was played."""

    def __init__(self, tracker: RealtimePlaybackTracker) -> None:
        self._tracker = tracker
        self._waiting: queue.Queue[tuple[np.ndarray, str, int]] = queue.Queue()
        self._now: tuple[np.ndarray, str, int] | None = None
        self.interrupted = False

    def add(self, data: bytes, item: str, index: int) -> None:
        self._waiting.put((np.frombuffer(data, np.int16), item, index))

    def play(self, out: np.ndarray, _frames: int, _time: object, _status: object) -> None:
        out.fill(0)
        if self.interrupted:
            self._forget()
            return
        at = 0
        while at < len(out):
            if self._now is None:
                if self._waiting.empty():
                    return
                self._now = self._waiting.get_nowait()
            samples, item, index = self._now
            count = min(len(out) - at, len(samples))
            out[at : at + count, 0] = samples[:count]
            self._tracker.on_play_bytes(item_id=item, item_content_index=index, bytes=samples[:count].tobytes())
            at += count
            self._now = (samples[count:], item, index) if count < len(samples) else None

    def _forget(self) -> None:
        while not self._waiting.empty():
            self._waiting.get_nowait()
        self._now, self.interrupted = None, False


async def main(url: str) -> None:
    """Talk until the process is ended."""
    tracker = RealtimePlaybackTracker()
    loudspeaker = Loudspeaker(tracker)
    how = {"channels": 1, "samplerate": HZ, "dtype": np.int16}
    playing = sounddevice.OutputStream(callback=loudspeaker.play, blocksize=PIECE, **how)
    playing.start()
    runner = RealtimeRunner(RealtimeAgent(name="Assistant", instructions="Answer in one sentence."))
    config = {
        "url": url,
        "playback_tracker": tracker,
        "initial_model_settings": {"turn_detection": {"type": "server_vad", "interrupt_response": True}},
    }
    async with await runner.run(model_config=config) as session:
        microphone = sounddevice.InputStream(**how)
        microphone.start()

        async def speak() -> None:
            while True:
                if microphone.read_available < PIECE:
                    await asyncio.sleep(0.01)
                    continue
                data, _ = microphone.read(PIECE)
                await session.send_audio(data.tobytes())

        speaking = asyncio.create_task(speak())
        async for event in session:
            if event.type == "audio":
                loudspeaker.add(event.audio.data, event.item_id, event.content_index)
            elif event.type == "audio_interrupted":
                loudspeaker.interrupted = True
        speaking.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
