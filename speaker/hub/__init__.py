"""The speaker's face on MQTT.

About: its topics, its announcement to Home Assistant, its controls and commands, and the state that it shows.
Imports: everything below.
Begin with ``controls``: one entry is one control, everywhere.
"""
