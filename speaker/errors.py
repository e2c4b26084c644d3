"""What can go wrong, as sentences: what happened, where, and what to do about it."""


class SpeakerError(Exception):
    """Anything that this program can explain to its owner. The text is one clear sentence or two."""


class ConfigError(SpeakerError):
    """The configuration cannot be used. Carries every problem found, not only the first."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class SoundError(SpeakerError):
    """A sound device is missing, busy or refuses what it was asked."""


class ModelError(SpeakerError):
    """A speech model file is missing, damaged or of the wrong shape."""


class SessionError(SpeakerError):
    """A Realtime session could not be opened or broke.

    ``code`` is the server's error code or the close code. ``fatal`` means that trying again
    changes nothing until a person does something (key, quota, model name).
    """

    def __init__(self, message: str, *, code: str = "", fatal: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.fatal = fatal


class WireError(SpeakerError):
    """A Realtime event is not what the protocol allows. The text names the event and the field."""


class BrokerError(SpeakerError):
    """The MQTT broker refuses us or cannot be used as configured."""


class ToolError(SpeakerError):
    """A tool cannot do what it was asked. The words go to the model, which tells the user."""
