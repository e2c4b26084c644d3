"""What people would run instead, each as a small program for an environment of its own.

Nothing here is imported by the speaker or its tests: ``python -m tests.bench`` installs what a program needs and runs
it. The sound devices are ALSA's defaults; the address of the Realtime server is the first argument. Each program
follows its library's own example, so far as a stranger would: no tuning, for nor against.
"""
