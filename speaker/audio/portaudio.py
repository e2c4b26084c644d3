"""PortAudio, loaded when a device is wanted: what needs no sound works on a machine without it."""

from typing import Any, Final

from speaker.errors import SoundError

INT16: Final = 8
CONTINUE: Final = 0
INPUT_OVERFLOW: Final = 2
OUTPUT_UNDERFLOW: Final = 4
"""Of portaudio.h: paInt16, paContinue, paInputOverflow and paOutputUnderflow; a test holds them to PyAudio's."""

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
