"""What the process gets from its surroundings: systemd's socket, secrets, a place for its state."""

import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from speaker.daemon.systemd import SECRETS, JournalFormatter, Systemd, read_secret, state_directory
from speaker.errors import ConfigError, SpeakerError

KEY = "sk-very-secret"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No surroundings but those of the test."""
    for variable in (
        "NOTIFY_SOCKET",
        "WATCHDOG_USEC",
        "WATCHDOG_PID",
        "CREDENTIALS_DIRECTORY",
        "STATE_DIRECTORY",
        "XDG_STATE_HOME",
        *SECRETS.values(),
    ):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A datagram socket as systemd opens it, with its address in the environment."""
    address = str(tmp_path / "notify") if request.param == "path" else f"@speaker-test-{os.getpid()}"
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address.replace("@", "\0"))
        listener.settimeout(5)
        yield listener


def test_every_word_arrives(systemd: socket.socket) -> None:
    told = Systemd()
    told.ready()
    told.alive()
    told.reloading(123_456)
    told.status("waiting\nfor \udce9 “hey jarvis”")
    told.stopping()
    assert [systemd.recv(4096).decode() for _ in range(5)] == [
        "READY=1",
        "WATCHDOG=1",
        "RELOADING=1\nMONOTONIC_USEC=123456",
        "STATUS=waiting for ? “hey jarvis”",
        "STOPPING=1",
    ]


def test_a_supervisor_that_does_not_read_blocks_nobody(systemd: socket.socket) -> None:
    told = Systemd()
    for number in range(1_000):
        told.status(f"line {number}")
        told.alive()
    assert systemd.recv(4096).decode() == "STATUS=line 0", "what there was room for is there"


def test_without_a_socket_nothing_is_said_to_nobody() -> None:
    told = Systemd()
    told.ready()
    told.status("waiting")
    assert told.watchdog_s is None


def test_who_did_not_listen_is_told_again_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = tmp_path / "notify"
    monkeypatch.setenv("NOTIFY_SOCKET", str(address))
    told = Systemd()
    told.alive()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(address))
        listener.settimeout(5)
        told.alive()
        assert listener.recv(4096) == b"WATCHDOG=1"


@pytest.mark.parametrize(
    ("microseconds", "pid", "seconds"),
    [
        ("30000000", None, 30.0),
        ("1500000", str(os.getpid()), 1.5),
        ("30000000", "1", None),
        ("0", None, None),
        ("", None, None),
        ("²", None, None),
        ("-5", None, None),
    ],
)
def test_watchdog_time(
    monkeypatch: pytest.MonkeyPatch, microseconds: str, pid: str | None, seconds: float | None
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", microseconds)
    if pid:
        monkeypatch.setenv("WATCHDOG_PID", pid)
    assert Systemd().watchdog_s == seconds


def test_journal_lines_carry_their_priority() -> None:
    def line(level: int) -> str:
        return JournalFormatter("%(message)s").format(logging.makeLogRecord({"levelno": level, "msg": "one\ntwo"}))

    assert line(logging.ERROR) == "<3>one\n<3>two"
    assert line(logging.INFO) == "<6>one\n<6>two"


def secret_file(path: Path, text: str | bytes, mode: int = 0o600) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(mode)
    return path


def test_credentials_come_before_the_environment_and_that_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.yaml"
    assert read_secret("openai_api_key", None) is None
    assert read_secret("openai_api_key", config) is None
    secret_file(tmp_path / ".env", f"OPENAI_API_KEY={KEY}-file\n")
    assert read_secret("openai_api_key", config) == f"{KEY}-file"
    assert read_secret("openai_api_key", None) is None
    monkeypatch.setenv("OPENAI_API_KEY", f" {KEY}-environment\n")
    assert read_secret("openai_api_key", config) == f"{KEY}-environment"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read_secret("openai_api_key", config) == f"{KEY}-environment"
    credential = secret_file(tmp_path / "openai_api_key", f"{KEY}-credential\n")
    assert read_secret("openai_api_key", config) == f"{KEY}-credential"
    assert read_secret("mqtt_password", config) is None
    secret_file(credential, "\n")
    assert read_secret("openai_api_key", config) == f"{KEY}-environment"
    monkeypatch.setenv("OPENAI_API_KEY", " ")
    assert read_secret("openai_api_key", config) == f"{KEY}-file"


@pytest.mark.parametrize(
    ("line", "password"),
    [
        ("MQTT_PASSWORD=plain", "plain"),
        ("  export MQTT_PASSWORD = spaced ", "spaced"),
        ("MQTT_PASSWORD='with # and \" in it'", 'with # and " in it'),
        ('MQTT_PASSWORD="quoted" # a note', "quoted"),
        ("MQTT_PASSWORD=noted # a note", "noted"),
        ("MQTT_PASSWORD=a=b#c", "a=b#c"),
        ("MQTT_PASSWORD='half", "'half"),
        ("MQTT_PASSWORD=", None),
        ("# MQTT_PASSWORD=old", None),
        ("MY_MQTT_PASSWORD=other", None),
    ],
)
def test_lines_of_the_file(tmp_path: Path, line: str, password: str | None) -> None:
    secret_file(tmp_path / ".env", f"# secrets\nOPENAI_API_KEY={KEY}\n\n{line}\n")
    assert read_secret("mqtt_password", tmp_path / "config.yaml") == password
    assert read_secret("openai_api_key", tmp_path / "config.yaml") == KEY


@pytest.mark.parametrize(
    "fault",
    [
        (KEY.encode(), 0o604, "everybody on this machine can read it; run `chmod 600 "),
        (KEY.encode() + b"\xff", 0o600, "is not text; write the secret into it again"),
    ],
)
@pytest.mark.parametrize("name", [".env", "openai_api_key"])
def test_an_unfit_file_is_refused_and_its_content_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, fault: tuple[bytes, int, str]
) -> None:
    content, mode, sentence = fault
    file = secret_file(tmp_path / name, content, mode)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with pytest.raises(ConfigError) as caught:
        read_secret("openai_api_key", tmp_path / "config.yaml")
    assert str(file) in str(caught.value)
    assert sentence in str(caught.value)
    assert KEY not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_a_secret_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir(mode=0o700)
    with pytest.raises(ConfigError, match=r"\.env cannot be read: Is a directory"):
        read_secret("openai_api_key", tmp_path / "config.yaml")


def test_state_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert state_directory() == tmp_path / "home/.local/state/speaker"
    monkeypatch.setenv("XDG_STATE_HOME", "")
    assert state_directory() == tmp_path / "home/.local/state/speaker"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    assert state_directory() == tmp_path / "xdg/speaker"
    monkeypatch.setenv("STATE_DIRECTORY", f"{tmp_path / 'one'}:{tmp_path / 'two'}")
    assert state_directory() == tmp_path / "one"
    assert state_directory().is_dir()


def test_a_state_directory_that_cannot_be_made_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "file/state"))
    with pytest.raises(SpeakerError, match="file/state cannot be made: Not a directory; set STATE_DIRECTORY"):
        state_directory()
