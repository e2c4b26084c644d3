"""What the speaker says by itself: announcements, and questions of its own.

Imports: everything below.
Begin with ``announcer``.
"""
