"""The echo of a virtual room, as a process of its own: nothing that happens in the speaker's can hold it up.

What the loudspeaker plays goes through an impulse response into the microphone, all the time::

    python -m speaker.demo.echo_path SOCKET --delay-ms 80 --gain-db -6 --decay-ms 200 --seed 1
"""

import argparse
import contextlib
import fcntl
import os
import signal
import struct
import subprocess
import sys
import termios
from typing import IO, Final

from speaker.audio.pcm import BYTES_PER_SAMPLE, Samples, from_bytes, ms_to_samples, to_bytes
from speaker.demo.processes import need
from speaker.demo.room_acoustics import Convolver, Impulse, impulse_response

READY: Final = "The echo path carries sound."
"""What it writes to its output once sound flows and the delay has settled."""

HZ: Final = 48_000
"""The rate of both null sinks, so that PulseAudio has nothing to resample."""

_BLOCK_MS: Final = 10
"""What goes through at a time, and the latency asked of parec."""

RESERVE_MS: Final = 40
"""The latency asked of pacat: about half of it is what the process may be late without a gap."""

PIPES_MS: Final = 40.0
"""What parec, pacat and the blocks take by themselves; the impulse response adds the rest, and a shorter delay
cannot be had. Measured between the monitors of the two sinks, each read with 10 ms: see Room.echo."""

_NICENESS: Final = -11
"""Ahead of everything else, where that is allowed: the niceness PulseAudio gives itself."""

ROUND: Final = 40
"""After so many blocks it is judged whether the delay has grown."""

LEFT_OVER_MS: Final = 5
"""More than this waiting for pacat through a whole round is delay that an interruption has left behind."""


class Mouth:
    """The pipe to pacat, which must not become a queue.

    PulseAudio plays silence while the process is late, and everything that was late afterwards: each
    interruption would make the delay longer, for good. So what has waited through a whole round is left out.
    """

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._waiting: list[int] = []
        self._excess = 0
        self._rounds = 0
        # More than PulseAudio asks for, so that its buffer is full each time; else the delay differs with the start.
        pipe.write(bytes(_bytes(RESERVE_MS)))

    @property
    def settled(self) -> bool:
        """Whether the delay is as it will stay. The first round began before PulseAudio took any sound."""
        return self._rounds > 1 and not self._excess

    def say(self, samples: Samples) -> None:
        """Hand over one block. Raises BrokenPipeError when pacat has ended."""
        if not self._excess:
            self._look()
        data = to_bytes(samples)
        left_out = min(self._excess, len(data))
        self._excess -= left_out
        self._pipe.write(data[left_out:])
        self._pipe.flush()

    def _look(self) -> None:
        """Not while something is being left out: until the pipe has run down by as much, it would count twice."""
        self._waiting.append(_size(self._pipe))
        if len(self._waiting) == ROUND:
            lowest = min(self._waiting)
            self._excess = lowest if lowest > _bytes(LEFT_OVER_MS) else 0
            self._waiting.clear()
            self._rounds += 1


def _bytes(ms: float) -> int:
    return ms_to_samples(ms, HZ) * BYTES_PER_SAMPLE


def _size(pipe: IO[bytes]) -> int:
    """Number of bytes that wait in a pipe."""
    (count,) = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(struct.calcsize("i"))))
    return int(count)


def _carry(ear: IO[bytes], mouth: Mouth, convolver: Convolver) -> None:
    """Block by block, until one side ends."""
    told = False
    while len(data := ear.read(_bytes(_BLOCK_MS))) == _bytes(_BLOCK_MS):
        mouth.say(convolver.push(from_bytes(data)))
        if mouth.settled and not told:
            told = True
            sys.stdout.write(f"{READY}\n")
            sys.stdout.flush()


def _run(socket: str, impulse: Impulse) -> None:
    env = os.environ | {"PULSE_SERVER": f"unix:{socket}"}
    how = ["--raw", "--format=s16le", "--channels=1", f"--rate={HZ}"]
    hear = [need("parec", "pulseaudio-utils"), "--device=loudspeaker.monitor", f"--latency-msec={_BLOCK_MS}", *how]
    say = [need("pacat", "pulseaudio-utils"), "--playback", "--device=microphone", f"--latency-msec={RESERVE_MS}", *how]
    ear = subprocess.Popen(hear, stdout=subprocess.PIPE, env=env)  # noqa: S603 - programs found by need()
    mouth = subprocess.Popen(say, stdin=subprocess.PIPE, env=env)  # noqa: S603
    try:
        assert ear.stdout is not None  # noqa: S101 - asked for when they were started
        assert mouth.stdin is not None  # noqa: S101
        _carry(ear.stdout, Mouth(mouth.stdin), Convolver(impulse))
    except BrokenPipeError:
        sys.stderr.write("pacat ended: the private PulseAudio is gone, or has no sink called microphone.\n")
    finally:
        for process in (mouth, ear):
            process.terminate()
            process.wait()


def run_echo_path() -> int:
    """Run until SIGTERM; by itself it ends, with 1, only when PulseAudio does."""
    parser = argparse.ArgumentParser(prog="python -m speaker.demo.echo_path", description=__doc__)
    parser.add_argument("socket", help="of the private PulseAudio")
    parser.add_argument("--delay-ms", type=float, default=80.0, help="from the loudspeaker sink to the microphone sink")
    parser.add_argument("--gain-db", type=float, default=-6.0, help="energy of what comes back")
    parser.add_argument("--decay-ms", type=float, default=200.0, help="until the reverberation has fallen by 60 dB")
    parser.add_argument("--seed", type=int, default=1, help="of the reverberation")
    wanted = parser.parse_args()
    rest = max(0.0, wanted.delay_ms - PIPES_MS)
    impulse = impulse_response(rest, wanted.gain_db, wanted.decay_ms, HZ, wanted.seed)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(PermissionError):
        os.nice(_NICENESS)
    _run(wanted.socket, impulse)
    return 1


if __name__ == "__main__":
    sys.exit(run_echo_path())
