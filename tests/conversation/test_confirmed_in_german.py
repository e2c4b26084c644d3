"""A risky action in German, from the words of the user to the last sentence: only a German yes lets it be done."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from speaker.announce.answer_ears import AnswerEars
from speaker.announce.confirmation import Questions
from speaker.audio.pcm import FRAME_SAMPLES, Samples
from speaker.conversation import events
from speaker.conversation.observers import Observer
from speaker.conversation.states import State
from speaker.language.phrasebook import phrasebook
from speaker.listening.front_end import SensedFrame
from speaker.listening.speech_activity import Talk
from speaker.offline.server.scripted import EmitStep, Expect, ScriptStep
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.objects import SessionHead
from speaker.speech.answer_matching import YES_OR_NO
from speaker.tools import ToolResult, tool
from tests.support.talking_speaker import (
    OPENING,
    TalkingSpeaker,
    begins,
    brisk,
    call,
    ends,
    sound,
    talking,
    user_speaks,
    words,
)

pytestmark = pytest.mark.usefixtures("impatient")

BOOK = phrasebook("de")
GERMAN = brisk(session={"language": "de", "transcription": "writer"}, limits={"answer_s": 1})
FRAME = np.full(FRAME_SAMPLES, 900, np.int16)
UPDATED = EmitStep(ev.SessionUpdated(event_id="e2", session=SessionHead(id="sess_1")))

done: list[str] = []


@tool(risk="confirm")
async def unlock_gate() -> ToolResult:
    """Unlock the gate."""
    done.append("unlocked")
    return ToolResult("confirmed", "the gate is unlocked.")


def scene(written: str) -> list[ScriptStep]:
    return [
        *OPENING, *user_speaks(), begins(), ends(call("unlock_gate")),
        Expect("session.update"), UPDATED, Expect("input_audio_buffer.commit"),
        EmitStep(ev.AudioCommitted(event_id="e", item_id="item_9")),
        EmitStep(ev.TranscriptionCompleted(event_id="e", item_id="item_9", transcript=written)),
        Expect("conversation.item.delete"), Expect("session.update"), UPDATED,
        Expect("response.create"), begins("resp_2"), sound(200, "resp_2", "item_4"),
        words("Alles klar.", "resp_2", "item_4"), ends(response="resp_2"),
    ]  # fmt: skip


class Asker(Observer):
    """What the daemon wires around a conversation, for questions."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.questions: Questions | None = None

    def wire(self, one: TalkingSpeaker) -> None:
        async def here(_: Samples) -> str:
            raise AssertionError("English ears must not judge German")

        ears = AnswerEars(BOOK, False, here, lambda: one.conversation.sessions.present)
        self.questions = Questions(one.conversation.inbox.post, self._say, ears.hear, BOOK.answers)
        one.conversation.observers.add(self)

    async def approve(self, sentence: str) -> bool:
        assert self.questions is not None
        return await self.questions.ask(BOOK.shall_i(sentence), YES_OR_NO, 1) == "yes"

    async def _say(self, text: str) -> None:
        self.asked.append(text)

    def state_changed(self, before: State, after: State, event: events.Event) -> None:
        if after is State.CONFIRMING and self.questions is not None:
            self.questions.begin()

    def answer(self) -> None:
        assert self.questions is not None
        talk: list[Talk] = ["begins", "", "", "", "ends"]
        for one in talk:
            self.questions.hear(SensedFrame(FRAME, FRAME, talk=one))


@pytest.mark.parametrize(
    ("written", "unlocked"),
    [("Ja, mach das.", True), ("Nein.", False), ("Yes.", False), ("Ja, aber nicht jetzt.", False), ("Oui.", False)],
)
async def test_only_a_german_yes_unlocks(tmp_path: Path, written: str, unlocked: bool) -> None:
    done.clear()
    asker = Asker()
    async with talking(tmp_path, scene(written), settings=GERMAN, tools=[unlock_gate], approve=asker.approve) as one:
        asker.wire(one)
        await one.wake_and_speak()
        await one.is_in(State.CONFIRMING)
        await one.until(lambda: bool(asker.asked))
        await asyncio.sleep(0.05)
        asker.answer()
        await one.until(lambda: bool(one.events("turn")))
        sent = one.script.seen[0]
    assert done == (["unlocked"] if unlocked else [])
    outputs = [one["item"]["output"] for one in sent if one.get("item", {}).get("type") == "function_call_output"]
    assert [output.startswith("Confirmed") for output in outputs] == [unlocked]
    # The model is asked once, and only after that: the answer itself reached it by no way.
    asked = [one["type"] for one in sent if one["type"] in {"conversation.item.delete", "response.create"}]
    assert asked == ["conversation.item.delete", "response.create"]
