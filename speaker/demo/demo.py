"""``speaker demo``: the whole job on a stage, watched from outside, with a verdict.

What is printed comes from the broker and from the recording of the room, not from inside the daemon.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, Samples
from speaker.config.prices import price_of
from speaker.cost.pricing import cost_usd
from speaker.demo.broker import private_broker
from speaker.demo.stage import Stage, stage, stage_settings
from speaker.demo.virtual_room import VirtualRoom, room
from speaker.errors import SpeakerError
from speaker.mqtt.dispatch import IncomingMessage
from speaker.offline.speech.recogniser import Recogniser
from speaker.offline.speech.synthesiser import Synthesiser
from speaker.realtime.protocol.objects import Usage

Json = dict[str, Any]
Print = Callable[[Json], None]

PEAK: Final = 0.6
"""How loud the demo speaks into the microphone, of full scale."""

PRICED_AS: Final = ("gpt-realtime-2.1-mini", "gpt-realtime-2.1")
"""Models whose prices the bill shows."""

LAMP: Final = "zigbee2mqtt/Sofa lamp"


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """Something the demo says, and the words of which the answer must hold one from each group."""

    text: str
    expects: tuple[tuple[str, ...], ...]
    wakes: bool = True


_LINES: Final = (
    TimelineRow("Hey Jarvis, set the sofa lamp to forty percent.", (("sofa lamp",), ("40", "forty"))),
    TimelineRow("What's the temperature outside?", (("12", "twelve"),), wakes=False),
    TimelineRow("Hey Jarvis, order me a pizza.", (("sorry",),)),
)


class Demo:
    """One performance: what happens is printed as it happens, the verdict at the end."""

    def __init__(self, show: Print) -> None:
        self._print = show
        self._began = time.monotonic()
        self._voice = Synthesiser()
        self._recogniser = Recogniser()
        self._state = ""
        self.failures: list[str] = []

    def tell(self, what: str, **more: object) -> None:
        """Print one thing that happened now."""
        self._print({"ms": round(1000 * (time.monotonic() - self._began)), "what": what} | more)

    def watch(self, message: IncomingMessage) -> None:
        """Print a message that somebody published."""
        text = message.payload.decode(errors="replace")
        if message.topic.endswith("/event"):
            event = json.loads(text)
            if event["type"] in {"wake", "tool", "error", "not_for_me"}:
                self.tell(event.pop("type"), **{key: value for key, value in event.items() if key != "at"})
        elif not message.retained and "/command/" not in message.topic and not message.topic.endswith("availability"):
            if message.topic.endswith("/state") and message.topic.startswith("speaker/"):
                self._tell_state(json.loads(text)["state"])
            else:
                self.tell("mqtt", topic=message.topic, payload=text)

    def _tell_state(self, state: str) -> None:
        if state != self._state:
            self._state = state
            self.tell("state", state=state)

    def speech(self, text: str) -> Samples:
        """A sentence in the demo's voice."""
        samples = _joined(self._voice.speak(text))
        return pcm.amplify(samples, PEAK * 32767 / max(1.0, float(np.max(np.abs(samples.astype(np.float32))))))

    async def hear(self, on: Stage, since_ms: float) -> str:
        """What the loudspeaker answered, recognised from the recording of the room."""
        answer = await on.answer(since_ms)
        heard = await asyncio.to_thread(self._recogniser.hear, pcm.resample(answer, SESSION_HZ, WAKE_HZ))
        self.tell("heard", text=heard.text)
        return heard.text

    async def perform(self, on: Stage, line: TimelineRow) -> None:
        """Say a line into the room, and judge the answer."""
        if line.wakes:
            await on.is_in("idle")
        self.tell("said", text=line.text)
        since_ms = on.room.now_ms
        await on.room.say(self.speech(line.text))
        await self.judge(on, since_ms, line.expects)

    async def judge(self, on: Stage, since_ms: float, expects: Sequence[Sequence[str]]) -> None:
        """Whether an answer came, and holds a word from each group."""
        try:
            answer = (await self.hear(on, since_ms)).lower()
        except TimeoutError:
            self.failures.append("no answer was heard from the loudspeaker")
            return
        missing = [" or ".join(group) for group in expects if not any(word in answer for word in group)]
        if missing:
            self.failures.append(f"the answer {answer!r} does not say {', '.join(missing)}")
        if not answer:
            self.failures.append("the answer could not be understood")

    def judge_lamp(self, on: Stage, expected: Json) -> None:
        """Whether the lamp's own state on the broker is as asked."""
        states = [json.loads(one.payload) for one in on.messages if one.topic == LAMP and not one.retained]
        if not states:
            self.failures.append("the sofa lamp's state did not change on the broker")
        elif any(states[-1].get(key) != value for key, value in expected.items()):
            self.failures.append(f"the sofa lamp is {states[-1]}, expected {expected}")

    def bill(self, on: Stage) -> None:
        """Print what each conversation would have cost in the cloud."""
        prices = stage_settings(1).cost.prices
        for turn in on.events("turn"):
            usage = msgspec.convert(turn["tokens"], Usage)
            costs = {name: price_of(name, prices) for name in PRICED_AS}
            shown = {name: round(cost_usd(usage, price), 5) for name, price in costs.items() if price}
            self.tell("turn", ms_of=turn["ms"], tools=turn["tools"], would_have_cost_usd=shown)


def _joined(sentences: Any) -> Samples:  # noqa: ANN401 - an iterator of samples
    return pcm.from_bytes(b"".join(pcm.to_bytes(one) for one in sentences))


async def perform(show: Print, *, wav: Path | None = None, microphone: bool = False) -> list[str]:
    """Play the demo; what went wrong, as sentences. Raises SpeakerError when it cannot even begin."""
    one = Demo(show)
    spoken = None if wav is None else _read(wav)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="speaker-demo-")))
        virtual: VirtualRoom | None = None if microphone else await stack.enter_async_context(room(folder))
        broker = await stack.enter_async_context(private_broker(folder))
        on = await stack.enter_async_context(stage(folder, virtual, broker))
        on.listen = one.watch
        await on.start(stage_settings(broker.port, real_sound=microphone))
        one.tell("ready", devices=[device.key.replace("_", " ") for device in on.house.devices])
        if microphone:
            await _with_people(one, on)
        elif spoken is not None:
            await _with_recording(one, on, spoken)
        else:
            for line in _LINES:
                await one.perform(on, line)
            one.judge_lamp(on, {"state": "ON", "brightness": 102})
        await on.is_in("idle")
        await on.event("turn")
        one.bill(on)
    return one.failures


async def _with_recording(one: Demo, on: Stage, spoken: Samples) -> None:
    one.tell("said", text="(the recording)")
    since_ms = on.room.now_ms
    await on.room.say(spoken)
    await one.judge(on, since_ms, ())
    if not any(message.topic in _device_topics(on) and not message.retained for message in on.messages):
        one.failures.append("no device of the house changed")


async def _with_people(one: Demo, on: Stage) -> None:
    one.tell("listening", say='say "hey jarvis, turn on the sofa lamp", then wait for the answer')
    await on.event("turn", within_s=300)
    if not any(message.topic in _device_topics(on) and not message.retained for message in on.messages):
        one.failures.append("no device of the house changed")
    if on.events("turn")[0]["ms"]["speech_end_to_first_sound"] is None:
        one.failures.append("no answer was played")


def _device_topics(on: Stage) -> set[str]:
    return {device.state_topic for device in on.house.devices}


def _read(file: Path) -> Samples:
    try:
        return pcm.decode_wav(file.read_bytes(), SESSION_HZ, name=str(file))
    except OSError as error:
        raise SpeakerError(f"{file}: {error.strerror}; give a 16-bit WAV file") from error
