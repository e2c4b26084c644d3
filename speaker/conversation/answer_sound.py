"""What is heard of a service's answers: sound in pieces of any length, and words with it or in its place."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from speaker.audio import pcm
from speaker.audio.pcm import BYTES_PER_SAMPLE, SESSION_HZ, samples_to_ms
from speaker.audio.playback_queue import PlayedItem
from speaker.conversation.observers import Observer
from speaker.conversation.sound import Playback
from speaker.realtime.protocol.objects import Content, Item

NAMELESS: Final = "nameless"
"""What an item is called here that the service gives no id."""

SPOKEN_PARTS: Final = frozenset({"text", "output_text", "audio", "output_audio"})
"""Parts of a message whose words are an answer."""


class AnswerSound:
    """The sound and the words of one connection's responses, each item for itself."""

    def __init__(self, playback: Playback, observers: Observer, plays_hz: int = SESSION_HZ) -> None:
        """``plays_hz``: rate of the sound that the service sends."""
        self._playback = playback
        self._observers = observers
        self._hz = plays_hz
        self._halves: dict[str, bytes] = {}
        """Half a sample, where a piece of an item ended in the middle of one."""
        self._resamplers: dict[str, pcm.Resampler] = {}
        self.has_sound = False
        """Whether sound has come of the response that is being heard."""
        self._heard: set[str] = set()
        """Items of which something was heard."""
        self._words: dict[str, str] = {}
        """Words of items that have come in part."""
        self._whole: dict[str, str] = {}
        """Words of items that are complete."""

    def play(self, item: str, data: bytes) -> bool:
        """More sound of an item, 16-bit mono at the service's rate, cut anywhere; whether any of it is heard."""
        name = item or NAMELESS
        given = self._halves.pop(name, b"") + data
        whole = len(given) - len(given) % BYTES_PER_SAMPLE
        if whole < len(given):
            self._halves[name] = given[whole:]
        return self._put(name, self._resampler(name).push(pcm.from_bytes(given[:whole])))

    def end(self, item: str) -> None:
        """No more sound of an item comes: what the change of rate still holds is played."""
        name = item or NAMELESS
        self._halves.pop(name, None)
        resampler = self._resamplers.pop(name, None)
        if resampler is not None and self._hz != SESSION_HZ:
            self._put(name, resampler.push(np.zeros(0, np.int16), last=True))

    def _resampler(self, name: str) -> pcm.Resampler:
        if name not in self._resamplers:
            self._resamplers[name] = pcm.Resampler(self._hz, SESSION_HZ)
        return self._resamplers[name]

    def _put(self, name: str, samples: pcm.Samples) -> bool:
        if not samples.size:
            return False
        self.has_sound = True
        self._heard.add(name)
        self._observers.sound_came(name, samples_to_ms(samples.size, SESSION_HZ))
        self._playback.play(samples, name)
        return True

    def known(self, cuts: Iterable[PlayedItem]) -> list[PlayedItem]:
        """Those of the interrupted items that the service has a name for."""
        return [cut for cut in cuts if cut.item in self._heard and cut.item != NAMELESS]

    # Words.

    def write(self, item: str, words: str) -> None:
        """More words of an item."""
        name = item or NAMELESS
        self._words[name] = self._words.get(name, "") + words

    def words(self, item: str, whole: str) -> str:
        """All words of an item, once: as they come at its end, or as they came in parts."""
        name = item or NAMELESS
        words = whole or self._words.pop(name, "")
        if not words or name in self._whole:
            return ""
        self._whole[name] = words
        return words

    def speak(self, item: str, words: str) -> bool:
        """Say words that come without sound in the own voice; whether there were any."""
        if words.strip():
            self._heard.add(item or NAMELESS)
            self._playback.speak(words, item or NAMELESS)
        return bool(words.strip())

    def unspoken(self, items: Iterable[Item]) -> list[tuple[str, str]]:
        """The messages of a finished response that came without sound: item and words, complete or in parts."""
        told = {item.id or NAMELESS: _said_in(item.content or []) for item in items if item.type == "message"}
        whole = {**{name: words for name, words in told.items() if words}, **self._whole}
        # One item may stand there under two names.
        found = {words: name for name, words in (whole or self._words).items()}
        return [("" if name == NAMELESS else name, words) for words, name in found.items()]

    def forget(self) -> None:
        """A response is over, or another begins: what came without a name belongs to no other one."""
        self.has_sound = False
        self._halves.pop(NAMELESS, None)
        self._resamplers.pop(NAMELESS, None)
        self._heard.discard(NAMELESS)
        self._words.clear()
        self._whole.clear()


def _said_in(content: Iterable[Content]) -> str:
    return " ".join(part.text or part.transcript or "" for part in content if part.type in SPOKEN_PARTS).strip()
