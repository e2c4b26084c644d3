"""The echo of a virtual room, as a process of its own: nothing that happens in the speaker's can delay it.

What the loudspeaker plays goes through an impulse response into the microphone.
"""

import argparse
import fcntl
import os
import signal
import struct
import subprocess
import sys
import termios
from typing import IO, Final

from speaker.core.acoustics import Convolver, impulse_response
from speaker.core.pcm import BYTES_PER_SAMPLE, bytes_to_ms, from_bytes, ms_to_samples, to_bytes
from speaker.demo.processes import need

READY: Final = "sound flows"
"""The line it writes when the echo has begun and its delay has settled."""

HZ: Final = 48_000
"""The rate of both sinks, so that PulseAudio need not resample."""

BLOCK_MS: Final = 10

PIPES_MS: Final = 0.0
"""What the way through PulseAudio takes by itself"""

RESERVE_MS: Final = 20

SETTLE_BLOCKS: Final = 50
"""Over so many blocks the lowest level of the pipe is taken."""

MOST_WAITING_MS: Final = 5.0
"""More than this, waiting all the time, is delay that an interruption left behind."""


def main() -> int:
    """Run until it is told to end, or PulseAudio does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("socket", help="of the private PulseAudio")
    for name, default in (("delay-ms", 80.0), ("gain-db", -6.0), ("decay-ms", 200.0)):
        parser.add_argument(f"--{name}", type=float, default=default)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ear", type=int, default=20)
    parser.add_argument("--mouth", type=int, default=60)
    wanted = parser.parse_args()
    impulse = impulse_response(max(0.0, wanted.delay_ms - PIPES_MS), wanted.gain_db, wanted.decay_ms, HZ, wanted.seed)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    env = os.environ | {"PULSE_SERVER": f"unix:{wanted.socket}"}
    how = ["--raw", "--format=s16le", "--channels=1", f"--rate={HZ}"]
    ear = subprocess.Popen(  # noqa: S603 - a program of the system, found by need()
        [need("parec", "pulseaudio-utils"), "--device=loudspeaker.monitor", f"--latency-msec={wanted.ear}", *how],
        stdout=subprocess.PIPE, env=env,
    )  # fmt: skip
    mouth = subprocess.Popen(  # noqa: S603 - the same
        [need("pacat", "pulseaudio-utils"), "--playback", "--device=microphone", f"--latency-msec={wanted.mouth}", *how],
        stdin=subprocess.PIPE, env=env,
    )  # fmt: skip
    try:
        if ear.stdout is not None and mouth.stdin is not None:
            carry(ear.stdout, mouth.stdin, Convolver(impulse))
    finally:
        for process in (mouth, ear):
            process.terminate()
            process.wait()
    return 0


def carry(ear: IO[bytes], mouth: IO[bytes], convolver: Convolver) -> None:
    """Block by block, until one side ends."""
    size = BYTES_PER_SAMPLE * ms_to_samples(BLOCK_MS, HZ)
    levels = []
    drop = 0
    first = True
    hist=[]
    import time
    while len(data := ear.read(size)) == size:
        out = to_bytes(convolver.push(from_bytes(data)))
        cut = min(drop, len(out))
        drop -= cut
        level = waiting(mouth)
        levels.append(level)
        mouth.write(out[cut:])
        mouth.flush()
        if len(levels) == SETTLE_BLOCKS:
            lowest = min(levels)
            if bytes_to_ms(lowest, HZ) > MOST_WAITING_MS:
                drop = lowest
            sys.stderr.write(f"{time.monotonic():.2f} {bytes_to_ms(lowest,HZ):.1f} {bytes_to_ms(max(levels),HZ):.1f} drop {drop}\n")
            levels=[]


def waiting(pipe: IO[bytes]) -> int:
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, struct.pack("i", 0)))[0]


if __name__ == "__main__":
    sys.exit(main())
