"""From wake to sleep.

About: the state machine, the controller that drives it, the session that it opens, what of the user's turn is found
here, and the observers that are told what happened.
Imports: everything below but never ``hub``: who wants to know, observes.
Begin with ``state_machine``, then ``controller``.
"""
