"""The pictures of the documents: each is shown, says in words what is on it, and is made by the script."""

import re
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import numpy as np
import pytest

from speaker.conversation.states import State
from tests.documents import PAGES, README, ROOT
from tests.pictures.plots import PLOTS, number
from tests.pictures.shots import SHOTS, shot_name
from tests.pictures.terminal import terminal_picture
from tests.pictures.timeline import timeline
from tests.pictures.told_conversation import ToldConversation

FOLDER: Final = ROOT / "docs" / "pictures"
MOST_BYTES: Final = 1_500_000
SHOWN_BY_README: Final = 3

OTHERS: Final = {
    "conversation.svg", "cost-month.svg", "terminal-doctor.svg", "terminal-demo.svg",
    "home-assistant-device.png", "home-assistant-card.png", "bench-rivals.svg",
}  # fmt: skip
MADE: Final = {shot_name(*one) for one in SHOTS} | set(PLOTS) | OTHERS
SVGS: Final = sorted(FOLDER.glob("*.svg"))


def shown(page: Path) -> list[tuple[str, str]]:
    """Address and words of each picture in a page; a picture for dark screens has those of the light one."""
    text = page.read_text()
    found = [(address, words) for words, address in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", text)]
    for tag in re.findall(r"<img [^>]*>", text):
        fields = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        found.append((fields["src"], fields.get("alt", "")))
    return found


def dark(page: Path) -> list[str]:
    return re.findall(r'<source [^>]*srcset="([^"]+)"', page.read_text())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pictures_exist_and_have_words(page: Path) -> None:
    for address, words in shown(page):
        assert (page.parent / address).is_file(), address
        assert len(words.split()) >= 4, f"{address}: who cannot see it reads {words!r}"
    for address in dark(page):
        assert (page.parent / address).is_file(), address
        assert address.replace("-dark.", "-light.") in {one for one, _ in shown(page)}


def test_every_picture_is_shown_and_made() -> None:
    used = {Path(one).name for page in PAGES for one in [*(one for one, _ in shown(page)), *dark(page)]}
    there = {one.name for one in FOLDER.iterdir()}
    assert used == there == MADE


def test_readme_shows_three() -> None:
    assert len(shown(README)) == SHOWN_BY_README


def test_they_are_small() -> None:
    assert sum(one.stat().st_size for one in FOLDER.iterdir()) < MOST_BYTES


@pytest.mark.parametrize("name", PLOTS)
def test_plots_are_those_of_the_tables(name: str) -> None:
    assert (FOLDER / name).read_text() == PLOTS[name](), "run `python -m tests.pictures`"


@pytest.mark.parametrize("file", SVGS, ids=lambda one: one.name)
def test_drawings_stand_alone(file: Path) -> None:
    text = file.read_text()
    for element in ElementTree.fromstring(text).iter():  # noqa: S314 - our own
        assert not str(element.tag).endswith(("script", "foreignObject", "}image"))
    assert "url(http" not in text
    assert not re.search(r'href="http', text)


@pytest.mark.parametrize(
    ("cell", "value"), [("1.5 ms", 1.5), ("0.57 / 0.16", 0.57), ("99.1 %", 99.1), ("3,084", 3084), ("$0.05", 0.05)]
)
def test_a_number_is_read_from_its_cell(cell: str, value: float) -> None:
    assert number(cell) == value


def told() -> ToldConversation:
    quiet, loud = np.zeros(1280, np.int16), np.full(1280, 9_000, np.int16)
    one = ToldConversation(0.0)
    one.heard = [(0.08 * (index + 1), loud if 2 <= index < 5 else quiet) for index in range(20)]
    one.sent = [(0.40, 80.0), (0.48, 80.0), (1.20, 80.0)]
    one.played = [(0.8, np.full(2_400, 9_000, np.int16))]
    one.states = [(0.3, State.LISTENING), (0.7, State.SPEAKING), (1.4, State.ASLEEP)]
    one.marks = [(0.3, "wake word, score 0.93")]
    one.trace = {"ms": {"speech_end_to_first_sound": 300, "tools": 80}, "cost_usd": 0.0031}
    return one


def test_timeline_shows_what_was_heard_sent_and_played() -> None:
    root = ElementTree.fromstring(timeline(told()))  # noqa: S314 - our own
    kind = "{http://www.w3.org/2000/svg}"
    texts = [one.text for one in root.iter(f"{kind}text")]
    assert {"microphone", "loudspeaker", "listening", "speaking", "wake word, score 0.93"} <= set(texts)
    assert "end of the sentence to first sound 300 ms, the tool 80 ms, 0.0031 USD" in texts
    heard, played = [(one.get("d") or "").count("M") for one in root.iter(f"{kind}path")]
    assert (heard, played) == (12, 5), "columns of 20 ms in which there was sound"
    sent = [one for one in root.iter(f"{kind}rect") if one.get("fill") == "#2b6cb0"]
    assert len(sent) == 2, "what follows without a pause is one stretch"


def test_terminal_shows_what_stands_there_in_the_end() -> None:
    wiped = "\x1b[32mgood\x1b[0m     config\r\n⠋ checking …\r\n\r\x1b[1A\x1b[2K\x1b[?25h"
    over = "10 %\r20 %\rdone\r\n"
    text = "".join(ElementTree.fromstring(terminal_picture("speaker doctor", wiped + over)).itertext())  # noqa: S314
    plain = text.replace("\xa0", " ")
    assert "$ speaker doctor" in plain
    assert "config" in plain
    assert "done" in plain
    assert not {"checking", "20 %"} & {word for word in ("checking", "20 %") if word in plain}
