"""Connections to a Realtime service: made, tried again while the trouble may pass, and closed politely."""

import asyncio
import contextlib
import logging
import random
import ssl
from typing import Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, InvalidURI, WebSocketException

from speaker.errors import SessionError, plain
from speaker.realtime.endpoint import Target
from speaker.realtime.error_mapping import not_trusted, not_upgraded, redirected

log = logging.getLogger(__name__)

_socket_log = logging.getLogger(f"{__name__}.socket")
# At debug level the library writes down request headers, and with them the key.
_socket_log.setLevel(logging.WARNING)

ATTEMPTS: Final = 3
_BACKOFF_S: Final = 0.3
"""Wait before the second attempt to connect; doubled for each further one, and jittered."""

CLOSE_S: Final = 1.0
"""How long a polite close may take."""


class _ConnectHere(connect):
    """Connects to the address itself. The library would follow to another, and knows not every header with a key."""

    def process_redirect(self, exc: Exception) -> Exception:
        """No redirect is followed: what the service answered is the end of it."""
        return exc


async def connect_to(target: Target) -> ClientConnection:
    """A connection, tried again when the trouble may pass. Raises SessionError."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await _connect_once(target)
        except SessionError as error:
            if error.fatal or attempt == ATTEMPTS:
                raise
            log.warning("%s; trying again", error)
            await back_off(attempt - 1)
    raise AssertionError  # the loop returns or raises


async def _connect_once(target: Target) -> ClientConnection:
    place = target.place
    if target.key and not (target.key.isascii() and target.key.isprintable()):
        # The library would say so too, and show the key.
        raise SessionError("the key has characters that no key has; check the credential openai_api_key", fatal=True)
    try:
        return await _ConnectHere(
            target.address,
            additional_headers=target.headers(),
            compression=None,  # base64 sound hardly shrinks
            max_size=None,
            proxy=None if target.local else True,
            close_timeout=CLOSE_S,
            logger=_socket_log,
        )
    except InvalidStatus as error:
        answer = error.response
        if 300 <= answer.status_code < 400:
            raise redirected(place, answer.status_code, answer.headers.get("Location", "nowhere")) from None
        raise not_upgraded(place, answer.status_code, bytes(answer.body)) from None
    except ssl.SSLCertVerificationError as error:
        raise not_trusted(place, error.verify_code, error.verify_message) from error
    except InvalidURI:
        raise _no_address(target) from None
    except TimeoutError as error:
        raise SessionError(f"{place.name} does not answer", code="timeout") from error
    except (OSError, WebSocketException, ImportError) as error:
        why = place.quoted(str(error))
        raise SessionError(f"{place.name} cannot be reached: {why}; is the network up?", code="network") from None
    except ValueError:  # a port or host name that cannot be
        raise _no_address(target) from None


async def back_off(tries: int) -> None:
    """Wait longer after each try."""
    await asyncio.sleep(_BACKOFF_S * 2**tries * random.uniform(0.8, 1.2))  # noqa: S311 - jitter


async def close_politely(connection: ClientConnection) -> None:
    """Close, and do not wait for ever."""
    with contextlib.suppress(ConnectionClosed, TimeoutError):
        async with asyncio.timeout(CLOSE_S):
            await connection.close(1000)


async def await_close(connection: ClientConnection) -> None:
    """Give the server time to close: its close code says how serious it is."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_S):
            await connection.wait_closed()


def _no_address(target: Target) -> SessionError:
    return SessionError(f"session.url: {plain(target.url)!r} is not a WebSocket address", fatal=True)
