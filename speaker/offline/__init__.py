"""The embedded Realtime server: the Realtime protocol, with speech and understanding on this machine.

``understanding``  words to tool calls and answers, by rules
``speech``         sound to words and back
``server``         the protocol: sessions, items, responses

The conversation reaches it through a socket, as it reaches the cloud. Begin with ``server/server.py``.
"""
