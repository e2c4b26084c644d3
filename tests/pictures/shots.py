"""Which parts of the web page are photographed, and how."""

from typing import Final, Literal

Scheme = Literal["light", "dark"]
Device = Literal["phone", "desk"]

SHOTS: Final[tuple[tuple[str, Device, Scheme], ...]] = (
    ("Now", "phone", "light"), ("Now", "phone", "dark"), ("Turns", "phone", "light"), ("Turns", "phone", "dark"),
    ("Now", "desk", "light"), ("Now", "desk", "dark"), ("House", "desk", "light"), ("House", "desk", "dark"),
    ("Cost", "desk", "light"), ("Cost", "desk", "dark"), ("Health", "desk", "light"), ("Health", "desk", "dark"),
)  # fmt: skip
"""Part, screen and colours."""

PART_IN_TALK: Final = "Now"
"""What is photographed while the speaker answers."""


def shot_name(part: str, screen: str, scheme: str) -> str:
    """The file of a picture."""
    return f"page-{part.lower()}-{screen}-{scheme}.png"
