"""The formats of the sound that a service takes and sends, as it reports them when a session opens."""

from typing import Final, Literal

from msgspec import UNSET

from speaker.audio.pcm import RATES_HZ
from speaker.realtime.error_mapping import ServicePlace, other_format
from speaker.realtime.protocol.objects import SESSION_FORMAT, Audio, AudioFormat, SessionHead

Side = Literal["input", "output"]
"""``input`` is the user's sound, ``output`` the model's."""

_SIDES: Final[tuple[Side, ...]] = ("input", "output")


class SoundFormats:
    """What was reported so far."""

    def __init__(self, place: ServicePlace) -> None:
        self._place = place
        self._told: dict[Side, AudioFormat] = {}

    def note(self, head: SessionHead) -> None:
        """A session object has come; what it leaves out stays."""
        audio = head.audio if isinstance(head.audio, Audio) else Audio()
        for name, side in zip(_SIDES, (audio.input, audio.output), strict=True):
            if side is not UNSET and isinstance(side.format, AudioFormat):
                self._told[name] = side.format

    def hz(self, side: Side, otherwise_hz: int) -> int:
        """The rate of one side. Raises SessionError when this speaker does not speak its sound."""
        told = self._told.get(side)
        if told is None:
            return otherwise_hz
        if told.type != SESSION_FORMAT.type:
            raise other_format(self._place, told.type)
        rate = otherwise_hz if told.rate is UNSET else told.rate
        if not RATES_HZ[0] <= rate <= RATES_HZ[1]:
            raise other_format(self._place, f"{rate} Hz")
        return rate
