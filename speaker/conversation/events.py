"""What can happen to a conversation: small facts, put into one inbox. None of them carries sound."""

from dataclasses import dataclass
from typing import Final

CLAIMED: Final = "claimed"
"""How a conversation ends that another speaker holds: nothing is told of it."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened."""


@dataclass(frozen=True, slots=True)
class Woken(Event):
    """The wake word was heard."""

    word: str = ""
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Pressed(Event):
    """A button or the hub asks the speaker to listen."""


@dataclass(frozen=True, slots=True)
class Prompted(Event):
    """The hub wrote what somebody could have said; it is to be answered aloud."""


@dataclass(frozen=True, slots=True)
class OutClaimed(Event):
    """Another speaker heard the wake word first."""


@dataclass(frozen=True, slots=True)
class NotForUs(Event):
    """A wake word was heard that another speaker answers: the frames that wait behind it are not wanted."""


@dataclass(frozen=True, slots=True)
class QuestionAsked(Event):
    """The speaker wants to ask something by itself, and to hear the answer itself."""


@dataclass(frozen=True, slots=True)
class QuestionSettled(Event):
    """The question is answered, or given up."""


@dataclass(frozen=True, slots=True)
class SpokenOver(Event):
    """Somebody talks over the answer; this was noticed here, and not by the service."""


@dataclass(frozen=True, slots=True)
class Stopped(Event):
    """Somebody wants silence, now."""


@dataclass(frozen=True, slots=True)
class Muted(Event):
    """The microphone is to be off."""


@dataclass(frozen=True, slots=True)
class Unmuted(Event):
    """The microphone may be on again."""


@dataclass(frozen=True, slots=True)
class Expired(Event):
    """The deadline has passed."""


@dataclass(frozen=True, slots=True)
class PlaybackQueued(Event):
    """Sound of an answer waits for the loudspeaker; the turn is not over although nothing is heard yet."""


@dataclass(frozen=True, slots=True)
class PlaybackBegan(Event):
    """The first sound of an answer is in the air."""


@dataclass(frozen=True, slots=True)
class PlaybackEnded(Event):
    """The loudspeaker has run dry."""


@dataclass(frozen=True, slots=True)
class RingingBegan(Event):
    """A timer or an alarm rings: "stop" ends it, also between two rings."""


@dataclass(frozen=True, slots=True)
class RingingEnded(Event):
    """Nothing rings any more."""


@dataclass(frozen=True, slots=True)
class SessionEvent(Event):
    """News of one session; ignored when that session is not the present one."""

    session: int


@dataclass(frozen=True, slots=True)
class SessionOpened(SessionEvent):
    """The session is configured and takes sound."""


@dataclass(frozen=True, slots=True)
class SessionClosed(SessionEvent):
    """The session is gone, or could not be opened; ``why`` is how the conversation ends then."""

    why: str = "error"


@dataclass(frozen=True, slots=True)
class SessionLost(SessionEvent):
    """The session broke, for a reason that may pass; it is being opened anew under the same number."""


@dataclass(frozen=True, slots=True)
class SpeechBegan(SessionEvent):
    """The user began to speak."""


@dataclass(frozen=True, slots=True)
class SpeechEnded(SessionEvent):
    """The user's turn is complete; a response will follow."""


@dataclass(frozen=True, slots=True)
class TurnEnded(SessionEvent):
    """The user's turn is complete, which was found here: no response follows unless it is asked for.

    With a ``call``, this machine tries to answer first; the answer comes under that name.
    """

    call: str = ""


@dataclass(frozen=True, slots=True)
class UnderstoodHere(SessionEvent):
    """What the turn means is known on this machine, and is being done."""


@dataclass(frozen=True, slots=True)
class AnsweredHere(SessionEvent):
    """What was asked is done, and said by this machine itself; nobody is to be asked for a response."""

    call: str


@dataclass(frozen=True, slots=True)
class ResponseBegan(SessionEvent):
    """A response is being made."""

    response: str


@dataclass(frozen=True, slots=True)
class AnswerSounded(SessionEvent):
    """Something of an answer is heard, or will be as soon as it is played."""


@dataclass(frozen=True, slots=True)
class ResponseEnded(SessionEvent):
    """A response has ended, or will not come. ``calls`` are the tools it wants, and only those that are complete."""

    response: str
    failed: bool = False
    """Whether it is less than an answer, so that somebody has to be told why."""
    calls: frozenset[str] = frozenset()
    talked_over: bool = False
    """Whether the service ended it because it heard somebody speak; it will tell of that, too."""


@dataclass(frozen=True, slots=True)
class ReplyRefused(SessionEvent):
    """A response is still wanted that cannot be had now; ``held``: before ``ReplyFree`` it is not to be asked for."""

    held: bool = False


@dataclass(frozen=True, slots=True)
class ReplyFree(SessionEvent):
    """A response may be asked for again."""


@dataclass(frozen=True, slots=True)
class ServiceComplained(SessionEvent):
    """The service reports an error although nothing is asked of it."""


@dataclass(frozen=True, slots=True)
class ToolAnswered(SessionEvent):
    """The output of a tool is in the conversation; ``quiet`` when a sound is answer enough."""

    call: str
    quiet: bool = False
    done: bool = True
    """Whether the tool did what it was asked, as far as anybody knows."""


@dataclass(frozen=True, slots=True)
class Asked(SessionEvent):
    """The answer ends in a question; the user may want to think before answering it."""


@dataclass(frozen=True, slots=True)
class Goodbye(SessionEvent):
    """The conversation is to end after this answer."""


@dataclass(frozen=True, slots=True)
class BudgetUsedUp(SessionEvent):
    """The same, since nothing more may be spent."""
