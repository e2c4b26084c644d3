"""The unit file under systemd's own eyes, and against what the program expects."""

import configparser
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from speaker.daemon.systemd import SECRETS
from tests.support.real_parts import require

UNIT = Path(__file__).parents[3] / "systemd" / "speaker.service"


def complaints(text: str, folder: Path) -> list[str]:
    """What systemd-analyze finds wrong; the program itself need not be installed for it."""
    require("systemd-analyze")
    unit = folder / "speaker.service"
    unit.write_text(text.replace("/opt/speaker/bin/speaker", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], check=False, capture_output=True, text=True
    )
    # Unknown keys are told on stderr while the exit status stays 0.
    return [line for line in done.stderr.splitlines() if "speaker.service" in line]


def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    assert complaints(UNIT.read_text(), tmp_path) == []
    assert complaints(UNIT.read_text().replace("WatchdogSec", "WatchdogSecs"), tmp_path) != []


def test_sandbox_is_tight() -> None:
    require("systemd-analyze")
    command = ["systemd-analyze", "security", "--offline=yes", "--threshold=14", "--no-pager", str(UNIT)]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env=os.environ | {"SYSTEMD_COLORS": "0"}
    )
    assert done.returncode == 0, done.stdout[-400:] + done.stderr


def test_unit_and_program_agree() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # keys keep their case
    unit.read_string(UNIT.read_text())
    service = unit["Service"]
    assert service["Type"] == "notify"
    assert service["RestartPreventExitStatus"] == "2"
    assert service["ExecStart"].endswith("speaker run --config /etc/speaker/config.yaml")
    loaded = {line.partition("=")[2].partition(":")[0] for line in UNIT.read_text().splitlines() if "LoadCred" in line}
    assert loaded == set(SECRETS)
    stand_ins = {line.partition("=")[2] for line in UNIT.read_text().splitlines() if line.startswith("SetCredential=")}
    assert stand_ins == {f"{name}:\\n" for name in SECRETS}, "a file that is missing must not stop the service"
    reloads = [line for line in UNIT.read_text().splitlines() if line.startswith("ExecReload=")]
    assert "config check" in reloads[0], "a broken configuration fails the reload"
    assert "kill -HUP" in reloads[1]


def locked(file: Path) -> dict[str, set[str]]:
    """Package and version → hashes of a lock file."""
    found: dict[str, set[str]] = {}
    name = ""
    for line in file.read_text().splitlines():
        if line[:1].isalnum():
            name = line.rstrip("\\ ")
            found[name] = set()
        elif "--hash=sha256:" in line:
            found[name].add(line.partition("sha256:")[2].rstrip("\\ "))
    return found


def test_every_package_is_locked_with_its_hashes() -> None:
    ours, tests = (locked(UNIT.parents[1] / name) for name in ("requirements.lock", "tests/requirements.lock"))
    assert ours.items() <= tests.items(), "tests run with the very packages that the service runs with"
    assert all(hashes for hashes in tests.values())
    project = tomllib.loads((UNIT.parents[1] / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[<>=!~\[]", one)[0].lower() for one in project["dependencies"]}
    assert wanted <= {re.split(r"[= ]", one)[0] for one in ours}


@pytest.mark.parametrize("script", ["systemd/install", "systemd/setup.sh", "tests/run", ".ci/run"])
def test_scripts_are_sound_bash(script: str) -> None:
    done = subprocess.run(["bash", "-n", str(UNIT.parent.parent / script)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_installer_explains_itself_and_refuses_nonsense() -> None:
    installer = str(UNIT.parent / "install")
    helped = subprocess.run([installer, "--help"], check=False, capture_output=True, text=True)
    assert helped.returncode == 0
    assert "--demo" in helped.stdout
    wrong = subprocess.run([installer, "--nonsense"], check=False, capture_output=True, text=True)
    assert wrong.returncode == 1
    assert "unknown option --nonsense" in wrong.stderr
