"""Which device a name means, on lists as PortAudio makes them on real machines."""

import pytest

from speaker.audio.device_names import SoundDevice, fitting, lasting_names, meant_cards
from speaker.audio.sound_cards import Direction, SoundCard


def listed(*devices: tuple[str, int, int]) -> list[SoundDevice]:
    return [SoundDevice(index, name, ins, outs, 44_100) for index, (name, ins, outs) in enumerate(devices)]


PI_WITH_USB = listed(
    ("bcm2835 ALSA: - (hw:0,0)", 0, 2), ("bcm2835 ALSA: IEC958/HDMI (hw:0,1)", 0, 2),
    ("AK5370: USB Audio (hw:1,0)", 1, 0), ("sysdefault", 0, 128), ("default", 0, 128), ("dmix", 0, 2),
)  # fmt: skip
USB = SoundCard(1, "AK5370", "AK5370", "usb-3f980000.usb-1.2", (0,), ())
BUILT_IN = SoundCard(0, "ALSA", "bcm2835 ALSA", "", (), (0, 1))

TWINS = listed(
    ("USB PnP Sound Device: Audio (hw:2,0)", 1, 2), ("USB PnP Sound Device: Audio (hw:3,0)", 1, 2),
    ("seeed-2mic-voicecard: - (hw:1,0)", 2, 2),
)  # fmt: skip
LEFT = SoundCard(2, "Device", "USB PnP Sound Device", "usb-0000:01:00.0-1.3", (0,), (0,))
RIGHT = SoundCard(3, "Device_1", "USB PnP Sound Device", "usb-0000:01:00.0-1.4", (0,), (0,))
HAT = SoundCard(1, "seeed2micvoicec", "seeed-2mic-voicecard", "", (0,), (0,))
CARDS = [HAT, LEFT, RIGHT]


@pytest.mark.parametrize(
    ("name", "direction", "found"),
    [
        ("AK5370: USB Audio (hw:1,0)", "microphone", 2), ("AK5370: USB Audio", "microphone", 2),
        ("AK5370: USB Audio (hw:4,0)", "microphone", 2), ("usb audio", "microphone", 2), ("AK5370", "microphone", 2),
        ("hw:CARD=AK5370,DEV=0", "microphone", 2), ("plughw:CARD=AK5370", "microphone", 2),
        ("hw:1,0", "microphone", 2), ("plughw:1,0", "microphone", 2), ("usb-3f980000.usb-1.2", "microphone", 2),
        ("hw:0,1", "loudspeaker", 1), ("hw:CARD=ALSA,DEV=1", "loudspeaker", 1), ("HDMI", "loudspeaker", 1),
        ("default", "loudspeaker", 4), ("sysdefault", "loudspeaker", 3),
    ],
)  # fmt: skip
def test_name_means_its_device(name: str, direction: Direction, found: int) -> None:
    assert fitting(name, direction, PI_WITH_USB, [BUILT_IN, USB])[0].index == found


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("default", "microphone"), ("AK5370", "loudspeaker"), ("hw:1,1", "microphone"), ("hw:2,0", "microphone"),
        ("hw:CARD=Other", "microphone"), ("dmix", "microphone"), ("", "nothing"),
    ],
)  # fmt: skip
def test_no_other_device_is_taken_in_its_place(name: str, direction: Direction) -> None:
    assert fitting(name, direction, PI_WITH_USB if name else [], [BUILT_IN, USB]) == []


def test_default_is_not_what_only_has_it_in_its_name() -> None:
    assert fitting("default", "loudspeaker", [one for one in PI_WITH_USB if one.name != "default"], []) == []


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Device", 0), ("Device_1", 1), ("usb-0000:01:00.0-1.4", 1), ("hw:CARD=Device_1,DEV=0", 1),
        ("USB PnP Sound Device: Audio (hw:3,0)", 1), ("USB PnP Sound Device: Audio", 0), ("seeed2micvoicec", 2),
    ],
)  # fmt: skip
def test_twins_are_told_apart_by_what_lasts(name: str, found: int) -> None:
    assert fitting(name, "microphone", TWINS, CARDS)[0].index == found


def test_every_lasting_name_means_the_device_that_it_was_given_for_also_under_other_numbers() -> None:
    swapped = listed(
        ("USB PnP Sound Device: Audio (hw:3,0)", 1, 2), ("USB PnP Sound Device: Audio (hw:0,0)", 1, 2),
        ("seeed-2mic-voicecard: - (hw:2,0)", 2, 2),
    )  # fmt: skip
    number = {0: 3, 1: 0, 2: 2}
    cards = [
        SoundCard(number[at], one.id, one.title, one.usb, one.microphones, one.loudspeakers)
        for at, one in enumerate([LEFT, RIGHT, HAT])
    ]
    for device in TWINS:
        for name in lasting_names(device, CARDS):
            assert fitting(name, "microphone", swapped, cards)[0].index == device.index, name


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("default", ["seeed2micvoicec", "Device", "Device_1"]), ("USB PnP", ["Device", "Device_1"]),
        ("USB PnP Sound Device: Audio (hw:7,0)", ["Device", "Device_1"]), ("Device_1", ["Device_1"]),
        ("hw:CARD=Device", ["Device"]), ("hw:3,0", ["Device_1"]), ("usb-0000:01:00.0-1.3", ["Device"]), ("Jabra", []),
    ],
)  # fmt: skip
def test_card_is_known_although_portaudio_could_not_open_it(name: str, ids: list[str]) -> None:
    assert [card.id for card in meant_cards(name, "microphone", CARDS)] == ids
