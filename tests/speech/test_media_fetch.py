"""Sounds from addresses: one clear sentence for whatever a stranger answers, and an end to every fetch."""

import asyncio
import base64
import gzip
import io
import threading

import numpy as np
import pytest
import soundfile

from speaker.audio.pcm import SESSION_HZ
from speaker.errors import SpeakerError
from speaker.speech.media_fetch import SoundFetcher
from tests.support.rude_web import answering, rude_web, whole


def wav(seconds: float = 0.5) -> bytes:
    file = io.BytesIO()
    wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(int(SESSION_HZ * seconds)) / SESSION_HZ)
    soundfile.write(file, wave, SESSION_HZ, format="WAV")
    return file.getvalue()


HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

BAD_ADDRESSES = {
    "a space": "http://127.0.0.1:9/a b.wav",
    "a space at the end": "http://127.0.0.1:9/a.wav ",
    "a line break": "http://127.0.0.1:9/a\r\nX: y",
    "a tabulator in the scheme": "ht\ttp://127.0.0.1:9/a",
    "a zero byte": "http://127.0.0.1:9/\x00",
    "a bell": "http://127.0.0.1:9/\x07",
    "delete": "http://127.0.0.1:9/\x7f",
    "a space in the host": "http://127.0. 0.1/",
    "a port in words": "http://127.0.0.1:abc/",
    "a port too high": "http://127.0.0.1:99999/",
    "a port below zero": "http://127.0.0.1:-1/",
    "half an IPv6 address": "http://[::1/",
    "an IPv6 address that is none": "http://[zz]/",
    "no host": "http:///x",
    "only a port": "http://:80/x",
    "only a user": "http://me@/x",
    "a label of 70 letters": f"http://{'a' * 70}.example/x",
    "an empty label": "http://a..b/x",
    "unpaired surrogate": "http://127.0.0.1:9/\ud800",
    "surrogate in the host": "http://\ud800/x",
    "3,000 letters": f"http://127.0.0.1:9/{'x' * 3_000}",
}


@pytest.mark.parametrize("url", BAD_ADDRESSES.values(), ids=BAD_ADDRESSES)
async def test_what_is_no_address_is_said(url: str) -> None:
    with pytest.raises(SpeakerError, match="address") as caught:
        await SoundFetcher().fetch(url)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


BAD_ANSWERS = {
    "a peer that speaks SSH": b"SSH-2.0-OpenSSH_9.6\r\n",
    "nothing at all": b"",
    "noise": bytes(range(256)) * 40,
    "a status of 999999": b"HTTP/1.1 999999 No\r\n\r\n",
    "a status in words": b"HTTP/1.1 two hundred\r\n\r\n",
    "a status below zero": b"HTTP/1.1 -200 OK\r\n\r\n",
    "another version": b"HTTP/9.9 200 OK\r\n\r\n",
    "not found": whole(b"no", status="404 Not Found"),
    "an error with a secret": whole(b"", status="500 https://me:hidden@hub/x?token=hidden"),
    "nothing new": b"HTTP/1.1 304 Not Modified\r\n\r\n",
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    "a header line of 70 kB": HEAD + b"X: " + b"y" * 70_000 + b"\r\n\r\n",
    "a status line of 70 kB": b"HTTP/1.1 200 " + b"y" * 70_000 + b"\r\n\r\n",
    "200 header lines": HEAD + b"X: y\r\n" * 200 + b"\r\n",
    "half a header": HEAD + b"Content-Le",
    "a length in words": HEAD + b"Content-Length: many\r\n\r\n",
    "a length below zero": HEAD + b"Content-Length: -5\r\n\r\n",
    "half a body": HEAD + b"Content-Length: 9000\r\n\r\nRIFF",
    "chunks that are none": CHUNKED + b"zz\r\nRIFF\r\n0\r\n\r\n",
    "a chunk below zero": CHUNKED + b"-5\r\nRIFF\r\n0\r\n\r\n",
    "a chunk that ends early": CHUNKED + b"ff\r\nRIFF",
    "a chunk of the whole world": CHUNKED + b"f" * 40 + b"\r\nRIFF",
    "a chunk line of 70 kB": CHUNKED + b"4;" + b"x" * 70_000 + b"\r\nRIFF\r\n0\r\n\r\n",
    "chunks that never came": CHUNKED,
    "too large, and says so": HEAD + b"Content-Length: 99999999999\r\n\r\nRIFF",
    "a gzip bomb": whole(gzip.compress(bytes(30_000_000)), "Content-Encoding: gzip"),
    "packed in an unknown way": whole(b"x", "Content-Encoding: zstd"),
    "a redirect without a place": whole(b"", status="302 Found"),
    "a redirect into the file system": whole(b"", "Location: file:///etc/passwd", status="302 Found"),
    "a redirect to FTP": whole(b"", "Location: ftp://127.0.0.1/x", status="302 Found"),
    "a redirect to no address": whole(b"", "Location: http://[::1/", status="302 Found"),
    "a redirect with a space": whole(b"", "Location: /a b", status="302 Found"),
    "a redirect with a bad port": whole(b"", "Location: http://hub:pörk/", status="302 Found"),
    "a redirect to itself": whole(b"", "Location: /x.wav", status="302 Found"),
    "no sound": whole(b"<html>"),
}


@pytest.mark.parametrize("answer", BAD_ANSWERS.values(), ids=BAD_ANSWERS)
async def test_whatever_a_stranger_answers_is_one_sentence(answer: bytes) -> None:
    async with rude_web(answering(answer)) as web:
        with pytest.raises(SpeakerError) as caught:
            await SoundFetcher().fetch(web.url("/x.wav?token=hidden", "me:hidden@"))
    said = str(caught.value)
    assert said.isprintable()
    assert len(said) < 600
    assert "hidden" not in said
    assert f"http://127.0.0.1:{web.port}/x.wav" in said


async def test_an_error_nobody_foresaw_is_told_by_its_place_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise LookupError("http://me:hidden@127.0.0.1/")

    monkeypatch.setattr("speaker.speech.media_fetch.decode_sound", fail)
    async with rude_web(answering(whole(b"sound"))) as web:
        with pytest.raises(SpeakerError, match=r"LookupError in .*test_media_fetch\.py, line \d+") as caught:
            await SoundFetcher().fetch(web.url("/x.wav", "me:hidden@"))
    assert "hidden" not in str(caught.value) + caplog.text


async def test_what_never_ends_is_not_read_to_its_end() -> None:
    sent = 0

    async def for_ever(_head: str, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(HEAD + b"\r\n")
        while True:
            writer.write(bytes(65_536))
            await writer.drain()
            sent += 65_536

    async with rude_web(for_ever) as web:
        with pytest.raises(SpeakerError, match="more than 20 MB"):
            await SoundFetcher().fetch(web.url())
    assert sent < 40_000_000


@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 OK\r\nX: ", HEAD + b"\r\n", CHUNKED, CHUNKED + b"ffff\r\n"])
async def test_one_deadline_holds_for_the_whole_fetch(begin: bytes) -> None:
    """Each byte comes well before the patience with a single one ends; together they would take for ever."""

    async def drip(_head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(begin)
        while True:
            writer.write(b"1")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with rude_web(drip) as web:
        with pytest.raises(SpeakerError, match=r"x\.wav did not come within 0\.3 seconds"):
            await SoundFetcher(within_s=0.3).fetch(web.url())
        await no_fetch_is_left()


async def no_fetch_is_left() -> None:
    async with asyncio.timeout(10):
        while any(one.name.startswith("sound fetch") for one in threading.enumerate()):
            await asyncio.sleep(0.01)


async def test_who_is_hushed_leaves_no_fetch_behind() -> None:
    came = asyncio.Event()

    async def silent(_head: str, _writer: asyncio.StreamWriter) -> None:
        came.set()
        await asyncio.sleep(60)

    async with rude_web(silent) as web:
        fetch = asyncio.create_task(SoundFetcher().fetch(web.url()))
        await came.wait()
        fetch.cancel()
        await no_fetch_is_left()
    assert fetch.cancelled() or fetch.done()
    await asyncio.gather(fetch, return_exceptions=True)


async def test_fetches_do_not_take_the_threads_of_others() -> None:
    async def silent(_head: str, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async with rude_web(silent) as web:
        fetcher = SoundFetcher()
        fetches = [asyncio.create_task(fetcher.fetch(web.url())) for _ in range(60)]
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "free"), 20) == "free"
        refused = await asyncio.wait_for(asyncio.wait(fetches, return_when=asyncio.FIRST_COMPLETED), 20)
        assert all("are still under way" in str(one.exception()) for one in refused[0])
        for one in fetches:
            one.cancel()
        await asyncio.gather(*fetches, return_exceptions=True)
        await no_fetch_is_left()


async def test_sound_comes_with_user_and_password() -> None:
    async with rude_web(answering(whole(wav()))) as web:
        sound = await SoundFetcher().fetch(web.url("/x.wav?a=b%20c", "me%40home:p%C3%A4ss@"))
    assert sound.size == SESSION_HZ // 2
    assert web.asked[0].startswith("GET /x.wav?a=b%20c HTTP/1.1")
    assert f"Basic {base64.b64encode('me@home:päss'.encode()).decode()}" in web.asked[0]


async def test_letters_of_other_languages_are_sent_as_the_web_wants_them() -> None:
    async with rude_web(answering(whole(wav()))) as web:
        await SoundFetcher().fetch(web.url("/Türklingel.wav"))
    assert web.asked[0].startswith("GET /T%C3%BCrklingel.wav HTTP/1.1")


async def test_redirect_is_followed_and_a_stranger_learns_no_password() -> None:
    async with rude_web(answering(whole(wav()))) as stranger:
        moved = whole(b"", f"Location: {stranger.url('/other.wav')}", status="307 Temporary Redirect")
        async with rude_web(answering(moved)) as web:
            sound = await SoundFetcher().fetch(web.url(user="me:word@"))
    assert sound.size == SESSION_HZ // 2
    assert "Authorization" in web.asked[0]
    assert "Authorization" not in stranger.asked[0]


async def test_chunks_are_put_together() -> None:
    data = wav()
    pieces = b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in (data[:1000], data[1000:]))
    async with rude_web(answering(CHUNKED, pieces, b"0\r\n\r\n")) as web:
        assert (await SoundFetcher().fetch(web.url())).size == SESSION_HZ // 2


@pytest.mark.parametrize("hosts", [["127.0.0.1"], ["127.*"], ["hub", "*"], ["LOCALHOST", "127.0.0.1"]])
async def test_named_hosts_are_asked(hosts: list[str]) -> None:
    async with rude_web(answering(whole(wav()))) as web:
        assert (await SoundFetcher(hosts).fetch(web.url())).size


async def test_other_hosts_are_not_asked_not_even_after_a_redirect() -> None:
    async with rude_web(answering(whole(wav()))) as other:
        moved = whole(b"", f"Location: http://localhost:{other.port}/", status="302 Found")
        async with rude_web(answering(moved)) as web:
            with pytest.raises(SpeakerError, match=r"localhost is not among announcements\.hosts"):
                await SoundFetcher(["127.0.0.1"]).fetch(web.url())
            with pytest.raises(SpeakerError, match=r"127\.0\.0\.1 is not among announcements\.hosts"):
                await SoundFetcher(["hub", "*.local"]).fetch(web.url())
    assert len(web.asked) == 1
    assert other.asked == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://hub/x", "hub/x", "", "//hub/x", "javascript:x"])
async def test_only_the_web_is_asked(url: str) -> None:
    with pytest.raises(SpeakerError, match="is not an http or https address"):
        await SoundFetcher().fetch(url)


async def test_missing_sound_is_one_sentence() -> None:
    with pytest.raises(SpeakerError, match=r"http://127\.0\.0\.1:9/x cannot be fetched"):
        await SoundFetcher().fetch("http://127.0.0.1:9/x?token=secret")


async def test_peer_that_speaks_no_tls_is_said() -> None:
    def rude(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello\r\n")

    server = await asyncio.start_server(rude, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(SpeakerError, match="cannot be fetched"):
            await SoundFetcher().fetch(f"https://127.0.0.1:{port}/x")
