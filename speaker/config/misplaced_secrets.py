"""Secrets in the configuration: each is refused with the place where it belongs, and never shown.

The file is copied, backed up, shown to helpers and read by every user of the machine; credentials are not.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from speaker.config.secret_shapes import looks_like_key, names_secret, secrets_in_address
from speaker.config.validation import Mistake, below, shown_text

_OF_SECTION: Final = {"session": "openai_api_key", "mqtt": "mqtt_password", "web": "web_token"}
"""What is meant by a secret in a section."""

_FREE: Final = ("tools.risk.", "cost.prices.")
"""Where keys are names that the owner chooses."""


def misplaced_secrets(document: object, place: str = "") -> Iterator[tuple[Mistake, list[str]]]:
    """Every secret in a parsed document: what to say about it, and the secret itself where that is known."""
    if isinstance(document, Mapping):
        for key, value in document.items():
            there = below(place, key)
            if isinstance(key, str) and names_secret(key) and not there.startswith(_FREE) and _may_be_secret(value):
                yield Mistake(there, f"secrets do not stand in this file; {_remedy(there)}"), _leaves(value)
            else:
                yield from misplaced_secrets(value, there)
    elif isinstance(document, list):
        for index, value in enumerate(document):
            yield from misplaced_secrets(value, f"{place}[{index}]")
    elif isinstance(document, str):
        if looks_like_key(document):
            yield Mistake(place, f"a key stands here, and keys do not stand in this file; {_remedy(place)}"), []
        elif secrets := secrets_in_address(document):
            yield Mistake(place, f"the address has a secret in it; leave it out there: {_remedy(place)}"), secrets


def _may_be_secret(value: object) -> bool:
    """Whether a value under a telling name is one; yes, no and nothing are none."""
    return isinstance(value, str | int | float | list | Mapping) and not isinstance(value, bool)


def _leaves(value: object) -> list[str]:
    if isinstance(value, Mapping):
        return [leaf for one in value.values() for leaf in _leaves(one)]
    if isinstance(value, list):
        return [leaf for one in value for leaf in _leaves(one)]
    return [shown_text(value)]


def _remedy(place: str) -> str:
    lower = place.lower()
    last = lower.rpartition(".")[2]
    name = last if last in _OF_SECTION.values() else _OF_SECTION.get(lower.partition(".")[0])
    if name is None:
        return "the speaker needs none here, so remove it"
    return (
        f"write it into /etc/speaker/credentials/{name} with `sudo speaker secret set {name}` "
        f"(without systemd: {name.upper()} in the environment)"
    )
