"""The official SDK and PyAudio in pieces of 20 ms: what somebody writes in an afternoon.

The microphone's callback hands its piece to the event loop, which sends it; what comes is played from one buffer, which
is emptied when the service hears somebody.
"""

import asyncio
import base64
import sys
import threading
from collections.abc import Mapping

import pyaudio
from openai import AsyncOpenAI

HZ = 24_000
PIECE = HZ // 50


class Playing:
    """What is still to be played, for PyAudio's thread."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._lock = threading.Lock()

    def add(self, data: bytes) -> None:
        with self._lock:
            self._waiting += data

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def take(self, _data: bytes | None, frames: int, _time: Mapping[str, float], _status: int) -> tuple[bytes, int]:
        with self._lock:
            data = bytes(self._waiting[: 2 * frames])
            del self._waiting[: 2 * frames]
        return data.ljust(2 * frames, b"\0"), pyaudio.paContinue


async def main(url: str) -> None:
    """Talk until the process is ended."""
    loop, heard, playing = asyncio.get_running_loop(), asyncio.Queue[bytes](), Playing()

    def take(data: bytes | None, _frames: int, _time: Mapping[str, float], _status: int) -> tuple[None, int]:
        loop.call_soon_threadsafe(heard.put_nowait, data or b"")
        return None, pyaudio.paContinue

    client = AsyncOpenAI(websocket_base_url=url.removesuffix("/realtime"))
    async with client.realtime.connect(model="gpt-realtime") as connection:
        await connection.session.update(
            session={"type": "realtime", "audio": {"input": {"turn_detection": {"type": "server_vad"}}}}
        )
        devices = pyaudio.PyAudio()
        how = {"format": pyaudio.paInt16, "channels": 1, "rate": HZ, "frames_per_buffer": PIECE}
        devices.open(input=True, stream_callback=take, **how)
        devices.open(output=True, stream_callback=playing.take, **how)

        async def speak() -> None:
            while True:
                await connection.input_audio_buffer.append(audio=base64.b64encode(await heard.get()).decode())

        speaking = asyncio.create_task(speak())
        async for event in connection:
            if event.type == "response.output_audio.delta":
                playing.add(base64.b64decode(event.delta))
            elif event.type == "input_audio_buffer.speech_started":
                playing.clear()
        speaking.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
