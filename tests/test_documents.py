"""What is generated is fresh, and config.yaml loads as it stands to what an empty file means."""

import yaml

from speaker.core.settings import load
from tests.documents import CONFIG, README, config_yaml, docs, readme

STALE = "run `python -m tests.documents`"


def test_config_file_is_fresh() -> None:
    assert CONFIG.read_text() == config_yaml(), STALE


def test_tables_in_the_readme_are_fresh() -> None:
    assert README.read_text() == readme(README.read_text()), STALE


def test_config_file_means_the_defaults() -> None:
    assert load(yaml.safe_load(CONFIG.read_text()), "pi") == load(None, "pi")


def test_every_setting_says_what_it_is_for() -> None:
    silent = [f"{kind}.{name}" for kind, fields in docs().items() for name, text in fields.items() if not text]
    sections = {f"Settings.{name}" for name in docs()["Settings"]}
    assert [one for one in silent if one not in sections] == []
