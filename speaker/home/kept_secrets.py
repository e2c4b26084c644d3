"""PINs, passwords and codes are not for a voice: what holds one is no device here, so nobody can ask for it.

They would be read out to whoever is in the room, and be sent to a model.
"""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

from speaker.home.naming import bag

_WORDS: Final = bag(
    "pin pins pincode passcode passcodes password passwords passphrase psk secret secrets token tokens keycode "
    "credential credentials"
)
_BEFORE_CODE: Final = bag(
    "pin pass access user users security unlock door alarm key keypad lock guest master entry disarm arm wifi pairing "
    "setup install"
)
_CODES: Final = bag("code codes")


def holds_secret(kind: str, names: tuple[str, ...], config: Mapping[str, Any]) -> bool:
    """Whether an entity of that kind, which is called by ``names``, holds a secret."""
    if kind not in {"sensor", "text", "number", "select", "event"}:
        return False
    if kind == "text" and config.get("mode") == "password":
        return True
    return any(_is_secret([word for word in re.split(r"[\W_]+", name.casefold()) if word], kind) for name in names)


def _is_secret(words: list[str], kind: str) -> bool:
    if not _WORDS.isdisjoint(words):
        return True
    if kind == "text" and words and words[-1] in _CODES:
        return True
    return any(after in _CODES and before in _BEFORE_CODE for before, after in pairwise(words))
