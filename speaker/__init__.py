"""An open smart speaker for the Raspberry Pi.

Each folder is a subject; imports go down only:

    cli, demo, daemon   the commands; the stage; one life of the daemon
    offline.server      the embedded Realtime server
    hub, announce       the face on MQTT; what the speaker says by itself
    conversation        from wake to sleep: state machine, controller, session
    listening           a microphone frame on its way
    tools, timers       what the model may call; what is due
    store, mqtt, cost   what survives; the broker; money
    realtime            one session with a Realtime service
    wake, speech        the wake word; the speaker's own voice
    offline             understanding and speech without a network
    home                the devices of the house
    config, audio       what the owner wrote; samples and sound devices
    errors

Begin with ``conversation/state_machine.py``. What may import what is held by ``pyproject.toml``.
"""

import os

# ONNX Runtime tells its maker of every model it runs, from 1.29 on and unless this stands there before it is loaded.
# Nothing of this speaker reports to anybody.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"


def version() -> str:
    """The version that is installed."""
    # A tenth of what a command costs to start, for those few who ask.
    from importlib import metadata  # noqa: PLC0415

    try:
        return metadata.version("speaker")
    except metadata.PackageNotFoundError:  # a checkout that was never installed
        return "0+checkout"
