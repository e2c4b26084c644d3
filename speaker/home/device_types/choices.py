"""Words that a device may be set to: modes, presets, the speed of its fan. One wish names one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from speaker.errors import ToolError
from speaker.home import templates, value_parsers
from speaker.home.device_command import DeviceMessage, DeviceState, Fact, Feed
from speaker.home.device_types.base import alike_words, word_of
from speaker.home.naming import clean, listing


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing of a device that is set by a word."""

    fact: Fact
    command_topic: str | None
    command_template: str
    state_topic: str | None
    state_template: str
    payloads: Mapping[str, str]
    """Word: what the device calls it."""
    also: str = ""
    """A word that people say before or behind it, as in "fan low"."""

    def feeds(self) -> tuple[Feed, ...]:
        """Where it is reported, if it is."""
        if self.state_topic is None:
            return ()
        words = {payload: word for word, payload in self.payloads.items()}
        read = value_parsers.option(words)
        return (Feed(self.state_topic, self.fact, self.state_template, lambda text: _worded(read(text), words)),)

    def message(self, word: str, *, retain: bool) -> DeviceMessage:
        """What sets it. Raises BrokenTemplateError."""
        payload = templates.write(self.command_template, self.payloads[word])
        return DeviceMessage(str(self.command_topic), payload, retain)


def _worded(value: value_parsers.Stated, words: Mapping[str, str]) -> value_parsers.Stated:
    return words.get(value, value) if isinstance(value, str) else value


def words_for(options: Sequence[object]) -> dict[str, str]:
    """The payloads of a device whose words are its own."""
    return {str(one): str(one) for one in options}


def picked(asked: str, choices: Sequence[Choice], said: str) -> tuple[Choice, str]:
    """The choice and the word of it that are asked for. Raises ToolError, naming what there is."""
    settable = [choice for choice in choices if choice.command_topic is not None and choice.payloads]
    spoken = asked.casefold().split()
    named = [choice for choice in settable if choice.also and choice.also in spoken]
    for choice in named or settable:
        bare = " ".join(word for word in spoken if not choice.also or word not in {choice.also, "mode"})
        for word in choice.payloads:
            if alike_words(word, bare or asked) or alike_words(word, asked):
                return choice, word
    known = listing([clean(f"{one.also} {word}".strip()) for one in settable for word in one.payloads], "or")
    raise ToolError(f"{said} has no such choice. It knows {known}." if known else f"{said} has no modes.")


def chosen_is(state: DeviceState, asked: str, choices: Sequence[Choice]) -> bool | None:
    """Whether what is asked for is so; None when the device did not say."""
    try:
        choice, word = picked(asked, choices, "")
    except ToolError:
        return None
    reported = word_of(state, choice.fact)
    return alike_words(reported, word) if reported else None
