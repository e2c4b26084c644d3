"""A private mosquitto on a free loopback port."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from speaker.demo.processes import Process, free_port, need
from speaker.errors import SpeakerError

_START_S: Final = 10.0


class PrivateBroker:
    """mosquitto with a configuration of our own; it can be stopped and started at the same place."""

    def __init__(self, folder: Path, extra: str) -> None:
        self.port = free_port()
        config = folder / f"mosquitto-{self.port}.conf"
        # As root mosquitto would become another user, who cannot read this folder.
        config.write_text(f"listener {self.port} 127.0.0.1\nuser root\n{extra}\n")
        command = [need("mosquitto", "mosquitto"), "-c", str(config)]
        self._process = Process("mosquitto", command, folder / "mosquitto.log")

    async def start(self) -> None:
        """Start it and wait until it answers."""
        await self._process.start()
        try:
            async with asyncio.timeout(_START_S):
                while not await _answers(self.port):
                    self._process.check()
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise SpeakerError("the private mosquitto does not answer; see mosquitto.log in its folder") from None

    async def stop(self) -> None:
        """Take it away."""
        await self._process.stop()


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


@contextlib.asynccontextmanager
async def private_broker(folder: Path, extra: str = "allow_anonymous true") -> AsyncIterator[PrivateBroker]:
    """A broker for as long as it is needed; ``extra`` lines of configuration say who may do what."""
    broker = PrivateBroker(folder, extra)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()
