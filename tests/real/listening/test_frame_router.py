"""Where frames go: nothing lost, nothing doubled, nothing heard that nobody may hear."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from speaker.audio import pcm
from speaker.audio.echo_canceller import EchoCanceller
from speaker.audio.pcm import FRAME_SAMPLES, PIECE_SAMPLES, WAKE_HZ, Samples, ms_to_samples
from speaker.audio.vad import TurnSettings
from speaker.listening.frame_router import OVER, FrameRouter
from speaker.listening.front_end import FrontEnd
from speaker.listening.route import MicrophoneRoute, Route
from speaker.listening.uplink_gate import Lead, WordGate
from speaker.wake.detector import Detection, WakeWords
from speaker.wake.pre_roll import WAKE_LAG_MS
from tests.real.mqtt.test_client import until
from tests.real.wake.test_detector import detections, frames, ours, silence, spoken
from tests.support.real_parts import Speech

NOTHING = np.zeros(FRAME_SAMPLES, np.int16)
"""What the loudspeaker plays."""

LAG = ms_to_samples(WAKE_LAG_MS, WAKE_HZ)


@dataclass
class Session:
    """A session that remembers every sample it was given."""

    pieces: list[Samples] = field(default_factory=list)

    def append(self, samples: Samples) -> None:
        self.pieces.append(samples)

    def turn_began(self, lead: Lead | None) -> None:
        raise AssertionError("nobody looks for turns here")

    def turn_ended(self) -> None:
        raise AssertionError("nobody looks for turns here")

    @property
    def heard(self) -> Samples:
        return np.concatenate([np.zeros(0, np.int16), *self.pieces])


def loud(sound: Samples) -> NDArray[np.intp]:
    """Where somebody is heard."""
    return np.flatnonzero(np.abs(sound.astype(np.int32)) > 1_000)


@cache
def evening() -> tuple[list[Samples], int]:
    """Silence, the wake word, and in one breath a command; and the frame that tells of the word."""
    word, command = spoken("Hey Jarvis."), spoken("Turn off the kitchen light and open the blinds in the living room.")
    said = np.concatenate([word[: loud(word)[-1]], command[loud(command)[0] :]])
    sound = np.concatenate([silence(2), said, silence(2)])
    ((index, _),) = detections(ours(["hey_jarvis"], lazy=True), sound)
    return frames(sound), index


def between(cut: Sequence[Samples], start: int, end: int) -> Samples:
    """The samples from ``start`` to the end of frame number ``end``, which is not among them."""
    return np.concatenate(list(cut))[start : end * FRAME_SAMPLES]


@asynccontextmanager
async def routing(words: WakeWords) -> AsyncIterator[tuple[FrameRouter, list[Detection]]]:
    woken: list[Detection] = []
    router = FrameRouter(
        FrontEnd(words, EchoCanceller(), 0.25, TurnSettings()), woken.append, lambda: None, lambda _: None, WordGate()
    )
    try:
        yield router, woken
    finally:
        router.close()


async def feed(router: FrameRouter, cut: Sequence[Samples]) -> None:
    """Frames as the microphone gives them, in pieces unless it may be patient; each is done with before the next."""
    for frame in cut:
        size = FRAME_SAMPLES if router.patient else PIECE_SAMPLES
        for at in range(0, frame.size, size):
            router.take(frame[at : at + size], NOTHING[:size])
        while router.waiting:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0)


@pytest.mark.parametrize("late", [0, 1, 4, 20])
@pytest.mark.parametrize("overtaken", [False, True])
async def test_what_follows_the_wake_word_reaches_the_session_once_and_whole(late: int, overtaken: bool) -> None:
    """``late`` frames arrive before the detection does; another event may come between it and its posture."""
    cut, told = evening()
    session = Session()
    async with routing(ours(["hey_jarvis"], lazy=True)) as (router, woken):
        router.route(Route(MicrophoneRoute.WAKE))
        await feed(router, cut[: told + 1 + late])
        assert woken
        if overtaken:
            router.route(Route(MicrophoneRoute.WAKE))
        await feed(router, cut[told + 1 + late : told + 3 + late])
        router.route(Route(MicrophoneRoute.HOLD))
        await feed(router, cut[told + 3 + late : told + 10 + late])
        assert session.pieces == []
        router.route(Route(MicrophoneRoute.SESSION, session))
        assert len(session.pieces) == 1
        await feed(router, cut[told + 10 + late : told + 15 + late])
        start = (told + 1) * FRAME_SAMPLES - LAG
        assert np.array_equal(session.heard, between(cut, start, told + 15 + late))
        assert [one.word for one in woken] == ["hey_jarvis"]


def test_the_pre_roll_begins_before_the_word_is_over() -> None:
    """So whoever goes on without a pause loses nothing; the end of the word itself does no harm."""
    _, told = evening()
    assert (told + 1) * FRAME_SAMPLES - LAG <= 2 * WAKE_HZ + loud(spoken("Hey Jarvis."))[-1]


async def test_the_button_needs_no_word() -> None:
    cut, _ = evening()
    session = Session()
    async with routing(ours(["hey_jarvis"], lazy=True)) as (router, woken):
        router.route(Route(MicrophoneRoute.WAKE))
        await feed(router, cut[:4])
        router.route(Route(MicrophoneRoute.HOLD))
        await feed(router, cut[4:7])
        router.route(Route(MicrophoneRoute.SESSION, session))
        assert np.array_equal(session.heard, between(cut, 4 * FRAME_SAMPLES, 7))
        assert woken == []


@pytest.mark.parametrize("mode", [MicrophoneRoute.HOLD, MicrophoneRoute.SESSION])
async def test_the_word_wakes_nobody_who_is_awake(mode: MicrophoneRoute) -> None:
    cut, told = evening()
    session = Session()
    async with routing(ours(["hey_jarvis"], lazy=True)) as (router, woken):
        router.route(Route(mode, session))
        await feed(router, cut[: told + 5])
        router.route(Route(MicrophoneRoute.SESSION, session))
        assert np.array_equal(session.heard, between(cut, 0, told + 5))
        assert woken == []


async def test_a_word_that_is_found_after_the_button_is_no_second_one() -> None:
    cut, told = evening()
    async with routing(ours(["hey_jarvis"], lazy=True)) as (router, woken):
        router.route(Route(MicrophoneRoute.WAKE))
        for frame in cut[: told + 1]:
            router.take(frame, NOTHING)
        router.route(Route(MicrophoneRoute.HOLD))
        await feed(router, cut[told + 1 : told + 3])
        await asyncio.sleep(0.2)
        assert woken == []


async def test_off_hears_nothing_and_keeps_nothing_but_has_a_pulse() -> None:
    cut, told = evening()
    session = Session()
    async with routing(ours(["hey_jarvis"], lazy=True)) as (router, woken):
        router.route(Route(MicrophoneRoute.OFF, session))
        await feed(router, cut[: told + 3])
        assert session.pieces == []
        router.route(Route(MicrophoneRoute.WAKE))
        await feed(router, cut[told + 3 : told + 6])
        assert woken == []
        router.route(Route(MicrophoneRoute.SESSION, session))
        assert session.pieces == []


async def test_muting_takes_back_what_was_held() -> None:
    cut, told = evening()
    session = Session()
    async with routing(ours(["hey_jarvis"], lazy=True)) as (router, woken):
        router.route(Route(MicrophoneRoute.WAKE))
        for frame in cut[: told + 4]:
            router.take(frame, NOTHING)
        await until(lambda: bool(woken))
        router.route(Route(MicrophoneRoute.OFF))
        router.take(cut[told + 4], NOTHING)
        router.route(Route(MicrophoneRoute.SESSION, session))
        assert session.pieces == []


async def test_interrupting_an_answer_has_its_own_threshold_and_keeps_what_follows() -> None:
    cut, told = evening()
    async with routing(ours(["hey_jarvis"], lazy=True, threshold=1.0)) as (router, woken):
        router.route(Route(MicrophoneRoute.WAKE))
        await feed(router, cut)
        assert woken == []
    session = Session()
    async with routing(ours(["hey_jarvis"], lazy=True, threshold=1.0)) as (router, woken):
        router.route(Route(MicrophoneRoute.WAKE, session, barging=True))
        taken = 0
        while not woken:
            await feed(router, cut[taken : taken + 1])
            taken += 1
        assert session.pieces == []
        assert taken >= told
        router.route(Route(MicrophoneRoute.SESSION, session))
        await feed(router, cut[taken : taken + 5])
        assert np.array_equal(session.heard, between(cut, taken * FRAME_SAMPLES - LAG, taken + 5))


async def test_a_threshold_may_be_changed_at_any_time() -> None:
    cut, _ = evening()
    words = ours(["hey_jarvis"], lazy=True)
    front_end = FrontEnd(words, EchoCanceller(), 0.25, TurnSettings())
    async with routing(words) as (router, woken):
        router.route(Route(MicrophoneRoute.WAKE))
        front_end.set_threshold(1.0)
        await feed(router, cut)
        assert woken == []


async def test_a_piece_that_cannot_be_worked_on_is_told_and_the_next_ones_are_heard() -> None:
    complaints: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    cut, told = evening()
    words = ours(["hey_jarvis"], lazy=True)
    async with routing(words) as (router, woken):
        router.route(Route(MicrophoneRoute.WAKE))
        there, words.words = words.words, [replace(words.words[0], model=None)]
        router.take(cut[told], NOTHING)  # a voice, so that the model is asked
        while router.waiting:
            await asyncio.sleep(0.001)
        words.words = there
        for frame in cut[: told + 1]:
            router.take(frame, NOTHING)
        await until(lambda: woken != [])
        assert router.waiting == 0
    loop.set_exception_handler(None)
    assert len(complaints) == 1


async def test_the_end_is_quiet() -> None:
    """Frames still wait for the worker, and more come, when it is given up."""
    complaints: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    cut, told = evening()
    async with routing(ours(["hey_jarvis"], lazy=True)) as (router, _):
        router.route(Route(MicrophoneRoute.WAKE))
        for frame in cut[: told + 1]:
            router.take(frame, NOTHING)
    router.take(cut[told], NOTHING)
    await asyncio.sleep(0.2)
    loop.set_exception_handler(None)
    assert complaints == []


_silent_words = cache(lambda: ours(["hey_jarvis"], lazy=True))
_steps = st.sampled_from([*MicrophoneRoute, None, None, None])


@settings(max_examples=60)
@given(st.lists(_steps, max_size=40))
async def test_the_session_gets_what_was_taken_for_it(steps: list[MicrophoneRoute | None]) -> None:
    """None is a frame, anything else a posture; a session takes what was held since the speaker woke."""
    session, wanted, held = Session(), list[int](), list[int]()
    mode = MicrophoneRoute.OFF
    async with routing(_silent_words()) as (router, woken):
        for number, step in enumerate(steps, 1):
            if step is None:
                await feed(router, [np.full(FRAME_SAMPLES, number, np.int16)])
                held += [number] if mode not in {MicrophoneRoute.OFF, MicrophoneRoute.WAKE} else []
            else:
                mode = step
                router.route(Route(mode, session if mode is MicrophoneRoute.SESSION else None))
            if mode is MicrophoneRoute.SESSION:
                wanted += held
            if mode not in {MicrophoneRoute.HOLD, MicrophoneRoute.OVER}:
                held.clear()
        assert woken == []
    assert session.heard[::FRAME_SAMPLES].tolist() == wanted


async def test_what_a_lost_session_took_is_given_to_the_next_one() -> None:
    cut, _ = evening()
    first, second = Session(), Session()
    async with routing(_silent_words()) as (router, _woken):
        router.begin_audit()
        router.route(Route(MicrophoneRoute.SESSION, first))
        await feed(router, cut[:3])
        router.answered()
        await feed(router, cut[3:6])
        router.repeat()
        router.route(Route(MicrophoneRoute.SESSION))
        await feed(router, cut[6:8])
        router.route(Route(MicrophoneRoute.SESSION, second))
        assert np.array_equal(second.heard, between(cut, 3 * FRAME_SAMPLES, 8))
        assert (router.audit.lost, router.audit.duplicated) == (0, 0)


async def test_what_is_said_over_an_answer_reaches_the_session_whole(speech: Speech) -> None:
    """Nothing plays, so the front end changes nothing; what is sent lags until somebody talks, and nothing is lost."""
    words = pcm.resample(speech("Turn off the kitchen light please."), pcm.SESSION_HZ, WAKE_HZ)
    cut = frames(np.concatenate([silence(2), words, silence(1)]))
    over: list[None] = []
    session = Session()
    router = FrameRouter(
        FrontEnd(_silent_words(), EchoCanceller(), 0.25, TurnSettings()),
        lambda _: None,
        lambda: over.append(None),
        lambda _: None,
        WordGate(),
    )
    router.begin_audit()
    router.route(Route(MicrophoneRoute.OVER, session))
    taken = 0
    while not over:
        await feed(router, cut[taken : taken + 1])
        taken += 1
    assert OVER <= taken * FRAME_SAMPLES - session.heard.size < OVER + FRAME_SAMPLES
    router.route(Route(MicrophoneRoute.SESSION, session))
    await feed(router, cut[taken:])
    router.close()
    assert np.array_equal(session.heard, between(cut, 0, len(cut)))
    assert (router.audit.lost, router.audit.duplicated) == (0, 0)


async def test_who_watches_sees_every_frame_with_its_score_after_all_else() -> None:
    cut, told = evening()
    seen: list[tuple[float, int]] = []
    async with routing(ours(["hey_jarvis"], lazy=True)) as (router, woken):
        router.watch(lambda sensed: seen.append((sensed.score, len(woken))))
        router.route(Route(MicrophoneRoute.WAKE))
        await feed(router, cut[: told + 1])
        assert len(seen) == told + 1
        assert seen[-1] == (woken[0].score, 1)
        assert all(0 <= score < woken[0].score and not heard for score, heard in seen[:-1])
        router.route(Route(MicrophoneRoute.SESSION, Session()))
        await feed(router, cut[told + 1 : told + 3])
        assert [score for score, _ in seen[told + 1 :]] == 8 * [0.0], "nobody listens for the wake word"
