"""What is generated is fresh, and config.yaml loads as it stands to what an empty file means."""

from pathlib import Path

import pytest
import yaml

from speaker.config.loading import load_settings
from speaker.conversation.state_machine import TABLE
from tests.documents import BLOCKS, CONFIG, PAGES, ROOT, config_yaml, docs, refreshed, states_diagram

STALE = "run `python -m tests.documents`"


def test_config_file_is_fresh() -> None:
    assert CONFIG.read_text() == config_yaml(), STALE


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_generated_blocks_are_fresh(page: Path) -> None:
    assert page.read_text() == refreshed(page), STALE


def test_every_page_with_blocks_exists() -> None:
    assert {ROOT / name for name in BLOCKS} <= set(PAGES)


def test_diagram_has_one_arrow_for_two_states() -> None:
    arrows = [line.partition(" : ")[0].strip() for line in states_diagram().splitlines() if " : " in line]
    assert sorted(arrows) == sorted({f"{state.name} --> {target.name}" for (state, _), target in TABLE.items()})


def test_config_file_means_the_defaults() -> None:
    assert load_settings(yaml.safe_load(CONFIG.read_text()), "pi") == load_settings(None, "pi")


def test_every_setting_says_what_it_is_for() -> None:
    silent = [f"{kind}.{name}" for kind, fields in docs().items() for name, text in fields.items() if not text]
    sections = {f"Settings.{name}" for name in docs()["Settings"]}
    assert [one for one in silent if one not in sections] == []
