"""The table of commands beside the controls: what the hub may ask for, what each takes, and its buttons and boxes."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from speaker.announce.announcer import MOST_CHARACTERS, Announcement
from speaker.conversation import events
from speaker.errors import BrokerError, SpeakerError
from speaker.hub.parts import SpeakerParts
from speaker.hub.payloads import read_payload
from speaker.mqtt.topic_names import checked_topic

log = logging.getLogger(__name__)

Json = dict[str, Any]

LONGEST_TEXT: Final = 255
"""Characters of a text or a state that Home Assistant takes."""

Text = Annotated[str, Meta(min_length=1, max_length=MOST_CHARACTERS)]


class Announce(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The payload of ``announce``."""

    text: Annotated[str, Meta(max_length=MOST_CHARACTERS)] = ""
    url: Annotated[str, Meta(max_length=2_000)] = ""
    volume: Annotated[int, Meta(ge=0, le=100)] | None = None
    chime: bool = False


class Question(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The payload of ``question``."""

    text: Text
    answers: Annotated[list[Annotated[str, Meta(min_length=1, max_length=100)]], Meta(min_length=1, max_length=20)]
    reply_to: str
    timeout_s: Annotated[float, Meta(gt=0, le=60)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One of them."""

    name: str
    """Its verb."""
    payload: str
    """What it takes, for the documentation."""
    run: Callable[[SpeakerParts, str], None]
    """Carries out a payload. Raises SpeakerError with a sentence when it cannot be."""
    components: Mapping[str, Json] = field(default_factory=dict)
    """What Home Assistant shows for it, without the command's topic."""


def _button(title: str, icon: str, payload: str = "", **more: str) -> Json:
    return {"p": "button", "name": title, "icon": f"mdi:{icon}", "payload_press": payload, **more}


def _wake(parts: SpeakerParts, _payload: str) -> None:
    parts.refuse_if_muted("; unmute it first")
    parts.conversation.inbox.post(events.Pressed())


def _stop(parts: SpeakerParts, _payload: str) -> None:
    parts.conversation.inbox.post(events.Stopped())


def _test(parts: SpeakerParts, _payload: str) -> None:
    parts.refuse_if_muted("; unmute it first")
    parts.conversation.duplex.test()


def _say(parts: SpeakerParts, payload: str) -> None:
    parts.refuse_if_unheard()
    parts.system_speech.announce(Announcement(payload))


def _ask(parts: SpeakerParts, payload: str) -> None:
    parts.refuse_if_muted(", and an answer would open it; unmute it first")
    parts.conversation.prompts.ask(payload)


def _announce(parts: SpeakerParts, payload: str) -> None:
    wanted = read_payload(payload, Announce)
    if bool(wanted.text.strip()) == bool(wanted.url):
        raise SpeakerError("give either text or url")
    parts.refuse_if_unheard()
    parts.system_speech.announce(Announcement(wanted.text, wanted.url, wanted.volume, wanted.chime))


def _question(parts: SpeakerParts, payload: str) -> None:
    wanted = read_payload(payload, Question)
    checked_topic(wanted.reply_to, "reply_to")
    parts.refuse_if_muted(", so nobody can answer")
    parts.refuse_if_unheard()
    if not parts.conversation.controller.idle:
        raise SpeakerError("a conversation is under way; ask again when it is over")
    parts.conversation.tasks.start(_put(parts, wanted))


async def _put(parts: SpeakerParts, wanted: Question) -> None:
    timeout_s = wanted.timeout_s or parts.settings.limits.answer_s
    told: Json = {"question": wanted.text, "answer": None, "ok": False}
    try:
        answer = await parts.system_speech.questions.ask(wanted.text, wanted.answers, timeout_s)
        told |= {"answer": answer, "ok": answer is not None}
    except SpeakerError as error:
        told["error"] = str(error)
    try:
        await parts.publish(wanted.reply_to, json.dumps(told, ensure_ascii=False))
    except BrokerError as error:
        log.warning("the answer to a question is lost: %s", error)


def _confirm(parts: SpeakerParts, payload: str) -> None:
    parts.system_speech.questions.press(payload)


COMMANDS: Final[tuple[Command, ...]] = (
    Command(name="wake", payload="empty: listen now", run=_wake, components={"wake": _button("Wake", "microphone")}),
    Command(
        name="stop", payload="empty: silence, and back to sleep; ends what rings", run=_stop,
        components={"stop": _button("Stop", "stop")},
    ),
    Command(name="sleep", payload="empty: the same", run=_stop),
    Command(
        name="test", payload="empty: play the test sound and measure the echo", run=_test,
        components={"test": _button("Test", "sine-wave", entity_category="diagnostic")},
    ),
    Command(
        name="say", payload="text, spoken as it stands by the offline voice", run=_say,
        components={"say": {"p": "notify", "name": "Say", "icon": "mdi:message-text"}},
    ),
    Command(
        name="ask", payload="text, answered aloud by the model", run=_ask,
        components={
            "ask": {"p": "text", "name": "Ask", "min": 0, "max": LONGEST_TEXT, "icon": "mdi:message-question"}
        },
    ),
    Command(name="announce", payload="JSON: text or url (WAV, MP3, FLAC, Ogg), volume, chime", run=_announce),
    Command(
        name="question", run=_question,
        payload="JSON: text, answers, reply_to, timeout_s; one of the answers comes to reply_to",
    ),
    Command(
        name="confirm", payload="`yes` or `no` to what the speaker asks just now", run=_confirm,
        components={"yes": _button("Yes", "check", "yes"), "no": _button("No", "close", "no")},
    ),
)  # fmt: skip
