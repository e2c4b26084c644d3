"""Microphone sound to where the posture says: dropped, to the wake word, held, or into the session.

It comes in pieces: int16, 16 kHz, shape (320,), or (1280,) asleep. Every piece goes through the front end's worker
first and arrives here in order; asleep nothing arrives until it matters. What was said since the wake word is held
until a session takes it, so no word is lost while a chime sounds and a socket opens; and what a session took is kept
until it is answered, so no word is lost with it.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeVar

import numpy as np

from speaker.audio.pcm import FRAME_SAMPLES, WAKE_HZ, Samples, ms_to_samples
from speaker.listening.front_end import FrontEnd, SensedFrame
from speaker.listening.route import MicrophoneRoute, Route
from speaker.listening.route_needs import wanted_on
from speaker.listening.sample_audit import SampleAudit
from speaker.listening.sensing_worker import RECENT, SensingWorker
from speaker.listening.talk_guess import TalkGuess
from speaker.listening.uplink_gate import Lead, UplinkGate, UplinkPiece
from speaker.wake.detector import Detection

WORD_KEPT: Final = ms_to_samples(1_520, WAKE_HZ)
"""Samples that are kept of the wake word for who listens here: it has to be whole."""

OVER: Final = ms_to_samples(800, WAKE_HZ)
"""How far, in samples, what is sent lags behind while the speaker speaks: nobody knows yet whether somebody talks in
it, and if they do, what removes the echo has muffled their first word, which is sent whole then."""

LATELY: Final = ms_to_samples(2_000, WAKE_HZ)
"""Samples that are remembered of what was left of the echo: a service tells late that somebody talks."""

MOST_KEPT: Final = 60 * WAKE_HZ
"""Held or unanswered samples beyond this are dropped from the front: nobody speaks so long into a closed socket."""

_Piece = TypeVar("_Piece")


class FrameRouter:
    """One place that every piece goes through. What it calls is called on the event loop."""

    def __init__(
        self,
        front_end: FrontEnd,
        woken: Callable[[Detection], None],
        spoken_over: Callable[[], None],
        attentive: Callable[[SensedFrame], None],
        gate: UplinkGate,
        *,
        stirred: Callable[[bool], None] = lambda _: None,
        patient: Callable[[bool], None] = lambda _: None,
    ) -> None:
        """``attentive`` is told what was heard in a piece, when talk is listened for.

        The session gets what the ``gate`` lets through. ``stirred`` is told whether somebody may be beginning to talk
        over the speaker's voice, some 60 ms before ``spoken_over`` says so or it turns out to be nothing. ``patient``
        is told whether sound is wanted for wake words alone, from whom whole frames are enough.
        """
        self._worker = SensingWorker(front_end, self._sensed)
        self._woken = woken
        self._spoken_over = spoken_over
        self._attentive = attentive
        self._gate = gate
        self._tell_stirred = stirred
        self._tell_patient = patient
        self._route = Route(MicrophoneRoute.OFF)
        self._end = 0
        """Number of the sample behind the last one."""
        self._recent: deque[tuple[int, Samples]] = deque()
        self._held: deque[UplinkPiece] = deque()
        self._unanswered: deque[UplinkPiece] = deque()
        self._over: deque[tuple[int, SensedFrame]] = deque()
        """Pieces that wait to be sent without echo, in case somebody talks in them."""
        self._lately: deque[tuple[int, SensedFrame]] = deque()
        self._talk = False
        """Whether somebody talks, as far as that is listened for."""
        self._guess = TalkGuess()
        self._since: tuple[int, SensedFrame] | None = None
        """The piece that told of a wake word for which no posture has come yet."""
        self.patient = False
        """Whether sound is wanted for wake words alone."""
        self.audit = SampleAudit()
        self._watch: Callable[[SensedFrame], None] | None = None

    def close(self) -> None:
        """Give up the worker; later frames are dropped."""
        self._route = Route(MicrophoneRoute.OFF)
        self._worker.close()

    @property
    def deaf(self) -> bool:
        """Whether sound goes nowhere."""
        return self._route.mode is MicrophoneRoute.OFF

    @property
    def waiting(self) -> int:
        """Samples that the front end has not done with yet."""
        return self._worker.waiting

    @property
    def worked_at(self) -> float:
        """Monotonic time at which a piece was last done with: the pulse that the watchdog feels."""
        return self._worker.worked_at

    def watch(self, look: Callable[[SensedFrame], None] | None) -> None:
        """Tell somebody of every piece once everything else has had it; or nobody any more."""
        self._watch = look
        self._set_pace()

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
        """The last pieces in which talk over the speaker's own voice was listened for."""
        return [sensed for _, sensed in self._lately]

    def route(self, route: Route) -> None:
        """Send sound there from now on."""
        before, self._route = self._route.mode, route
        if route.mode is MicrophoneRoute.OVER is not before:
            self._lately.clear()
        since = self._since
        if route.mode is not MicrophoneRoute.WAKE:
            self._since = None
            if before is MicrophoneRoute.WAKE and since is not None and since[0] > self._end - RECENT:
                # Another event overtook the wake word's, and its posture was to go on listening for one.
                self._hold_since(*since)
        self._set_pace()
        if route.mode is not MicrophoneRoute.OVER:
            self._tell_stirred(False)
            self._guess.forget()
            self._end_over(kept=route.mode in {MicrophoneRoute.SESSION, MicrophoneRoute.HOLD})
        if route.mode in {MicrophoneRoute.OFF, MicrophoneRoute.WAKE, MicrophoneRoute.ANSWER}:
            self._held.clear()
            self.audit.pause()
            self._gate.reset()
        if route.mode is MicrophoneRoute.OFF:
            self._recent.clear()
            self._worker.forget()
        self._flush()

    def take(self, piece: Samples, reference: Samples) -> None:
        """The next sound from the microphone, and what the loudspeaker put into the air meanwhile.

        Called on the microphone's thread; the rest of the router lives on the event loop.
        """
        route = self._route
        if route.mode is MicrophoneRoute.OFF:
            self._worker.take(piece, reference, None)
            return
        self._worker.take(piece, reference, wanted_on(route, judged=self._gate.judges))

    def _sensed(self, pieces: list[tuple[SensedFrame, bool]]) -> None:
        for sensed, news in pieces:
            if self._route.mode is MicrophoneRoute.OFF:
                return
            first = self._remember(sensed)
            if news:
                self._hear(first, sensed)

    def _hear(self, first: int, sensed: SensedFrame) -> None:
        if self._since is not None and self._since[0] <= self._end - RECENT:
            self._since = None
            self._set_pace()
        self._talk = sensed.talk == "begins" or (self._talk and sensed.talk != "ends")
        self._deliver(first, sensed)
        if self._route.talk:
            self._attentive(sensed)
        if sensed.detection is not None and self._route.mode in {MicrophoneRoute.WAKE, MicrophoneRoute.OVER}:
            self._hear_word(sensed, sensed.detection)
        if self._watch is not None:
            self._watch(sensed)

    def _remember(self, sensed: SensedFrame) -> int:
        """Number of its first sample."""
        first = self._end
        self._end += sensed.voice.size
        self._recent.append((first, sensed.voice))
        _forget(self._recent, self._end - RECENT)
        return first

    def _set_pace(self) -> None:
        route = self._route
        # Who has just heard a wake word, and not yet what comes of it, still needs every piece.
        plain = not (route.barging or route.talk or self._since)
        self.patient = route.mode is MicrophoneRoute.WAKE and plain
        self._worker.patient = self.patient and self._watch is None
        at_once = route.mode in {MicrophoneRoute.SESSION, MicrophoneRoute.HOLD}
        self._worker.together = 0 if at_once else FRAME_SAMPLES
        self._tell_patient(self.patient)

    def _deliver(self, first: int, sensed: SensedFrame) -> None:
        mode = self._route.mode
        if mode is MicrophoneRoute.OVER:
            self._deliver_over(first, sensed)
        elif mode in {MicrophoneRoute.SESSION, MicrophoneRoute.HOLD}:
            self._hold(first, sensed.voice, sensed)
            self._flush()

    def _hold(self, first: int, samples: Samples, sensed: SensedFrame) -> None:
        """Keep sound of a piece for the session, as far as the session needs it."""
        self._keep(self._gate.take(UplinkPiece(first, samples), sensed.turn, sensed.begun, sensed.ended))

    def _keep(self, pieces: list[UplinkPiece]) -> None:
        self._held.extend(pieces)
        while self._held and self._held[-1].first - self._held[0].first > MOST_KEPT:
            self._held.popleft()
        self.audit.spared += sum(piece.samples.size for piece in pieces if not piece.sent)

    def _deliver_over(self, first: int, sensed: SensedFrame) -> None:
        """Send what has no echo in it, late; what somebody says over the answer waits until they are listened to."""
        self._over.append((first, sensed))
        self._lately.append((first, sensed))
        _forget(self._lately, self._end - LATELY)
        self._tell_stirred(self._guess.push(first, self._end, stirring=sensed.stirring) or self._talk)
        if self._talk:
            self._spoken_over()
        else:
            while self._over and self._over[0][0] < self._end - OVER:
                number, old = self._over.popleft()
                self._keep(self._gate.spare(UplinkPiece(number, old.residue)))
        self._flush()

    def _end_over(self, *, kept: bool) -> None:
        while self._over:
            first, one = self._over.popleft()
            if kept and self._talk:
                # They were noticed late, so all that waits is theirs, whatever the detector could hear of it.
                self._hold(first, one.voice, replace(one, turn=one.turn or None, begun=0))
            elif kept:
                self._hold(first, one.residue, one)

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
        while self._unanswered[-1].first - self._unanswered[0].first > MOST_KEPT:
            self._unanswered.popleft()
        self._held.clear()

    def _hear_word(self, sensed: SensedFrame, detection: Detection) -> None:
        # Held from this very moment: the next piece may come before the posture does.
        self._over.clear()
        self._tell_stirred(False)
        self._hold_since(self._end, sensed)
        self._route = Route(MicrophoneRoute.HOLD, talk=self._route.talk)
        self._set_pace()
        self._since = (self._end, sensed)
        self._woken(detection)

    def _hold_since(self, end: int, told: SensedFrame) -> None:
        """Begin the pre-roll where the wake word ended: a little before the ``end`` of the piece that told of it."""
        word = [samples for first, samples in self._recent if end - WORD_KEPT <= first < end]
        pieces = [UplinkPiece(first, samples) for first, samples in self._recent if first >= end]
        self._held.clear()
        self.audit.pause()
        if word:
            sound = np.concatenate(word)
            begin = sound.size - told.after_word
            lead = Lead(told.detection.word if told.detection else "", sound[:begin])
            pieces.insert(0, UplinkPiece(end - told.after_word, sound[begin:], lead=lead))
        self._gate.reset(pieces)


def _forget(pieces: deque[tuple[int, _Piece]], before: int) -> None:
    """Drop the pieces that begin before a sample."""
    while pieces and pieces[0][0] < before:
        pieces.popleft()
