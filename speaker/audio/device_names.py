"""Which of PortAudio's devices a name in the configuration means.

PortAudio calls a card's device "USB PnP Sound Device: Audio (hw:1,0)" and any other by its ALSA name. Its number is
good until the next start, so a name may leave it out, or say in its place what lasts: the card's id or its USB socket.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from speaker.audio.sound_cards import Direction, SoundCard

_NUMBERS: Final = re.compile(r"\(hw:(\d+),(\d+)\)$")
_HARDWARE: Final = re.compile(r"(?:plug)?hw:(?:CARD=)?([^,]+)(?:,(?:DEV=)?(\d+))?", re.IGNORECASE)
"""How ALSA itself writes a card: hw:1,0, plughw:1,0, hw:CARD=Device,DEV=0."""


@dataclass(frozen=True, slots=True)
class SoundDevice:
    """An ALSA device as PortAudio lists it."""

    index: int
    name: str
    inputs: int
    outputs: int
    native_hz: int

    def channels(self, direction: Direction) -> int:
        """How many channels it has in one direction."""
        return self.inputs if direction == "microphone" else self.outputs

    @property
    def numbers(self) -> tuple[int, int] | None:
        """Of card and device; None for what is no card's own device."""
        found = _NUMBERS.search(self.name)
        return (int(found[1]), int(found[2])) if found else None

    @property
    def title(self) -> str:
        """The name without numbers that may change."""
        return _NUMBERS.sub("", self.name).strip()


def fitting(
    name: str, direction: Direction, devices: Sequence[SoundDevice], cards: Sequence[SoundCard]
) -> list[SoundDevice]:
    """The devices that a name means, best first; empty when none of them can do what is wanted.

    An exact name comes before the same name with other numbers, a card's id or USB socket before a part of a name.
    "default" means ALSA's own default and nothing else: who asks for it has not chosen any other device.
    """
    able = [one for one in devices if one.channels(direction) > 0]
    exact = [one for one in able if one.name == name]
    if exact or name == "default":
        return exact
    title = _NUMBERS.sub("", name).strip().casefold()
    for found in (
        [one for one in able if one.numbers and one.title.casefold() == title],
        _of_card(name, able, cards),
        [one for one in able if name.casefold() in one.name.casefold()],
    ):
        if found:
            return found
    return []


def _of_card(name: str, able: Sequence[SoundDevice], cards: Sequence[SoundCard]) -> list[SoundDevice]:
    written = _HARDWARE.fullmatch(name)
    wanted, device = (written[1], written[2]) if written else (name, None)
    meant = {card.number for card in cards if wanted in {card.id, card.usb, str(card.number) if written else ""}}
    return [
        one
        for one in able
        if one.numbers and one.numbers[0] in meant and (device is None or one.numbers[1] == int(device))
    ]


def meant_cards(name: str, direction: Direction, cards: Sequence[SoundCard]) -> list[SoundCard]:
    """The cards that a name may mean, although PortAudio does not list them; all of them for "default"."""
    able = [card for card in cards if card.devices(direction)]
    if name == "default":
        return able
    written = _HARDWARE.fullmatch(name)
    wanted = written[1] if written else name
    exact = [card for card in able if wanted in {card.id, card.usb, str(card.number) if written else ""}]
    title = _NUMBERS.sub("", name).partition(":")[0].strip().casefold()
    return exact or [card for card in able if title and title in card.title.casefold()]


def meant_device(name: str) -> int | None:
    """The number of the card's device that a name asks for; None when it leaves that open."""
    written, numbered = _HARDWARE.fullmatch(name), _NUMBERS.search(name)
    number = (written and written[2]) or (numbered and numbered[2])
    return int(number) if number else None


def lasting_names(device: SoundDevice, cards: Sequence[SoundCard]) -> list[str]:
    """What to write into the configuration so that it means the same device after the next start."""
    if device.numbers is None:
        return [device.name]
    own = next((card for card in cards if card.number == device.numbers[0]), None)
    if own is None:
        return [device.title]
    names = [f"hw:CARD={own.id},DEV={device.numbers[1]}"]
    return [*names, own.usb] if own.usb else names
