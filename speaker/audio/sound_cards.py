"""The sound cards that the kernel knows: their lasting names, and why one of them cannot be had.

Read from /sys/class/sound, which the service sees in its sandbox as well as a command in a shell does. A card's number
changes with the order in which cards were found; its id and the USB socket that it is plugged into do not.
"""

import errno
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

Direction = Literal["microphone", "loudspeaker"]

_NODE: Final = re.compile(r"pcmC(\d+)D(\d+)([cp])")
_TITLE: Final = re.compile(r"^ *(\d+) \[[^]]*\]: \S+ - (.*)$", re.MULTILINE)
"""The first of a card's two lines in /proc/asound/cards: number, id, driver, and the name of the product."""
_USB_ROOT: Final = re.compile(r"usb\d+")
_SERVERS: Final = {"99-pipewire-default": "PipeWire", "99-pulse.": "PulseAudio"}
"""Begin of the name of a file that leads ALSA's default to a sound server → the server."""


@dataclass(frozen=True, slots=True, order=True)
class SoundCard:
    """A card of this machine."""

    number: int
    """As in ``hw:1,0``."""
    id: str
    """As in ``hw:CARD=Device``; the kernel makes it unique."""
    title: str
    """What the maker calls it; the id where that is not known."""
    usb: str
    """The socket it is plugged into, as the kernel writes it (usb-0000:01:00.0-1.3); empty for other cards."""
    microphones: tuple[int, ...] = ()
    """Its capture devices, as the second number in ``hw:1,0``."""
    loudspeakers: tuple[int, ...] = ()
    """Its playback devices."""

    def devices(self, direction: Direction) -> tuple[int, ...]:
        """The numbers of its devices in one direction."""
        return self.microphones if direction == "microphone" else self.loudspeakers


@dataclass(frozen=True, slots=True)
class CardFiles:
    """Where the kernel tells of its cards. The defaults are right everywhere but in a test."""

    sys: Path = Path("/sys/class/sound")
    proc: Path = Path("/proc")
    dev: Path = Path("/dev/snd")
    alsa: Path = Path("/etc/alsa/conf.d")

    def cards(self) -> list[SoundCard]:
        """The cards that are plugged in now, in the order of their numbers."""
        titles = {int(number): title.strip() for number, title in _TITLE.findall(_text(self.proc / "asound/cards"))}
        return sorted(self._cards(titles))

    def _cards(self, titles: dict[int, str]) -> Iterator[SoundCard]:
        names = _names(self.sys)
        found = [match for match in map(_NODE.fullmatch, names) if match]
        for name in names:
            if not (name.startswith("card") and name[4:].isdigit()):
                continue
            number = int(name[4:])
            own = [(int(one[2]), one[3]) for one in found if int(one[1]) == number]
            card_id = _text(self.sys / name / "id").strip() or name
            yield SoundCard(
                number,
                card_id,
                titles.get(number, card_id),
                _usb_socket(self.sys / name),
                tuple(sorted(device for device, way in own if way == "c")),
                tuple(sorted(device for device, way in own if way == "p")),
            )

    def refusal(self, card: SoundCard, direction: Direction, device: int | None = None) -> str:
        """Why a card cannot be opened in a direction: a sentence without its beginning; empty if it can.

        ``device`` is the one that is meant; without it, it is enough that one of the card's can be opened.

        A device is opened for a moment and given back, which is heard by nobody.
        """
        meant = [one for one in card.devices(direction) if device in {None, one}]
        reasons = [self._refusal(card, one, direction) for one in meant]
        return reasons[0] if reasons and all(reasons) else ""

    def _refusal(self, card: SoundCard, device: int, direction: Direction) -> str:
        way, mode = ("c", os.O_RDONLY) if direction == "microphone" else ("p", os.O_WRONLY)
        try:
            os.close(os.open(self.dev / f"pcmC{card.number}D{device}{way}", mode | os.O_NONBLOCK))
        except PermissionError:
            return "may not be used by this user; add the user to the group: sudo usermod -aG audio NAME"
        except OSError as error:
            if error.errno == errno.EBUSY:
                return f"is in use by {self._holder(card, device, way)}; end that, or share the card (docs/sound.md)"
            return f"cannot be opened: {error.strerror}"
        return ""

    def _holder(self, card: SoundCard, device: int, way: str) -> str:
        for part in sorted((self.proc / "asound" / f"card{card.number}" / f"pcm{device}{way}").glob("sub*")):
            if owner := re.search(r"owner_pid\s*:\s*(\d+)", _text(part / "status")):
                name = _text(self.proc / owner[1] / "comm").strip()
                return f"{name or 'a program'} (process {owner[1]})"
        return "another program"

    def default_server(self) -> str:
        """The sound server that ALSA's default leads to, a desktop's as a rule; empty if it leads to a card."""
        files = [name for name in _names(self.alsa) if name.endswith(".conf")]
        return next((server for part, server in _SERVERS.items() if any(name.startswith(part) for name in files)), "")


def _usb_socket(card: Path) -> str:
    """Host controller and port, as the kernel's own names of USB cards have them."""
    way = Path(os.path.realpath(card)).parts
    roots = [at for at, part in enumerate(way) if _USB_ROOT.fullmatch(part)]
    if not roots or roots[0] == 0:
        return ""
    ports = [part for part in way[roots[0] + 1 :] if re.fullmatch(r"\d+-[\d.]+", part)]
    return f"usb-{way[roots[0] - 1]}-{ports[-1].partition('-')[2]}" if ports else ""


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - names are wanted
    except OSError:
        return []


def _text(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""
