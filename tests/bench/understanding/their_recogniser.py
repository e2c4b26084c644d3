"""Home Assistant's own way with the same data: hassil's best match, all names of the house in one list."""

from hassil import Intents, recognize_best
from hassil.intents import SlotList, TextSlotList
from home_assistant_intents import get_intents

from tests.bench.understanding.examples import Example, House


class TheirRecogniser:
    """The package's sentences as they are."""

    def __init__(self, language: str, house: House) -> None:
        self._intents = Intents.from_dict(get_intents(language) or {})
        self._names = [(one.name.lower(), one.name, {"domain": one.domain}) for one in house.entities]
        self._places: dict[str, SlotList] = {
            "area": TextSlotList.from_tuples([(one.lower(), one) for one in house.areas], name="area"),
            "floor": TextSlotList.from_tuples([(one.lower(), one) for one in house.floors], name="floor"),
        }

    def judged(self, example: Example) -> str:
        """right, refused or wrong."""
        words = example.words.lower()
        names = TextSlotList.from_tuples([one for one in self._names if one[0] in words], name="name")
        lists: dict[str, SlotList] = {**self._places, "name": names}
        context = {"area": example.here or "here"}
        found = recognize_best(words, self._intents, slot_lists=lists, intent_context=context, best_slot_name="name")
        if found is None:
            return "refused"
        meant = {key: value for key, value in example.slots.items() if value != "all"}
        got = {name: entity.value for name, entity in found.entities.items()}
        same = all(_low(got.get(key)) in _all(value) for key, value in meant.items() if key != "domain")
        return "right" if found.intent.name == example.intent and same else "wrong"


def _low(value: object) -> str:
    whole = isinstance(value, float) and value == int(value)
    return str(int(value) if whole and isinstance(value, float) else value).strip().lower()


def _all(value: object) -> set[str]:
    return {_low(one) for one in value} if isinstance(value, list) else {_low(value)}
