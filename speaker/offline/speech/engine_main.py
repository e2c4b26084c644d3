"""The process of the engines: ``python -m speaker.offline.speech.engine_main NUMBER [STATE]``.

NUMBER is the descriptor of its line to the daemon. When that ends, so does the process, whatever it is doing: no
engines outlive their daemon.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Final

from speaker.offline.speech.engine_desk import EngineDesk
from speaker.offline.speech.engine_messages import LENGTH_BYTES, LINE_BYTES, EngineResult, framed, request_in
from speaker.offline.speech.speech_models import SpeechModels

EXPENDABLE: Final = "500"
"""Where memory is short, the kernel ends this process before the daemon, which can do without for a while."""


async def serve_engines(line: socket.socket, state: Path | None) -> None:
    """Take requests from the line until it ends."""
    reader, writer = await asyncio.open_connection(sock=line, limit=LINE_BYTES)

    def send(outcome: EngineResult) -> None:
        writer.write(framed(outcome))

    desk = EngineDesk(SpeechModels(state), send)
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            length = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "little")
            desk.take(request_in(await reader.readexactly(length)))
    os._exit(0)  # not at the end of a step that nobody waits for


def _main() -> None:
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    # Both go to every process of a service; what is under way is finished for as long as the daemon wants it.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(EXPENDABLE)
    number, *state = sys.argv[1:]
    asyncio.run(serve_engines(socket.socket(fileno=int(number)), Path(state[0]) if state else None))


if __name__ == "__main__":
    _main()
