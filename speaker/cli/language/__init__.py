"""``speaker language``: what there is for each language, and a recogniser for one more.

Begin with ``command``.
"""
