"""systemd and the process's surroundings: readiness, watchdog, status line, secrets, state directory."""

import logging
import os
import socket
import stat
from pathlib import Path
from typing import ClassVar, Final

from speaker.core.errors import ConfigError, SpeakerError

SECRETS: Final = {"openai_api_key": "OPENAI_API_KEY", "mqtt_password": "MQTT_PASSWORD"}
"""Credential name → environment variable."""


class Systemd:
    """sd_notify over its datagram socket; without one (a terminal, a test) it says nothing to nobody."""

    def __init__(self) -> None:
        address = os.environ.get("NOTIFY_SOCKET", "")
        # An abstract socket is written with @ and addressed with a leading zero byte.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        microseconds = os.environ.get("WATCHDOG_USEC", "")
        ours = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self.watchdog_s = int(microseconds) / 1e6 if microseconds.isdigit() and ours else None
        """Seconds after which systemd restarts a daemon that did not call ``alive``; None if it does not watch."""

    def ready(self) -> None:
        """Tell that start-up, or a reload, is complete."""
        self._send("READY=1")

    def reloading(self, now_us: int) -> None:
        """Tell that the configuration is being read again; ``now_us`` is the monotonic clock."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={now_us}")

    def stopping(self) -> None:
        """Tell that the end has begun."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """Feed the watchdog."""
        self._send("WATCHDOG=1")

    def status(self, text: str) -> None:
        """Set the line that ``systemctl status`` shows."""
        self._send(f"STATUS={text.replace(chr(10), ' ')}")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            try:
                channel.sendto(message.encode(), self._address)
            except OSError:
                self._address = ""  # whoever started us has gone; there is nobody left to tell


class JournalFormatter(logging.Formatter):
    """One line a record, with the priority that the journal reads from its beginning."""

    _PRIORITIES: ClassVar = {
        logging.DEBUG: 7,
        logging.INFO: 6,
        logging.WARNING: 4,
        logging.ERROR: 3,
        logging.CRITICAL: 2,
    }

    def format(self, record: logging.LogRecord) -> str:
        """The record; every line of a trace gets the same priority."""
        priority = self._PRIORITIES.get(record.levelno, 6)
        return "\n".join(f"<{priority}>{line}" for line in super().format(record).splitlines())


def read_secret(name: str, config_file: Path | None) -> str | None:
    """A secret by its credential name: from systemd, else the environment, else a .env beside the config.

    Raises ConfigError when a file that holds secrets can be read by everybody.
    """
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if folder and (file := Path(folder, name)).is_file():
        return file.read_text().strip() or None
    variable = SECRETS[name]
    if os.environ.get(variable):
        return os.environ[variable].strip()
    if config_file is None:
        return None
    return _from_env_file(config_file.parent / ".env", variable)


def _from_env_file(file: Path, variable: str) -> str | None:
    if not file.is_file():
        return None
    if file.stat().st_mode & stat.S_IROTH:
        raise ConfigError([f"{file}: everybody on this machine can read it; run `chmod 600 {file}`"])
    for line in file.read_text().splitlines():
        key, _, value = line.removeprefix("export ").partition("=")
        if key.strip() == variable:
            return value.strip().strip("\"'") or None
    return None


def state_directory() -> Path:
    """Where what must survive a restart is kept: systemd's StateDirectory, else below the home directory."""
    given = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    folder = Path(given) if given else Path(os.environ.get("XDG_STATE_HOME", Path.home() / ".local/state"), "speaker")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SpeakerError(f"the state directory {folder} cannot be made: {error.strerror}; set STATE_DIRECTORY") from (
            error
        )
    return folder
