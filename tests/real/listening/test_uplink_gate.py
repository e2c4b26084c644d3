"""Turns found on this machine: what reaches the session is speech, whole, in order, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.audio import pcm
from speaker.audio.echo_canceller import EchoCanceller
from speaker.audio.pcm import FRAME_SAMPLES, WAKE_HZ, Samples, ms_to_samples
from speaker.audio.vad import TurnDetector, TurnSettings
from speaker.listening.frame_router import OVER, FrameRouter
from speaker.listening.front_end import FrontEnd
from speaker.listening.route import MicrophoneRoute, Route
from speaker.listening.speech_activity import SpeechActivity, Turn
from speaker.listening.uplink_gate import NOTICE_MS, Lead, SpeechGate, UplinkGate, UplinkPiece, WordGate
from speaker.offline.speech.recogniser import Recogniser
from speaker.wake.pre_roll import LATE_MS, WAKE_LAG_MS
from tests.real.listening.test_frame_router import NOTHING, Session, feed
from tests.real.mqtt.test_client import until
from tests.real.wake.test_detector import frames, ours, silence
from tests.support.real_parts import Speech

TURNS = TurnSettings(threshold=0.5, prefix_padding_ms=300, silence_duration_ms=500)
PREFIX_FRAMES = -(-(300 + NOTICE_MS) // 80)


def piece(number: int) -> UplinkPiece:
    return UplinkPiece(number * FRAME_SAMPLES, np.full(FRAME_SAMPLES, number, np.int16))


_turns: st.SearchStrategy[Turn | None] = st.sampled_from(["", "", "", "on", "on", "whole", None])


@given(st.lists(_turns, max_size=60), st.integers(0, 5))
def test_pieces_come_out_in_order_and_turns_are_whole(turns: list[Turn | None], before: int) -> None:
    gate = SpeechGate(TURNS)
    gate.reset(piece(number) for number in range(before))
    out = [one for number, turn in enumerate(turns, before) for one in gate.take(piece(number), turn)]
    assert [one.first // FRAME_SAMPLES for one in out] == list(range(len(out)))
    inside = False
    for one in out:
        assert not (one.begins and inside)
        inside = inside or one.begins
        assert one.sent is inside
        inside = inside and not one.ends


@given(st.integers(0, 60), st.integers(1, 30))
def test_a_turn_takes_what_came_shortly_before_it(quiet: int, spoken: int) -> None:
    gate = SpeechGate(TURNS)
    story: list[Turn] = [*[""] * quiet, *["on"] * spoken, "", *[""] * 20]  # type: ignore[list-item]
    out = [one for number, turn in enumerate(story) for one in gate.take(piece(number), turn)]
    sent = [one.first // FRAME_SAMPLES for one in out if one.sent]
    assert sent == list(range(max(0, quiet - PREFIX_FRAMES), quiet + spoken + 1))
    assert [one.begins for one in out if one.sent] == [True] + [False] * (len(sent) - 1)
    assert [one.ends for one in out if one.sent] == [False] * (len(sent) - 1) + [True]


@given(st.integers(1, 6), st.integers(1, 8 * FRAME_SAMPLES))
def test_a_turn_begins_at_its_first_sample(quiet: int, begun: int) -> None:
    gate = behind_a_word(quiet)
    out = gate.take(piece(quiet), "on", begun)
    assert [one.first for one in out] == list(np.cumsum([out[0].first, *(one.samples.size for one in out[:-1])]))
    sent = [one for one in out if one.sent]
    assert sum(one.samples.size for one in sent) == min(begun, (quiet + 1) * FRAME_SAMPLES)
    assert [one.begins for one in sent] == [True] + [False] * (len(sent) - 1)
    for lead in (one.lead for one in sent if one.lead):
        assert lead.samples.size + sent[0].samples.size == WAKE_HZ + FRAME_SAMPLES


@given(st.integers(0, 3 * FRAME_SAMPLES))
def test_a_turn_ends_at_its_last_sample(ended: int) -> None:
    gate = SpeechGate(TURNS)
    out = [*gate.take(piece(0), "on"), *gate.take(piece(1), "", 0, ended), *gate.take(piece(2), "on")]
    assert [one.first for one in out] == list(np.cumsum([0, *(one.samples.size for one in out[:-1])]))
    assert sum(one.samples.size for one in out) == 3 * FRAME_SAMPLES
    (end,) = [number for number, one in enumerate(out) if one.ends]
    assert all(one.sent for one in out[: end + 1])
    assert sum(one.samples.size for one in out[: end + 1]) == 2 * FRAME_SAMPLES - min(ended, FRAME_SAMPLES)
    assert [one.sent for one in out[end + 1 : -1]] == ([False] if ended else [])


def behind_a_word(waiting: int) -> SpeechGate:
    """A gate behind a wake word of a second, with so many pieces."""
    gate = SpeechGate(TURNS)
    lead = Lead("hey_jarvis", np.zeros(WAKE_HZ, np.int16))
    gate.reset([replace(piece(0), lead=lead), *(piece(number) for number in range(1, waiting))])
    return gate


def test_what_is_not_judged_yet_is_kept_however_long_it_takes() -> None:
    """A slow machine is seconds behind when it hears the wake word."""
    gate = SpeechGate(TURNS)
    gate.reset([piece(0)])
    assert [gate.take(piece(number), None) for number in range(1, 25)] == [[]] * 24
    said = gate.take(piece(25), "whole")
    assert [one.first for one in said] == [number * FRAME_SAMPLES for number in range(26)]
    assert (said[0].begins, said[-1].ends) == (True, True)


def test_a_turn_that_is_spared_is_given_up() -> None:
    gate = SpeechGate(TURNS)
    assert [one.sent for one in gate.take(piece(0), "on")] == [True]
    assert [one.sent for one in gate.spare(piece(1))] == [False]
    (again,) = gate.take(piece(2), "on")
    assert again.begins


class Service:
    """A session that is told of turns: their sound, each by itself, and how many were begun."""

    def __init__(self) -> None:
        self.turns: list[Samples] = []
        self.begun = 0
        self.leads: list[Lead | None] = []
        self._open = False
        self._pieces: list[Samples] = []

    def append(self, samples: Samples) -> None:
        assert self._open, "sound outside of a turn"
        self._pieces.append(samples)

    def turn_began(self, lead: Lead | None) -> None:
        assert not self._open
        self._open, self.begun = True, self.begun + 1
        self.leads.append(lead)

    def turn_ended(self) -> None:
        assert self._open
        self._open = False
        self.turns.append(np.concatenate(self._pieces))
        self._pieces.clear()


@asynccontextmanager
async def listening(
    gate: UplinkGate | None = None, *, over: list[None] | None = None
) -> AsyncIterator[tuple[FrameRouter, list[str]]]:
    """A router that finds turns, and the wake words that it heard."""
    woken: list[str] = []
    front_end = FrontEnd(ours(["hey_jarvis"], lazy=True), EchoCanceller(), 0.25, TURNS)
    noticed = over if over is not None else []
    router = FrameRouter(
        front_end,
        lambda heard: woken.append(heard.word),
        lambda: noticed.append(None),
        lambda _: None,
        gate or SpeechGate(TURNS),
    )
    router.begin_audit()
    try:
        yield router, woken
    finally:
        router.close()


def said(speech: Speech, text: str) -> Samples:
    return pcm.resample(speech(text), pcm.SESSION_HZ, WAKE_HZ)


def words(samples: Samples) -> str:
    return Recogniser().hear(samples).text.lower().strip(" .!?")


async def test_only_the_sentence_is_sent(speech: Speech) -> None:
    """After a pause of seconds, and before one: the sentence with its pre-roll and its hangover, once."""
    spoken = said(speech, "Turn off the kitchen light please.")
    service = Service()
    async with listening() as (router, _):
        router.route(Route(MicrophoneRoute.SESSION, service))
        await feed(router, frames(np.concatenate([silence(4), spoken, silence(4)])))
        assert (router.audit.lost, router.audit.duplicated) == (0, 0)
        taken, spared = router.audit.taken, router.audit.spared
    (turn,) = service.turns
    assert words(turn) == "turn off the kitchen light please"
    assert turn.size == taken
    assert turn.size < spoken.size + ms_to_samples(1_500, WAKE_HZ)
    assert spared > ms_to_samples(5_500, WAKE_HZ)


@pytest.mark.parametrize("late", [0, 3, 12])
@pytest.mark.parametrize("pause_s", [0.0, 1.5])
async def test_no_word_behind_the_wake_word_is_lost(speech: Speech, late: int, pause_s: float) -> None:
    """``late`` frames wait for the front end when it hears the word; the session opens a second later."""
    together = pause_s == 0
    sound = (
        [said(speech, "Hey Jarvis, turn on the sofa lamp.")]
        if together
        else [said(speech, "Hey Jarvis."), silence(pause_s), said(speech, "Turn on the sofa lamp.")]
    )
    cut = frames(np.concatenate([silence(2), *sound, silence(2)]))
    service = Service()
    async with listening() as (router, woken):
        router.route(Route(MicrophoneRoute.WAKE))
        taken = 0
        while not woken:
            for frame in cut[taken : taken + 1 + late]:
                router.take(frame, NOTHING)
            taken += 1 + late
            await until(lambda: router.waiting == 0)
        router.route(Route(MicrophoneRoute.HOLD))
        await feed(router, cut[taken : taken + 12])
        assert service.begun == 0
        router.route(Route(MicrophoneRoute.SESSION, service))
        await feed(router, cut[taken + 12 :])
        assert (router.audit.lost, router.audit.duplicated) == (0, 0)
    (turn,), (lead,) = service.turns, service.leads
    assert words(turn).endswith("turn on the sofa lamp")
    assert (lead is not None) == together
    if lead is not None:
        assert lead.word == "hey_jarvis"
        assert "arvis" in words(np.concatenate([lead.samples, turn]))


@pytest.mark.parametrize("noise", [0, 20, 60, 200])
@pytest.mark.parametrize("lead", [0, 400, 800])
async def test_where_nobody_speaks_nothing_is_sent(speech: Speech, noise: int, lead: int) -> None:
    """The wake word alone, in a room with noise of so much amplitude (RMS), and anywhere between two frames."""
    before = np.zeros(2 * WAKE_HZ + lead, np.int16)
    sound = np.concatenate([before, said(speech, "Hey Jarvis."), silence(5)]).astype(np.float64)
    cut = frames((sound + np.random.default_rng(1).normal(0, noise, sound.size)).clip(-32768, 32767).astype(np.int16))
    service = Service()
    async with listening() as (router, woken):
        router.route(Route(MicrophoneRoute.WAKE))
        taken = 0
        while not woken:
            await feed(router, cut[taken : taken + 1])
            taken += 1
        router.route(Route(MicrophoneRoute.SESSION, service))
        await feed(router, cut[taken:])
        assert (service.begun, router.audit.taken) == (0, 0)
        assert router.audit.spared > 2 * WAKE_HZ


async def test_what_is_said_over_an_answer_is_a_turn_with_its_first_word(speech: Speech) -> None:
    spoken = said(speech, "Turn off the kitchen light please.")
    sound = np.concatenate([silence(2), spoken, silence(2)])
    # No two frames of it are alike, so that each can be told.
    cut = frames(sound + (np.arange(sound.size) % 11 - 5).astype(np.int16))
    over: list[None] = []
    service = Service()
    async with listening(over=over) as (router, _):
        router.route(Route(MicrophoneRoute.OVER, service))
        taken = 0
        while not over:
            await feed(router, cut[taken : taken + 1])
            taken += 1
        assert service.begun == 0
        router.route(Route(MicrophoneRoute.SESSION, service))
        await feed(router, cut[taken:])
        assert (router.audit.lost, router.audit.duplicated) == (0, 0)
    (turn,) = service.turns
    assert words(turn) == "turn off the kitchen light please"
    kept = np.concatenate(cut[:taken])[-OVER - FRAME_SAMPLES :]
    begins = [at for at in range(FRAME_SAMPLES + 1) if np.array_equal(kept[at : at + OVER], turn[:OVER])]
    assert begins, "all that was kept for it is in it"


async def test_two_sentences_are_two_turns_and_a_lost_one_is_repeated(speech: Speech) -> None:
    first, second = said(speech, "Turn on the sofa lamp."), said(speech, "Open the blinds.")
    lost, service = Service(), Service()
    async with listening() as (router, _):
        router.route(Route(MicrophoneRoute.SESSION, lost))
        await feed(router, frames(np.concatenate([first, silence(2)])))
        router.answered()
        await feed(router, frames(np.concatenate([second, silence(2)])))
        assert len(lost.turns) == 2
        router.repeat()
        router.route(Route(MicrophoneRoute.SESSION, service))
        assert (router.audit.lost, router.audit.duplicated) == (0, 0)
    (turn,) = service.turns
    assert np.array_equal(turn, lost.turns[1])


async def test_sleep_in_the_middle_of_a_turn_ends_it_unsent(speech: Speech) -> None:
    spoken = frames(said(speech, "Turn on the sofa lamp."))
    service = Service()
    async with listening() as (router, _):
        router.route(Route(MicrophoneRoute.SESSION, service))
        await feed(router, spoken[:12])
        router.route(Route(MicrophoneRoute.WAKE))
        await feed(router, frames(silence(2)))
        assert (service.begun, service.turns) == (1, [])
        router.route(Route(MicrophoneRoute.HOLD))
        await feed(router, frames(silence(1)))
        await asyncio.sleep(0)
        assert router.audit.lost == 0


def test_attention_is_read_with_two_patiences(speech: Speech) -> None:
    """The pause between two words ends talk ("stop" is one syllable), and no turn that waits longer."""
    activity = SpeechActivity(TurnSettings(silence_duration_ms=1_200))
    word = said(speech, "Kitchen.")
    sound = np.concatenate([silence(1), word, word, silence(2)])
    seen = [activity.push(frame, talk=True, turns=True) for frame in frames(sound)]
    assert [one.talk for one in seen if one.talk] == ["begins", "ends", "begins", "ends"]
    turns = [one.turn for one in seen]
    first, last = turns.index("on"), len(turns) - 1 - turns[::-1].index("on")
    assert turns[first : last + 1] == ["on"] * (last - first + 1)


def test_who_speaks_too_softly_does_not_begin_and_who_ends_softly_ends(speech: Speech) -> None:
    word = said(speech, "Kitchen.")
    soft = (word * (10 ** (-45 / 20))).astype(np.int16)
    activity = SpeechActivity(TURNS)
    assert {activity.push(frame, talk=True, turns=True).turn for frame in frames(np.concatenate([soft, soft]))} == {""}
    patient = SpeechActivity(TurnSettings(silence_duration_ms=3_000))
    cut = frames(np.concatenate([word, silence(4)]))
    turns = [patient.push(frame, talk=False, turns=True).turn for frame in cut]
    assert turns[-1] == ""
    assert turns.count("on") > 30


async def woken_with(sound: Samples, service: Session) -> FrameRouter:
    """All that a service gets when turns are found there, from the wake word on; the router has ended."""
    async with listening(WordGate()) as (router, woken):
        router.route(Route(MicrophoneRoute.WAKE))
        cut, taken = frames(sound), 0
        while not woken:
            await feed(router, cut[taken : taken + 1])
            taken += 1
        router.route(Route(MicrophoneRoute.SESSION, service))
        await feed(router, cut[taken:])
        return router


@pytest.mark.parametrize("noise", [0, 20, 60, 200])
@pytest.mark.parametrize("lead", [0, 400, 800])
async def test_a_service_finds_no_turn_in_the_end_of_the_wake_word(speech: Speech, noise: int, lead: int) -> None:
    before = np.zeros(2 * WAKE_HZ + lead, np.int16)
    sound = np.concatenate([before, said(speech, "Hey Jarvis."), silence(3)]).astype(np.float64)
    sound += np.random.default_rng(1).normal(0, noise, sound.size)
    service = Session()
    router = await woken_with(sound.clip(-32768, 32767).astype(np.int16), service)
    assert TurnDetector(TURNS).push(service.heard) == []
    assert service.heard.size > 2 * WAKE_HZ
    assert (router.audit.lost, router.audit.duplicated) == (0, 0)
    assert 0 < router.audit.spared < ms_to_samples(300, WAKE_HZ)


async def test_a_service_gets_all_of_what_follows_in_one_breath(speech: Speech) -> None:
    sound = np.concatenate([silence(2), said(speech, "Hey Jarvis, turn on the sofa lamp."), silence(1)])
    service = Session()
    router = await woken_with(sound, service)
    assert words(service.heard).endswith("turn on the sofa lamp")
    assert (router.audit.lost, router.audit.duplicated) == (0, 0)
    assert router.audit.spared < ms_to_samples(WAKE_LAG_MS + LATE_MS, WAKE_HZ), "nothing but the end of the wake word"
