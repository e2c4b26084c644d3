"""The page part: a token that is missing or too short ends the start."""

from pathlib import Path

import pytest

from speaker.cli.secret import keep_secret
from speaker.config.loading import load_settings
from speaker.daemon.loading import Surroundings
from speaker.daemon.page_part import PagePart
from speaker.daemon.systemd import Systemd
from speaker.errors import ConfigError, SpeakerError

EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - nothing listens on it here


@pytest.mark.parametrize("token", [None, "short"])
def test_a_page_for_the_house_needs_a_token(tmp_path: Path, token: str | None) -> None:
    settings = load_settings({"web": {"enabled": True, "host": EVERY_ADDRESS}}, "kitchen")
    around = Surroundings(None, tmp_path, Systemd(), None, None, token)
    with pytest.raises(ConfigError, match=r"web\.host: .*web_token") as refused:
        PagePart(settings, around, None)
    assert len(refused.value.problems) == 1


def test_a_short_token_is_not_even_written(tmp_path: Path) -> None:
    with pytest.raises(SpeakerError, match=r"at least 16.*nothing was written") as refused:
        keep_secret("web_token", "hunter22", tmp_path)
    assert "hunter22" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []
    assert keep_secret("web_token", "hunter22hunter22", tmp_path).read_text() == "hunter22hunter22"
    assert keep_secret("web_token", "", tmp_path).read_text() == "", "it can be taken back"
