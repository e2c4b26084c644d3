"""The input audio buffer against the plain idea of it: one long stream, of which the front is forgotten."""

from hypothesis import given
from hypothesis import strategies as st

from speaker.audio import pcm
from speaker.audio.pcm import BYTES_PER_SAMPLE, SESSION_HZ
from speaker.offline.server.input_buffer import Buffer

APPENDS = st.tuples(st.just("append"), st.integers(0, 9000))
FORGETS = st.tuples(st.just("forget"), st.integers(-100, 800))
CUTS = st.tuples(st.just("cut"), st.tuples(st.integers(-100, 800), st.integers(-100, 800)))


def place(at_ms: float) -> int:
    return BYTES_PER_SAMPLE * pcm.ms_to_samples(at_ms, SESSION_HZ)


@given(st.lists(st.one_of(APPENDS, FORGETS, CUTS), max_size=20))
def test_what_is_cut_is_what_was_said_then(steps: list[tuple[str, object]]) -> None:
    buffer, stream, begin = Buffer(), b"", 0
    for act, value in steps:
        match act, value:
            case "append", int(length):
                piece = bytes(number % 251 for number in range(len(stream), len(stream) + length))
                buffer.append(piece)
                stream += piece
            case "forget", int(until_ms):
                buffer.forget(until_ms)
                begin = _kept(begin, place(until_ms), stream)
            case "cut", (int(start_ms), int(end_ms)):
                end = _kept(begin, place(end_ms), stream)
                assert buffer.cut(start_ms, end_ms) == stream[_kept(begin, place(start_ms), stream) : end]
                begin = end
            case _:
                raise AssertionError(act)
        samples = len(stream) // BYTES_PER_SAMPLE
        assert buffer.end_ms == pcm.samples_to_ms(samples, SESSION_HZ)
        assert buffer.length_ms == pcm.samples_to_ms(samples - begin // BYTES_PER_SAMPLE, SESSION_HZ)


def _kept(begin: int, wanted: int, stream: bytes) -> int:
    """A place in the stream, no earlier than what is held and no later than its last whole sample."""
    return min(max(begin, wanted), len(stream) - len(stream) % BYTES_PER_SAMPLE)
