"""Samples, rates, levels and WAV files."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from speaker.audio.pcm import (
    FRAME_MS,
    FRAME_SAMPLES,
    RATES_HZ,
    SESSION_HZ,
    SILENCE_DBFS,
    WAKE_HZ,
    Resampler,
    RollingPower,
    Samples,
    amplify,
    bytes_to_ms,
    decode_wav,
    encode_wav,
    from_bytes,
    from_float,
    level_dbfs,
    mean_power,
    ms_to_samples,
    peak,
    resample,
    samples_to_ms,
    swing_power,
    to_bytes,
)
from speaker.errors import SpeakerError

RATES = st.sampled_from([8_000, WAKE_HZ, 22_050, SESSION_HZ, 44_100, 48_000])


def sounds(most: int = 4_000, least: int = 0) -> st.SearchStrategy[Samples]:
    return st.integers(least, most).flatmap(lambda count: arrays(np.int16, count))


def tone(hz: float, rate: int, seconds: float = 1.0, amplitude: float = 0.5) -> Samples:
    t = np.arange(round(seconds * rate)) / rate
    return from_float((amplitude * np.sin(2 * np.pi * hz * t)).astype(np.float32))


def chunk(name: bytes, data: bytes, size: int | None = None) -> bytes:
    return name + struct.pack("<L", len(data) if size is None else size) + data


def wav(
    data: bytes, *, form: int = 1, channels: int = 1, hz: int = WAKE_HZ, bits: int = 16, more: bytes = b""
) -> bytes:
    """A WAV file written by hand, so that it may claim anything."""
    block = channels * bits // 8
    head = struct.pack("<HHLLHH", form, channels, hz, hz * block & 0xFFFFFFFF, block & 0xFFFF, bits)
    return chunk(b"RIFF", b"WAVE" + chunk(b"fmt ", head) + more + chunk(b"data", data))


@given(st.integers(0, 10**7), RATES)
def test_milliseconds_and_samples_are_each_other(count: int, hz: int) -> None:
    assert ms_to_samples(samples_to_ms(count, hz), hz) == count
    assert bytes_to_ms(2 * count, hz) == bytes_to_ms(2 * count + 1, hz) == samples_to_ms(count, hz)


def test_a_frame_is_what_wake_words_want() -> None:
    assert FRAME_SAMPLES == 1280 == ms_to_samples(FRAME_MS, WAKE_HZ)


@given(sounds(), st.binary(max_size=1))
def test_bytes_and_samples_are_each_other(samples: Samples, odd: bytes) -> None:
    again = from_bytes(to_bytes(samples) + odd)
    assert again.dtype == np.int16
    assert np.array_equal(again, samples)


def test_bytes_are_little_endian() -> None:
    assert from_bytes(b"\x01\x80\xff\x7f").tolist() == [-32767, 32767]


@given(sounds(least=1))
def test_peak_and_powers_are_those_of_plain_arithmetic(samples: Samples) -> None:
    exact = samples.astype(np.float64)
    assert peak(samples) == np.max(np.abs(exact))
    assert mean_power(samples) == pytest.approx(np.mean(exact**2), rel=1e-4)
    assert swing_power(samples) == pytest.approx(np.var(exact), rel=1e-3, abs=1e-4 * float(np.mean(exact**2)))


def test_nothing_has_no_peak() -> None:
    assert peak(np.zeros(0, np.int16)) == 0


@given(st.lists(sounds(640, least=1), min_size=1, max_size=20))
def test_rolling_power_is_that_of_the_last_80_ms_or_a_little_more(pieces: list[Samples]) -> None:
    rolling = RollingPower()
    for count in range(1, len(pieces) + 1):
        told = rolling.push(mean_power(pieces[count - 1]), pieces[count - 1].size)
        first = count - 1
        while first and sum(piece.size for piece in pieces[first:count]) < FRAME_SAMPLES:
            first -= 1
        assert told == pytest.approx(mean_power(np.concatenate(pieces[first:count])), rel=1e-3)


@given(sounds(), st.floats(0, 100))
def test_amplifying_clips_and_never_wraps(samples: Samples, gain: float) -> None:
    louder = amplify(samples, gain)
    wanted = np.clip(np.rint(samples.astype(np.float64) * gain), -32768, 32767)
    assert louder.dtype == np.int16
    assert np.max(np.abs(louder - wanted), initial=0) <= 1


def test_floats_beyond_full_scale_are_clipped() -> None:
    assert from_float(np.array([-2, -1, 0, 1, 2], np.float32)).tolist() == [-32768, -32767, 0, 32767, 32767]


@pytest.mark.parametrize(
    ("samples", "dbfs"),
    [
        (np.zeros(0, np.int16), SILENCE_DBFS),
        (np.zeros(1280, np.int16), SILENCE_DBFS),
        (np.full(1280, -32768, np.int16), 0.0),
        (tone(440, WAKE_HZ, amplitude=1.0), -3.01),
        (tone(440, WAKE_HZ, amplitude=0.1), -23.01),
    ],
)
def test_level(samples: Samples, dbfs: float) -> None:
    assert level_dbfs(samples) == pytest.approx(dbfs, abs=0.01)


@given(sounds(least=1))
def test_level_stays_within_sixteen_bits(samples: Samples) -> None:
    assert SILENCE_DBFS <= level_dbfs(samples) <= 0


@given(sounds(), RATES, RATES, st.lists(st.integers(0, 900), max_size=20))
def test_pieces_give_what_the_whole_gives(samples: Samples, from_hz: int, to_hz: int, cuts: list[int]) -> None:
    stream = Resampler(from_hz, to_hz)
    ends = np.minimum(np.cumsum(cuts), samples.size).tolist()
    pieces = [stream.push(samples[start:end]) for start, end in zip([0, *ends], ends, strict=False)]
    pieces.append(stream.push(samples[ends[-1] if ends else 0 :], last=True))
    assert np.array_equal(np.concatenate(pieces), resample(samples, from_hz, to_hz))


@given(sounds(), RATES, RATES)
def test_resampling_keeps_the_length_in_time(samples: Samples, from_hz: int, to_hz: int) -> None:
    assert abs(resample(samples, from_hz, to_hz).size - samples.size * to_hz / from_hz) <= 1


@pytest.mark.parametrize(("from_hz", "to_hz"), [(WAKE_HZ, SESSION_HZ), (SESSION_HZ, WAKE_HZ), (48_000, WAKE_HZ)])
def test_resampling_keeps_a_tone_and_drops_what_does_not_fit(from_hz: int, to_hz: int) -> None:
    changed = resample(tone(1_000, from_hz), from_hz, to_hz)
    spectrum = np.abs(np.fft.rfft(changed * np.hanning(changed.size)))
    assert np.argmax(spectrum) * to_hz / changed.size == pytest.approx(1_000, abs=2)
    assert level_dbfs(changed) == pytest.approx(level_dbfs(tone(1_000, to_hz)), abs=0.1)
    if to_hz < from_hz:
        assert level_dbfs(resample(tone(0.48 * from_hz, from_hz), from_hz, to_hz)) < -60


def test_silence_stays_silence() -> None:
    assert not resample(np.zeros(WAKE_HZ, np.int16), WAKE_HZ, SESSION_HZ).any()


@given(sounds(least=1), RATES)
def test_wav_and_back(samples: Samples, hz: int) -> None:
    assert np.array_equal(decode_wav(encode_wav(samples, hz), hz), samples)


def test_wav_at_another_rate_and_with_more_chunks() -> None:
    samples = tone(500, 44_100)
    more = chunk(b"LIST", b"INFOsoftware")
    assert np.array_equal(
        decode_wav(wav(to_bytes(samples), hz=44_100, more=more), WAKE_HZ), resample(samples, 44_100, WAKE_HZ)
    )


@given(st.lists(st.tuples(*[st.integers(-32768, 32767)] * 2), min_size=1))
def test_stereo_is_averaged(pairs: list[tuple[int, int]]) -> None:
    both = np.array(pairs, np.int16)
    mono = decode_wav(wav(to_bytes(both.reshape(-1)), channels=2), WAKE_HZ)
    assert np.max(np.abs(mono - both.mean(axis=1))) <= 0.5


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "bell.wav is not a PCM WAV file (it is cut short)"),
        (b"ID3\x04 an MP3 file with another name", "bell.wav is not a PCM WAV file (file does not start with RIFF id)"),
        (wav(b"\0" * 64)[:20], "bell.wav is not a PCM WAV file"),
        (wav(b"\0" * 64, form=3, bits=32), "bell.wav is not a PCM WAV file (unknown format: 3)"),
        (wav(b"\0" * 64, bits=8), "bell.wav has 8-bit samples; save it as 16-bit PCM WAV"),
        (wav(b"\0" * 64, bits=24), "bell.wav has 24-bit samples; save it as 16-bit PCM WAV"),
        (wav(b""), "bell.wav holds no sound"),
        (wav(b"\0\0\0", channels=2), "bell.wav holds no sound"),
        (wav(b"\0" * 64, hz=1), f"bell.wav claims a rate of 1 Hz; save it at {RATES_HZ[0]} to"),
        (wav(b"\0" * 64, hz=4_294_967_295), "bell.wav claims a rate of 4294967295 Hz"),
    ],
)
def test_what_is_no_wav_of_ours_is_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(SpeakerError) as caught:
        decode_wav(data, WAKE_HZ, name="bell.wav")
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_cut_short_gives_what_is_there() -> None:
    samples = tone(500, WAKE_HZ)
    assert np.array_equal(decode_wav(encode_wav(samples, WAKE_HZ)[:-1_001], WAKE_HZ), samples[:-501])


_fields = st.integers(0, 0xFFFF)
_chunks = st.builds(
    chunk,
    st.sampled_from([b"fmt ", b"data", b"LIST", b"\xff\0\0\0"]),
    st.binary(max_size=40),
    st.none() | st.integers(0, 0xFFFFFFFF),
)
_rates = st.sampled_from([0, 1, 8_000, WAKE_HZ, 384_001]) | st.integers(0, 0xFFFFFFFF)


@given(
    st.binary()
    | st.lists(_chunks).map(lambda chunks: chunk(b"RIFF", b"WAVE" + b"".join(chunks)))
    | st.builds(wav, st.binary(), form=st.just(1), channels=_fields, hz=_rates, bits=st.integers(0, 32))
)
def test_arbitrary_bytes_are_sound_or_a_speaker_error(data: bytes) -> None:
    try:
        samples = decode_wav(data, WAKE_HZ)
    except SpeakerError as error:
        assert "the WAV data" in str(error)
    else:
        assert samples.dtype == np.int16
        assert samples.ndim == 1
