"""Samples, and the sound devices.

About: PCM arithmetic, the microphone and loudspeaker over PyAudio and ALSA, what was played and how much of it was
heard, echo cancellation and the test that measures it, voice activity, and the speaker's own sounds.
Imports: errors.
Begin with ``pcm`` for the formats, ``playback_queue`` for "how much of the answer was heard", ``devices`` for ALSA.

PortAudio calls back on its own threads. A callback moves bytes and does one ``call_soon_threadsafe``; everything
else happens on the event loop.
"""
