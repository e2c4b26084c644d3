"""PortAudio, loaded when a device is wanted: what needs no sound works on a machine without it."""

import ctypes
from typing import Any, Final

from speaker.errors import SoundError

INT16: Final = 8
CONTINUE: Final = 0
OUTPUT_UNDERFLOW: Final = 4
"""Of portaudio.h: paInt16, paContinue and paOutputUnderflow; a test holds them to PyAudio's."""

INPUT_BUFFER_S: Final = 0.32
"""What a microphone's card is to hold until somebody fetches it."""

INPUT_PERIODS: Final = 32
"""In so many parts, so that it can be fetched every 10 ms."""

_OUTPUT_PERIODS: Final = 4
"""What PortAudio does where nobody asks for more."""

_DEVICE_INFO_VERSION: Final = 2

Stream = Any
PortAudio = Any
"""An open stream and the library of PyAudio, which has no types."""


def start_portaudio() -> PortAudio:
    """A PyAudio instance. Raises SoundError when the package or the library is missing."""
    try:
        import pyaudio  # noqa: PLC0415 - see the module's text
    except ImportError as error:
        raise SoundError(
            f"PyAudio cannot be loaded ({error}); install libportaudio2 and the Python package PyAudio"
        ) from error
    return pyaudio.PyAudio()


class _DeviceInfo(ctypes.Structure):
    """PaDeviceInfo of portaudio.h."""

    _fields_ = (
        ("struct_version", ctypes.c_int), ("name", ctypes.c_char_p), ("host_api", ctypes.c_int),
        ("inputs", ctypes.c_int), ("outputs", ctypes.c_int), ("low_input_latency_s", ctypes.c_double),
        ("low_output_latency_s", ctypes.c_double), ("high_input_latency_s", ctypes.c_double),
        ("high_output_latency_s", ctypes.c_double), ("default_hz", ctypes.c_double),
    )  # fmt: skip


def suggest_buffers(index: int, *, capture: bool) -> None:
    """Let the next stream from or to a device have the buffer that we want.

    PyAudio always asks for the shortest latency that a device is listed with, 60 ms in the end, and has no way to ask
    for more. So the list is changed; both calls are PortAudio's own (portaudio.h, pa_linux_alsa.h). Where the library
    is another one, or the list is not what it should be, nothing is changed.
    """
    try:
        library = ctypes.CDLL("libportaudio.so.2")
        library.PaAlsa_SetNumPeriods(INPUT_PERIODS if capture else _OUTPUT_PERIODS)
    except (OSError, AttributeError):
        return
    library.Pa_GetDeviceInfo.restype = ctypes.POINTER(_DeviceInfo)
    listed = library.Pa_GetDeviceInfo(index)
    if capture and listed and listed.contents.struct_version == _DEVICE_INFO_VERSION:
        listed.contents.low_input_latency_s = INPUT_BUFFER_S
