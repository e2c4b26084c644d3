"""The echo of a virtual room, as a process of its own: nothing that happens in the speaker's can delay it.

What the loudspeaker plays goes through an impulse response into the microphone.
"""

import argparse
import os
import subprocess
import sys
from typing import IO

from speaker.core import pcm
from speaker.core.acoustics import Convolver, impulse_response
from speaker.demo.processes import need

HZ = 16_000
BLOCK_MS = 10
PIPES_MS = 25.0
"""What reading and writing through PulseAudio takes by itself, measured; the impulse response adds the rest."""


def main() -> int:
    """Run until either side ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("socket", help="of the private PulseAudio")
    for name, default in (("delay-ms", 80.0), ("gain-db", -6.0), ("decay-ms", 200.0)):
        parser.add_argument(f"--{name}", type=float, default=default)
    wanted = parser.parse_args()
    response = impulse_response(max(0.0, wanted.delay_ms - PIPES_MS), wanted.gain_db, wanted.decay_ms, HZ)
    env = os.environ | {"PULSE_SERVER": f"unix:{wanted.socket}"}
    how = ["--raw", "--format=s16le", "--channels=1", f"--rate={HZ}"]
    ear = subprocess.Popen(  # noqa: S603 - a program of the system, found by need()
        [need("parec", "pulseaudio-utils"), "--device=loudspeaker.monitor", "--latency-msec=10", *how],
        stdout=subprocess.PIPE, env=env,
    )  # fmt: skip
    mouth = subprocess.Popen(  # noqa: S603 - the same
        [need("pacat", "pulseaudio-utils"), "--playback", "--device=microphone", "--latency-msec=20", *how],
        stdin=subprocess.PIPE, env=env,
    )  # fmt: skip
    try:
        if ear.stdout is not None and mouth.stdin is not None:
            carry(ear.stdout, mouth.stdin, Convolver(response))
    finally:
        ear.terminate()
        mouth.terminate()
    return 0


def carry(ear: IO[bytes], mouth: IO[bytes], convolver: Convolver) -> None:
    """Block by block, until one side ends."""
    block = pcm.BYTES_PER_SAMPLE * pcm.ms_to_samples(BLOCK_MS, HZ)
    try:
        while len(data := ear.read(block)) == block:
            mouth.write(pcm.to_bytes(convolver.push(pcm.from_bytes(data))))
            mouth.flush()
    except BrokenPipeError:
        return


if __name__ == "__main__":
    sys.exit(main())
