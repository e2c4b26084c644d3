"""A microphone frame on its way.

    microphone → front end (echo, wake word, speech) → frame router → uplink gate → session

About: what is heard in each frame, where frames go in each state, and what of them is sent.
Imports: errors, audio, config, wake.
Begin with ``frame_router``.
"""
