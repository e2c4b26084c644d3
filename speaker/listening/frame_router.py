"""Microphone frames to where the posture says: dropped, to the wake word, held, or into the session.

Frames are int16, shape (1280,), 16 kHz. Every frame goes through the front end's worker first and arrives here in
order. What was said since the wake word is held until a session takes it, so no word is lost while a chime
sounds and a socket opens; and what a session took is kept until it is answered, so no word is lost with it.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Final

import numpy as np

from speaker.audio.pcm import FRAME_MS, FRAME_SAMPLES, Samples
from speaker.listening.front_end import FrontEnd, SensedFrame, SenseRequest, Source
from speaker.listening.route import MicrophoneRoute, Route
from speaker.listening.sample_audit import SampleAudit
from speaker.listening.uplink_gate import Lead, UplinkGate, UplinkPiece
from speaker.wake.detector import Detection

log = logging.getLogger(__name__)

LEAD_FRAMES: Final = 19
"""What is kept of the wake word for who listens here, 1.5 s: it has to be whole."""

RECENT_FRAMES: Final = 25
"""Frames that are remembered for the pre-roll, 2 s: a slow machine detects late."""

OVER_FRAMES: Final = 10
"""How far what is sent lags behind while the speaker speaks, 0.8 s: it takes so long to notice that somebody
talks, since what removes the echo muffles their first word, which is in it."""

LATELY_FRAMES: Final = 25
"""How much of what was left of the echo is remembered, 2 s: a service tells late that somebody talks."""

MOST_KEPT_S: Final = 60
"""Held or unanswered sound beyond this is dropped from the front: nobody speaks so long into a closed socket."""

BEHIND_FRAMES: Final = 12
"""Frames waiting for the worker from which the machine counts as too slow."""


_TURNS: Final[Mapping[MicrophoneRoute, Source]] = {
    MicrophoneRoute.HOLD: "voice",
    MicrophoneRoute.SESSION: "voice",
    MicrophoneRoute.OVER: "residue",
}
"""Where turns are looked for, and in what: only while the speaker speaks does its echo matter more than every word."""


class FrameRouter:
    """One place that every frame goes through. ``woken`` and ``spoken_over`` are called on the event loop."""

    def __init__(
        self,
        front_end: FrontEnd,
        woken: Callable[[Detection], None],
        spoken_over: Callable[[], None],
        attentive: Callable[[SensedFrame], None],
        gate: UplinkGate,
    ) -> None:
        """``attentive`` is told what was heard in a frame, when talk is listened for.

        The session gets what the ``gate`` lets through.
        """
        self._front_end = front_end
        self._woken = woken
        self._spoken_over = spoken_over
        self._attentive = attentive
        self._gate = gate
        self._worker = ThreadPoolExecutor(1, "front-end")
        self._loop = asyncio.get_running_loop()
        self._route = Route(MicrophoneRoute.OFF)
        self._recent: deque[tuple[int, Samples]] = deque(maxlen=RECENT_FRAMES)
        most = MOST_KEPT_S * 1000 // FRAME_MS
        self._held: deque[UplinkPiece] = deque(maxlen=most)
        self._unanswered: deque[UplinkPiece] = deque(maxlen=most)
        self._over: deque[tuple[int, SensedFrame]] = deque()
        """Frames that wait to be sent without echo, in case somebody talks in them."""
        self._lately: deque[SensedFrame] = deque(maxlen=LATELY_FRAMES)
        self._talk = False
        """Whether somebody talks, as far as that is listened for."""
        self._since: tuple[int, SensedFrame] | None = None
        """The frame that told of a wake word for which no posture has come yet."""
        self._count = 0
        self._waiting = 0
        self._complained = False
        self.audit = SampleAudit()
        self.worked_at = 0.0
        """Loop time at which a frame was last done with: the pulse that the watchdog feels."""
        self.watch: Callable[[SensedFrame], None] | None = None
        """Is told of every frame once everything else has had it; nobody, unless somebody wants to look."""

    def close(self) -> None:
        """Give up the worker; later frames are dropped."""
        self._route = Route(MicrophoneRoute.OFF)
        self._worker.shutdown(wait=False, cancel_futures=True)

    def begin_audit(self) -> None:
        """A conversation begins."""
        self.audit = SampleAudit()

    def answered(self) -> None:
        """What was sent so far needs not be sent again."""
        self._unanswered.clear()

    def repeat(self) -> None:
        """The session that took the user's last words is lost: the next one gets them first."""
        self._held.extendleft(reversed(self._unanswered))
        self._unanswered.clear()
        self.audit.pause()

    @property
    def over(self) -> list[SensedFrame]:
        """The last frames in which talk over the speaker's own voice was listened for."""
        return list(self._lately)

    def route(self, route: Route) -> None:
        """Send frames there from now on."""
        before, self._route = self._route.mode, route
        if route.mode is MicrophoneRoute.OVER is not before:
            self._lately.clear()
        since = self._since
        if route.mode is not MicrophoneRoute.WAKE:
            self._since = None
            if before is MicrophoneRoute.WAKE and since is not None and since[0] > self._count - RECENT_FRAMES:
                # Another event overtook the wake word's, and its posture was to go on listening for one.
                self._hold_since(*since)
        if route.mode is not MicrophoneRoute.OVER:
            self._end_over(kept=route.mode in {MicrophoneRoute.SESSION, MicrophoneRoute.HOLD})
        if route.mode in {MicrophoneRoute.OFF, MicrophoneRoute.WAKE, MicrophoneRoute.ANSWER}:
            self._held.clear()
            self.audit.pause()
            self._gate.reset()
        self._flush()

    def take(self, frame: Samples, reference: Samples) -> None:
        """The next frame from the microphone, and what the loudspeaker put into the air meanwhile."""
        if self._route.mode is MicrophoneRoute.OFF:
            self._recent.clear()
            self.worked_at = self._loop.time()
            return
        self._waiting += 1
        if self._waiting > BEHIND_FRAMES and not self._complained:
            self._complained = True
            log.warning("this machine scores wake words more slowly than sound arrives; use fewer wake words")
        mode, barging = self._route.mode, self._route.barging
        wake = mode in {MicrophoneRoute.WAKE, MicrophoneRoute.OVER}
        turns: Source = _TURNS.get(mode, "") if self._gate.judges else ""
        wanted = SenseRequest(wake, barging, talk=self._route.talk or mode is MicrophoneRoute.OVER, turns=turns)
        self._worker.submit(self._front_end.sense, frame, reference, wanted).add_done_callback(self._to_loop)

    def _to_loop(self, done: "Future[SensedFrame]") -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed while the program ends
            self._loop.call_soon_threadsafe(self._sensed, done)

    def _sensed(self, done: "Future[SensedFrame]") -> None:
        self._waiting -= 1
        if done.cancelled():
            return
        sensed = done.result()
        self.worked_at = self._loop.time()
        if self._route.mode is MicrophoneRoute.OFF:
            return
        self._count += 1
        self._recent.append((self._count, sensed.voice))
        self._talk = sensed.talk == "begins" or (self._talk and sensed.talk != "ends")
        self._deliver(sensed)
        if self._route.talk:
            self._attentive(sensed)
        if sensed.detection is not None and self._route.mode in {MicrophoneRoute.WAKE, MicrophoneRoute.OVER}:
            self._hear_word(sensed, sensed.detection)
        if self.watch is not None:
            self.watch(sensed)

    def _deliver(self, sensed: SensedFrame) -> None:
        mode = self._route.mode
        if mode is MicrophoneRoute.OVER:
            self._deliver_over(sensed)
        elif mode in {MicrophoneRoute.SESSION, MicrophoneRoute.HOLD}:
            self._hold(self._count, sensed.voice, sensed)
            self._flush()

    def _hold(self, number: int, samples: Samples, sensed: SensedFrame) -> None:
        """Keep sound of a frame for the session, as far as the session needs it."""
        piece = UplinkPiece(number * FRAME_SAMPLES, samples)
        self._keep(self._gate.take(piece, sensed.turn, sensed.begun, sensed.ended))

    def _keep(self, pieces: list[UplinkPiece]) -> None:
        self._held.extend(pieces)
        self.audit.spared += sum(piece.samples.size for piece in pieces if not piece.sent)

    def _deliver_over(self, sensed: SensedFrame) -> None:
        """Send what has no echo in it, late; what somebody says over the answer waits until they are listened to."""
        self._over.append((self._count, sensed))
        self._lately.append(sensed)
        if self._talk:
            self._spoken_over()
        elif len(self._over) > OVER_FRAMES:
            number, old = self._over.popleft()
            self._keep(self._gate.spare(UplinkPiece(number * FRAME_SAMPLES, old.residue)))
        self._flush()

    def _end_over(self, *, kept: bool) -> None:
        while self._over:
            number, one = self._over.popleft()
            if kept and self._talk:
                # They were noticed late, so all that waits is theirs, whatever the detector could hear of it.
                self._hold(number, one.voice, replace(one, turn=one.turn or None, begun=0))
            elif kept:
                self._hold(number, one.residue, one)

    def _flush(self) -> None:
        """Hand everything held to the session, if it takes sound."""
        sink = self._route.sink
        if sink is None or self._route.mode not in {MicrophoneRoute.SESSION, MicrophoneRoute.OVER} or not self._held:
            return
        together: list[Samples] = []
        for piece in self._held:
            self.audit.take(piece.first, piece.samples.size, meant=piece.sent)
            if piece.begins:
                sink.turn_began(piece.lead)
            if piece.sent:
                together.append(piece.samples)
            if piece.ends:
                sink.append(np.concatenate(together))
                together.clear()
                sink.turn_ended()
        if together:
            sink.append(np.concatenate(together))
        self._unanswered.extend(self._held)
        self._held.clear()

    def _hear_word(self, sensed: SensedFrame, detection: Detection) -> None:
        # Held from this very moment: the next frame may come before the posture does.
        self._over.clear()
        self._hold_since(self._count, sensed)
        self._route = Route(MicrophoneRoute.HOLD, talk=self._route.talk)
        self._since = (self._count, sensed)
        self._woken(detection)

    def _hold_since(self, number: int, told: SensedFrame) -> None:
        """Begin the pre-roll where the wake word ended: a little before the end of the frame that told of it."""
        word = [frame for at, frame in self._recent if number - LEAD_FRAMES < at <= number]
        pieces = [UplinkPiece(at * FRAME_SAMPLES, frame) for at, frame in self._recent if at > number]
        self._held.clear()
        self.audit.pause()
        if word:
            sound = np.concatenate(word)
            begin = sound.size - told.after_word
            lead = Lead(told.detection.word if told.detection else "", sound[:begin])
            pieces.insert(0, UplinkPiece((number + 1) * FRAME_SAMPLES - told.after_word, sound[begin:], lead=lead))
        self._gate.reset(pieces)
