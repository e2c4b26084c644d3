"""What the daemon says at its start of a language that this machine does not hear."""

import logging
from pathlib import Path

import pytest

from speaker.daemon.loading import tell_missing_ears
from speaker.offline.speech.engines import OfflineEngines


@pytest.mark.parametrize(("language", "told"), [("en-GB", 0), ("de-AT", 1), ("sv", 1)])
def test_it_is_one_line_with_the_command(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, language: str, told: int
) -> None:
    engines = OfflineEngines(tmp_path, language)
    try:
        with caplog.at_level(logging.WARNING):
            tell_missing_ears(engines, language)
    finally:
        engines.close()
    assert len(caplog.messages) == told
    assert all(f"speaker language add {language}" in one for one in caplog.messages)
