"""A long story in a room where the microphone hears the loudspeaker: does the speaker interrupt itself?

``python -m tests.bench.story [--minutes 10]``, in real time. The echo comes back 80 ms later through an impulse
response. First a story is told with everything open (duplex ``auto``, which finds ``full``); nobody says a word
until it is nearly over, and then somebody talks over it. Then a shorter one is told in the mode ``wake``, and
somebody says "stop" ten times, and other short things ten times.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any, Final

import numpy as np

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, Samples
from speaker.demo.broker import private_broker
from speaker.demo.stage import Stage, stage, stage_settings
from speaker.demo.virtual_room import VirtualRoom
from speaker.demo.virtual_room import room as open_room
from speaker.offline.speech.spoken_part import spoken_part
from speaker.offline.speech.synthesiser import Synthesiser
from tests.bench import table

STORY: Final = (
    "Once upon a time there was a lighthouse keeper who lived alone on a rock in the sea. Every evening he climbed "
    "the stairs and lit the lamp. Ships went by, and sometimes he waved, although nobody could see him. One night "
    "the fog came so thick that the light could not get through it. He took his old horn and began to blow. Far "
    "away somebody answered him. It was a small boat with a girl in it, who had lost her way. "
)
ECHO: Final = {"delay_ms": 80, "gain_db": -10}
OVER: Final = "Turn off the kitchen light please."
STOPS: Final = 10
OTHERS: Final = ("Hello.", "Okay.", "Shop.", "Really?", "The top one.", "Good.", "Stomp.", "Yes.", "Come on.", "Nope.")
"""Short, alone, and no order to stop."""


def spoken(voice: Synthesiser, text: str) -> Samples:
    """A sentence as the room hears it: int16, 24 kHz, peak 0.6."""
    samples = np.concatenate(list(voice.speak(text)))
    return pcm.amplify(samples, 0.6 * 32767 / float(np.abs(samples.astype(np.float32)).max()))


def told_s(voice: Synthesiser) -> float:
    """How long the story takes, as the speaker tells it."""
    return sum(spoken_part(phrase).size for phrase in voice.speak(STORY)) / SESSION_HZ


async def begin(on: Stage, voice: Synthesiser, duplex: str, times: int) -> None:
    """Start a speaker that answers everything with the story, and let it begin."""
    session = {"instructions": f"Say exactly: {STORY * times}", "transcription": "offline"}
    settings = stage_settings(
        on.broker.port, audio={"duplex": duplex}, session=session, privacy={"publish_transcripts": True},
        limits={"speak_s": 3_000},
    )  # fmt: skip
    await on.start(settings)
    if duplex == "auto":
        await on.until(lambda: "removed" in str(on.state().get("duplex_reason")), within_s=15)
        print(f"duplex {on.state()['duplex']}: {on.state()['duplex_reason']}", flush=True)
    await tell(on, voice)


async def tell(on: Stage, voice: Synthesiser) -> None:
    """Wake the speaker and let it begin."""
    await on.is_in("idle")
    await on.room.say(spoken(voice, "Hey Jarvis, tell me a story."))
    await on.is_in("responding")


async def alone(on: Stage, voice: Synthesiser, seconds: float) -> int:
    """How often the story stopped within a time in which nobody spoke."""
    loop, count = asyncio.get_running_loop(), 0
    end = loop.time() + seconds
    while loop.time() < end:
        await asyncio.sleep(0.05)
        if on.state().get("state") != "responding":
            count += 1
            print(f"  interrupted itself {seconds - (end - loop.time()):.0f} s into the story; {slips(on)}", flush=True)
            await on.command("stop")
            await tell(on, voice)
    return count


def slips(on: Stage) -> str:
    """How often the sound devices were served too late: then the echo jumps, and it is not the canceller's fault."""
    dry, full = on.parts.conversation.sound.slips
    return f"the loudspeaker ran dry {dry} times, the microphone overflowed {full} times"


async def over(on: Stage, voice: Synthesiser) -> tuple[bool, float]:
    """Whether somebody who talks over the story is heard, and after how many seconds it was silent."""
    loop, began = asyncio.get_running_loop(), asyncio.get_running_loop().time()
    saying = asyncio.create_task(on.room.say(spoken(voice, OVER)))
    await on.until(lambda: on.state()["state"] != "responding", within_s=5)
    silent_s = loop.time() - began
    await saying
    await on.is_in("responding")
    number = len(on.events("turn")) + 1
    await on.command("stop")
    turn = await on.event("turn", number)
    words: list[dict[str, Any]] = [one for one in turn["words"] if one["who"] == "user"]
    return "kitchen light" in words[-1]["text"].lower(), silent_s


async def silenced(on: Stage, voice: Synthesiser, text: str) -> bool:
    """Whether a word over the story ends the conversation within two seconds."""
    await on.room.say(spoken(voice, text))
    try:
        await on.is_in("idle", within_s=2)
    except TimeoutError:
        return False
    return True


async def count(on: Stage, voice: Synthesiser, texts: Sequence[str]) -> int:
    """How many of these texts silence the story; it is begun again each time."""
    found = 0
    for text in texts:
        await asyncio.sleep(3)
        if await silenced(on, voice, text):
            found += 1
            await tell(on, voice)
    return found


async def perform(folder: Path, room: VirtualRoom, minutes: float) -> None:
    """Both parts, and their table."""
    voice = Synthesiser()
    rows = []
    async with private_broker(folder) as broker, room.echo(**ECHO):
        async with stage(folder / "a", room, broker) as on:
            await begin(on, voice, "auto", ceil(minutes * 60 / told_s(voice)) + 2)
            interruptions = await alone(on, voice, minutes * 60)
            served = slips(on)
            heard, silent_s = await over(on, voice)
        rows.append(["self-interruptions, everything open", f"{interruptions} in {minutes:g} min"])
        rows.append(["meanwhile", served])
        rows.append(
            ["talking over it was understood", f"{'yes' if heard else 'no'}, silent {silent_s:.2f} s after it began"]
        )
        async with stage(folder / "b", room, broker) as on:
            await begin(on, voice, "wake", 20)
            stopped = await count(on, voice, ["Stop."] * STOPS)
            other = await count(on, voice, OTHERS)
        rows.append(['"stop" over the story, mode wake', f"{stopped} of {STOPS} within 2 s"])
        rows.append(["other short words silenced it", f"{other} of {len(OTHERS)}"])
    table("A story with its echo in the microphone", ["", "result"], rows)


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="length of the undisturbed story")
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("a", "b"):
            (folder / part).mkdir()
        async with open_room(folder) as room:
            await perform(folder, room, minutes)


if __name__ == "__main__":
    asyncio.run(main())
