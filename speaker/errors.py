"""What can go wrong, as sentences: what happened, where, and what to do about it.

Somebody else's text comes into one only through ``plain``: on one line, not too long, nothing secret in it.
"""

import re
from collections.abc import Callable
from typing import Final, Literal

import msgspec

NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What comes of bytes that are no JSON: not of its form, not UTF-8 inside of a text, or nested without end."""

About = Literal["conversation", "microphone", "silence", "loudspeaker", "broker", "page"]
"""What trouble is with: what is right again with one says nothing of the others."""

Trouble = Callable[[str, About], None]
"""Is told what is wrong, and with what; an empty text means that it is right again."""


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


class McpError(SpeakerError):
    """The other end of an MCP connection refuses, breaks the protocol or is gone. ``code`` is JSON-RPC's."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class ToolError(SpeakerError):
    """A tool cannot do what it was asked. The words are for the user's ears."""

    def __init__(self, text: str, *, note: str = "") -> None:
        """``note`` is for the model alone, as in "Ask which one is meant."."""
        super().__init__(text)
        self.note = note

    @property
    def for_model(self) -> str:
        """The words and the note."""
        return f"{self} {self.note}" if self.note else str(self)


def place_of(error: BaseException) -> str:
    """The kind of an error that nobody thought of, and the line of code where it came up."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    file = "/".join(trace.tb_frame.f_code.co_filename.rsplit("/", 3)[-3:])
    return f"{type(error).__name__} in {file}, line {trace.tb_lineno}"


LONGEST_QUOTE: Final = 300
"""Characters of somebody else's text in a sentence of ours."""

_ADDRESS: Final = re.compile(r"""([a-z][a-z0-9+.-]*:)?//(?:[^\s/?#"'<>]*@)?([^\s?#"'<>]*)(?:[?#][^\s"'<>]*)?""", re.I)
"""Scheme, user information, host with path, query with fragment."""
_QUERY: Final = re.compile(r"""[?&][\w.%+-]+=[^\s"'<>]*""")
_KEY: Final = re.compile(r"""\b(?:sk|ek|pk|xai|key)[-_][\w*.-]{6,}|\b(bearer|basic)\s+[\w.~+/=*-]{6,}""", re.I)


def plain(text: str, *secrets: str | None) -> str:
    """A text of somebody else's, fit to be shown.

    Addresses keep scheme, host and path; what looks like a key is left out, and so are the ``secrets`` themselves.
    """
    for secret in secrets:
        if secret:
            text = text.replace(secret, "…")
    # A key that is cut by the limit below would not look like one any more.
    text = _KEY.sub("…", _QUERY.sub("", _ADDRESS.sub(r"\1//\2", text[: 8 * LONGEST_QUOTE])))
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return line if len(line) <= LONGEST_QUOTE else f"{line[: LONGEST_QUOTE - 1]}…"
