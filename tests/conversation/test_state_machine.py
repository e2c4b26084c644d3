"""The laws of the conversation, over random histories, and the stories people live through."""

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speaker.config.settings import Limits
from speaker.conversation.events import (
    AnsweredHere,
    AnswerSounded,
    Asked,
    Event,
    Expired,
    Goodbye,
    Muted,
    OutClaimed,
    PlaybackBegan,
    PlaybackEnded,
    PlaybackQueued,
    Pressed,
    Prompted,
    QuestionAsked,
    QuestionSettled,
    ReplyFree,
    ReplyRefused,
    ResponseBegan,
    ResponseEnded,
    ServiceComplained,
    SessionClosed,
    SessionEvent,
    SessionLost,
    SessionOpened,
    SpeechBegan,
    SpeechEnded,
    SpokenOver,
    Stopped,
    ToolAnswered,
    TurnEnded,
    UnderstoodHere,
    Unmuted,
    Woken,
)
from speaker.conversation.state_machine import ROLL_OVER_S, TABLE, StateMachine
from speaker.conversation.states import POSTURES, Duplex, Effect, State
from speaker.listening.route import MicrophoneRoute

LIMITS: Final = Limits()

_sessions = st.sampled_from([1, 1, 1, 1, 2, 3, 0])
"""Mostly the first one: news of others changes nothing, and histories would hardly get anywhere."""
_responses = st.sampled_from(["r1", "r2"])
_calls = st.sampled_from(["c1", "c2"])
_events: st.SearchStrategy[Event] = st.one_of(
    st.sampled_from([Woken("hey_jarvis", 0.9), Pressed(), SpokenOver(), Stopped(), Muted(), Unmuted()]),
    st.sampled_from([Prompted(), OutClaimed(), QuestionAsked(), QuestionSettled()]),
    st.sampled_from([Expired(), PlaybackQueued(), PlaybackBegan(), PlaybackEnded()]),
    st.builds(SessionOpened, _sessions),
    st.builds(SessionClosed, _sessions),
    st.builds(SessionLost, _sessions),
    st.builds(Asked, _sessions),
    st.builds(SpeechBegan, _sessions),
    st.builds(SpeechEnded, _sessions),
    st.builds(ResponseBegan, _sessions, _responses),
    st.builds(AnswerSounded, _sessions),
    st.builds(ResponseEnded, _sessions, _responses, st.booleans(), st.frozensets(_calls), st.booleans()),
    st.builds(ReplyRefused, _sessions, st.booleans()),
    st.builds(ReplyFree, _sessions),
    st.builds(ServiceComplained, _sessions),
    st.builds(ToolAnswered, _sessions, _calls, st.booleans(), st.booleans()),
    st.builds(TurnEnded, _sessions, st.sampled_from(["", "c1", "c2"])),
    st.builds(UnderstoodHere, _sessions),
    st.builds(AnsweredHere, _sessions, _calls),
    st.builds(Goodbye, _sessions),
)
_histories = st.lists(st.tuples(_events, st.floats(0, 30)), max_size=60)


class World:
    """A machine and a clock, driven by hand."""

    def __init__(self, duplex: Duplex = "wake") -> None:
        self.machine = StateMachine(LIMITS, duplex)
        self.now = 100.0

    def state(self) -> State:
        """Where the conversation is now."""
        return self.machine.state

    def on(self, *events: Event) -> list[Effect]:
        """Feed events a tenth of a second apart; the errands of all of them."""
        done: list[Effect] = []
        for event in events:
            self.now += 0.1
            done += self.machine.on(event, self.now)
        return done

    def wait(self) -> list[Effect]:
        """Let the present state last its longest."""
        assert self.machine.deadline is not None
        self.now = self.machine.deadline
        return self.machine.on(Expired(), self.now)

    def awake(self) -> int:
        """Wake and open the session; its number."""
        self.on(Woken("hey_jarvis", 0.9))
        self.on(SessionOpened(self.machine.session))
        return self.machine.session


@given(_histories)
def test_home_means_no_session_and_muted_hears_nothing(history: list[tuple[Event, float]]) -> None:
    machine, now = StateMachine(LIMITS), 0.0
    for event, wait_s in history:
        now += wait_s
        machine.on(event, now)
        posture = machine.posture
        assert posture.session == machine.awake == (machine.state not in {State.MUTED, State.ASLEEP, State.ASKING})
        assert posture.session or posture.microphone not in {MicrophoneRoute.SESSION, MicrophoneRoute.HOLD}
        if machine.state is State.MUTED:
            assert posture.microphone is MicrophoneRoute.OFF


_OWN_WISH: Final = (Stopped, Muted, OutClaimed)
"""What ends a conversation because somebody wants it to."""


_SPOKE: Final[list[tuple[Event, float]]] = [
    (event, 0.1) for event in (Woken("hey_jarvis", 0.9), SessionOpened(1), SpeechBegan(1), SpeechEnded(1))
]


@settings(max_examples=500)
@given(_histories.map(lambda history: _SPOKE + history))
def test_nobody_is_left_in_silence(history: list[tuple[Event, float]]) -> None:
    """Whoever said something hears an answer, a sound that means done, or why not, before the speaker sleeps."""
    machine, now, waits = StateMachine(LIMITS), 0.0, False
    for event, wait_s in history:
        now += wait_s
        session, counts, before = machine.session, machine.awake, machine.state
        effects = machine.on(event, now)
        if machine.session != session:
            waits, counts = isinstance(event, Prompted), False
        if isinstance(event, SessionEvent) and event.session != session:
            counts = False
        if counts and isinstance(event, SpeechEnded | TurnEnded | Prompted):
            waits = True
        if counts and isinstance(event, AnswerSounded | AnsweredHere):
            waits = False
        if {Effect.APOLOGISE, Effect.CONFIRM, Effect.HUSH} & set(effects):
            waits = False
        if machine.state is State.FOLLOW_UP and before is not State.FOLLOW_UP:
            assert not waits or machine.facts.talked_over, "told at once, unless the user's next words are on their way"
        if machine.state is State.ASLEEP:
            assert not waits or isinstance(event, _OWN_WISH)
            waits = False


@given(_histories)
def test_every_awake_state_ends_and_expiries_lead_home(history: list[tuple[Event, float]]) -> None:
    machine, now = StateMachine(LIMITS), 0.0
    for event, wait_s in history:
        now += wait_s
        machine.on(event, now)
        assert (machine.deadline is not None) == (machine.state not in {State.MUTED, State.ASLEEP})
    for _ in range(5):
        if machine.deadline is None:
            break
        now = max(now, machine.deadline)
        machine.on(Expired(), now)
    assert not machine.awake


@given(_histories)
def test_news_of_another_session_changes_nothing(history: list[tuple[Event, float]]) -> None:
    machine, now = StateMachine(LIMITS), 0.0
    for event, wait_s in history:
        now += wait_s
        before = (machine.state, machine.deadline, machine.posture)
        stale = isinstance(event, SessionEvent) and (event.session != machine.session or not machine.awake)
        errands = machine.on(event, now)
        if stale:
            assert errands == []
            assert (machine.state, machine.deadline, machine.posture) == before


@given(_histories)
@settings(max_examples=400)
def test_never_two_responses_in_flight(history: list[tuple[Event, float]]) -> None:
    """We ask only while the server makes none and none is asked for already."""
    machine, now = StateMachine(LIMITS), 0.0
    making: set[str] = set()
    asked = False
    session = 0
    for event, wait_s in history:
        now += wait_s
        known = isinstance(event, SessionEvent) and event.session == machine.session and machine.awake
        if known:
            match event:
                case ResponseBegan(response=response):
                    making, asked = {response}, False
                case ResponseEnded(response=response):
                    making.discard(response)
                case ReplyRefused() | SpeechEnded():
                    asked = isinstance(event, SpeechEnded)
                case _:
                    pass
        errands = machine.on(event, now)
        if machine.session != session or Effect.HUSH in errands:
            session, making, asked = machine.session, set(), False
        if Effect.REPLY in errands:
            assert not making
            assert not asked
            asked = True


@given(_histories)
def test_silence_is_asked_for_at_once(history: list[tuple[Event, float]]) -> None:
    machine, now = StateMachine(LIMITS), 0.0
    for event, wait_s in history:
        now += wait_s
        machine.on(event, now)
    speaking = machine.state is State.SPEAKING
    errands = machine.on(Stopped(), now)
    assert not machine.awake
    assert Effect.HUSH in errands or not speaking
    assert Effect.REPLY not in errands


def test_table_reaches_every_state_and_leaves_it() -> None:
    assert {state for state, _ in TABLE} == set(State)
    assert set(TABLE.values()) == set(State)
    assert set(POSTURES) == set(State)
    awake = set(State) - {State.MUTED, State.ASLEEP}
    for event, home in ((Stopped, State.ASLEEP), (SessionClosed, State.ASLEEP), (Muted, State.MUTED)):
        # A question of the speaker's own needs no session.
        left = awake - ({State.ASKING} if event is SessionClosed else set())
        assert all(TABLE[state, event] is home for state in left)


def test_a_command_from_wake_word_to_sleep() -> None:
    world = World()
    assert world.on(Woken("hey_jarvis", 0.9)) == [Effect.CHIME]
    assert world.machine.posture.microphone is MicrophoneRoute.HOLD
    s = world.machine.session
    world.on(SessionOpened(s), SpeechBegan(s), SpeechEnded(s))
    assert world.state() is State.THINKING
    world.on(ResponseBegan(s, "r1"))
    assert world.on(ResponseEnded(s, "r1", calls=frozenset({"c1", "c2"}))) == []
    assert world.on(ToolAnswered(s, "c1")) == []
    assert world.on(ToolAnswered(s, "c2")) == [Effect.REPLY]
    world.on(ResponseBegan(s, "r2"), PlaybackBegan())
    assert world.state() is State.SPEAKING
    world.on(ResponseEnded(s, "r2"))
    assert world.state() is State.SPEAKING, "the device has not run dry"
    world.on(PlaybackEnded())
    assert world.state() is State.FOLLOW_UP
    world.wait()
    assert world.state() is State.ASLEEP
    assert world.machine.ended_by == "follow_up_timeout"


def test_wake_without_speech_costs_nothing() -> None:
    world = World()
    world.awake()
    assert world.wait() == []
    assert world.state() is State.ASLEEP
    assert world.machine.ended_by == "no_speech"


def test_long_utterance_is_not_cut_by_the_listening_limit() -> None:
    world = World()
    s = world.awake()
    world.on(SpeechBegan(s))
    assert world.machine.deadline == pytest.approx(world.now + LIMITS.utterance_s)


def test_running_dry_between_deltas_is_not_the_end() -> None:
    world = World()
    s = world.awake()
    world.on(SpeechBegan(s), SpeechEnded(s), ResponseBegan(s, "r1"), PlaybackBegan(), PlaybackEnded())
    assert world.state() is State.SPEAKING
    world.on(ResponseEnded(s, "r1"))
    assert world.state() is State.FOLLOW_UP


def test_answer_that_waits_for_the_loudspeaker_is_not_over() -> None:
    world = World()
    s = world.awake()
    world.on(SpeechBegan(s), SpeechEnded(s), ResponseBegan(s, "r1"), Goodbye(s), PlaybackQueued())
    world.on(ResponseEnded(s, "r1"))
    assert world.state() is State.THINKING
    world.on(PlaybackBegan())
    assert world.state() is State.SPEAKING
    world.on(PlaybackEnded())
    assert world.state() is State.ASLEEP


@pytest.mark.parametrize(
    ("duplex", "microphone"),
    [("full", MicrophoneRoute.OVER), ("wake", MicrophoneRoute.WAKE), ("half", MicrophoneRoute.OFF)],
)
def test_duplex_says_where_the_microphone_goes_while_speaking(duplex: Duplex, microphone: MicrophoneRoute) -> None:
    world = World(duplex)
    s = world.awake()
    world.on(SpeechBegan(s), SpeechEnded(s), ResponseBegan(s, "r1"), PlaybackBegan())
    assert world.machine.posture.microphone is microphone


@pytest.mark.parametrize("interruption", ["speech", "wake word", "button", "talk"])
def test_barge_in_hushes_and_listens(interruption: str) -> None:
    world = World()
    s = world.awake()
    world.on(SpeechBegan(s), SpeechEnded(s), ResponseBegan(s, "r1"), PlaybackBegan(), ResponseEnded(s, "r1"))
    event = {
        "speech": SpeechBegan(s),
        "wake word": Woken("hey_jarvis", 0.3),
        "button": Pressed(),
        "talk": SpokenOver(),
    }[interruption]
    assert world.on(event) == [Effect.HUSH]
    assert world.state() is State.LISTENING


def test_cancelled_response_may_end_before_speech_is_reported() -> None:
    world = World("full")
    s = world.awake()
    world.on(SpeechBegan(s), SpeechEnded(s), ResponseBegan(s, "r1"), PlaybackBegan(), ResponseEnded(s, "r1"))
    assert world.state() is State.SPEAKING
    assert world.on(SpeechBegan(s)) == [Effect.HUSH]
    assert world.state() is State.LISTENING


def test_tools_of_an_interrupted_turn_deliver_but_ask_for_nothing() -> None:
    world = World()
    s = world.awake()
    world.on(SpeechBegan(s), SpeechEnded(s), ResponseBegan(s, "r1"))
    world.on(ResponseEnded(s, "r1", calls=frozenset({"c1"})))
    assert world.on(SpeechBegan(s)) == [Effect.HUSH]
    assert world.on(ToolAnswered(s, "c1")) == []
    assert world.state() is State.LISTENING


def test_reply_that_met_another_response_is_asked_for_again() -> None:
    world = World()
    s = world.awake()
    world.on(SpeechBegan(s), SpeechEnded(s), ResponseBegan(s, "r1"))
    world.on(ResponseEnded(s, "r1", calls=frozenset({"c1"})))
    assert world.on(ToolAnswered(s, "c1")) == [Effect.REPLY]
    world.on(ResponseBegan(s, "r2"))
    assert world.on(ReplyRefused(s)) == []
    assert world.on(ResponseEnded(s, "r2")) == [Effect.REPLY]


def test_goodbye_ends_after_the_answer() -> None:
    world = World()
    s = world.awake()
    world.on(SpeechBegan(s), SpeechEnded(s), ResponseBegan(s, "r1"), PlaybackBegan(), Goodbye(s))
    world.on(ResponseEnded(s, "r1"))
    assert world.state() is State.SPEAKING
    world.on(PlaybackEnded())
    assert world.state() is State.ASLEEP
    assert world.machine.ended_by == "goodbye"


def test_lost_session_is_apologised_for_only_when_somebody_waits() -> None:
    world = World()
    s = world.awake()
    world.on(SpeechBegan(s), SpeechEnded(s), ResponseBegan(s, "r1"), AnswerSounded(s), PlaybackBegan())
    assert world.on(SessionClosed(s)) == [Effect.HUSH, Effect.APOLOGISE]
    assert world.machine.ended_by == "error"

    world = World()
    s = world.awake()
    world.on(SpeechBegan(s), SpeechEnded(s), ResponseBegan(s, "r1"), AnswerSounded(s), PlaybackBegan())
    world.on(ResponseEnded(s, "r1"))
    assert world.on(SessionClosed(s)) == [], "a complete answer is heard to its end"

    world = World()
    s = world.awake()
    world.on(SpeechBegan(s))
    assert world.on(SessionClosed(s)) == [Effect.APOLOGISE]


def test_no_connection_and_no_answer_are_said_aloud() -> None:
    world = World()
    world.on(Woken("hey_jarvis", 0.9))
    assert world.wait() == [Effect.APOLOGISE]
    world = World()
    s = world.awake()
    world.on(SpeechBegan(s), SpeechEnded(s))
    assert world.wait() == [Effect.HUSH, Effect.APOLOGISE]
    assert world.machine.ended_by == "error"


@pytest.mark.parametrize(
    ("calls", "done", "effect"),
    [([], True, Effect.APOLOGISE), (["c1"], True, Effect.CONFIRM), (["c1"], False, Effect.APOLOGISE)],
)
def test_a_turn_that_ends_unheard_is_told_of_at_once(calls: list[str], done: bool, effect: Effect) -> None:
    world = World()
    s = world.awake()
    world.on(SpeechBegan(s), SpeechEnded(s))
    for call in calls:
        world.on(
            ResponseBegan(s, "r1"), ResponseEnded(s, "r1", calls=frozenset({call})), ToolAnswered(s, call, done=done)
        )
    assert world.on(ResponseBegan(s, "r2"), ResponseEnded(s, "r2")) == [effect]
    assert world.state() is State.FOLLOW_UP
    assert world.wait() == [], "and not once more"


def test_what_the_service_broke_off_to_hear_is_waited_for_first() -> None:
    world = World()
    s = world.awake()
    world.on(SpeechBegan(s), SpeechEnded(s), ResponseBegan(s, "r1"))
    assert world.on(ResponseEnded(s, "r1", talked_over=True)) == []
    assert world.state() is State.FOLLOW_UP
    assert world.wait() == [Effect.APOLOGISE]


def test_failed_response_is_apologised_for_and_the_conversation_goes_on() -> None:
    world = World()
    s = world.awake()
    world.on(SpeechBegan(s), SpeechEnded(s), ResponseBegan(s, "r1"))
    assert world.on(ResponseEnded(s, "r1", failed=True)) == [Effect.APOLOGISE]
    assert world.state() is State.FOLLOW_UP
    world.on(PlaybackBegan())
    assert world.state() is State.SPEAKING, "the apology must not be heard as the user's words"


def test_old_session_is_renewed_at_the_next_calm_moment() -> None:
    world = World()
    s = world.awake()
    world.now += LIMITS.session_s
    world.on(SpeechBegan(s), SpeechEnded(s), ResponseBegan(s, "r1"), AnswerSounded(s), PlaybackBegan())
    assert world.on(ResponseEnded(s, "r1")) == [], "not in the middle of an answer"
    assert world.on(PlaybackEnded()) == [Effect.RENEW]
    assert world.state() is State.FOLLOW_UP
    assert world.on(SessionOpened(s)) == []
    assert world.state() is State.FOLLOW_UP


def test_session_has_a_longest_life_whatever_the_server_does() -> None:
    world = World()
    s = world.awake()
    end = world.now + LIMITS.session_s + ROLL_OVER_S + 10
    while world.now < end and world.machine.awake:
        world.on(SpeechBegan(s), SpeechEnded(s), ResponseBegan(s, "r"), Expired())
        world.now += 3
    assert not world.machine.awake


def test_words_that_a_lost_session_did_not_answer_are_said_again_to_the_next() -> None:
    world = World()
    s = world.awake()
    world.on(SpeechBegan(s))
    assert world.on(SessionLost(s)) == [Effect.REPEAT]
    world.on(SessionOpened(s), SpeechBegan(s), SpeechEnded(s))
    assert Effect.REPEAT in world.on(SessionLost(s))
    assert world.state() is State.LISTENING


def test_tools_do_not_run_twice_for_a_lost_session() -> None:
    world = World()
    s = world.awake()
    world.on(SpeechBegan(s), SpeechEnded(s), ResponseBegan(s, "r1"), ResponseEnded(s, "r1", calls=frozenset({"c1"})))
    assert world.on(SessionLost(s)) == []
    assert world.state() is State.THINKING
    assert world.on(ToolAnswered(s, "c1")) == [], "nobody takes the question yet"
    assert world.on(SessionOpened(s)) == [Effect.REPLY]
    assert world.on(SessionLost(s)) == [], "asked already, and not answered: asked again, not done again"
    assert world.on(SessionOpened(s)) == [Effect.REPLY]


def test_lost_answer_is_apologised_for_and_the_user_may_ask_again() -> None:
    world = World()
    s = world.awake()
    world.on(SpeechBegan(s), SpeechEnded(s), ResponseBegan(s, "r1"), PlaybackBegan())
    assert world.on(SessionLost(s)) == [Effect.HUSH, Effect.APOLOGISE]
    assert world.state() is State.FOLLOW_UP

    world = World()
    s = world.awake()
    world.on(SpeechBegan(s), SpeechEnded(s), ResponseBegan(s, "r1"), PlaybackBegan(), ResponseEnded(s, "r1"))
    assert world.on(SessionLost(s)) == [], "a complete answer is heard to its end"
    assert world.state() is State.SPEAKING


def test_connection_that_does_not_come_back_is_apologised_for() -> None:
    world = World()
    s = world.awake()
    world.on(SpeechBegan(s), SessionLost(s))
    assert world.machine.deadline == pytest.approx(world.now + LIMITS.connect_s)
    assert world.wait() == [Effect.APOLOGISE]
    assert world.machine.ended_by == "error"


def test_question_gives_time_to_think() -> None:
    world = World()
    s = world.awake()
    world.on(SpeechBegan(s), SpeechEnded(s), ResponseBegan(s, "r1"), Asked(s), PlaybackBegan(), ResponseEnded(s, "r1"))
    world.on(PlaybackEnded())
    assert world.machine.deadline == pytest.approx(world.now + LIMITS.question_s)
    world.on(SpeechBegan(s), SpeechEnded(s), ResponseBegan(s, "r2"), PlaybackBegan(), ResponseEnded(s, "r2"))
    world.on(PlaybackEnded())
    assert world.machine.deadline == pytest.approx(world.now + LIMITS.follow_up_s)


def test_written_request_is_answered_aloud_without_a_chime() -> None:
    world = World()
    assert world.on(Prompted()) == []
    session = world.machine.session
    assert world.on(SessionOpened(session)) == [Effect.REPLY]
    assert world.state() is State.THINKING
    world.on(ResponseBegan(session, "r1"), PlaybackQueued(), PlaybackBegan(), ResponseEnded(session, "r1"))
    world.on(PlaybackEnded())
    assert world.state() is State.FOLLOW_UP


def test_request_that_is_written_during_an_answer_waits_for_its_end() -> None:
    world = World()
    session = world.awake()
    world.on(SpeechEnded(session), ResponseBegan(session, "r1"), PlaybackQueued(), PlaybackBegan())
    assert world.on(Prompted()) == []
    assert world.state() is State.SPEAKING
    assert world.on(ResponseEnded(session, "r1")) == [Effect.REPLY]


def test_loser_of_a_claim_falls_silent_and_nothing_was_asked() -> None:
    for opened in (False, True):
        world = World()
        world.on(Woken("hey_jarvis", 0.9))
        if opened:
            world.on(SessionOpened(world.machine.session))
        assert world.on(OutClaimed()) == []
        assert (world.state(), world.machine.ended_by) == (State.ASLEEP, "claimed")


def test_claim_that_comes_late_takes_no_answer_away() -> None:
    world = World()
    session = world.awake()
    world.on(SpeechEnded(session))
    world.on(OutClaimed())
    assert world.state() is State.THINKING


def test_risky_tool_is_asked_about_and_the_service_hears_nothing_of_it() -> None:
    world = World()
    session = world.awake()
    world.on(SpeechEnded(session), ResponseBegan(session, "r1"), ResponseEnded(session, "r1", calls=frozenset({"c1"})))
    assert world.on(QuestionAsked()) == []
    assert world.machine.posture.microphone is MicrophoneRoute.ANSWER
    assert world.machine.posture.session
    world.on(PlaybackQueued(), PlaybackBegan(), PlaybackEnded())
    assert world.state() is State.CONFIRMING
    world.on(QuestionSettled())
    assert world.state() is State.THINKING
    assert world.on(ToolAnswered(session, "c1")) == [Effect.REPLY]


def test_stop_ends_a_question_too() -> None:
    world = World()
    world.on(QuestionAsked())
    assert (world.state(), world.machine.posture.session) == (State.ASKING, False)
    assert world.on(Stopped()) == [Effect.HUSH]
    assert world.state() is State.ASLEEP


def test_question_that_nobody_answers_ends() -> None:
    world = World()
    world.on(QuestionAsked())
    world.wait()
    assert world.state() is State.ASLEEP


def test_quiet_tools_are_confirmed_by_a_sound_and_one_loud_one_by_words() -> None:
    for quiet, errand in (((True, True), Effect.CONFIRM), ((True, False), Effect.REPLY)):
        world = World()
        session = world.awake()
        world.on(SpeechEnded(session), ResponseBegan(session, "r1"))
        world.on(ResponseEnded(session, "r1", calls=frozenset({"c1", "c2"})))
        done = world.on(ToolAnswered(session, "c1", quiet[0]), ToolAnswered(session, "c2", quiet[1]))
        assert done == [errand]
        assert world.state() is (State.FOLLOW_UP if errand is Effect.CONFIRM else State.THINKING)


def test_what_a_loud_tool_began_is_answered_in_words_although_a_quiet_one_follows() -> None:
    world = World()
    session = world.awake()
    world.on(SpeechEnded(session), ResponseBegan(session, "r1"), ResponseEnded(session, "r1", calls=frozenset({"c1"})))
    assert world.on(ToolAnswered(session, "c1")) == [Effect.REPLY]
    world.on(ResponseBegan(session, "r2"), ResponseEnded(session, "r2", calls=frozenset({"c2"})))
    assert world.on(ToolAnswered(session, "c2", quiet=True)) == [Effect.REPLY]


def test_session_that_is_lost_while_a_question_is_asked_gets_the_answer_of_the_tool() -> None:
    world = World()
    session = world.awake()
    world.on(SpeechEnded(session), ResponseBegan(session, "r1"), ResponseEnded(session, "r1", calls=frozenset({"c1"})))
    world.on(QuestionAsked(), SessionLost(session))
    assert world.state() is State.CONFIRMING
    world.on(SessionOpened(session), QuestionSettled())
    assert world.on(ToolAnswered(session, "c1")) == [Effect.REPLY]


def test_a_turn_whose_end_was_found_here_is_asked_to_be_answered() -> None:
    world = World()
    s = world.awake()
    assert world.on(SpeechBegan(s), TurnEnded(s)) == [Effect.REPLY]
    assert world.state() is State.THINKING
    world.on(ResponseBegan(s, "r1"), AnswerSounded(s), PlaybackBegan(), ResponseEnded(s, "r1"))
    assert world.on(PlaybackEnded()) == []
    assert world.state() is State.FOLLOW_UP


def test_who_goes_on_speaking_is_answered_once() -> None:
    world = World()
    s = world.awake()
    assert world.on(SpeechBegan(s), TurnEnded(s), SpeechBegan(s)) == [Effect.REPLY, Effect.HUSH]
    assert world.state() is State.LISTENING
    assert world.on(TurnEnded(s)) == [Effect.REPLY]


def test_a_turn_that_this_machine_answers_needs_no_response() -> None:
    world = World()
    s = world.awake()
    assert world.on(SpeechBegan(s), TurnEnded(s, "turn 1"), UnderstoodHere(s)) == []
    assert world.state() is State.THINKING
    assert world.on(PlaybackQueued(), AnsweredHere(s, "turn 1"), PlaybackBegan()) == []
    assert world.state() is State.SPEAKING
    assert world.on(PlaybackEnded()) == []
    assert world.state() is State.FOLLOW_UP


def test_a_turn_that_this_machine_leaves_to_others_is_asked_for_then() -> None:
    world = World()
    s = world.awake()
    assert world.on(SpeechBegan(s), TurnEnded(s, "turn 1")) == []
    assert world.on(ToolAnswered(s, "turn 1")) == [Effect.REPLY]


def test_where_a_sound_is_enough_a_turn_answered_here_ends_with_it() -> None:
    world = World()
    s = world.awake()
    world.on(SpeechBegan(s), TurnEnded(s, "turn 1"), UnderstoodHere(s))
    assert world.on(ToolAnswered(s, "turn 1", quiet=True)) == [Effect.CONFIRM]
    assert world.state() is State.FOLLOW_UP


def test_words_that_are_being_done_here_are_not_sent_again_when_the_session_is_lost() -> None:
    for begun, errands in ((False, [Effect.HUSH, Effect.REPEAT]), (True, [])):
        world = World()
        s = world.awake()
        world.on(SpeechBegan(s), TurnEnded(s, "turn 1"), *([UnderstoodHere(s)] if begun else []))
        assert world.on(SessionLost(s)) == errands
