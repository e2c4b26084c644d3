"""What is asked of a session: stable text first, so that the service's cache finds it again; and how long it is."""

import math
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from speaker.config.settings import SessionSettings, ToolSettings
from speaker.config.turn_detection import ClientTurns
from speaker.cost.tokens import opening_tokens, prompt_tokens
from speaker.realtime.protocol.objects import AudioOutput
from speaker.realtime.session_config import opening
from speaker.tools.registry import ToolRegistry, bundled, find

_texts = st.text(max_size=80)
TOOLS = list(ToolRegistry(find([bundled()])[0], ToolSettings()).definitions())


@given(_texts, _texts, _texts)
def test_what_changes_seldom_stands_before_what_changes_often(one: str, other: str, more: str) -> None:
    first, second = (str(opening(SessionSettings(), house, TOOLS, more).instructions) for house in (one, other))
    role = SessionSettings().instructions.strip()
    assert first.startswith(role)
    assert second.startswith(role)
    without = str(opening(SessionSettings(), one, TOOLS).instructions)
    assert first.startswith(without)


def test_the_same_house_gives_the_same_bytes() -> None:
    def bytes_of() -> bytes:
        tools = list(ToolRegistry(find([bundled()])[0], ToolSettings()).definitions())
        return msgspec.json.encode(opening(SessionSettings(), "Devices, by room:\n- hall: Lamp (light)", tools))

    assert bytes_of() == bytes_of()


def test_tools_come_in_the_order_of_their_names() -> None:
    names = [one["name"] for one in TOOLS]
    assert names == sorted(names)


@given(_texts, _texts)
def test_the_tokens_of_an_opening_are_those_of_its_parts(house: str, more: str) -> None:
    wanted = opening(SessionSettings(), house, TOOLS, more)
    counted = opening_tokens(wanted, house)
    assert counted.total == prompt_tokens(wanted)
    assert counted.house == math.ceil(len(house) / 4)
    assert counted.tools > 100
    assert counted.instructions > 100


def test_without_tools_there_is_nothing_to_count_for_them() -> None:
    none: list[dict[str, Any]] = []
    assert opening_tokens(opening(SessionSettings(), "", none), "").tools == 0


def test_a_share_to_keep_is_asked_for_only_when_set() -> None:
    assert opening(SessionSettings(), "", []).truncation is UNSET
    kept = opening(SessionSettings(retention_ratio=0.7), "", []).truncation
    assert kept == {"type": "retention_ratio", "retention_ratio": 0.7}


def test_who_writes_needs_no_voice() -> None:
    spoken, written = opening(SessionSettings(), "", []), opening(SessionSettings(output="text"), "", [])
    assert (spoken.output_modalities, written.output_modalities) == (["audio"], ["text"])
    assert spoken.audio is not UNSET
    assert written.audio is not UNSET
    assert isinstance(spoken.audio.output, AudioOutput)
    assert written.audio.output is UNSET


def test_turns_that_are_found_here_are_not_looked_for_there() -> None:
    """Left out it would mean the service's default, and that looks for them."""
    wanted = opening(SessionSettings(turn_detection=ClientTurns()), "", [])
    document = msgspec.json.decode(msgspec.json.encode(wanted))
    assert document["audio"]["input"]["turn_detection"] is None
