"""Sounds from addresses: what can be played, and one sentence for everything else."""

import asyncio
import io

import numpy as np
import pytest
import soundfile

from speaker.audio.pcm import SESSION_HZ
from speaker.errors import SpeakerError
from speaker.speech.media_fetch import decode_sound, fetch_sound


def tone(hz: int, channels: int, seconds: float = 1.0) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(int(hz * seconds)) / hz)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
@pytest.mark.parametrize(("hz", "channels"), [(44_100, 2), (22_050, 1), (48_000, 1)])
def test_every_usual_form_becomes_24_khz_mono(kind: str, hz: int, channels: int) -> None:
    file = io.BytesIO()
    soundfile.write(file, tone(hz, channels), hz, format=kind)
    sound = decode_sound(file.getvalue(), "http://hub/x")
    assert sound.dtype == np.int16
    assert sound.size == pytest.approx(SESSION_HZ, rel=0.1)
    loudest_hz = np.argmax(np.abs(np.fft.rfft(sound))) * SESSION_HZ / sound.size
    assert loudest_hz == pytest.approx(440, abs=3)
    assert 0.4 < np.max(np.abs(sound)) / 32767 < 0.65


@pytest.mark.parametrize("data", [b"", b"<html>", b"RIFF" + b"\x00" * 40, b"\xff\xfb" * 20])
def test_what_is_no_sound_is_said_without_the_token(data: bytes) -> None:
    with pytest.raises(SpeakerError, match=r"the sound at http://hub/tts\.mp3 is no WAV") as caught:
        decode_sound(data, "http://user:word@hub/tts.mp3?token=secret")
    assert "secret" not in str(caught.value)
    assert "word" not in str(caught.value)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://hub/x", "hub/x", ""])
async def test_only_the_web_is_asked(url: str) -> None:
    with pytest.raises(SpeakerError, match="is not an http or https address"):
        await fetch_sound(url)


async def test_missing_sound_is_one_sentence() -> None:
    with pytest.raises(SpeakerError, match=r"http://127\.0\.0\.1:9/x cannot be fetched"):
        await asyncio.wait_for(fetch_sound("http://127.0.0.1:9/x?token=secret"), 5)
