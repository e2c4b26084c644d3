"""PyAudio over ALSA: one microphone stream, and a loudspeaker that knows what was heard.

PortAudio calls back on its own threads. A callback moves bytes and does one ``call_soon_threadsafe``;
everything else happens on the event loop.
"""

from speaker.adapters.sound.loudspeaker import Loudspeaker
from speaker.adapters.sound.microphone import Microphone
from speaker.adapters.sound.playlist import Heard
from speaker.adapters.sound.reference import Reference
from speaker.adapters.sound.system import Device, SoundSystem

__all__ = ["Device", "Heard", "Loudspeaker", "Microphone", "Reference", "SoundSystem"]
