"""systemd and the process's surroundings: readiness, watchdog, status line, secrets, state directory."""

import contextlib
import logging
import os
import socket
import stat
from pathlib import Path
from typing import ClassVar, Final

from speaker.errors import ConfigError, SpeakerError

SECRETS: Final = {"openai_api_key": "OPENAI_API_KEY", "mqtt_password": "MQTT_PASSWORD", "web_token": "WEB_TOKEN"}
"""Credential name → environment variable."""

CREDENTIALS: Final = "credentials"
"""The folder beside the service's configuration that its secrets stand in; systemd hands them over."""

SERVICE_CONFIG: Final = Path("/etc/speaker/config.yaml")
SERVICE_STATE: Final = Path("/var/lib/speaker")
"""Where the installed service has its configuration and its state."""


class HiddenSecretError(ConfigError):
    """The service's secrets are there, and this user may not read them."""


ROOM_S: Final = 0.5
"""How long a supervisor that has not read may take to make room for news that it acts on."""


class Systemd:
    """sd_notify over its datagram socket; without one (a terminal, a test) it says nothing to nobody."""

    def __init__(self) -> None:
        address = os.environ.get("NOTIFY_SOCKET", "")
        # An abstract socket is written with @ and addressed with a leading zero byte.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        microseconds = os.environ.get("WATCHDOG_USEC", "")
        ours = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self.watchdog_s = int(microseconds) / 1e6 if microseconds.strip("0").isdecimal() and ours else None
        """Seconds after which systemd restarts a daemon that did not call ``alive``; None if it does not watch."""

    def ready(self) -> None:
        """Tell that start-up, or a reload, is complete."""
        self._send("READY=1", ROOM_S)

    def reloading(self, now_us: int) -> None:
        """Tell that the configuration is being read again; ``now_us`` is the monotonic clock."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={now_us}", ROOM_S)

    def stopping(self) -> None:
        """Tell that the end has begun."""
        self._send("STOPPING=1", ROOM_S)

    def alive(self) -> None:
        """Feed the watchdog."""
        self._send("WATCHDOG=1")

    def status(self, text: str) -> None:
        """Set the line that ``systemctl status`` shows."""
        self._send(f"STATUS={text.replace(chr(10), ' ')}")

    def _send(self, message: str, wait_s: float = 0.0) -> None:
        if not self._address:
            return
        # Who does not listen now may listen again, as systemd does after it was upgraded. A supervisor that does not
        # read is not waited for: the kernel keeps about ten messages, and the next one would block the event loop.
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel,
        ):
            channel.settimeout(wait_s)
            channel.sendto(message.encode(errors="replace"), self._address)


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

    A command in a shell, to which systemd hands over nothing, finds what the service beside the config has. Raises
    ConfigError when a file that holds secrets can be read by everybody, HiddenSecretError when only root may read it.
    """
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    given = _read(Path(folder, name)).strip() if folder else ""
    variable = SECRETS[name]
    given = given or os.environ.get(variable, "").strip()
    if given or config_file is None:
        return given or None
    written = _from_env_file(config_file.parent / ".env", variable)
    return written if written or folder else _of_service(config_file.parent / CREDENTIALS, name)


def _of_service(folder: Path, name: str) -> str | None:
    if folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK):
        raise HiddenSecretError([f"{folder} may be read by root only; run this command with sudo"])
    return _read(folder / name).strip() or None


def _read(file: Path) -> str:
    """A file that holds secrets; empty when there is none. Raises ConfigError, which never shows what is in it."""
    try:
        if file.stat().st_mode & stat.S_IROTH:
            raise ConfigError([f"{file}: everybody on this machine can read it; run `chmod 600 {file}`"])
        return file.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except PermissionError as error:
        raise HiddenSecretError([f"{file} may not be read by this user; run this command with sudo"]) from error
    except OSError as error:
        problem = f"{file} cannot be read: {error.strerror}; it must belong to the user that runs this"
        raise ConfigError([problem]) from error
    except UnicodeDecodeError:
        raise ConfigError([f"{file} is not text; write the secret into it again"]) from None


def _from_env_file(file: Path, variable: str) -> str | None:
    for line in _read(file).splitlines():
        key, _, value = line.strip().removeprefix("export ").partition("=")
        if key.strip() == variable:
            return _unquoted(value.strip()) or None
    return None


def _unquoted(value: str) -> str:
    """A value as a shell would read it: quotes are not part of it, nor is a comment after it."""
    quote = value[:1]
    if quote in {'"', "'"} and quote in value[1:]:
        return value[1 : value.index(quote, 1)]
    return value.partition(" #")[0].rstrip()


def state_place(config_file: Path | None = None) -> Path:
    """Where what must survive a restart is kept: systemd's StateDirectory, else below the home directory.

    For the service's own configuration, a command in a shell finds the state of the service. Makes no folder. Raises
    SpeakerError when there is no place, or when only root may look into it.
    """
    given = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    if given:
        return Path(given)
    if config_file == SERVICE_CONFIG and SERVICE_STATE.is_dir():
        if not os.access(SERVICE_STATE, os.R_OK | os.X_OK):
            raise SpeakerError(f"{SERVICE_STATE} may be read by root only; run this command with sudo")
        return SERVICE_STATE
    home = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    try:
        return Path(home, "speaker").expanduser()
    except RuntimeError as error:
        raise SpeakerError("this user has no home directory to keep state in; set STATE_DIRECTORY") from error


def state_directory() -> Path:
    """The same for the daemon, which makes it. Raises SpeakerError when it cannot be made."""
    folder = state_place()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SpeakerError(f"the state directory {folder} cannot be made: {error.strerror}; set STATE_DIRECTORY") from (
            error
        )
    return folder
