"""The devices of the house.

About: reading MQTT discovery, what each type of device can report and be told, finding a device by the name that
somebody said, and acting on it until its own state confirms the action.
Imports: errors, language, audio, config.
Begin with ``device_registry`` for what is known of the house and ``device_controller`` for acting on it.
"""
