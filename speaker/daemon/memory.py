"""What the C library's allocator keeps for later is little: a speaker waits for days, and needs much for seconds."""

import contextlib
import ctypes
from typing import Final

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
"""Parameters of glibc's mallopt."""

ARENAS: Final = 2
"""Memory that threads share; by itself each would get some of its own, and keep it."""

KEPT_BYTES: Final = 1 << 20
"""So much that is free stays for later."""

LARGE_BYTES: Final = 1 << 18
"""What is larger goes back as soon as it is free. By itself this limit grows with what was once needed, up to 32 MB;
the echo test needs much."""


def keep_little() -> None:
    """Tell the allocator, before there are threads; one that is not glibc's goes on as it is."""
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        for parameter, limit in ((_ARENA_MAX, ARENAS), (_TRIM_THRESHOLD, KEPT_BYTES), (_MMAP_THRESHOLD, LARGE_BYTES)):
            mallopt(parameter, limit)
