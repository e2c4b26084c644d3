"""Names in the configuration that mean nothing known: misspelt, most of the time.

The hub brings tools later, so such a name is doubtful and not wrong, unless no tool and no device could ever have it.
"""

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Final

from speaker.config.settings import Settings
from speaker.config.validation import Mistake, below
from speaker.home.device_classes import DEVICE_CLASSES
from speaker.home.device_types import DEVICE_TYPES

_LATER: Final = "if the hub brings it later, all is well"
_JOKERS: Final = frozenset("*?[")


def doubtful_names(settings: Settings, tools: Collection[str]) -> Iterator[Mistake]:
    """Names of tools and kinds of which nothing is known here; ``tools`` are those of this machine."""
    risk = settings.tools.risk
    yield from (doubt for key in risk if "." not in key and (doubt := _doubtful_risk(key, tools)))
    yield from (doubt for key in risk if (doubt := _doubtful_class(key, settings.house.devices)))
    for place, patterns in (
        ("tools.allow", settings.tools.allow),
        ("tools.deny", settings.tools.deny),
        ("cost.quiet_tools", settings.cost.quiet_tools),
    ):
        for index, pattern in enumerate(patterns):
            if not any(fnmatchcase(name, pattern) for name in tools):
                yield Mistake(f"{place}[{index}]", f"no tool here is called {pattern}. {_nearest(pattern, tools)}")


def impossible_names(settings: Settings) -> Iterator[Mistake]:
    """Keys of ``tools.risk`` that nothing can ever have: with a dot it is kind and class, and these kinds are all."""
    for key in settings.tools.risk:
        kind, dot, _ = key.partition(".")
        if dot and kind not in DEVICE_TYPES:
            close = get_close_matches(kind, DEVICE_TYPES, n=1)
            hint = f"Did you mean {close[0]}{key.removeprefix(kind)}?" if close else f"Known: {', '.join(DEVICE_TYPES)}"
            yield Mistake(below("tools.risk", key), f"there is no kind of device {kind}. {hint}")


def _doubtful_risk(key: str, tools: Collection[str]) -> Mistake | None:
    if key in tools or key in DEVICE_TYPES:
        return None
    hint = _nearest(key, [*DEVICE_TYPES, *tools])
    return Mistake(below("tools.risk", key), f"neither a tool here nor a kind of device is called so. {hint}")


def _doubtful_class(key: str, configured: Iterable[dict[str, object]]) -> Mistake | None:
    kind, dot, device_class = key.partition(".")
    known = next((classes for name, classes in DEVICE_CLASSES.items() if name == kind), None)
    if not dot or known is None or device_class in known:
        return None
    own = {str(one.get("device_class", one.get("dev_cla", ""))) for one in configured if one.get("kind") == kind}
    if device_class in own:
        return None
    if not known:
        return Mistake(below("tools.risk", key), f"devices of the kind {kind} have no class. Did you mean {kind}?")
    close = get_close_matches(device_class, known, n=1)
    hint = f"Did you mean {kind}.{close[0]}?" if close else f"Known: {', '.join(known)}"
    return Mistake(below("tools.risk", key), f"Home Assistant knows no such class of {kind}. {hint}")


def _nearest(name: str, known: Iterable[str]) -> str:
    bare = "".join(sign for sign in name if sign not in _JOKERS)
    close = get_close_matches(bare, list(known), n=1)
    return f"Did you mean {close[0]}? Else, {_LATER}" if close else f"See `speaker tools`; {_LATER}"
