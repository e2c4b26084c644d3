"""The names of one house as the package's sentences take them: devices, rooms, floors."""

import re
from collections.abc import Iterable
from typing import Final

from hassil.intents import SlotList, TextSlotList

from speaker.offline.understanding.devices_from_prompt import Household, Listed
from speaker.offline.understanding.normalise import spoken_name

_WORD: Final = re.compile(r"\w+")

NameForm = tuple[str, Listed]


class HouseLists:
    """What may be said for each device and place; asked anew with each sentence, since most are not in it."""

    def __init__(self, household: Household, *, english: bool, compounds: bool = False) -> None:
        """``english``: whether names are also known with "lamp", with the room, and with numbers in digits.

        ``compounds``: whether the room may stand before the name in one word, as in "keukenlamp".
        """
        self._english = english
        self._compounds = compounds
        self._room_lights = {f"{room.lower()} {noun}" for room in household.rooms for noun in ("light", "lamp")}
        self._forms = list(dict.fromkeys(form for device in household.devices for form in self._says(device)))
        self._areas = [(form, room) for room in household.rooms for form in self._spelled(room)]
        self._floors = [(form, floor) for floor in household.floors for form in self._spelled(floor)]

    def _says(self, device: Listed) -> Iterable[NameForm]:
        for form in self._spelled(device.name):
            yield form, device
        if self._compounds and device.room and device.room.lower() not in device.name.lower():
            yield f"{device.room.lower()}{device.name.lower()}", device
        for form in device.says() if self._english else []:
            # "The kitchen light" is what lights the kitchen, though one there may be called "lamp".
            if form not in self._room_lights:
                yield form, device

    def _spelled(self, name: str) -> list[str]:
        plain = " ".join(_WORD.findall(name.lower()))
        return list(dict.fromkeys([name.lower(), plain, spoken_name(name)] if self._english else [name.lower(), plain]))

    def in_text(self, text: str) -> dict[str, SlotList]:
        """The lists, with the names that stand in a text in lower case; any number of devices costs little so."""
        bare = " ".join(_WORD.findall(text))
        names = [
            (form, (form, device), {"domain": device.kind}) for form, device in self._forms if _in(form, text, bare)
        ]
        areas = [(form, area) for form, area in self._areas if _in(form, text, bare)]
        floors = [(form, floor) for form, floor in self._floors if _in(form, text, bare)]
        return {
            "name": TextSlotList.from_tuples(names, allow_template=False, name="name"),
            "area": TextSlotList.from_tuples(areas, allow_template=False, name="area"),
            "floor": TextSlotList.from_tuples(floors, allow_template=False, name="floor"),
        }

    def has_longer(self, form: str, text: str) -> bool:
        """Whether a name of which ``form`` is only a part stands in a text."""
        return any(form in longer and longer != form and longer in text for longer, _ in self._forms)


def _in(form: str, text: str, bare: str) -> bool:
    return bool(form) and (form in text or form in bare)
