"""Where the demo's PulseAudio is taken from."""

from pathlib import Path

import pytest

from speaker.demo.sound_server import UNPACKED, sound_server
from speaker.errors import SpeakerError


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """An environment with the package in it, laid out as Debian's is."""
    place = tmp_path / UNPACKED / "usr"
    for file in (
        "bin/pulseaudio", "lib/aarch64-linux-gnu/pulseaudio/libpulsecore-16.1.so",
        "lib/pulse-16.1+dfsg1/modules/module-null-sink.so", "lib/pulse-16.1+dfsg1/modules/libprotocol-native.so",
    ):  # fmt: skip
        (place / file).parent.mkdir(parents=True, exist_ok=True)
        (place / file).write_bytes(b"")
    return tmp_path


def test_unpacked_one_is_used_where_none_is_installed(unpacked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    command, env = sound_server(unpacked)
    lib = unpacked / UNPACKED / "usr/lib"
    assert command == [
        str(unpacked / UNPACKED / "usr/bin/pulseaudio"), "--dl-search-path", str(lib / "pulse-16.1+dfsg1/modules")
    ]  # fmt: skip
    assert str(lib / "aarch64-linux-gnu/pulseaudio") in env["LD_LIBRARY_PATH"].split(":")


def test_installed_one_comes_first(unpacked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = unpacked / "pulseaudio"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(unpacked))
    assert sound_server(unpacked) == ([str(program)], {})


def test_none_at_all_names_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("speaker.demo.processes.shutil.which", lambda *_args, **_named: None)
    with pytest.raises(SpeakerError, match="apt-get install pulseaudio"):
        sound_server(tmp_path)
