"""The hub's commands as the command line has them: name, what they take, examples. A test holds them to the hub's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Verb:
    """One command of the hub."""

    name: str
    about: str
    takes: str = ""
    """What it takes, as the help calls it; empty = nothing."""
    values: str = ""
    examples: tuple[str, ...] = ()
    usual: str = ""
    """What it takes when nothing is said; empty = something must be."""

    def optional(self) -> Mapping[str, Any]:
        """How argparse is told that what it takes may be left out."""
        return {"nargs": "?", "default": self.usual} if self.usual else {}


VERBS: Final = (
    Verb("wake", "wake the speaker, as if the word was said"),
    Verb("stop", "silence, now"),
    Verb("sleep", "the same"),
    Verb("test", "play the test sound and measure the echo"),
    Verb("say", "speak a text as it stands", "TEXT", examples=('say "Dinner is ready."',)),
    Verb("ask", "let the model answer a text aloud", "TEXT", examples=('ask "Is a window open?"',)),
    Verb("announce", "speak a text, or play a sound, as an announcement", "TEXT", usual=" ",
         examples=('announce "The laundry is done." --chime --volume 50',
                   "announce --url http://nas.local/bell.mp3")),
    Verb("question", "ask something aloud, and print which of the answers was given", "TEXT",
         examples=('question "Shall the heating stay on?" yes no',)),
    Verb("confirm", "answer what the speaker asks just now", "yes|no", "yes or no"),
    Verb("mute", "close the microphone, or open it again", "ON|OFF", "default ON", usual="ON",
         examples=("mute", "mute off")),
    Verb("volume", "how loud answers are", "PERCENT", "0-100", examples=("volume 40",)),
    Verb("announcement_volume", "how loud announcements are", "PERCENT", "0-100"),
    Verb("threshold", "the score from which every wake word counts", "SCORE", "0-1", examples=("threshold 0.6",)),
    Verb("follow_up", "how long another request needs no wake word", "SECONDS", "1-60"),
    Verb("wake_word", "which wake word is listened for", "WORD", "a bundled or configured word, or all",
         examples=("wake_word hey_mycroft",)),
    Verb("duplex", "what may interrupt an answer", "MODE", "auto, full, wake or half"),
    Verb("endpoint", "who answers", "WHO", "auto, cloud or offline", examples=("endpoint offline",)),
    Verb("budget", "what may be spent today beyond the budgets", "USD", examples=("budget 0.5",)),
)  # fmt: skip
