"""What is known about a conversation beside its state: what is being made, played, waited for."""

from dataclasses import dataclass, field

from speaker.conversation.events import (
    AnsweredHere,
    Asked,
    BudgetUsedUp,
    Event,
    Goodbye,
    PlaybackBegan,
    PlaybackEnded,
    PlaybackQueued,
    Prompted,
    ReplyRefused,
    ResponseBegan,
    ResponseEnded,
    SessionLost,
    SessionOpened,
    SpeechBegan,
    SpeechEnded,
    SpokenOver,
    ToolAnswered,
    TurnEnded,
    UnderstoodHere,
)


@dataclass(slots=True)
class Facts:
    """Kept by ``note`` from every event, whatever the state; a conversation begins with fresh ones."""

    is_open: bool = False
    """Whether the session takes sound; while it is opened anew, it does not."""
    heard_speech: bool = False
    """Whether the user has spoken since the speaker woke."""
    user_speaks: bool = False
    response: str | None = None
    """The response that is being made."""
    awaited: bool = False
    """A response was asked for, by us or by the end of the user's turn, and has not begun."""
    owed: bool = False
    """Tools ran for a response whose answer the user still waits for."""
    acted: bool = False
    """Whether tools ran for the user's last words."""
    calls: set[str] = field(default_factory=set)
    """Tools that have not answered yet."""
    loud: bool = False
    """Whether a tool that ran for the user's last words needs to be answered in words."""
    playing: bool = False
    asked: bool = False
    """Whether the last answer ends in a question."""
    leaving: str = ""
    """Why the conversation is to end after this answer, if it is: goodbye or budget."""

    @property
    def under_way(self) -> bool:
        """Whether an answer is being made, or will be."""
        return self.response is not None or self.awaited or self.owed or bool(self.calls)

    @property
    def reply_is_due(self) -> bool:
        """Whether a response has to be asked for: all tools have answered, and none is being made."""
        return self.owed and self.is_open and self.response is None and not self.awaited and not self.calls

    def forget_turn(self) -> None:
        """Stop waiting for an answer that nobody wants any more; tools that run still deliver."""
        self.response = None
        self.awaited = self.owed = self.playing = False

    def note(self, event: Event) -> None:
        """Take in an event."""
        self._note_user(event)
        self._note_answer(event)
        match event:
            case SessionOpened():
                self.is_open = True
            case SessionLost():
                self.is_open = self.user_speaks = self.awaited = False
                self.response = None
            case PlaybackQueued() | PlaybackBegan():
                self.playing = True
            case PlaybackEnded():
                self.playing = False
            case _:
                pass

    def _note_user(self, event: Event) -> None:
        match event:
            case SpeechBegan() | SpokenOver():
                self.heard_speech = True
                # Noticed here, speech has not begun for the service, which may never hear of it.
                self.user_speaks = isinstance(event, SpeechBegan)
                self.leaving, self.asked, self.acted = "", False, False
            case SpeechEnded():
                self.user_speaks, self.awaited, self.loud = False, True, False
            case TurnEnded(call=call):
                self.user_speaks, self.owed, self.loud = False, True, not call
                self.calls |= {call} if call else set()
            case Prompted():
                self.heard_speech = self.owed = self.loud = True
                self.leaving, self.asked = "", False
                # Nothing was said that could be said again.
                self.acted = True
            case _:
                pass

    def _note_answer(self, event: Event) -> None:
        match event:
            case ResponseBegan(response=response):
                self.response, self.awaited, self.asked = response, False, False
            case ResponseEnded(response=response, calls=calls):
                self.response = None if self.response in {response, None} else self.response
                self.calls |= calls
                self.owed, self.acted = self.owed or bool(calls), self.acted or bool(calls)
            case ReplyRefused():
                self.awaited, self.owed = False, True
            case ToolAnswered(call=call, quiet=quiet):
                self.calls.discard(call)
                self.loud = self.loud or not quiet
            case UnderstoodHere():
                self.acted = True
            case AnsweredHere(call=call):
                self.calls.discard(call)
                self.owed = False
            case Asked():
                self.asked = True
            case Goodbye():
                self.leaving = "goodbye"
            case BudgetUsedUp():
                self.leaving = "budget"
            case _:
                pass
