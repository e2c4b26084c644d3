"""One session with a Realtime service.

About: the protocol's events, the client on a WebSocket, how a session is configured, who is tried next when a
service does not answer, and what its errors mean.
Imports: errors, audio, config, home, offline.speech, speech.
Begin with ``client`` for the connection and ``protocol`` for the events.
"""
