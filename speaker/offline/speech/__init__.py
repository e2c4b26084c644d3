"""Speech recognition and synthesis on this machine.

Imports: errors, audio, offline.understanding.
Begin with ``engines``: recogniser, rules and synthesiser in a process of their own.
"""
