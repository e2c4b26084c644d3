"""The speaker's own voice, beside the model's.

About: text to speech with a cache on disk, the fixed phrases, and sounds fetched from an address.
Imports: errors, audio, config, offline.speech.
Begin with ``tts``.
"""
