"""The sound behind an address: fetched over HTTP by a thread of its own, which ends when nobody waits any more."""

import asyncio
import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from typing import Final

from speaker.audio.pcm import Samples
from speaker.errors import SpeakerError, place_of, plain
from speaker.speech.media_address import MediaAddress, read_media_address
from speaker.speech.media_decode import decode_sound

FETCH_S: Final = 30.0
"""From the request to the decoded sound, redirects and all."""

MOST_FETCHES: Final = 4
"""At the same time. One whose name server does not answer lives on for a while after it was given up."""

_MOST_BYTES: Final = 20_000_000
_MOST_REDIRECTS: Final = 5
_PIECE: Final = 65_536
_MOVED: Final = frozenset({301, 302, 303, 307, 308})

_FAULTS: Final = (OSError, http.client.HTTPException, ValueError, EOFError, ArithmeticError, AssertionError)
"""What the standard library raises when a peer does not keep to HTTP."""


class SoundFetcher:
    """Gets sounds from the hosts that may be asked; ``hosts`` are names in which * and ? match."""

    def __init__(self, hosts: Sequence[str] = ("*",), *, within_s: float = FETCH_S) -> None:
        self._hosts = tuple(hosts)
        self._within_s = within_s
        self._threads: set[threading.Thread] = set()

    def check(self, url: str) -> MediaAddress:
        """The address, if it can be asked at all. Raises SpeakerError."""
        return read_media_address(url, self._hosts)

    async def fetch(self, url: str) -> Samples:
        """WAV, MP3, FLAC or Ogg at ``url`` as int16 samples, shape (n,), 24 kHz. Raises SpeakerError."""
        address = self.check(url)
        self._threads = {one for one in self._threads if one.is_alive()}
        if len(self._threads) >= MOST_FETCHES:
            raise SpeakerError(f"{MOST_FETCHES} sounds are still under way; {address.shown} is not fetched")
        arrived: asyncio.Future[Samples] = asyncio.get_running_loop().create_future()
        fetch = _Fetch(address, self._hosts)
        # Not an executor's: those are waited for at the end of the process, and others wait for them.
        thread = threading.Thread(target=_deliver, args=(fetch.run, arrived), name="sound fetch", daemon=True)
        self._threads.add(thread)
        thread.start()
        try:
            async with asyncio.timeout(self._within_s):
                return await arrived
        except TimeoutError:
            raise SpeakerError(f"the sound at {address.shown} did not come within {self._within_s:g} seconds") from None
        finally:
            fetch.give_up()


def _deliver(run: Callable[[], Samples], arrived: "asyncio.Future[Samples]") -> None:
    """In the thread: the sound, or what went wrong, to whoever waits on the event loop."""
    sound: Samples | None = None
    problem: Exception | None = None
    try:
        sound = run()
    except SpeakerError as error:
        problem = error
    except Exception as error:  # noqa: BLE001 - it is told, with its place
        # Its own words may hold the address, and so a password.
        problem = SpeakerError(f"a sound could not be taken in: {place_of(error)}")

    def settle() -> None:
        if not arrived.done() and problem is not None:
            arrived.set_exception(problem)
        elif not arrived.done() and sound is not None:
            arrived.set_result(sound)

    with contextlib.suppress(RuntimeError):  # the loop is closed while the program ends
        arrived.get_loop().call_soon_threadsafe(settle)


class _Fetch:
    """One fetch. All but ``give_up`` is in its thread."""

    def __init__(self, address: MediaAddress, hosts: Sequence[str]) -> None:
        self._first = address
        self._hosts = hosts
        self._given_up = threading.Event()
        self._socket: socket.socket | None = None

    def give_up(self) -> None:
        """Nobody waits any more: what is read just now ends at once."""
        self._given_up.set()
        open_now = self._socket
        if open_now is not None:
            with contextlib.suppress(OSError):
                open_now.shutdown(socket.SHUT_RDWR)

    def run(self) -> Samples:
        """The decoded sound. Raises SpeakerError."""
        try:
            data = self._follow(self._first)
        except SpeakerError as error:
            raise SpeakerError(f"the sound at {self._first.shown} cannot be fetched: {error}") from error
        except _FAULTS as error:
            reason = plain(str(error)) or type(error).__name__
            raise SpeakerError(f"the sound at {self._first.shown} cannot be fetched: {reason}") from error
        return decode_sound(data, self._first.shown, go_on=lambda: not self._given_up.is_set())

    def _follow(self, address: MediaAddress) -> bytes:
        for _ in range(_MOST_REDIRECTS + 1):
            found = self._ask(address)
            if isinstance(found, bytes):
                return found
            address = found
        raise SpeakerError(f"it is moved more than {_MOST_REDIRECTS} times")

    def _ask(self, address: MediaAddress) -> bytes | MediaAddress:
        """The body, or where else it is."""
        connection = http.client.HTTPConnection(address.host, address.port)
        headers = {"Authorization": address.authorization} if address.authorization else {}
        try:
            connection.sock = self._connect(address)
            # http.client asks for the identity encoding by itself, so nothing has to be unpacked.
            connection.request("GET", address.target, headers=headers)
            with connection.getresponse() as answer:
                return self._read(answer, address)
        finally:
            connection.close()
            open_now, self._socket = self._socket, None
            if open_now is not None:
                open_now.close()

    def _connect(self, address: MediaAddress) -> socket.socket:
        self._socket = opened = socket.create_connection((address.host, address.port), timeout=FETCH_S)
        self._stop_if_given_up()
        if address.scheme == "https":
            # The handshake by hand, so that there is something to shut down while it lasts.
            context = ssl.create_default_context()
            secure = context.wrap_socket(opened, server_hostname=address.host, do_handshake_on_connect=False)
            self._socket = opened = secure
            self._stop_if_given_up()
            secure.do_handshake()
        return opened

    def _read(self, answer: http.client.HTTPResponse, address: MediaAddress) -> bytes | MediaAddress:
        if answer.status in _MOVED and (location := answer.getheader("Location")):
            return address.moved(location, self._hosts)
        if answer.status != 200:
            raise SpeakerError(f"the server answers {answer.status} {plain(answer.reason)[:100]}")
        if (packed := answer.getheader("Content-Encoding", "identity").lower()) != "identity":
            raise SpeakerError(f"the server packs it as {plain(packed)[:40]}, which nobody asked for")
        return self._body(answer)

    def _body(self, answer: http.client.HTTPResponse) -> bytes:
        if (answer.length or 0) > _MOST_BYTES:
            raise SpeakerError(f"it has more than {_MOST_BYTES // 1_000_000} MB")
        data = bytearray()
        while piece := answer.read(_PIECE):
            self._stop_if_given_up()
            data += piece
            if len(data) > _MOST_BYTES:
                raise SpeakerError(f"it has more than {_MOST_BYTES // 1_000_000} MB")
        if answer.length:  # http.client says nothing of a body that ends early
            raise SpeakerError(f"it ended {answer.length} bytes early")
        return bytes(data)

    def _stop_if_given_up(self) -> None:
        if self._given_up.is_set():
            raise SpeakerError("nobody waits for it any more")
