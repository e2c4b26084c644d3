"""What the C library's allocator keeps for later is little: a speaker waits for days, and needs much for seconds."""

import contextlib
import ctypes
import os
from typing import Final

ARENAS: Final = 2
"""Memory that threads share; by itself each would get some of its own, and keep it."""

KEPT_BYTES: Final = 1 << 20
"""So much that is free stays for later."""

LARGE_BYTES: Final = 1 << 18
"""What is larger goes back as soon as it is free. By itself this limit grows with what was once needed, up to 32 MB;
the echo test needs much, and the recogniser while it is loaded."""

_LIMITS: Final = (
    (-8, "MALLOC_ARENA_MAX", ARENAS),
    (-1, "MALLOC_TRIM_THRESHOLD_", KEPT_BYTES),
    (-3, "MALLOC_MMAP_THRESHOLD_", LARGE_BYTES),
)
"""glibc's parameters: their numbers for mallopt, and the names by which a new process finds them."""


def keep_little() -> None:
    """Tell the allocator, before there are threads, and those of all processes that are started from now on.

    One that is not glibc's goes on as it is.
    """
    os.environ.update({name: str(limit) for _, name, limit in _LIMITS})
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        for parameter, _, limit in _LIMITS:
            mallopt(parameter, limit)
