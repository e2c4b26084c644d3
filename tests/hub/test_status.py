"""The last error: what is right again with one part says nothing of the others."""

from pathlib import Path
from typing import Any, cast

import pytest

from speaker.errors import About
from speaker.hub.mqtt_api import MqttApi
from speaker.hub.status import Status
from tests.hub.test_controls import Rig, rig


class Seen:
    """What the state says, and nothing of a broker."""

    online = True

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []

    def show(self, state: dict[str, Any]) -> None:
        self.state = state

    def event(self, event: dict[str, Any]) -> None:
        self.events.append(event)


def status(one: Rig, seen: Seen) -> Status:
    return Status(
        one.parts, one.controls, cast("MqttApi", seen), one.one.ledger,
        first_asked=lambda: "offline", line=lambda _text: None,
    )  # fmt: skip


Told = tuple[str, About]


@pytest.mark.parametrize(
    ("told", "left"),
    [
        ([("mic is gone", "microphone"), ("box is gone", "loudspeaker"), ("", "loudspeaker")], "mic is gone"),
        ([("mic is gone", "microphone"), ("box is gone", "loudspeaker"), ("", "microphone")], "box is gone"),
        ([("mic is gone", "microphone"), ("", "broker"), ("", "conversation")], "mic is gone"),
        ([("mic is gone", "microphone"), ("only zeros", "silence"), ("", "silence")], "mic is gone"),
        ([("mic is gone", "microphone"), ("", "microphone")], None),
    ],
)
async def test_each_trouble_stands_until_it_is_over(tmp_path: Path, told: list[Told], left: str | None) -> None:
    async with rig(tmp_path) as one:
        seen = Seen()
        shown = status(one, seen)
        for problem, about in told:
            shown.trouble(problem, about)
        assert seen.state["last_error"] == left
