"""The command line as a user meets it: what it prints, and what it exits with."""

import subprocess
import sys
from pathlib import Path

import pytest

from speaker import version


def speaker(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "speaker", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_version_and_help() -> None:
    assert speaker("--version").stdout.strip() == f"speaker {version()}"
    helped = speaker("--help")
    assert helped.returncode == 0
    assert "demo" in helped.stdout


def test_wrong_usage_ends_with_2() -> None:
    done = speaker("dance")
    assert done.returncode == 2
    assert "dance" in done.stderr


def test_garbage_is_not_looked_for_among_what_was_imported() -> None:
    code = (
        "import gc; from speaker.cli import main, configuration; "
        "checked = configuration.inspect_config; "
        "configuration.inspect_config = lambda file: print(len(gc.get_objects())) or checked(file); "
        "main.main(['config', '--check', 'config.yaml'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert int(done.stdout.split()[0]) < 10_000, "objects; there are 60 000 modules, functions and classes"


def test_a_good_configuration_is_called_good() -> None:
    done = speaker("config", "--check", "config.yaml")
    assert (done.returncode, done.stdout) == (0, "config.yaml is good\n")


def test_every_mistake_of_a_configuration_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("audio: {volum: 3, duplex: loud}\nlimits: {listen_s: soon}\n")
    done = speaker("config", "--check", str(file))
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "speaker: audio.volum: unknown key. Did you mean volume? (line 1)",
        "speaker: audio.duplex: expected one of auto, full, wake, half, got str 'loud' (line 1)",
        "speaker: limits.listen_s: expected `float`, got str 'soon' (line 2)",
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "No such file"), ("audio: [", "is not YAML"), ("\x00", "is not YAML"), ("- 1", "expected a section")],
)
def test_a_file_that_is_no_configuration(tmp_path: Path, content: str | None, says: str) -> None:
    file = tmp_path / "config.yaml"
    if content is not None:
        file.write_text(content)
    done = speaker("config", "--check", str(file))
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_tools_are_listed_with_their_risk(tmp_path: Path) -> None:
    config, broken = tmp_path / "config.yaml", tmp_path / "tools" / "broken.py"
    broken.parent.mkdir()
    broken.write_text("def (")
    config.write_text(f"tools: {{paths: ['{broken.parent}'], risk: {{set_light: confirm}}, deny: [get_weather]}}\n")
    done = speaker("tools", "--config", str(config))
    assert done.returncode == 1, "a tool file that cannot be used is a failed check"
    assert "set_light(" in done.stdout
    assert "[confirm]" in done.stdout
    assert "get_weather" not in done.stdout
    assert "broken.py" in done.stderr


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("missing.wav", None, "No such file"),
        ("text.wav", b"this is not sound", "is not a PCM WAV file"),
    ],
)
def test_a_wrong_recording_for_the_demo(tmp_path: Path, name: str, content: bytes | None, says: str) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    done = speaker("demo", "--wav", str(file))
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_no_broker_is_one_sentence(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("mqtt: {host: 127.0.0.1, port: 9}\n")
    done = speaker("wake", "--config", str(config))
    assert done.returncode == 1
    assert done.stderr == "speaker: the MQTT broker 127.0.0.1:9 does not answer; check mqtt.host and mqtt.port\n"
