"""What a service makes of the user's turns: from its events to what is heard, called, booked, and told to the inbox.

Idea. Services name, announce and end their responses in many ways, so nothing here relies on one event: sound is played
because it came, calls are collected from wherever they stand, and a response ends by its end, by an error in its
place, or because nothing more comes of it. Which response is the one that is heard, ``Responses`` knows.
"""

import logging
from collections.abc import Sequence
from typing import Final, Protocol

from msgspec import UNSET
from msgspec.structs import replace

from speaker.audio.playback_queue import PlayedItem
from speaker.conversation import events
from speaker.conversation.answer_faults import ASIDE, AnswerFaults
from speaker.conversation.answer_sound import AnswerSound
from speaker.conversation.call_collector import CallCollector, CollectedCall
from speaker.conversation.responses import UNNAMED, EndedResponse, Hearing, Responses
from speaker.conversation.session_needs import SessionNeeds
from speaker.conversation.tool_calls import INTERRUPTED, TOO_MANY, ToolCalls
from speaker.errors import SessionError
from speaker.realtime.complaints import nothing_said, problem_of, shortfall
from speaker.realtime.error_mapping import ServicePlace
from speaker.realtime.protocol import client_events as cl
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.objects import Response, ResponseWish, Usage
from speaker.realtime.services import ServiceProfile

log = logging.getLogger(__name__)

WISH: Final = "wish"
"""The key of a response's metadata under which its request is named."""

NO_MORE_TOOLS: Final = (
    "You have called tools too often for this request. Answer the user now, in words, with what you know; "
    "say what could not be done. No more tools are carried out."
)


class AnsweringSession(Protocol):
    """The session whose answers these are."""

    number: int
    endpoint: str

    def send(self, event: cl.ClientEvent) -> None:
        """Send an event, unless the session is not open."""

    def tell(self, text: str) -> None:
        """Let the model know something that nobody said."""

    def answered(self) -> None:
        """The user has got an answer."""


class Answers:
    """The answers of one connection; a new connection gets new ones."""

    def __init__(
        self, session: AnsweringSession, needs: SessionNeeds, calls: ToolCalls, *,
        place: ServicePlace, profile: ServiceProfile, plays_hz: int, own_tools: frozenset[str],
    ) -> None:  # fmt: skip
        """``plays_hz``: rate of the service's sound; ``own_tools``: the tools that it was told of."""
        self.number, self.endpoint = session.number, session.endpoint
        self.owed = False
        """Whether the user said something that nothing has answered yet."""
        self.given = False
        """Whether anything was answered in this connection."""
        self._session, self._needs, self._calls = session, needs, calls
        self._post, self._observers = needs.post, needs.observers
        self._place, self._profile, self._own_tools = place, profile, own_tools
        self._now = needs.clock
        self._responses = Responses(newest_counts=profile.abandons_responses)
        self._faults = AnswerFaults(self, needs, place, self._responses)
        self._sound = AnswerSound(needs.playback, needs.observers, plays_hz)
        self._collector = CallCollector()
        self._sounded = False
        """Whether something of the active response was heard."""
        self._asides = 0

    @property
    def problem(self) -> SessionError | None:
        """Why the last answer is less than one, if so."""
        return self._faults.problem

    # What we want of it.

    def ask(self, *, last_word: bool = False) -> None:
        """Ask for a response; with ``last_word`` one without tools."""
        if last_word:
            self._session.tell(NO_MORE_TOOLS)
        name = self._responses.ask(self._now(), last_word=last_word)
        self._turn_begins()
        wish = ResponseWish(
            tool_choice="none" if last_word else UNSET,
            metadata={WISH: name} if self._profile.echoes_metadata else UNSET,
        )
        self._session.send(cl.CreateResponse(event_id=name, response=UNSET if wish == ResponseWish() else wish))

    def hush(self, cuts: Sequence[PlayedItem]) -> None:
        """Stop the answer; the service is told what was really heard, so that it remembers no more than that."""
        active = self._responses.silence()
        if active is not None:
            self.cancel_response(active)
        self._faults.hush()
        self.owed = False
        for cut in self._sound.known(cuts):
            if cut.played_ms > 0:
                self._aside(cl.TruncateItem(item_id=cut.item, content_index=0, audio_end_ms=cut.played_ms))
            else:
                self._aside(cl.DeleteItem(item_id=cut.item))

    def confirmed(self) -> None:
        """A sound was answer enough."""
        self.owed, self.given = False, True

    def close(self) -> None:
        """The connection is gone."""
        self._faults.close()

    def cancel_response(self, response: str) -> None:
        """Ask the service to stop a response."""
        self._aside(cl.CancelResponse(response_id=UNSET if response == UNNAMED else response))

    def _aside(self, event: cl.ClientEvent) -> None:
        """Send an event that asks for no response, under a name, so that its refusal is known as no answer's."""
        self._asides += 1
        self._session.send(replace(event, event_id=f"{ASIDE}{self._asides}"))

    def _turn_begins(self) -> None:
        self.owed = True
        self._faults.turn_begins()

    # What comes of it.

    def hear(self, news: ev.ServerEvent) -> None:
        """Take in an event of the service."""
        match news:
            case ev.Error(error=problem):
                self._faults.hear(problem)
                return
            case ev.SpeechStarted():
                self.owed = True
                self._post(events.SpeechBegan(self.number))
            case ev.SpeechStopped():
                self._responses.turn_ended(self._now())
                self._turn_begins()
                self._post(events.SpeechEnded(self.number))
            case ev.TranscriptionCompleted(transcript=words, usage=usage, status=status) if status != "in_progress":
                self._observers.transcribed(usage)
                self._observers.said("user", words or "")
                if self._needs.means_stop(words or ""):
                    self._post(events.Stopped())
            case ev.ResponseCreated(response=response):
                wish = (response.metadata or {}).get(WISH) if self._profile.echoes_metadata else None
                self._meet(response.id, self._responses.begins(response.id, self._now(), wish))
            case ev.ResponseDone(response=response, usage=usage):
                self._end(_with_usage(response, usage))
            case ev.RateLimits(rate_limits=limits):
                for limit in limits:
                    if not limit.remaining and limit.limit:
                        log.warning("the Realtime service has no %s left for %s s", limit.name, limit.reset_seconds)
            case ev.OfResponse():
                self._hear_content(news)
            case _:
                pass
        self._faults.goes_on()

    def _meet(self, response: str, hearing: Hearing) -> bool:
        """Do what is to be done with a response; whether what came of it is heard."""
        if hearing is Hearing.CANCEL:
            self.cancel_response(response)
        elif hearing is Hearing.BEGIN:
            self._sounded = False
            self._sound.forget()
            self._faults.begins()
            self._post(events.ResponseBegan(self.number, response))
        return hearing in {Hearing.TAKE, Hearing.BEGIN}

    def _hear_content(self, news: ev.OfResponse) -> None:
        sounds = isinstance(news, ev.AudioDelta | ev.TextDelta | ev.TextDone)
        hearing = self._responses.brings(news.response_id, self._now(), sounds=sounds)
        heard = self._meet(news.response_id, hearing)
        active = self._responses.active
        # All that is heard while a response is active is of that one, whatever it is called.
        self._collector.hear(active if heard and active is not None else news.response_id, news)
        if not heard:
            return
        match news:
            case ev.AudioDelta(item_id=item, delta=delta):
                if self._sound.play(item, delta):
                    self._sounds()
            case ev.AudioDone(item_id=item):
                self._sound.end(item)
            case ev.TextDelta(item_id=item, delta=delta) | ev.TranscriptDelta(item_id=item, delta=delta):
                self._sound.write(item, delta)
            case ev.TextDone(item_id=item, text=text):
                words = self._sound.words(item, text)
                self._speak(item, words, words)
            case ev.TranscriptDone(item_id=item, transcript=words):
                self._said(self._sound.words(item, words))
            case _:
                pass

    def _speak(self, item: str, words: str, news: str) -> None:
        """Say words in the own voice that come without sound; ``news`` is what of them was not told before."""
        if not self._sound.has_sound and self._sound.speak(item, words):
            self._sounds()
        self._said(news)

    def _sounds(self) -> None:
        if not self._sounded:
            self._sounded, self.owed = True, False
            self._post(events.AnswerSounded(self.number))

    def _said(self, words: str) -> None:
        if words:
            self._observers.said("assistant", words)
        if words.rstrip().endswith("?"):
            self._post(events.Asked(self.number))

    # How it ends.

    def _end(self, response: Response) -> None:
        ended = self._responses.ends(response.id, self._now())
        if ended is None:
            return
        self._observers.booked(response)
        calls = self._calls_of(ended, response)
        problem = shortfall(self._place, response)
        if not ended.heard:
            self._calls.refuse(calls, INTERRUPTED)
        elif response.status == "failed" and problem is not None:
            self._faults.fails(problem_of(response), problem, ended.began_as)
        elif problem is not None:
            self._faults.note(problem)
            self._post(events.ResponseEnded(self.number, ended.began_as, failed=True))
        elif ended.last_word:
            self._calls.refuse(calls, TOO_MANY)
            self._complete(ended, response, [])
        else:
            self._complete(ended, response, calls)
        if ended.heard:
            self._sound.forget()
            self.owed = self.owed and problem is None
        self._faults.ended(well=ended.heard and problem is None)

    def _calls_of(self, ended: EndedResponse, response: Response) -> list[CollectedCall]:
        """The calls that a response wants, of which only a complete one may have any."""
        calls = self._collector.take(ended.id, response.output)
        if self._profile.calls_of_its_own:
            calls = [call for call in calls if call.name in self._own_tools]
        return calls if response.status in {"completed", None} else []

    def _complete(self, ended: EndedResponse, response: Response, calls: Sequence[CollectedCall]) -> None:
        talked_over = response.status in {"cancelled", "incomplete"}
        if not (self._sounded or calls or talked_over):
            for item, words in self._sound.unspoken(response.output):
                self._speak(item, words, self._sound.words(item, words))
        if self._sounded and not talked_over:
            self.given = True
            self._session.answered()
        elif not (calls or talked_over):
            self._faults.note(nothing_said(self._place), quietly=True)
        named = self._calls.named(calls)
        ending = events.ResponseEnded(self.number, ended.began_as, calls=frozenset(named), talked_over=talked_over)
        self._post(ending)
        self._calls.run(named)


def _with_usage(response: Response, usage: object) -> Response:
    """A response with what it used, wherever the service tells that."""
    told = response.usage
    empty = told is None or not (told.total_tokens or told.input_tokens or told.output_tokens)
    return replace(response, usage=usage) if empty and isinstance(usage, Usage) else response
