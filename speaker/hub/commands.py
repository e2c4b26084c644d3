"""The commands of the hub: what each takes, and what it does."""

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from speaker.announce.announcer import MOST_CHARACTERS, Announcement
from speaker.announce.system_speech import SystemSpeech
from speaker.config.settings import Settings
from speaker.conversation import events
from speaker.conversation.controller import Controller
from speaker.cost.budget import MOST_RAISED_USD
from speaker.errors import BrokerError, SpeakerError
from speaker.hub.mqtt_api import Command, dollars, fraction, on_or_off, whole_number
from speaker.mqtt.client import MqttClient
from speaker.store.runtime_settings import LONGEST_FOLLOW_UP_S

log = logging.getLogger(__name__)

Text = Annotated[str, Meta(min_length=1, max_length=MOST_CHARACTERS)]

S = TypeVar("S", bound=Struct)


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
    reply_to: Annotated[str, Meta(min_length=1, max_length=512, pattern=r"^[^+#\x00-\x1f]+\Z")]
    timeout_s: Annotated[float, Meta(gt=0, le=60)] | None = None


class Commands:
    """What the hub may ask of a speaker. A bad payload raises SpeakerError, and nothing happens."""

    def __init__(
        self,
        assistant: Controller,
        settings: Settings,
        broker: MqttClient,
        start: Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"],
    ) -> None:
        self._assistant = assistant
        self._aside: SystemSpeech = assistant.aside
        self._settings = settings
        self._broker = broker
        self._start = start

    def offered(self) -> dict[str, Command]:
        """Verb → what carries it out."""
        controls, post = self._assistant.controls, self._assistant.post
        return {
            "wake": lambda _: self._wake(),
            "stop": lambda _: post(events.Stopped()),
            "sleep": lambda _: post(events.Stopped()),
            "mute": lambda payload: controls.mute(on_or_off(payload)),
            "volume": lambda payload: _ignore(controls.set_volume(whole_number(payload, 0, 100))),
            "announcement_volume": lambda payload: controls.set_announcement_volume(whole_number(payload, 0, 100)),
            "threshold": lambda payload: controls.set_threshold(fraction(payload)),
            "follow_up": lambda payload: controls.set_follow_up(whole_number(payload, 1, LONGEST_FOLLOW_UP_S)),
            "wake_word": controls.set_wake_word,
            "duplex": controls.set_duplex,
            "endpoint": controls.set_endpoint,
            "test": lambda _: controls.test(),
            "say": self._say,
            "ask": self._assistant.ask,
            "announce": self._announce,
            "question": self._question,
            "confirm": self._aside.questions.press,
            "budget": lambda payload: self._assistant.raise_budget(dollars(payload, MOST_RAISED_USD)),
        }

    def _wake(self) -> None:
        if self._assistant.muted:
            raise SpeakerError("the microphone is muted; unmute it first")
        self._assistant.post(events.Pressed())

    def _say(self, payload: str) -> None:
        self._aside.announce(Announcement(payload))

    def _announce(self, payload: str) -> None:
        wanted = read_payload(payload, Announce)
        if bool(wanted.text.strip()) == bool(wanted.url):
            raise SpeakerError("give either text or url")
        self._aside.announce(Announcement(wanted.text, wanted.url, wanted.volume, wanted.chime))

    def _question(self, payload: str) -> None:
        wanted = read_payload(payload, Question)
        if self._assistant.muted:
            raise SpeakerError("the microphone is muted, so nobody can answer")
        if not self._assistant.idle:
            raise SpeakerError("a conversation is under way; ask again when it is over")
        self._start(self._put(wanted))

    async def _put(self, wanted: Question) -> None:
        timeout_s = wanted.timeout_s or self._settings.limits.answer_s
        answer = await self._aside.questions.ask(wanted.text, wanted.answers, timeout_s)
        told = {"question": wanted.text, "answer": answer, "ok": answer is not None}
        try:
            await self._broker.publish(wanted.reply_to, json.dumps(told, ensure_ascii=False))
        except BrokerError as error:
            log.warning("the answer to a question is lost: %s", error)


def read_payload(payload: str, kind: type[S]) -> S:
    """A JSON payload as what it should be. Raises SpeakerError with a sentence."""
    try:
        return msgspec.json.decode(payload, type=kind)
    except msgspec.DecodeError as error:
        keys = ", ".join(one.encode_name for one in msgspec.structs.fields(kind))
        raise SpeakerError(f"expected a JSON object with {keys}: {error}") from error


def _ignore(_value: object) -> None:
    """A command has no result of its own."""
