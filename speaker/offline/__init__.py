"""The embedded Realtime server: the cloud's protocol, answered on this machine."""
