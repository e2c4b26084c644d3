"""What the web page costs: memory and CPU of the process that has it, off, on, and with 50 readers.

``python -m tests.bench.page`` prints a row for each. The part that is measured has no sound devices; frames come to it
as fast as a microphone sends them, and the readers are processes of their own.
"""

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.support.shown_page import page_of, with_page

SECONDS: Final = 20
FRAME_S: Final = 0.08
READERS: Final = 50


def _rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


async def _measure(mode: str, readers: int, *, as_json: bool) -> None:
    settings = with_page(enabled=mode != "off")
    with tempfile.TemporaryDirectory() as folder:
        async with page_of(Path(folder), settings=settings) as shown:
            reading = []
            if mode == "readers":
                command = ["-m", "tests.bench.page", "--read", shown.url, "--readers", str(readers)]
                reading.append(await asyncio.create_subprocess_exec(sys.executable, *command))
                await asyncio.sleep(5)
            began, late_s = time.process_time(), 0.0
            clock = asyncio.get_running_loop().time
            due = clock()
            for number in range(int(SECONDS / FRAME_S)):
                shown.frame(0.05 + 0.3 * (number % 40 == 0))
                due += FRAME_S
                await asyncio.sleep(max(0.0, due - clock()))
                late_s = max(late_s, clock() - due)
            share = 100 * (time.process_time() - began) / SECONDS
            for one in reading:
                one.terminate()
                await one.wait()
    if as_json:
        print(json.dumps({"mb": _rss_mb(), "percent": share}))
        return
    print(f"{mode:8} {_rss_mb():6.1f} MB  {share:5.2f} % of a core  a frame at most {1000 * late_s:.1f} ms late")


async def _read(url: str, readers: int) -> None:
    import aiohttp  # noqa: PLC0415 - the rows without a page must not pay for it

    async with aiohttp.ClientSession(url, headers={"Origin": url.rstrip("/")}) as session:

        async def one() -> None:
            async with session.ws_connect("api/live") as socket:
                async for _ in socket:
                    pass

        await asyncio.gather(*(one() for _ in range(readers)))


def main() -> None:
    """All rows, or one of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mode", nargs="?", choices=("off", "on", "readers"))
    parser.add_argument("--read", metavar="URL")
    parser.add_argument("--readers", type=int, default=READERS, metavar="N", help=f"pages that look; default {READERS}")
    parser.add_argument("--json", action="store_true", help="one row as data")
    options = parser.parse_args()
    if options.read:
        asyncio.run(_read(options.read, options.readers))
    elif options.mode:
        asyncio.run(_measure(options.mode, options.readers, as_json=options.json))
    else:
        for mode in ("off", "on", "readers"):
            subprocess.run([sys.executable, "-m", "tests.bench.page", mode], check=True)


if __name__ == "__main__":
    main()
