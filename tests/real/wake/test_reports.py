"""What a model's runtime would tell to its maker stays untold."""

import os
import subprocess
import sys
from pathlib import Path

CODE = """
from speaker.wake.detector import open_word
open_word("hey_jarvis", 0.5, 1)
"""


def test_no_model_is_reported_to_anybody(tmp_path: Path) -> None:
    """A runtime that reports keeps an id of the machine and its events in the user's home; nothing of that is there."""
    silenced = {"CI", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "XDG_CACHE_HOME"}
    around = {key: value for key, value in os.environ.items() if key not in silenced} | {"HOME": str(tmp_path)}
    command = [sys.executable, "-c", CODE]
    done = subprocess.run(command, env=around, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.rglob("*")) == []
