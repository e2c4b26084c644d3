"""The words of one language for what only makes sense after another sentence: "and …", "a bit more", "undo"."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

import msgspec


class FollowUpWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """Words in lower case; ``{x}`` stands for any words."""

    also: list[str] = []
    """"And {x}", "{x} too": the same with something else."""
    instead: list[str] = []
    """"No, {x}": not this, but something else."""
    more: list[str] = []
    less: list[str] = []
    other: list[str] = []
    """The one of two that was not meant before."""
    undo: list[str] = []
    repeat: list[str] = []
    it: list[str] = []
    """What was meant before."""
    again: list[str] = []
    """Words that add nothing: "again", "back"."""
    behind: list[str] = []
    """How a name, a room or a number stands behind a sentence: "in {x}", "to {x}"."""
    around: list[str] = []
    """Words around an answer that add nothing: "the", "one", "please"."""
    times: list[str] = []
    """Answers that tell a time without a number."""
    lights: str = ""
    """What one calls the lights of a room."""
    which: str = ""
    """Said when it is not clear what the other one is."""
    cannot_undo: str = ""
    """Said when nobody can know how it was before."""

    def spelled(self, plain: Callable[[str], str]) -> "FollowUpWords":
        """The same as the rules hear them."""

        def spell(form: str) -> str:
            return plain(form.replace("{x}", "xyz")).replace("xyz", "{x}")

        fields = {name: value for name, value in msgspec.structs.asdict(self).items() if isinstance(value, list)}
        return msgspec.structs.replace(self, **{name: [spell(one) for one in fields[name]] for name in fields})

    def repeats(self, text: str) -> bool:
        """Whether somebody wants to hear the last answer again."""
        return text in self.repeat

    def undoes(self, text: str) -> bool:
        """Whether the last thing is to be taken back."""
        return text in self.undo

    def means_other(self, text: str) -> bool:
        """Whether the other one of two is meant."""
        return text in self.other

    def way(self, text: str) -> int:
        """1 for "a bit more", -1 for "a bit less", 0 for something else."""
        return 1 if text in self.more else -1 if text in self.less else 0

    def added(self, text: str) -> str:
        """What the same is to be done with; empty when that was not said."""
        return self._found(self._also, text)

    def corrected(self, text: str) -> str:
        """What was meant instead; empty when that was not said."""
        return self._found(self._instead, text)

    def around_pronoun(self, text: str) -> tuple[str, str] | None:
        """What stands before and behind "it"; None when nobody said that."""
        if not self.it:
            return None
        found = re.search(rf"(?:^|\s)(?:{'|'.join(map(re.escape, self.it))})(?=\s|$)", text)
        return (text[: found.start()].strip(), text[found.end() :].strip()) if found else None

    def put_behind(self, sentence: str, thing: str) -> Iterator[str]:
        """The sentence with something behind it, or before its last word, in all ways that the language has.

        "Schalte das Licht aus" takes its room before the last word.
        """
        first, _, last = sentence.rpartition(" ")
        for form in self.behind:
            yield f"{sentence} {form.replace('{x}', thing)}"
            if first:
                yield f"{first} {form.replace('{x}', thing)} {last}"

    def bare(self, text: str) -> str:
        """An answer without the words around it."""
        words = text.split()
        while words and words[0] in self.around:
            words = words[1:]
        while words and words[-1] in self.around:
            words = words[:-1]
        return " ".join(words)

    def without_again(self, text: str) -> str:
        """The words without "again"."""
        return " ".join(word for word in text.split() if word not in self.again)

    def tells_time(self, text: str) -> bool:
        """Whether an answer is a time of day or a length without a number."""
        return text in self.times

    @cached_property
    def _also(self) -> list[re.Pattern[str]]:
        return _patterns(self.also)

    @cached_property
    def _instead(self) -> list[re.Pattern[str]]:
        return _patterns(self.instead)

    def _found(self, patterns: Sequence[re.Pattern[str]], text: str) -> str:
        found = (pattern.fullmatch(text) for pattern in patterns)
        return next((self.bare(match["x"]) for match in found if match), "")


def _patterns(forms: Sequence[str]) -> list[re.Pattern[str]]:
    # The longest first: "and {x} too" before "and {x}".
    ordered = sorted(forms, key=len, reverse=True)
    return [re.compile(re.escape(form).replace(r"\{x\}", "(?P<x>.+)")) for form in ordered]
