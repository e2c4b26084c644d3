"""The connection to the MQTT broker.

Imports: errors, config.
Begin with ``client``: it connects, subscribes again after a loss, and hands each message to the handlers of its topic.
"""
