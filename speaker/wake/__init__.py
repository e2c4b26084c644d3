"""The wake word.

About: the openWakeWord models frame by frame, where in the sound the word ended, and which of several speakers
answers it.
Imports: errors, audio.
Begin with ``detector``.
"""
