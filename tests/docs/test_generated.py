"""What is generated is fresh, and config.yaml loads as it stands to what an empty file means."""

import textwrap
from pathlib import Path

import yaml

from speaker.config.loading import load_settings
from speaker.tools import registry
from speaker.tools.api import Home
from tests.documents import CONFIG, README, config_yaml, docs, readme
from tests.support.announced_homes import CEILING, SOFA_LAMP, home_of
from tests.support.answering_devices import echo, live, silent

STALE = "run `python -m tests.documents`"


def test_config_file_is_fresh() -> None:
    assert CONFIG.read_text() == config_yaml(), STALE


def test_tables_in_the_readme_are_fresh() -> None:
    assert README.read_text() == readme(README.read_text()), STALE


def test_config_file_means_the_defaults() -> None:
    assert load_settings(yaml.safe_load(CONFIG.read_text()), "pi") == load_settings(None, "pi")


def test_every_setting_says_what_it_is_for() -> None:
    silent = [f"{kind}.{name}" for kind, fields in docs().items() for name, text in fields.items() if not text]
    sections = {f"Settings.{name}" for name in docs()["Settings"]}
    assert [one for one in silent if one not in sections] == []


async def test_the_tool_in_the_readme_works_as_written(tmp_path: Path) -> None:
    text = README.read_text()
    begin = text.index('    """Good night."""')
    code = textwrap.dedent(text[begin : text.index("\n`home` (and", begin)])
    (tmp_path / "good_night.py").write_text(code)
    tools, problems = registry.find([tmp_path])
    assert problems == []
    good_night = tools["good_night"]
    obedient, _ = live(home_of(SOFA_LAMP, CEILING), echo)
    assert (await good_night.call("{}", {Home: obedient})).output == "Confirmed: 2 lights are off. Good night."
    deaf, _ = live(home_of(SOFA_LAMP), silent, timeout_s=0.1)
    assert (await good_night.call("{}", {Home: deaf})).status == "no answer"
