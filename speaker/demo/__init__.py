"""The stage: the whole daemon against parts that it brings along.

About: a private broker, a virtual house, a virtual room with an ALSA device, and the demo that plays in them. The
tests use the same stage.
Begin with ``stage``.
"""
