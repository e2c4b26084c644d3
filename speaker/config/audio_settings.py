"""The section ``audio``: sound devices, how they are listened to, and loudness."""

from typing import Annotated, Literal

from msgspec import Meta, field

from speaker.audio.capture_choice import Channel, GainDb
from speaker.config.section import Section
from speaker.config.units import Milliseconds, Percent


class AudioSettings(Section, frozen=True, kw_only=True):
    """Sound devices and loudness."""

    microphone: str = "default"
    """ALSA capture device: its name or a part of it, or the id or USB socket of its card (see `speaker devices`)."""
    loudspeaker: str = "default"
    """ALSA playback device, likewise."""
    channel: Channel = "auto"
    """Which channel of the microphone is listened to: its number from 1 on, or mix = all of them together; auto = the
    first that is not dead. An array that cleans its sound itself tells in its manual which channel has it."""
    gain_db: GainDb = 0.0
    """How much louder the microphone is made, in dB; auto = slowly, and only when speech is too soft for the wake
    word."""
    dead_after_s: Annotated[float, Meta(ge=5)] | None = 25
    """Seconds of digital silence after which the microphone is opened anew; after as much again it counts as dead.
    null = never, for one that switches itself off while nobody speaks."""
    volume: Percent = 60
    """Loudness of answers, in percent. The hub can change it; its choice survives a restart."""
    chime_volume: Percent = 40
    """Loudness of chimes, in percent."""
    announcement_volume: Percent | None = None
    """Loudness of announcements, in percent. null = as loud as answers. The hub can change it, too."""
    alarm_volume: Percent = 70
    """Loudness of timers and alarms, in percent; quiet hours do not lower it."""
    sounds: list[Literal["wake", "listened", "done", "error", "muted", "timer"]] = field(
        default_factory=lambda: ["wake", "done", "error", "muted", "timer"]
    )
    """Which sounds are made: wake = listening now, listened = your sentence was taken, done = in place of an answer
    (see `cost.quiet_tools`), error, muted (and unmuted), timer."""
    lead_in_ms: Milliseconds = 250
    """Near-silence before speech on a loudspeaker that was just opened, in milliseconds: sleeping USB and HDMI
    devices swallow so much."""
    duplex: Literal["auto", "full", "wake", "half"] = "auto"
    """What may interrupt an answer: full = anything said, wake = the wake word or "stop", half = nothing but the
    hub; auto = full if an echo test at the start shows that the echo can be removed, else wake."""
    cache_mb: Annotated[int, Meta(ge=0)] = 50
    """Room on disk for sentences that the speaker says often, in MB."""
