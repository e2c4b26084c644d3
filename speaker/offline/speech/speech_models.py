"""What is loaded in the process of the engines: recognisers, the voice, and rules of several houses."""

from collections import OrderedDict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from speaker.language.codes import ENGLISH, base_language
from speaker.offline.speech.ears import kept_set, recogniser_files, set_folder
from speaker.offline.speech.engine_messages import decoded_house
from speaker.offline.speech.recogniser import ENGLISH_FILES, Recogniser, RecogniserFiles
from speaker.offline.speech.synthesiser import Synthesiser

if TYPE_CHECKING:
    from speaker.offline.understanding.intent_engine import IntentEngine

HOUSES: Final = 4
"""For so many different houses the rules are kept; they take a second to make and a few megabytes."""


class SpeechModels:
    """Loaded once for all sessions, each when it is first needed; read by one worker alone."""

    def __init__(self, state: Path | None) -> None:
        """``state``: the directory with recognisers for more languages."""
        self._state = state
        self._recognisers: dict[str, Recogniser] = {}
        self.houses: OrderedDict[bytes, IntentEngine] = OrderedDict()
        """The rules that are kept, those that were needed last at the end."""

    def recogniser(self, language: str) -> Recogniser | None:
        """The one for a language; None when it is not here. Raises ModelError when it is damaged."""
        base = base_language(language)
        if base not in self._recognisers:
            model = ears_for(self._state, base)
            if model is None:
                return None
            self._recognisers[base] = Recogniser(model)
        return self._recognisers[base]

    @cached_property
    def voice(self) -> Synthesiser:
        """Raises ModelError when it is missing or damaged."""
        voice = Synthesiser()
        voice.warm_up()
        return voice

    def rules(self, house: bytes) -> "IntentEngine":
        """The rules of a house; kept, since a house has the same ones all day."""
        found = self.houses.get(house)
        if found is None:
            # Not at the top: who only speaks needs no sentences of 65 languages.
            from speaker.offline.understanding.intent_engine import IntentEngine  # noqa: PLC0415

            of = decoded_house(house)
            found = IntentEngine(of.instructions, of.tools, of.language)
        self.houses[house] = found
        self.houses.move_to_end(house)
        while len(self.houses) > HOUSES:
            self.houses.popitem(last=False)
        return found


def ears_for(state: Path | None, language: str) -> RecogniserFiles | None:
    """The files of the recogniser for a language, if there are any."""
    if base_language(language) == ENGLISH:
        return ENGLISH_FILES
    kept = kept_set(state, language) if state is not None else None
    return recogniser_files(set_folder(state, language), kept) if state and kept else None
