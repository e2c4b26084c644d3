"""What nobody foresaw inside a conversation ends the conversation at most, and never the daemon."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from speaker.conversation.events import Event, Pressed
from speaker.conversation.observers import Observer
from speaker.conversation.states import Effect, State
from tests.support.talking_speaker import answer, brisk, talking

TOLD = brisk(privacy={"publish_transcripts": True})
NOON = [{"who": "assistant", "text": "It is noon."}]


class Clumsy(Observer):
    """Fails at whatever it is told."""

    def __getattribute__(self, name: str) -> Callable[..., None]:
        def fail(*_: Any, **__: Any) -> None:
            raise LookupError(name)

        return fail


async def test_an_observer_that_fails_takes_nothing_from_anybody(tmp_path: Path) -> None:
    async with talking(tmp_path, answer(), settings=TOLD) as speaker:
        speaker.conversation.observers._observers.insert(0, Clumsy())
        told = await speaker.converse()
        assert told["words"] == NOON
        assert speaker.notes.charged == 1
        assert [type(error) for error in speaker.failures] == [LookupError], "its place is told once"
        speaker.failures.clear()


async def test_a_conversation_that_fails_ends_and_the_next_one_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with talking(tmp_path, answer(), answer(), settings=TOLD) as speaker:
        effects = speaker.conversation.controller._effects

        def wrong(effect: Effect) -> None:
            monkeypatch.undo()
            raise ZeroDivisionError

        monkeypatch.setattr(effects, "carry_out", wrong)
        await speaker.wake_and_speak()
        await speaker.until(lambda: bool(speaker.failures))
        await speaker.is_in(State.ASLEEP)
        assert [type(error) for error in speaker.failures] == [ZeroDivisionError]
        speaker.failures.clear()
        assert (await speaker.converse())["words"] == NOON


async def test_a_machine_that_cannot_even_stop_ends_the_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with talking(tmp_path) as speaker:
        controller = speaker.conversation.controller

        def wrong(event: Event) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(controller, "take", wrong)
        speaker.conversation.inbox.post(Pressed())
        await speaker.until(lambda: bool(speaker.failures))
        with pytest.raises(ExceptionGroup) as ended:
            await speaker.life
        assert ended.group_contains(ZeroDivisionError)
        speaker.failures.clear()
