"""``speaker doctor``: checks of everything that the speaker needs, each with a remedy.

Begin with ``all_checks``.
"""
