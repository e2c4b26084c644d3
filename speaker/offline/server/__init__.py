"""The Realtime protocol from the server's side, on a WebSocket.

Imports: everything below, for ``realtime.protocol`` above all.
Begin with ``server`` (who may connect), then ``session`` (what a client's event does), then ``response``.
"""
