"""Cards read from files laid out as the kernel lays them out on a Pi, and why one of them cannot be had."""

import errno
import os
from pathlib import Path

import pytest

from speaker.audio.devices import SoundSystem
from speaker.audio.sound_cards import CardFiles, SoundCard
from speaker.errors import SoundError

PCI_USB = "devices/platform/scb/fd500000.pcie/pci0000:00/0000:00:00.0/0000:01:00.0/usb1/1-1"
SOC = "devices/platform/soc/soc:sound"

TITLES = """\
 0 [Headphones     ]: bcm2835_headpho - bcm2835 Headphones
                      bcm2835 Headphones
 1 [Device         ]: USB-Audio - USB PnP Sound Device
                      C-Media Electronics Inc. USB PnP Sound Device at usb-0000:01:00.0-1.3, full spe
 2 [Device_1       ]: USB-Audio - USB PnP Sound Device
                      C-Media Electronics Inc. USB PnP Sound Device at usb-0000:01:00.0-1.4, full spe
 3 [sndrpigooglevoi]: RPi-simple - snd_rpi_googlevoicehat_soundcar
                      snd_rpi_googlevoicehat_soundcard
"""


@pytest.fixture
def files(tmp_path: Path) -> CardFiles:
    """A Pi 4 with its headphones, two identical USB microphones and a HAT."""
    found = CardFiles(
        tmp_path / "sys/class/sound", tmp_path / "proc", tmp_path / "dev/snd", tmp_path / "etc/alsa/conf.d"
    )
    for folder in (found.sys, found.proc / "asound", found.dev, found.alsa):
        folder.mkdir(parents=True)
    (found.proc / "asound/cards").write_text(TITLES)
    for number, name, place, nodes in (
        (0, "Headphones", "devices/platform/soc/fe00b840.mailbox/bcm2835_audio", "0p"),
        (1, "Device", f"{PCI_USB}/1-1.3/1-1.3:1.0", "0c 0p"),
        (2, "Device_1", f"{PCI_USB}/1-1.4/1-1.4:1.0", "0c 0p"),
        (3, "sndrpigooglevoi", SOC, "0c 0p"),
    ):
        real = tmp_path / "sys" / place / f"sound/card{number}"
        real.mkdir(parents=True)
        (real / "id").write_text(f"{name}\n")
        (found.sys / f"card{number}").symlink_to(real)
        for node in nodes.split():
            (found.sys / f"pcmC{number}D{node}").symlink_to(real)
            (found.dev / f"pcmC{number}D{node}").write_bytes(b"")
    return found


def test_cards_have_names_that_last(files: CardFiles) -> None:
    assert files.cards() == [
        SoundCard(0, "Headphones", "bcm2835 Headphones", "", (), (0,)),
        SoundCard(1, "Device", "USB PnP Sound Device", "usb-0000:01:00.0-1.3", (0,), (0,)),
        SoundCard(2, "Device_1", "USB PnP Sound Device", "usb-0000:01:00.0-1.4", (0,), (0,)),
        SoundCard(3, "sndrpigooglevoi", "snd_rpi_googlevoicehat_soundcar", "", (0,), (0,)),
    ]


def test_pi_3_has_no_pci(files: CardFiles, tmp_path: Path) -> None:
    real = tmp_path / "sys/devices/platform/soc/3f980000.usb/usb1/1-1/1-1.2/1-1.2:1.0/sound/card4"
    real.mkdir(parents=True)
    (files.sys / "card4").symlink_to(real)
    assert files.cards()[4] == SoundCard(4, "card4", "card4", "usb-3f980000.usb-1.2")


def test_machine_without_cards(tmp_path: Path) -> None:
    assert CardFiles(tmp_path / "sys", tmp_path / "proc", tmp_path / "dev", tmp_path / "alsa").cards() == []


def test_card_that_can_be_opened_is_not_refused(files: CardFiles) -> None:
    assert files.refusal(files.cards()[1], "microphone") == ""


def test_card_in_use_names_who_uses_it(files: CardFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    status = files.proc / "asound/card1/pcm0c/sub0/status"
    status.parent.mkdir(parents=True)
    status.write_text("state: RUNNING\nowner_pid   : 812\ntrigger_time: 1.2\n")
    (files.proc / "812").mkdir()
    (files.proc / "812/comm").write_text("pulseaudio\n")
    refuse(monkeypatch, errno.EBUSY)
    told = files.refusal(files.cards()[1], "microphone")
    assert told.startswith("is in use by pulseaudio (process 812);")
    assert files.refusal(files.cards()[2], "microphone").startswith("is in use by another program;")


def test_card_that_this_user_may_not_use_tells_the_group(files: CardFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, errno.EACCES)
    assert "usermod -aG audio" in files.refusal(files.cards()[3], "loudspeaker")


def test_device_that_is_meant_is_asked_and_not_another_of_its_card(
    files: CardFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    (files.sys / "pcmC1D1c").symlink_to(files.sys / "card1")
    (files.dev / "pcmC1D1c").write_bytes(b"")
    refuse(monkeypatch, errno.EBUSY, only="pcmC1D0c")
    card = files.cards()[1]
    assert card.microphones == (0, 1)
    assert files.refusal(card, "microphone") == "", "the other one is free"
    assert files.refusal(card, "microphone", 0).startswith("is in use")
    assert files.refusal(card, "microphone", 1) == ""
    with pytest.raises(SoundError, match="is in use"):
        Bare(files).find("hw:CARD=Device,DEV=0", "microphone")


def refuse(monkeypatch: pytest.MonkeyPatch, number: int, only: str = "") -> None:
    real = os.open

    def refused(file: Path, flags: int) -> int:
        if only and file.name != only:
            return real(file, flags)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", refused)


class Bare(SoundSystem):
    """What PortAudio lists where every card is busy or forbidden, or ALSA's default leads to a server: nothing."""

    def devices(self) -> list[object]:  # type: ignore[override]
        return []


@pytest.mark.parametrize(
    ("name", "number", "sentence"),
    [
        ("default", errno.EBUSY, 'the microphone "USB PnP Sound Device" is in use by another program; end that'),
        ("Device_1", errno.EACCES, 'the microphone "USB PnP Sound Device" may not be used by this user'),
        ("googlevoice", errno.EBUSY, 'the microphone "snd_rpi_googlevoicehat_soundcar" is in use'),
        ("Jabra", errno.EBUSY, "there is no microphone: ALSA lists none"),
    ],
)
def test_busy_forbidden_and_missing_are_three_sentences(
    files: CardFiles, monkeypatch: pytest.MonkeyPatch, name: str, number: int, sentence: str
) -> None:
    system = Bare(files)
    refuse(monkeypatch, number)
    with pytest.raises(SoundError, match=sentence.replace("(", "\\(")):
        system.find(name, "microphone")


@pytest.mark.parametrize(
    ("file", "server"), [("99-pipewire-default.conf", "PipeWire"), ("99-pulse.conf", "PulseAudio")]
)
def test_default_that_leads_to_a_desktops_sound_server_is_named(tmp_path: Path, file: str, server: str) -> None:
    files = CardFiles(tmp_path / "sys", tmp_path / "proc", tmp_path / "dev", tmp_path)
    (tmp_path / file).write_text("")
    with pytest.raises(SoundError, match=f"ALSA's default leads to {server}"):
        Bare(files).find("default", "loudspeaker")
    (tmp_path / file).rename(tmp_path / f"{file}.example")
    with pytest.raises(SoundError, match="there is no loudspeaker: ALSA lists none"):
        Bare(files).find("default", "loudspeaker")
