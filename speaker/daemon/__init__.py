"""One life of the daemon.

About: reading the configuration, putting the parts together, running them, and talking to systemd.
Imports: everything below.
Begin with ``daemon``.
"""
