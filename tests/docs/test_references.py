"""What the pages point to exists: links and anchors, commands, keys of the configuration, files and modules."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import yaml

from speaker.config.loading import load_settings
from tests.documents import PAGES, README, ROOT, commands, sections

MOST_README_LINES = 220

TREES = ("speaker", "tools", "tests", "docs", "systemd")

NOT_OURS = frozenset({"session.created", "mqtt.publish", "session.update", "session.updated"})
"""Written like keys of the configuration: an action of Home Assistant, events of the Realtime protocol."""

OTHERS_FILES = frozenset({"configuration.yaml"})
"""Home Assistant's."""

FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"(?:^|\s|\.venv/bin/)(?<!-u )speaker (?=([a-z][a-z_-]*))")
"""Not the user of that name, as in ``sudo -u speaker env``."""

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return FENCE.sub("", page.read_text())


def code(page: Path) -> Iterator[str]:
    """Everything in a page that is set as code: spans, and the lines of fenced blocks."""
    # A span may be broken by the end of a line.
    yield from SPAN.findall(re.sub(r"\n(?=\S)", " ", prose(page)))
    for language, block in FENCE.findall(page.read_text()):
        if language != "mermaid":
            yield from block.splitlines()


def anchors(page: Path) -> set[str]:
    """What may stand behind # in a link to a page, by GitHub's rule."""
    heads = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def names_in_tree() -> set[str]:
    """The names of all files of ours, without their folders."""
    return {file.name for tree in TREES for file in (ROOT / tree).rglob("*") if file.is_file()}


def test_readme_is_short() -> None:
    assert len(README.read_text().splitlines()) <= MOST_README_LINES


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    # A link may be broken by the end of a line, too.
    targets = re.findall(r"\[[^\]]+\]\(([^)\s]+)\)", prose(page))
    broken = []
    for target in targets:
        if re.match(r"https?:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


def test_every_page_is_linked_from_the_readme() -> None:
    linked = set(re.findall(r"\((docs/[\w-]+\.md)\)", README.read_text()))
    assert linked == {page.relative_to(ROOT).as_posix() for page in PAGES} - {"README.md"}


def test_every_example_is_linked() -> None:
    linked = {name for page in PAGES for name in re.findall(r"\(examples/([\w.-]+)\)", page.read_text())}
    assert linked == {file.name for file in (ROOT / "docs" / "examples").iterdir() if file.is_file()}


@each_page
def test_commands_exist(page: Path) -> None:
    named = {name for text in code(page) for name in COMMAND.findall(text)}
    assert named - set(commands()) == set()


@each_page
def test_keys_of_the_configuration_exist(page: Path) -> None:
    known = {f"{path}{key.encode_name}" for kind, path in sections() if path for key in msgspec.structs.fields(kind)}
    heads = "|".join(path.rstrip(".") for _, path in sections() if path)
    files = re.compile(r"\.(py|yaml|md|json)$")
    named = {one for text in code(page) for one in re.findall(rf"(?<![\w./-])((?:{heads})\.[a-z]\w*)", text)}
    assert {one for one in named if not files.search(one)} - known - NOT_OURS == set()


@each_page
def test_configurations_are_ones_that_the_speaker_takes(page: Path) -> None:
    for language, block in FENCE.findall(page.read_text()):
        if language == "yaml":
            load_settings(yaml.safe_load(block), "pi")


@each_page
def test_files_exist(page: Path) -> None:
    words = {word.rstrip(".,:;") for text in code(page) for word in text.split()}
    # What begins with speaker/ may also be a topic, unless it looks like a file or a folder.
    like_topics = re.compile(r"(?:\./)?((?:speaker|tools)/[\w./-]*(?:\.(?:py|yaml|json|typed)|/))")
    others = re.compile(r"(?:\./)?((?:tests|docs|systemd|\.ci)/[\w./-]+)")
    named = {found[1] for word in words for found in [like_topics.fullmatch(word) or others.fullmatch(word)] if found}
    assert {one for one in named if not (ROOT / one).exists()} == set()


@each_page
def test_file_names_exist(page: Path) -> None:
    named = {text for text in SPAN.findall(prose(page)) if re.fullmatch(r"[\w-]+\.(?:py|yaml|json|md)", text)}
    root = {file.name for file in ROOT.iterdir()}
    assert named - names_in_tree() - root - OTHERS_FILES == set()


@each_page
def test_modules_exist(page: Path) -> None:
    named = {name for text in code(page) for name in re.findall(r"python -m ([\w.]+)", text)}
    folders = (ROOT / one.replace(".", "/") for one in named)
    assert [one for one in folders if not (one.with_suffix(".py").exists() or (one / "__main__.py").exists())] == []
