"""The page as the configuration has it: nothing of it is loaded while it is off, and the check knows its token."""

import subprocess
import sys
from pathlib import Path

import pytest

from speaker.config.web_settings import SHORTEST_TOKEN
from speaker.daemon.checking import inspect_config


def test_a_speaker_without_a_page_loads_no_web_server() -> None:
    code = "import sys, speaker.cli.serving, speaker.daemon.wiring; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "speaker.daemon.page_part" in loaded
    assert [name for name in loaded if name.startswith(("aiohttp", "speaker.web.", "speaker.hub.mcp_offer"))] == []


def test_the_check_of_a_configuration_finds_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEB_TOKEN", raising=False)
    file = tmp_path / "config.yaml"
    file.write_text('mqtt: {host: broker}\nweb: {enabled: true, host: "0.0.0.0"}\n')
    (problem,) = inspect_config(file).problems
    assert "needs a token" in problem
    assert "line 2" in problem
    monkeypatch.setenv("WEB_TOKEN", "x" * SHORTEST_TOKEN)
    assert inspect_config(file).problems == []
