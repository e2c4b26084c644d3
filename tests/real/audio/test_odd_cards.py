"""Cards as they are: each row says the card, what happens, and the sentence or the sound that comes of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ
from speaker.demo.virtual_room import VirtualRoom
from tests.support.cards import BUSY, DAC, DENIED, MIC, MISSING, S32, OddCards

OTHER = "hw:3,0 title=bcm2835_Headphones as=room_speaker way=playback"


@pytest.fixture(scope="session")
def cards(tmp_path_factory: pytest.TempPathFactory) -> OddCards:
    return OddCards(tmp_path_factory.mktemp("cards"))


@asynccontextmanager
async def humming(room: VirtualRoom) -> AsyncIterator[None]:
    """Somebody hums in the room, at -9 dBFS."""
    hum = pcm.from_float((0.5 * np.sin(2 * np.pi * 300 * np.arange(SESSION_HZ) / SESSION_HZ)).astype(np.float32))

    async def go_on() -> None:
        while True:
            await room.say(hum)

    task = asyncio.create_task(go_on())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


HEARD = "frames, -9 dBFS"

MICROPHONES = [
    pytest.param("rate=48000", {}, "at 48000 Hz", id="one that knows 48 kHz only"),
    pytest.param("rate=44100", {}, "at 44100 Hz", id="one that knows 44.1 kHz only"),
    pytest.param("rate=16000 channels=2", {}, "2 channel(s)", id="an array with 16 kHz and two channels only"),
    pytest.param("rate=48000 channels=2 format=10", {}, "2 channel(s)", id="an I2S microphone: 32 bits, two channels"),
    pytest.param("rate=48000 channels=6", {"channel": 5}, "5 channel(s)", id="the fifth channel of an array"),
    pytest.param("rate=48000 channels=2", {"channel": "mix"}, "2 channel(s)", id="both channels together"),
    pytest.param("ppm=400", {}, "microphone", id="one whose clock is fast"),
]


@pytest.mark.parametrize(("oddity", "wanted", "told"), MICROPHONES)
async def test_microphone_that_is_particular_is_heard(
    room: VirtualRoom, cards: OddCards, oddity: str, wanted: dict[str, int | str], told: str
) -> None:
    cards.are(f"{MIC} {oddity}")
    async with humming(room), cards.trial(microphone="USB PnP", **wanted) as trial:
        await trial.until(told)
        await trial.until(HEARD)
        assert not [line for line in trial.lines if line.startswith("microphone:")]


@pytest.mark.parametrize(
    "oddity", ["rate=48000 channels=2", "rate=44100", "rate=48000 channels=2 format=10", "ppm=-300"]
)
async def test_loudspeaker_that_is_particular_is_heard(room: VirtualRoom, cards: OddCards, oddity: str) -> None:
    cards.are(f"{DAC} {oddity}")
    since_ms = room.now_ms
    async with cards.trial(loudspeaker="hifiberry") as trial:
        await trial.until("sound ends")
    assert pcm.level_dbfs(room.heard(since_ms)) > -40
    await room.quiet(300, 10)


REFUSALS = [
    pytest.param("USB PnP", [f"{MIC} refuse={MISSING}", DAC], 'no device has "USB PnP" in its name', id="missing"),
    pytest.param("default", [MIC], "ALSA has no default microphone", id="no default, and another there"),
    pytest.param("hifiberry", [MIC, DAC], 'no device has "hifiberry" in its name', id="a loudspeaker asked to hear"),
]


@pytest.mark.parametrize(("name", "lines", "sentence"), REFUSALS)
async def test_what_is_not_there_is_never_another_device(
    cards: OddCards, room: VirtualRoom, name: str, lines: list[str], sentence: str
) -> None:
    cards.are(*lines)
    async with cards.trial(microphone=name) as trial:
        await trial.until(f"microphone: audio.microphone: {sentence}" if "no device" in sentence else sentence)
        await trial.until("heard 0 frames")
        assert not [line for line in trial.lines if line.startswith("log: = microphone")]


@pytest.mark.parametrize("errno", [BUSY, DENIED])
async def test_card_that_cannot_be_opened_now_is_taken_when_it_can(
    room: VirtualRoom, cards: OddCards, errno: int
) -> None:
    cards.are(f"{MIC} refuse={errno}")
    async with humming(room), cards.trial(microphone="USB PnP") as trial:
        await trial.until("microphone: ")
        cards.are(MIC)
        await trial.until(HEARD)
        assert len([line for line in trial.lines if line.startswith("microphone: ")]) == 2, "wrong once, right once"


async def test_loudspeaker_that_is_switched_on_later_is_found_while_the_microphone_listens(
    room: VirtualRoom, cards: OddCards
) -> None:
    cards.are(MIC)
    async with humming(room), cards.trial(microphone="USB PnP", loudspeaker="late_speaker") as trial:
        await trial.until('loudspeaker: audio.loudspeaker: no device has "late_speaker"')
        await trial.until(HEARD)
        room.alsa_config.write_text(room.alsa_config.read_text().replace("pcm.room_speaker", "pcm.late_speaker"))
        try:
            await trial.until("loudspeaker: right again", within_s=15)
            await trial.until("sound ends")
            await trial.until(HEARD)
        finally:
            room.alsa_config.write_text(room.alsa_config.read_text().replace("pcm.late_speaker", "pcm.room_speaker"))
        assert not [line for line in trial.lines if line.startswith("microphone: ")], "it was spared for a moment only"


async def test_card_that_goes_and_comes_back_with_another_number_is_found(room: VirtualRoom, cards: OddCards) -> None:
    cards.are(MIC, DAC)
    async with humming(room), cards.trial(microphone="USB PnP", loudspeaker="hifiberry") as trial:
        await trial.until(HEARD)
        await trial.until("sound ends")
        cards.are(f"{MIC} gone={MISSING}", DAC)
        await trial.until("microphone: ")
        cards.are(DAC, MIC.replace("hw:1,0", "hw:5,0"))
        await trial.until("microphone: right again", within_s=30)
        await trial.until(HEARD)


async def test_microphone_that_delivers_nothing_but_zeros_is_opened_anew_and_then_told_of(
    room: VirtualRoom, cards: OddCards
) -> None:
    # With 32 bits a conversion puts single bits into the silence, as on every I2S card.
    cards.are(f"{MIC} rate=48000 channels=2 format={S32} silent=1")
    async with humming(room), cards.trial(microphone="USB PnP", dead_after_s=3) as trial:
        await trial.until("it is opened anew")
        await trial.until('microphone: the microphone "USB PnP" is dead: nothing but silence comes from it')
        await trial.until(", dead")
        cards.are(f"{MIC} rate=48000 channels=2 format={S32}")
        await trial.until("microphone: right again")
        await trial.until(HEARD)
