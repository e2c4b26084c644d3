"""wyoming-satellite with wyoming-openwakeword beside it, as two programs; what runs here stands for the hub.

``wyoming_pair.py PYTHON_OF_OPENWAKEWORD PORT PORT``. It is not counted: its two children are.
"""

import socket
import subprocess
import sys
import time

WORD = "hey_jarvis"
MICROPHONE = "arecord -q -D default -r 16000 -c 1 -f S16_LE -t raw"


def connected(port: int, within_s: float) -> socket.socket:
    """A connection to a program that starts. Raises OSError when it does not."""
    end = time.monotonic() + within_s
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def main(wake_python: str, wake_port: int, satellite_port: int) -> None:
    """Start both, and stay connected as a hub does."""
    wake = f"tcp://127.0.0.1:{wake_port}"
    subprocess.Popen([wake_python, "-m", "wyoming_openwakeword", "--uri", wake, "--preload-model", WORD])
    connected(wake_port, 30).close()
    subprocess.Popen([
        sys.executable, "-m", "wyoming_satellite", "--name", "bench", "--uri", f"tcp://127.0.0.1:{satellite_port}",
        "--mic-command", MICROPHONE, "--wake-uri", wake, "--wake-word-name", WORD, "--no-zeroconf",
    ])  # fmt: skip
    hub = connected(satellite_port, 30)
    hub.sendall(b'{"type": "run-satellite"}\n')
    print("listening", flush=True)
    for line in hub.makefile("rb"):
        # An event is a line of JSON, and may bring bytes of its own behind it; a ping wants an answer.
        if b'"type": "ping"' in line:
            hub.sendall(b'{"type": "pong"}\n')
        # It asks for the rest of the work when its word was said.
        if b'"run-pipeline"' in line:
            print("heard", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
