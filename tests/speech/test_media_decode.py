"""Sound files of strangers: what can be played, one sentence for everything else, and bounds on what it may take."""

import io
import struct
import tracemalloc

import numpy as np
import pytest
import soundfile

from speaker.audio.pcm import SESSION_HZ
from speaker.errors import SpeakerError
from speaker.speech.media_decode import MOST_CHANNELS, MOST_S, decode_sound


def tone(hz: int, channels: int, seconds: float = 1.0) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(int(hz * seconds)) / hz)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


def encoded(sound: "np.ndarray[tuple[int, int], np.dtype[np.float32]]", hz: int, kind: str, **more: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, sound, hz, format=kind, **more)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
@pytest.mark.parametrize(("hz", "channels"), [(44_100, 2), (22_050, 1), (48_000, 1), (24_000, 2)])
def test_every_usual_form_becomes_24_khz_mono(kind: str, hz: int, channels: int) -> None:
    sound = decode_sound(encoded(tone(hz, channels, 3.0), hz, kind), "http://hub/x")
    assert sound.dtype == np.int16
    assert sound.size == pytest.approx(3 * SESSION_HZ, rel=0.05)
    loudest_hz = np.argmax(np.abs(np.fft.rfft(sound))) * SESSION_HZ / sound.size
    assert loudest_hz == pytest.approx(440, abs=3)
    assert 0.4 < np.max(np.abs(sound)) / 32767 < 0.65


@pytest.mark.parametrize("data", [b"", b"<html>", b"RIFF" + b"\x00" * 40, b"\xff\xfb" * 20])
def test_what_is_no_sound_is_said(data: bytes) -> None:
    with pytest.raises(SpeakerError, match=r"the sound at http://hub/tts\.mp3 is no WAV"):
        decode_sound(data, "http://hub/tts.mp3")


def test_small_file_of_a_huge_sound_takes_little_memory() -> None:
    """Silence packs well: a few kB of FLAC are gigabytes of numbers when they are decoded in one go."""
    hz, channels = 384_000, MOST_CHANNELS
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", hz, channels, format="FLAC", subtype="PCM_16") as writer:
        for _ in range(MOST_S // 10 + 1):
            writer.write(np.zeros((10 * hz, channels), np.int16))
    data = file.getvalue()
    tracemalloc.start()
    try:
        sound = decode_sound(data, "http://hub/x")
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sound.size == pytest.approx(MOST_S * SESSION_HZ, rel=0.001)
    assert most < 5 * sound.nbytes


@pytest.mark.parametrize(("hz", "channels"), [(1_000, 1), (600_000, 1), (8_000, MOST_CHANNELS + 1), (2_000_000_000, 1)])
def test_claims_beyond_reason_are_refused(hz: int, channels: int) -> None:
    data = bytearray(encoded(tone(8_000, channels, 0.1), 8_000, "WAV", subtype="PCM_16"))
    struct.pack_into("<I", data, 24, hz)
    with pytest.raises(SpeakerError, match="the sound at http://hub/x"):
        decode_sound(bytes(data), "http://hub/x")


@pytest.mark.parametrize("length", [0, 1, 0x7FFFFFFF, 0xFFFFFFFF])
def test_length_that_is_a_lie_ends_with_the_file(length: int) -> None:
    data = bytearray(encoded(tone(8_000, 1, 0.5), 8_000, "WAV", subtype="PCM_16"))
    struct.pack_into("<I", data, 40, length)
    assert decode_sound(bytes(data), "http://hub/x").size <= SESSION_HZ


def test_numbers_that_are_none_are_silence() -> None:
    sound = tone(24_000, 1)
    sound[100:200] = np.nan
    heard = decode_sound(encoded(sound, 24_000, "WAV", subtype="FLOAT"), "http://hub/x")
    assert not np.any(heard[100:200])


def test_nobody_waits_so_nothing_is_decoded() -> None:
    asked = iter([True, False])
    whole = tone(24_000, 1, 60.0)
    assert decode_sound(encoded(whole, 24_000, "WAV"), "http://hub/x", go_on=lambda: next(asked)).size < len(whole) / 10


@pytest.mark.parametrize("seed", range(40))
def test_damage_anywhere_is_a_sentence_or_a_sound(seed: int) -> None:
    random = np.random.default_rng(seed)
    kind = ["WAV", "FLAC", "OGG", "MP3"][seed % 4]
    data = bytearray(encoded(tone(16_000, 2, 0.3), 16_000, kind))
    for place in random.integers(0, len(data), 30):
        data[place] = random.integers(0, 256)
    for place in random.integers(0, 60, 3):
        data[place] = random.integers(0, 256)
    try:
        sound = decode_sound(bytes(data), "http://hub/x")
    except SpeakerError as error:
        assert "http://hub/x" in str(error)
    else:
        assert sound.size <= MOST_S * SESSION_HZ
