"""What the daemon and the process of the engines say to each other: requests, their results, and the frames around."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NewType

import msgspec
from msgspec import Struct

from speaker.offline.understanding.past_turn import PastTurn
from speaker.offline.understanding.tool_schema import Call

LENGTH_BYTES: Final = 4
"""In front of every frame stands its length, little-endian."""

LINE_BYTES: Final = 1_000_000
"""What is read ahead of the line, at either end."""

House = NewType("House", bytes)
"""Everything that the rules for a house are made of; equal bytes make equal rules."""


class SentCall(Struct, frozen=True, array_like=True):
    """A call of a tool."""

    name: str
    arguments: dict[str, Any]


class SentTurn(Struct, frozen=True, array_like=True):
    """A turn that is past."""

    words: str
    calls: list[SentCall]
    said: str


class LoadAll(Struct, frozen=True, tag=True):
    """Be ready to hear a language, to speak if a voice is wanted, and to understand in a house if there is one."""

    id: int
    language: str
    voice: bool = True
    house: bytes = b""


class Hear(Struct, frozen=True, tag=True):
    """Make out the words in sound: 16-bit mono, at ``hz``."""

    id: int
    sound: bytes
    hz: int
    language: str


class Speak(Struct, frozen=True, tag=True):
    """Begin to speak a text; the result is its first phrase."""

    id: int
    text: str
    speed: float


class SpeakOn(Struct, frozen=True, tag=True):
    """The next phrase of what is spoken under this id."""

    id: int


class Understand(Struct, frozen=True, tag=True):
    """What the rules make of the user's words in a house."""

    id: int
    house: bytes
    words: str
    before: list[SentTurn]


class Summarise(Struct, frozen=True, tag=True):
    """The sentence to speak when the tools have returned ``outputs``."""

    id: int
    house: bytes
    outputs: list[str]
    words: str


class BeSure(Struct, frozen=True, tag=True):
    """The calls that words leave no doubt of."""

    id: int
    house: bytes
    words: str


class Forget(Struct, frozen=True, tag=True):
    """Nobody waits for this any more."""

    id: int


class Ready(Struct, frozen=True, tag=True):
    """It is loaded."""

    id: int


class Heard(Struct, frozen=True, tag=True):
    """The words, and how sure they are."""

    id: int
    text: str
    confidence: float


class Sounded(Struct, frozen=True, tag=True):
    """A phrase as sound, 16-bit mono at 24 kHz; empty when there is no more."""

    id: int
    sound: bytes


class Understood(Struct, frozen=True, tag=True):
    """Calls, or else a text to speak."""

    id: int
    calls: list[SentCall]
    text: str


class Failed(Struct, frozen=True, tag=True):
    """It could not be done."""

    id: int
    why: str
    explained: bool
    """Whether the text is for the owner: a model is missing or damaged."""


EngineQuestion = LoadAll | Hear | Speak | SpeakOn | Understand | Summarise | BeSure
EngineRequest = EngineQuestion | Forget
EngineResult = Ready | Heard | Sounded | Understood | Failed

_ENCODER: Final = msgspec.msgpack.Encoder()
_REQUESTS: Final = msgspec.msgpack.Decoder(EngineRequest)
_OUTCOMES: Final = msgspec.msgpack.Decoder(EngineResult)


class HouseRules(Struct, frozen=True):
    """What the rules are made of: a session's instructions, its tools and its language."""

    instructions: str
    tools: list[dict[str, Any]]
    language: str


_HOUSES: Final = msgspec.msgpack.Decoder(HouseRules)


def encoded_house(instructions: str, tools: Sequence[Mapping[str, Any]], language: str) -> House:
    """A house as it is sent."""
    return House(_ENCODER.encode(HouseRules(instructions, [dict(tool) for tool in tools], language)))


def decoded_house(house: bytes) -> HouseRules:
    """The other way round."""
    return _HOUSES.decode(house)


def framed(message: EngineRequest | EngineResult) -> bytes:
    """A message as it goes over the line."""
    body = _ENCODER.encode(message)
    return len(body).to_bytes(LENGTH_BYTES, "little") + body


def request_in(body: bytes) -> EngineRequest:
    """The request of a frame."""
    request: EngineRequest = _REQUESTS.decode(body)
    return request


def outcome_in(body: bytes) -> EngineResult:
    """The result of a frame."""
    outcome: EngineResult = _OUTCOMES.decode(body)
    return outcome


def sent_calls(calls: Iterable[Call]) -> list[SentCall]:
    """Calls on their way."""
    return [SentCall(call.name, dict(call.arguments)) for call in calls]


def received_calls(calls: Iterable[SentCall]) -> tuple[Call, ...]:
    """Calls that arrived."""
    return tuple(Call(call.name, call.arguments) for call in calls)


def sent_turns(turns: Sequence[PastTurn]) -> list[SentTurn]:
    """Past turns on their way."""
    return [SentTurn(turn.words, sent_calls(turn.calls), turn.said) for turn in turns]


def received_turns(turns: Iterable[SentTurn]) -> list[PastTurn]:
    """Past turns that arrived."""
    return [PastTurn(turn.words, received_calls(turn.calls), turn.said) for turn in turns]
