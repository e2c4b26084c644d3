"""What a sentence means after the one before it: an answer to a question, "and the desk lamp", "a bit more", "undo".

The sentence before is said again with another name, number or room in it, and understood like any other. It counts when
that leads to one thing only, and to the same thing as before but for what was changed. Nothing is guessed.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from speaker.offline.understanding.call_builders import Arguments, targets
from speaker.offline.understanding.devices_from_prompt import Household, Listed
from speaker.offline.understanding.follow_up_words import FollowUpWords
from speaker.offline.understanding.normalise import spoken_name
from speaker.offline.understanding.opposite_calls import MAKERS, opposite
from speaker.offline.understanding.past_turn import PastTurn
from speaker.offline.understanding.tool_schema import Call, Reply, ToolSchema

TARGET_KEYS: Final = {
    "light": ("light", "switch"), "name": ("switch", "siren"), "cover": ("cover", "valve"), "lock": ("lock",),
    "fan": ("fan",), "humidifier": ("humidifier",), "thermostat": ("climate",), "player": ("media_player",),
    "vacuum": ("vacuum", "lawn_mower"), "button": ("button",), "room": (),
}  # fmt: skip
"""Arguments that tell what is meant, and not what is to be done with it: the kinds of devices that they name."""

A_BIT: Final = {"set_light": 10, "set_temperature": 1, "set_volume": 10, "control_player": 10, "set_fan": 10}
"""What "a bit more" is, in the unit of the tool's ``change``."""

LONGEST_FOLLOW_UP: Final = 10
"""Words in the longest sentence that only makes sense after another."""

Found = TypeVar("Found")

_NUMBER: Final = re.compile(r"\d+(?:[.:]\d+)?")
_MEASURE: Final = re.compile(r"\d+(?:[.:]\d+)?(?: (?!to\b|or\b)\w+)?")
_RANGE: Final = re.compile(r"\d+ \w{2,3} (?=\d)")


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The rules for one house and one language."""

    understood: Callable[[str], Reply | None]
    """What a sentence means by itself."""
    plain: Callable[[str], str]
    """Its words as the rules know them."""
    core: Callable[[str], str]
    """The same without courtesies."""
    household: Household
    tools: Mapping[str, ToolSchema]
    words: FollowUpWords

    def reply(self, said: str, turns: Sequence[PastTurn]) -> Reply | None:
        """What a sentence means after these; None when it means the same as by itself, or nothing."""
        text = self.plain(said)
        if not turns or not text or len(text.split()) > LONGEST_FOLLOW_UP:
            return None
        return self._after(text, self._told_in_full(turns))

    def _told_in_full(self, turns: Sequence[PastTurn]) -> PastTurn:
        """The last turn, in words that make sense by themselves."""
        whole = PastTurn("")
        for turn in turns:
            text = self.plain(turn.words)
            readings = (full for full, reply in self._readings(text, whole) if reply.calls == turn.calls != ())
            full = next(readings, self.core(turn.words))
            whole = PastTurn(full, turn.calls, turn.said)
        return whole

    def _after(self, text: str, last: PastTurn) -> Reply | None:
        if self.words.repeats(text):
            return Reply(text=last.said) if last.said else None
        if self.words.undoes(text):
            return self._undone(last)
        if (way := self.words.way(text)) and (stepped := self._stepped(last, way)):
            return stepped
        if self.words.means_other(text) and last.calls:
            return self._other(last) or Reply(text=self.words.which)
        found = distinct(reply for _, reply in self._readings(text, last))
        return found[0] if len(found) == 1 else None

    def _readings(self, text: str, last: PastTurn) -> Iterator[tuple[str, Reply]]:
        """Sentences in full that this one may be short for, and what they mean."""
        added = self.words.added(text) if last.calls else ""
        instead = self.words.corrected(text) if last.calls else ""
        found: list[tuple[str, Reply]] = []
        if added:
            found = [*self._relisted(added, last), *self._alike(self._with_other_name(last, added), last)]
        elif instead:
            found = list(self._corrected(instead, last))
        elif last.asks:
            found = list(self._completed(text, last))
        if not found and last.calls and (parts := self.words.around_pronoun(added or instead or text)):
            found = list(self._pointed(parts, last))
        yield from found

    # What the last sentence is with something else in it.

    def _with_other_name(self, last: PastTurn, thing: str) -> Iterator[str]:
        for call in last.calls:
            for name in _names(call):
                for form in dict.fromkeys((name.lower(), spoken_name(name), self.plain(name))):
                    # Not all languages divide their words.
                    whole = rf"\b{re.escape(form)}\b" if " " in last.words else re.escape(form)
                    if form and re.search(whole, last.words):
                        yield last.words.replace(form, thing)
                        yield re.sub(rf"{whole} \w+", thing, last.words)
        yield from self.words.put_behind(last.words, thing)

    def _with_other_number(self, last: PastTurn, thing: str) -> Iterator[str]:
        number = _NUMBER.search(thing)
        if number is None:
            return
        bare = _RANGE.sub("", last.words)
        yield _NUMBER.sub(number[0], bare, count=1)
        yield _MEASURE.sub(thing, bare, count=1)

    def _alike(self, sentences: Iterable[str], last: PastTurn) -> Iterator[tuple[str, Reply]]:
        """Those that do the same with something else."""
        for sentence in dict.fromkeys(sentences):
            reply = self.understood(sentence)
            done = [_deed(call) for call in last.calls]
            if reply is None or not reply.calls or any(call in last.calls for call in reply.calls):
                continue
            if all(_deed(call) in done for call in reply.calls):
                yield sentence, reply

    def _relisted(self, thing: str, last: PastTurn) -> Iterator[tuple[str, Reply]]:
        """Something else on the same list, or off it."""
        for call in last.calls:
            if "items" in call.arguments and not self._words_an_order(thing):
                yield last.words, Reply((Call(call.name, {**call.arguments, "items": [thing]}),))

    def _words_an_order(self, text: str) -> bool:
        alone = self.understood(text)
        return alone is not None and bool(alone.calls)

    def _corrected(self, thing: str, last: PastTurn) -> Iterator[tuple[str, Reply]]:
        taken_back = [opposite(call) for call in last.calls if call.name in MAKERS]
        back = tuple(call for call in taken_back if call is not None and call.name in self.tools)
        for sentence, listed in self._relisted(thing, last):
            yield sentence, Reply((*back, *listed.calls))
        for sentence, alike in self._alike(self._with_other_name(last, thing), last):
            yield sentence, Reply((*back, *alike.calls))
        for sentence in dict.fromkeys(self._with_other_number(last, thing)):
            reply = self.understood(sentence)
            same = reply is not None and [_aim(call) for call in reply.calls] == [_aim(call) for call in last.calls]
            if reply is not None and same and reply.calls != last.calls:
                yield sentence, Reply((*back, *reply.calls))

    def _completed(self, text: str, last: PastTurn) -> Iterator[tuple[str, Reply]]:
        """The question's sentence with the answer in it; a sentence that makes sense alone is no answer."""
        thing = self.words.bare(text)
        if not thing or self._words_an_order(text):
            return
        known = _NUMBER.search(thing) or any(
            thing in (spoken_name(name), name.lower()) for name in self._names()
        ) or self.words.tells_time(thing)  # fmt: skip
        if not known:
            return
        sentences = [*self._with_other_number(last, thing)] if _RANGE.search(last.words) else []
        for sentence in dict.fromkeys(sentences or [*self.words.put_behind(last.words, thing)]):
            meant = self.understood(sentence)
            if meant is not None and meant.calls:
                yield sentence, meant

    def _names(self) -> Iterator[str]:
        yield from self.household.rooms
        yield from self.household.floors
        for device in self.household.devices:
            yield device.name
            yield from device.says()

    def _pointed(self, parts: tuple[str, str], last: PastTurn) -> Iterator[tuple[str, Reply]]:
        """What "it" is: what the last sentence was about."""
        things = [thing for call in last.calls for thing in self._spoken(call)][:2]
        sentences = [self.words.without_again(f"{parts[0]} {thing} {parts[1]}") for thing in things]
        replies = [self.understood(sentence) for sentence in sentences]
        calls = [call for reply in replies if reply is not None for call in reply.calls]
        # "Tell them that dinner is ready" is not about the lamp.
        if calls and all(reply is not None and any(map(_names, reply.calls)) for reply in replies):
            yield sentences[-1], Reply(tuple(distinct(calls)))

    def _spoken(self, call: Call) -> list[str]:
        named = [str(call.arguments[key]) for key in TARGET_KEYS if key != "room" and call.arguments.get(key)]
        room = str(call.arguments.get("room", ""))
        if named:
            return [self.plain(f"{room} {named[0]}" if room else named[0])]
        return [f"{self.plain(room)} {self.words.lights}"] if room and call.name == "set_light" else []

    # What is done to the same thing again.

    def _undone(self, last: PastTurn) -> Reply:
        back = [opposite(call) for call in reversed(last.calls)]
        calls = [call for call in back if call is not None and call.name in self.tools]
        if not calls or len(calls) < len(back):
            return Reply(text=self.words.cannot_undo)
        return Reply(tuple(calls))

    def _stepped(self, last: PastTurn, way: int) -> Reply | None:
        """The same thing a bit further, or back."""
        steps: list[Call] = []
        for call in last.calls:
            tool, step = self.tools.get(call.name), A_BIT.get(call.name)
            if tool is None or step is None:
                return None
            change = call.arguments.get("change")
            backwards = isinstance(change, int | float) and change < 0
            made = tool.call(**_aim(call)[1], change=-way * step if backwards else way * step)
            if made is None:
                return None
            steps.append(made)
        return Reply(tuple(steps)) if steps else None

    def _other(self, last: PastTurn) -> Reply | None:
        """The same with the only other device of the kind, in the room or in the house."""
        if len(last.calls) != 1:
            return None
        call = last.calls[0]
        for key, kinds in TARGET_KEYS.items():
            name = str(call.arguments.get(key, ""))
            first = next((d for kind in kinds for d in self.household.of(kind) if name.endswith(d.name)), None)
            if name and first is not None and (other := self._only_other(first)) is not None:
                kept = {k: v for k, v in call.arguments.items() if k not in {key, "room"}}
                tool = self.tools.get(call.name)
                ways = targets(key, other, self.household, *kinds)
                made = next((c for way in ways if tool and (c := tool.call(**{**way, **kept}))), None)
                return Reply((made,)) if made is not None else None
        return None

    def _only_other(self, device: Listed) -> Listed | None:
        for room in dict.fromkeys((device.room, "")):
            others = [one for one in self.household.of(device.kind, room) if one != device]
            if len(others) == 1:
                return others[0]
        return None


def _names(call: Call) -> list[str]:
    named = [str(call.arguments[key]) for key in TARGET_KEYS if call.arguments.get(key)]
    return sorted((name for name in named if name != "all"), key=len, reverse=True)


def _aim(call: Call) -> tuple[str, Arguments]:
    """Who is to do it, and with what."""
    return call.name, {key: value for key, value in call.arguments.items() if key in TARGET_KEYS}


def _deed(call: Call) -> Arguments:
    """What is done, whatever it is done with."""
    return {key: value for key, value in call.arguments.items() if key not in TARGET_KEYS}


def distinct(found: Iterable[Found]) -> list[Found]:
    """Each once, in their order; for what has no hash."""
    kept: list[Found] = []
    for one in found:
        if one not in kept:
            kept.append(one)
    return kept
