"""The table of controls: done, kept, shown and restored; what cannot be set is a sentence and changes nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from speaker.announce.system_speech import SystemSpeech
from speaker.config.settings import Settings
from speaker.conversation.states import State
from speaker.cost.cost_tracker import CostTracker
from speaker.errors import SpeakerError
from speaker.hub.commands import COMMANDS
from speaker.hub.control_kinds import EVERY_WORD
from speaker.hub.controls import CONTROLS, Control, Controls
from speaker.hub.parts import SpeakerParts
from speaker.offline.speech.engines import OfflineEngines
from speaker.speech.tts import TextToSpeech
from speaker.speech.tts_cache import SoundCache
from tests.support.talking_speaker import OPENING, TalkingSpeaker, brisk, talking

LOUD_ALL_DAY: dict[str, Any] = {"quiet_hours": {"from": "00:00", "to": "00:00"}}

SET: dict[str, tuple[str, Any]] = {
    "mute": ("ON", True),
    "volume": ("35", 35),
    "announcement_volume": ("80", 80),
    "threshold": ("0.7", 0.7),
    "follow_up": ("9", 9),
    "wake_word": ("hey_marvin", "hey_marvin"),
    "duplex": ("half", "half"),
    "endpoint": ("auto", "auto"),
    "budget": ("2.5", 2.5),
}
"""For each control: a payload, and what the state shows of it."""

BAD = {
    "mute": ["", "yes", "1"],
    "volume": ["", "loud", "-1", "101", "nan", "1_0", "50%"],
    "announcement_volume": ["101"],
    "threshold": ["1.1", "-0.1", "inf"],
    "follow_up": ["0", "61"],
    "wake_word": ["", "hey_nobody", "../etc"],
    "duplex": ["", "FULL", "loud"],
    "endpoint": ["", "mars"],
    "budget": ["-1", "1e9", "much"],
}


class _NoWords:
    """Wake words without their models."""

    words: tuple[()] = ()


NO_WORDS: Any = _NoWords()


class Rig:
    """Controls of a conversation without devices."""

    def __init__(self, one: TalkingSpeaker, settings: Settings, folder: Path) -> None:
        self.one = one
        self.words: list[str] = []
        self.reached: list[str] = []
        self.shown = 0
        engines = OfflineEngines()
        tts = TextToSpeech(engines, SoundCache(folder / "phrases", 0), lambda _ms, _cached: None)
        self.parts = SpeakerParts(
            settings,
            one.conversation,
            SystemSpeech(one.conversation, tts, one.ledger.memory, one.told.append),
            CostTracker(settings, one.ledger, one.told.append),
            words=self._words,
            reachable=self._reach,
            publish=self._publish,
        )
        self.controls = Controls(self.parts, one.ledger, self._show)

    def _words(self, name: str) -> Any:
        self.words.append(name)
        return NO_WORDS

    def _reach(self, name: str) -> None:
        self.reached.append(name)
        if name == "offline":
            raise SpeakerError("that one cannot be reached")

    async def _publish(self, _topic: str, _payload: str) -> None:
        raise AssertionError

    def _show(self) -> None:
        self.shown += 1

    def showing(self, control: Control) -> Any:
        state = self.controls.state()
        return (state["chosen"] if control.kind.chosen else state)[control.state_key]


@asynccontextmanager
async def rig(folder: Path, **sections: Any) -> AsyncIterator[Rig]:
    settings = brisk(**LOUD_ALL_DAY, **sections)
    async with talking(folder, OPENING, settings=settings) as one:
        yield Rig(one, settings, folder)


by_name = pytest.mark.parametrize("control", CONTROLS, ids=lambda one: one.name)


@by_name
async def test_what_is_set_is_shown_and_kept(tmp_path: Path, control: Control) -> None:
    payload, value = SET[control.name]
    async with rig(tmp_path) as one:
        before = one.showing(control)
        assert before != value
        one.controls.command(control.name, payload)
        assert (one.showing(control), one.shown) == (value, 1)
    async with rig(tmp_path) as again:
        again.controls.restore()
        assert again.showing(control) == value, "it survives a restart"


@by_name
async def test_what_cannot_be_set_changes_nothing(tmp_path: Path, control: Control) -> None:
    async with rig(tmp_path) as one:
        before = one.controls.state()
        for payload in BAD[control.name]:
            with pytest.raises(SpeakerError, match="expected"):
                one.controls.command(control.name, payload)
        assert (one.controls.state(), one.shown) == (before, 0)


@by_name
async def test_what_is_kept_and_makes_no_sense_any_more_does_not_count(tmp_path: Path, control: Control) -> None:
    async with rig(tmp_path) as one:
        default = one.showing(control)
        one.one.ledger.choose(control.state_key, "nonsense")
        one.controls.restore()
        assert one.showing(control) == default


async def test_every_control_has_an_effect(tmp_path: Path) -> None:
    async with rig(tmp_path) as one:
        conversation, sound = one.one.conversation, one.one.sound
        for name, (payload, _) in SET.items():
            if name != "mute":
                one.controls.command(name, payload)
        assert sound.volume_percent == 35
        assert conversation.loudness.announcements_chosen == 80
        assert sound.threshold == 0.7
        assert conversation.machine.limits.follow_up_s == 9
        assert one.words == ["hey_marvin"]
        assert conversation.machine.duplex == "half"
        assert one.reached == ["auto"]
        assert one.parts.cost.budget_guard.spending.raised_usd == 2.5
        one.controls.command("mute", "ON")
        await one.one.is_in(State.MUTED)
        one.controls.command("mute", "off")
        await one.one.is_in(State.ASLEEP)


async def test_a_speaker_that_was_muted_starts_muted(tmp_path: Path) -> None:
    async with rig(tmp_path) as one:
        one.controls.command("mute", "ON")
    async with rig(tmp_path) as again:
        again.controls.restore()
        assert again.one.state is State.MUTED, "not even for a moment is the microphone open"


async def test_what_cannot_be_applied_is_not_kept(tmp_path: Path) -> None:
    async with rig(tmp_path) as one:
        with pytest.raises(SpeakerError, match="cannot be reached"):
            one.controls.command("endpoint", "offline")
        assert one.controls.value("endpoint") == "cloud"


async def test_announcements_are_as_loud_as_answers_until_somebody_says_otherwise(tmp_path: Path) -> None:
    async with rig(tmp_path) as one:
        one.controls.command("volume", "20")
        assert one.controls.state()["announcement_volume"] == 20
        one.controls.command("announcement_volume", "70")
        one.controls.command("volume", "30")
        assert one.controls.state()["announcement_volume"] == 70


async def test_the_configuration_counts_until_something_is_chosen(tmp_path: Path) -> None:
    async with rig(tmp_path, audio={"volume": 44, "duplex": "half"}, limits={"follow_up_s": 0.05}) as one:
        one.controls.restore()
        state = one.controls.state()
        assert (state["volume"], state["follow_up_s"], state["chosen"]["duplex"]) == (44, 0.05, "half")
        assert state["chosen"]["wake_word"] == EVERY_WORD
        assert one.one.sound.volume_percent == 44


def test_each_control_has_its_values_here() -> None:
    names = {control.name for control in CONTROLS}
    assert names == SET.keys() == BAD.keys()


@pytest.mark.parametrize(
    ("verb", "payload"),
    [
        ("say", "hello"), ("announce", '{"text": "hello"}'),
        ("question", '{"text": "tea?", "answers": ["yes", "no"], "reply_to": "somebody/waits"}'),
    ],
)  # fmt: skip
async def test_what_nobody_would_hear_is_refused_with_the_reason(tmp_path: Path, verb: str, payload: str) -> None:
    run = next(command.run for command in COMMANDS if command.name == verb)
    async with rig(tmp_path) as one:
        one.one.sound.unheard = "there is no loudspeaker: ALSA lists none"
        with pytest.raises(SpeakerError, match="nobody would hear it: there is no loudspeaker"):
            run(one.parts, payload)
        assert one.one.sound.said == []
