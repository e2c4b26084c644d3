"""What is known about a conversation beside its state: what is being made, played, waited for."""

from dataclasses import dataclass, field

from speaker.conversation.events import (
    AnsweredHere,
    AnswerSounded,
    Asked,
    BudgetUsedUp,
    Event,
    Goodbye,
    PlaybackBegan,
    PlaybackEnded,
    PlaybackQueued,
    Prompted,
    ReplyFree,
    ReplyRefused,
    ResponseBegan,
    ResponseEnded,
    ServiceComplained,
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
    """A response has to be asked for: tools ran for one, or one that was asked for could not be had."""
    held: bool = False
    """Whether it cannot be asked for yet."""
    unanswered: bool = False
    """Whether the user said something that nothing heard has answered: no words, no sound that means done."""
    talked_over: bool = False
    """Whether the service broke off to hear the user, and has not told of their words yet."""
    complaint: bool = False
    """Whether the service reported an error for no reason that is known."""
    acted: bool = False
    """Whether tools ran for the user's last words."""
    undone: bool = False
    """Whether one of them did not do what it was asked."""
    rounds: int = 0
    """How often tools were called for the user's last words."""
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
    def ignored(self) -> bool:
        """Whether somebody said something of which nothing came, as far as that is known."""
        return self.unanswered or self.user_speaks or (self.complaint and not self.heard_speech)

    @property
    def reply_is_due(self) -> bool:
        """Whether a response has to be asked for: all tools have answered, and none is being made."""
        free = self.is_open and not self.held
        return self.owed and free and self.response is None and not self.awaited and not self.calls

    def forget_turn(self) -> None:
        """Stop waiting for an answer that nobody wants any more; tools that run still deliver."""
        self.response = None
        self.awaited = self.owed = self.held = self.playing = self.unanswered = False

    def _begin_turn(self) -> None:
        """The user said something: what was said and done before does not count any more."""
        self.unanswered, self.talked_over, self.undone, self.rounds = True, False, False, 0

    def note(self, event: Event) -> None:
        """Take in an event."""
        self._note_user(event)
        self._note_response(event)
        self._note_answer(event)
        match event:
            case SessionOpened():
                self.is_open = True
            case SessionLost():
                self.is_open = self.user_speaks = self.awaited = self.held = False
                self.response = None
            case ServiceComplained():
                self.complaint = True
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
                self.leaving, self.asked, self.acted, self.talked_over = "", False, False, False
            case SpeechEnded():
                self.user_speaks, self.awaited, self.loud = False, True, False
                self._begin_turn()
            case TurnEnded(call=call):
                self.user_speaks, self.owed, self.loud = False, True, not call
                self.calls |= {call} if call else set()
                self._begin_turn()
            case Prompted():
                self._begin_turn()
                self.heard_speech = self.owed = self.loud = True
                self.leaving, self.asked = "", False
                # Nothing was said that could be said again.
                self.acted = True
            case _:
                pass

    def _note_response(self, event: Event) -> None:
        match event:
            case ResponseBegan(response=response):
                self.response, self.awaited, self.asked, self.held = response, False, False, False
            case AnswerSounded():
                self.unanswered = False
            case ResponseEnded(response=response, calls=calls, talked_over=talked_over):
                if self.response in {response, None}:
                    self.response, self.awaited = None, False
                self.calls |= calls
                self.owed, self.acted = self.owed or bool(calls), self.acted or bool(calls)
                self.rounds += bool(calls)
                self.talked_over = talked_over
            case ReplyRefused(held=held):
                self.awaited, self.owed, self.loud, self.held = False, True, True, held
            case ReplyFree():
                self.held = False
            case _:
                pass

    def _note_answer(self, event: Event) -> None:
        match event:
            case ToolAnswered(call=call, quiet=quiet, done=done):
                self.calls.discard(call)
                self.loud = self.loud or not quiet
                self.undone = self.undone or not done
            case UnderstoodHere():
                self.acted = True
            case AnsweredHere(call=call):
                self.calls.discard(call)
                self.owed = self.unanswered = False
            case Asked():
                self.asked = True
            case Goodbye():
                self.leaving = "goodbye"
            case BudgetUsedUp():
                self.leaving = "budget"
            case _:
                pass
