"""One responder: whatever order claims come in, one speaker answers, and never none."""

from hypothesis import given
from hypothesis import strategies as st

from speaker.wake.arbitration import WINDOW_S, Claim, Claims, is_talking, read_claim

WORD = "hey_jarvis"


def claim(who: str, *, busy: bool = False) -> Claim:
    return Claim(speaker=who, score=0.9, busy=busy)


def test_first_claim_wins_and_the_later_falls_silent() -> None:
    kitchen, hall = Claims("kitchen"), Claims("hall")
    assert kitchen.heard(WORD, 10.00)
    assert hall.heard(WORD, 10.01)
    for one, now in ((claim("kitchen"), 10.02), (claim("hall"), 10.03)):
        lost = {"kitchen": kitchen.take(WORD, one, now), "hall": hall.take(WORD, one, now)}
        assert lost == {"kitchen": False, "hall": one.speaker == "kitchen"}


def test_who_hears_the_word_after_the_claim_does_not_wake() -> None:
    hall = Claims("hall")
    assert not hall.take(WORD, claim("kitchen"), 10.0)
    assert not hall.heard(WORD, 10.2)
    assert hall.heard(WORD, 10.0 + WINDOW_S + 0.1), "that is another utterance"


def test_another_word_is_another_matter() -> None:
    hall = Claims("hall")
    hall.take("alexa", claim("kitchen"), 10.0)
    assert hall.heard(WORD, 10.1)


def test_late_news_does_not_end_a_conversation() -> None:
    hall = Claims("hall")
    assert hall.heard(WORD, 10.0)
    assert not hall.take(WORD, claim("kitchen"), 12.0), "two seconds of broker trouble"


def test_who_is_talking_already_keeps_the_conversation() -> None:
    kitchen, hall = Claims("kitchen"), Claims("hall")
    assert hall.heard(WORD, 10.0)
    assert kitchen.heard(WORD, 10.0, busy=True)
    for one in (claim("hall"), claim("kitchen", busy=True)):
        assert not kitchen.take(WORD, one, 10.01)
        lost = hall.take(WORD, one, 10.01)
    assert lost


def test_nonsense_claims_nothing() -> None:
    assert [read_claim(one) for one in (b"", b"ON", b"[]", b'{"speaker":1}', b"\xff")] == [None] * 5
    assert read_claim(b'{"speaker":"hall","score":0.7,"more":1}') == Claim(speaker="hall", score=0.7)


@given(st.permutations(["a", "b", "c"]), st.lists(st.floats(0, 0.2), min_size=3, max_size=3), st.floats(0.001, 0.3))
def test_one_of_three_answers(order: list[str], hears_at: list[float], delay_s: float) -> None:
    """Three speakers hear one utterance a little apart; the broker delivers every claim to all, in one order."""
    speakers = {name: Claims(name) for name in order}
    awake: set[str] = set()
    moments = sorted(zip(hears_at, order, strict=True))
    queue: list[tuple[float, str]] = []
    for at, name in moments:
        for came, sender in queue:
            if came <= at:
                awake -= _deliver(speakers, sender, came)
        queue = [(came, sender) for came, sender in queue if came > at]
        if speakers[name].heard(WORD, at):
            awake.add(name)
            queue.append((at + delay_s, name))
    for came, sender in queue:
        awake -= _deliver(speakers, sender, came)
    assert len(awake) == 1


def _deliver(speakers: dict[str, Claims], sender: str, now: float) -> set[str]:
    return {name for name, one in speakers.items() if one.take(WORD, claim(sender), now)}


def _crowd(count: int, delay_s: list[float], spread_s: float) -> set[str]:
    """Who still answers: ``count`` speakers hear one sentence; a broker passes each claim on after a delay."""
    today = 1_790_000_000.0
    speakers = {f"speaker{number}": Claims(f"speaker{number}") for number in range(count)}
    awake: set[str] = set()
    queue: list[tuple[float, Claim]] = []
    for number, (name, one) in enumerate(speakers.items()):
        heard = 10 + spread_s * number / count
        if one.heard(WORD, heard, at=today + heard):
            awake.add(name)
            queue.append((heard, Claim(speaker=name, at=today + heard)))
    came = 0.0
    for number, (sent, said) in enumerate(queue):
        came = max(came, sent + delay_s[number % len(delay_s)])
        awake -= {name for name, one in speakers.items() if one.take(WORD, said, came)}
    return awake


@given(st.lists(st.floats(0.001, 6), min_size=1, max_size=20), st.floats(0, 0.3))
def test_one_of_many_answers_however_long_the_broker_takes(delay_s: list[float], spread_s: float) -> None:
    assert len(_crowd(40, delay_s, spread_s)) == 1


def test_one_of_five_hundred_answers_when_their_claims_take_seconds() -> None:
    assert _crowd(500, [0.01] * 50 + [2.5] * 50, 0.2) == {"speaker0"}


def test_who_was_first_stays_first_whatever_else_comes_between() -> None:
    """Claims of three utterances in a row, delivered late and mixed: the first claim of each wins, and stays."""
    today = 1_790_000_000.0
    hall = Claims("hall")
    assert hall.heard(WORD, 10.0, at=today)
    came = [("hall", 0.0), ("attic", 0.9), ("cellar", 1.7), ("kitchen", 0.3)]
    for number, (who, at) in enumerate(came):
        assert not hall.take(WORD, Claim(speaker=who, at=today + at), 12.0 + number), who
    assert hall.take(WORD, Claim(speaker="kitchen", busy=True, at=today + 0.1), 17.0), "but who talks already, keeps it"


def test_who_won_once_has_not_won_the_next_time() -> None:
    hall = Claims("hall")
    assert hall.heard(WORD, 10.0)
    assert not hall.take(WORD, claim("hall"), 10.01)
    assert hall.heard(WORD, 20.0)
    assert hall.take(WORD, claim("kitchen"), 20.01)


def test_claims_in_our_name_that_we_never_made_leave_nothing_behind() -> None:
    hall = Claims("hall")
    for number in range(5_000):
        hall.take(f"word{number}", claim("hall"), number / 100)
    assert len(repr(hall)) < 20_000


def test_crowd_that_gave_way_is_still_believed() -> None:
    """Those that were not first never show a conversation, and have not lied."""
    hall = Claims("hall")
    hall.credibility.saw("attic", talking=False)
    for utterance in range(10):
        now = 10.0 + 10 * utterance
        winner = f"room{utterance}"
        assert hall.heard(WORD, now)
        assert hall.take(WORD, claim(winner), now + 0.01), "it was first"
        for number in range(100, 600):
            assert not hall.take(WORD, claim(f"room{number}"), now + 0.02)
        hall.credibility.saw(winner, talking=True)


def test_another_sentence_is_another_sentence_though_the_broker_is_slow() -> None:
    hall = Claims("hall")
    assert hall.heard(WORD, 20.0, at=1_790_000_020.0)
    assert not hall.take(WORD, Claim(speaker="kitchen", at=1_790_000_017.0), 22.0)


def test_claims_of_words_that_nobody_has_take_no_room() -> None:
    hall = Claims("hall")
    for number in range(1_000):
        hall.take(f"word{number}", claim("hall"), number / 1_000)
    assert hall.heard(WORD, 1.0)
    assert not hall.take(WORD, claim("hall"), 1.0)


def test_speaker_that_claims_and_never_answers_silences_nobody_for_long() -> None:
    hall = Claims("hall")
    answered = 0
    for number in range(100):
        now = 10 + number * WINDOW_S
        hall.take(WORD, claim("ghost"), now)
        answered += hall.heard(WORD, now + 0.1)
        answered -= hall.take(WORD, claim("ghost"), now + 0.2)
    assert answered > 90
    assert [hall.doubts(claim("ghost")) for _ in range(3)] == [True, False, False]


def test_slow_ghost_is_found_out_where_states_are_seen() -> None:
    for sees in (True, False):
        hall = Claims("hall")
        if sees:
            hall.credibility.saw("attic", talking=False)
        given_way = 0
        for number in range(50):
            now = 10 + number * 8.0
            hall.take(WORD, claim("ghost"), now)
            given_way += not hall.heard(WORD, now + 0.1)
        assert given_way == (3 if sees else 50), "a real one, whose state the broker's rights do not show, is believed"


def test_many_ghosts_are_no_better() -> None:
    hall = Claims("hall")
    hall.credibility.saw("attic", talking=False)
    answered = 0
    for number in range(200):
        now = 10 + number * WINDOW_S
        hall.take(WORD, claim(f"ghost{number}"), now)
        answered += hall.heard(WORD, now + 0.1)
    assert answered > 150


def test_speaker_that_answers_is_believed_for_ever() -> None:
    hall = Claims("hall")
    for number in range(100):
        now = 10 + number * 8.0
        hall.take(WORD, claim("kitchen"), now)
        assert not hall.heard(WORD, now + 0.1)
        hall.credibility.saw("kitchen", talking=True)


def test_even_a_speaker_that_shows_conversations_is_not_woken_every_second() -> None:
    hall = Claims("hall")
    given_way = 0
    for number in range(100):
        now = 10 + number * WINDOW_S
        hall.take(WORD, claim("liar"), now)
        hall.credibility.saw("liar", talking=True)
        given_way += not hall.heard(WORD, now + 0.1)
    assert given_way < 20


def test_old_doubts_are_forgotten() -> None:
    hall = Claims("hall")
    hall.credibility.saw("kitchen", talking=False)
    for number in range(20):
        hall.take(WORD, claim("kitchen"), 10.0 + number)
    assert hall.heard(WORD, 30.0)
    hall.take(WORD, claim("kitchen"), 3_000.0)
    assert not hall.heard(WORD, 3_000.1)


def test_state_that_shows_a_conversation() -> None:
    assert is_talking(b'{"state":"listening","volume":3}')
    assert is_talking(b'{"state":"responding"}')
    bad = [
        b"",
        b"{}",
        b"[" * 5_000,
        b'{"state":"idle"}',
        b'{"state":7}',
        b'{"state":"' + b"x" * 70_000 + b'"}',
        b"\xff",
    ]
    assert not any(is_talking(one) for one in bad)


def test_claim_that_is_too_long_claims_nothing() -> None:
    assert read_claim(b'{"speaker":"' + b"x" * 65 + b'"}') is None
    assert read_claim(b'{"speaker":""}') is None
    assert read_claim(b"[" * 100_000) is None


def test_bytes_that_are_no_text_are_no_claim_and_no_conversation() -> None:
    assert read_claim(b'{"speaker": "\x80"}') is None
    assert not is_talking(b'{"state": "\x80"}')
