"""Spoken sentences on a real disk: kept, found again, forgotten in order, and never in the way."""

import errno
import logging
import os
import stat
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from speaker.audio.pcm import SESSION_HZ, Samples, decode_wav, encode_wav
from speaker.speech.tts_cache import SoundCache, cache_key
from tests.support.full_disk import full_disk

PLENTY = 1_000_000
SOUND = np.arange(-1200, 1200, dtype=np.int16)
BYTES = len(encode_wav(SOUND, SESSION_HZ))

TRIPLES = st.tuples(st.text(), st.text(), st.text())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One that the cache has to make."""
    return tmp_path / "state" / "phrases"


@contextmanager
def reading_only(folder: Path) -> Iterator[None]:
    """As somebody who may read the folder and nothing else; root may write everywhere, so it is nobody meanwhile."""
    me = os.geteuid()
    folder.chmod(0o500 if me else 0o755)
    for file in folder.iterdir():
        file.chmod(0o400 if me else 0o644)
    if not me:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(me)
        folder.chmod(0o700)


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []


def kept(cache: SoundCache, keys: Sequence[str], folder: Path) -> set[str]:
    """The keys that are there, without using them."""
    return {key for key in keys if (folder / f"{key}.wav").exists()}


# Keys.


@given(TRIPLES, TRIPLES)
def test_different_sounds_have_different_keys(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    assert (cache_key(*one) == cache_key(*other)) is (one == other)


@given(st.text("\0 ab", max_size=3), st.text("\0 ab", max_size=3))
def test_nothing_runs_together_in_a_key(text: str, voice: str) -> None:
    assert cache_key(text + "\0", voice, "m") != cache_key(text, "\0" + voice, "m")
    assert cache_key(text, voice, "m") != cache_key(voice + "x", text, "m")


def test_a_key_is_a_plain_name_and_always_the_same(folder: Path) -> None:
    key = cache_key("The front door's code is 4711.", "heart", "hibari")
    assert key == cache_key("The front door's code is 4711.", "heart", "hibari")
    assert len(key) == 64
    assert set(key) <= set("0123456789abcdef")
    SoundCache(folder, PLENTY).put(key, SOUND)
    assert [file.name for file in files(folder)] == [f"{key}.wav"]


# Keeping.


@given(arrays(np.int16, st.integers(1, 500)))
def test_what_was_put_comes_back(sound: Samples) -> None:
    with TemporaryDirectory() as name:
        SoundCache(Path(name), PLENTY).put("a", sound)
        again = SoundCache(Path(name), PLENTY).get("a")
        assert again is not None
        assert again.dtype == np.int16
        assert np.array_equal(again, sound)


def test_the_file_is_an_ordinary_recording_for_its_owner_alone(folder: Path) -> None:
    before = os.umask(0)
    try:
        SoundCache(folder, PLENTY).put("a", SOUND)
    finally:
        os.umask(before)
    (file,) = files(folder)
    assert np.array_equal(decode_wav(file.read_bytes(), SESSION_HZ), SOUND)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_what_was_never_put_is_not_there(folder: Path) -> None:
    cache = SoundCache(folder, PLENTY)
    assert cache.get("a") is None
    cache.put("a", np.zeros(0, np.int16))
    assert cache.get("a") is None
    assert not files(folder)


def test_a_sound_may_be_put_again(folder: Path) -> None:
    cache = SoundCache(folder, BYTES)
    for sound in (SOUND, SOUND[::-1].copy()):
        cache.put("a", sound)
        again = cache.get("a")
        assert again is not None
        assert np.array_equal(again, sound)


# Forgetting.

ACTS = st.lists(st.tuples(st.sampled_from(["put", "get"]), st.sampled_from("abcde"), st.integers(1, 60)), max_size=25)


@settings(max_examples=50)
@given(ACTS, st.integers(0, 400))
def test_the_folder_never_grows_too_large_and_the_longest_unused_go_first(
    acts: list[tuple[str, str, int]], most_bytes: int
) -> None:
    """Against the plain idea of it: a list, the last used at its end."""
    used: dict[str, int] = {}
    with TemporaryDirectory() as name:
        cache, folder = SoundCache(Path(name), most_bytes), Path(name)
        for act, key, length in acts:
            size = len(encode_wav(SOUND[:length], SESSION_HZ))
            if act == "get":
                assert (cache.get(key) is not None) is (key in used)
                if key in used:
                    used[key] = used.pop(key)
                continue
            cache.put(key, SOUND[:length])
            if size <= most_bytes:
                used.pop(key, None)
                used[key] = size
                while sum(used.values()) > most_bytes:
                    used.pop(next(iter(used)))
            assert kept(cache, "abcde", folder) == set(used)
            assert sum(file.stat().st_size for file in files(folder)) <= most_bytes


def test_what_is_too_large_is_not_kept_and_costs_nothing_else(folder: Path) -> None:
    cache = SoundCache(folder, BYTES)
    cache.put("a", SOUND)
    cache.put("b", np.concatenate([SOUND, SOUND]))
    assert kept(cache, "ab", folder) == {"a"}


def test_a_smaller_cache_forgets_what_the_larger_one_kept(folder: Path) -> None:
    cache = SoundCache(folder, PLENTY)
    for key in "abc":
        cache.put(key, SOUND)
    SoundCache(folder, 0).put("d", SOUND)
    assert not files(folder)


def test_what_a_power_cut_left_behind_goes_in_its_turn(folder: Path) -> None:
    cache = SoundCache(folder, 2 * BYTES)
    folder.mkdir(parents=True)
    left = folder / "tmpabc.part"
    left.write_bytes(bytes(BYTES))
    strange = folder / "README"
    strange.write_text("somebody else's " * 1000)
    cache.put("a", SOUND)
    cache.put("b", SOUND)
    assert [file.name for file in files(folder)] == ["README", "a.wav", "b.wav"]


# Damage.


@given(st.data())
def test_a_file_that_is_cut_short_or_spoilt_is_a_miss_and_goes(data: st.DataObject) -> None:
    whole = encode_wav(SOUND, SESSION_HZ)
    damaged = data.draw(
        st.binary(max_size=60)
        | st.integers(0, len(whole) - 1).map(lambda end: whole[:end])
        | st.binary(min_size=1, max_size=9).map(lambda more: whole + more)
        | st.tuples(st.integers(0, 43), st.integers(1, 255)).map(lambda at: _flipped(whole, *at))
        | st.sampled_from([encode_wav(SOUND, 16_000), encode_wav(SOUND, 48_000)])
    )
    with TemporaryDirectory() as name:
        file = Path(name) / "a.wav"
        file.write_bytes(damaged)
        cache = SoundCache(Path(name), PLENTY)
        assert cache.get("a") is None
        assert not file.exists()
        cache.put("a", SOUND)
        assert cache.get("a") is not None


def _flipped(whole: bytes, at: int, by: int) -> bytes:
    """With another byte somewhere in its header."""
    return whole[:at] + bytes([whole[at] ^ by]) + whole[at + 1 :]


# Trouble.


def test_a_full_disk_is_told_once_and_what_is_there_is_still_read(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache = SoundCache(folder, PLENTY)
    cache.put("a", SOUND)
    with full_disk(BYTES - 1):
        cache.put("b", SOUND)
        cache.put("c", SOUND)
        assert cache.get("a") is not None
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert str(folder) in record.getMessage()
    assert os.strerror(errno.EFBIG) in record.getMessage()
    assert [file.name for file in files(folder)] == ["a.wav"]
    cache.put("b", SOUND)
    assert cache.get("b") is not None


def test_a_folder_that_cannot_be_made_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    cache = SoundCache(tmp_path / "file" / "phrases", PLENTY)
    for key in "ab":
        cache.put(key, SOUND)
        assert cache.get(key) is None
    assert len(caplog.records) == 1


def test_a_folder_that_may_only_be_read_is_read(caplog: pytest.LogCaptureFixture) -> None:
    with TemporaryDirectory() as name:  # where everybody may look, unlike tmp_path
        cache = SoundCache(Path(name), PLENTY)
        cache.put("a", SOUND)
        with reading_only(Path(name)):
            for key in "bc":
                cache.put(key, SOUND)
                assert cache.get(key) is None
            assert cache.get("a") is not None
    assert [os.strerror(errno.EACCES) in record.getMessage() for record in caplog.records] == [True]


def test_many_threads_may_use_it_at_once(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache = SoundCache(folder, 3 * BYTES)

    def use(number: int) -> None:
        key = f"{number % 5}"
        cache.put(key, SOUND)
        again = cache.get(key)
        assert again is None or np.array_equal(again, SOUND)

    with ThreadPoolExecutor(8) as workers:
        list(workers.map(use, range(200)))
    assert not caplog.records
    assert sum(file.stat().st_size for file in files(folder)) <= 3 * BYTES
    assert all(file.suffix == ".wav" for file in files(folder))
