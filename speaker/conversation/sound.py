"""What the conversation needs of sound. ``AudioIO`` is the real part; the tests' stand-in passes the same contract."""

from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from speaker.audio.chimes import Chime
from speaker.audio.echo_analysis import EchoReport
from speaker.audio.pcm import Samples
from speaker.audio.playback_queue import PlayedItem
from speaker.listening.front_end import SensedFrame
from speaker.listening.route import Route
from speaker.listening.sample_audit import SampleAudit
from speaker.wake.detector import WakeWords

OWN: Final = "own"
"""The item of what the speaker says by itself; no server knows it."""

Spoke = Callable[[float, bool], None]
"""Is told how many ms a sentence took, and whether it came from disk."""


class Playback(Protocol):
    """Where answers go, straight from the session."""

    def play(self, samples: Samples, item: str, percent: int | None = None) -> None:
        """Queue sound (int16, 24 kHz) of an item; ``percent`` None means as loud as answers are."""

    def speak(self, text: str, item: str = OWN, spoke: Spoke | None = None) -> None:
        """Say a text in the offline voice, behind what is being played; ``spoke`` is told when it was made."""


class SoundPart(Playback, Protocol):
    """Microphone and loudspeaker with all that listens and speaks on this machine.

    It posts PlaybackQueued, PlaybackBegan, PlaybackEnded, SpokenOver and Stopped, and reports wake words.
    """

    @property
    def playing(self) -> bool:
        """Whether something is heard, or will be."""

    @property
    def audible(self) -> bool:
        """Whether the loudspeaker has sound in it just now."""

    @property
    def unheard(self) -> str:
        """Why nothing that is played can be heard; empty when it can."""

    @property
    def dead(self) -> bool:
        """Whether the microphone delivers frames, and nothing but silence in them."""

    @property
    def worked_at(self) -> float:
        """Monotonic time at which microphone sound was last done with."""

    @property
    def audit(self) -> SampleAudit:
        """What became of the microphone's samples in this conversation."""

    @property
    def overflows(self) -> int:
        """How often the microphone's driver dropped sound."""

    @property
    def slips(self) -> tuple[int, int]:
        """How often the loudspeaker ran dry, and the microphone overflowed: this machine was too slow."""

    @property
    def words(self) -> list[str]:
        """The names of the wake words."""

    async def run(self) -> None:
        """Hear and play, for ever."""

    def close(self) -> None:
        """End what is under way."""

    def open_microphone(self, wanted: bool) -> None:
        """Open the microphone, or close it."""

    def route(self, route: Route) -> None:
        """Send microphone frames there from now on."""

    def begin_audit(self) -> None:
        """A conversation begins."""

    def answered(self) -> None:
        """What the session got so far needs not be sent again."""

    def repeat(self) -> None:
        """The session that got the user's last words is lost: the next one gets them first."""

    def hush(self) -> list[PlayedItem]:
        """Silence, at once; what was heard of each item that was not heard in full."""

    def chime(self, name: Chime, percent: int) -> None:
        """Make one of the speaker's sounds, unless the configuration leaves it out."""

    def hold(self, wanted: bool) -> None:
        """Keep the loudspeaker open, or let it close when nothing is played."""

    def set_volume(self, percent: int) -> None:
        """How loud answers are from now on."""

    def set_threshold(self, threshold: float) -> None:
        """The score, 0-1, from which every wake word counts."""

    def use_words(self, words: WakeWords) -> None:
        """Listen for these wake words from now on."""

    def attend(self, hear: Callable[[SensedFrame], None]) -> None:
        """Let somebody hear every frame in which talk is listened for."""

    def watch(self, look: Callable[[SensedFrame], None]) -> None:
        """Let somebody look at every frame that was worked on, after all that has to do with it."""

    async def recognise(self, samples: Samples) -> str:
        """The words in int16 samples at 16 kHz."""

    async def test_echo(self, percent: int) -> EchoReport:
        """Play the test sound as loud as an answer, and measure. Raises SoundError without a microphone."""

    def expect_echo(self, delay_ms: float, clock_ratio: float | None) -> None:
        """The echo comes so much later than the drivers say, and the clocks run like this (see ``EchoReport``)."""

    def heard_itself(self) -> bool:
        """Whether what was taken for somebody who talks over an answer, just now, was the speaker's own voice."""


Recognise = Callable[[Samples], Awaitable[str]]
"""The words in int16 samples at 16 kHz."""
