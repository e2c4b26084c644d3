"""An answer that waits for somebody who may talk."""

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, Samples
from speaker.audio.playback_queue import PlaybackQueue, PlayedItem
from tests.audio.test_live_resampler import tone

BLOCK = SESSION_HZ // 100
ANSWER = tone(440, SESSION_HZ, 0.5)


def pulled(queue: PlaybackQueue, blocks: int) -> Samples:
    data = [queue.pull(BLOCK, 0.03) for _ in range(blocks)]
    return pcm.from_bytes(b"".join(part for part, _, _ in data))


def test_answer_goes_on_where_it_stopped() -> None:
    queue = PlaybackQueue()
    queue.add(ANSWER, "item", None)
    before = pulled(queue, 7)
    queue.paused = True
    meanwhile = pulled(queue, 5)
    queue.paused = False
    after = pulled(queue, 43)
    assert pcm.level_dbfs(meanwhile) < -70
    assert [*before, *after] == [*ANSWER]


def test_pause_is_neither_speech_nor_its_end() -> None:
    queue = PlaybackQueue()
    queue.add(ANSWER, "item", None)
    queue.paused = True
    _, speech, dry = queue.pull(BLOCK, 0.03)
    assert (speech, dry, bool(queue)) == (False, False, True)


def test_answer_that_is_cut_in_a_pause_was_heard_up_to_the_pause() -> None:
    queue = PlaybackQueue()
    queue.add(ANSWER, "item", None)
    pulled(queue, 7)
    queue.paused = True
    pulled(queue, 20)
    assert queue.cut() == [PlayedItem("item", 70, 500)]
