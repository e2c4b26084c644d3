"""What has to be heard in sound on its way to somewhere."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from speaker.listening.front_end import SenseRequest, Source
from speaker.listening.route import MicrophoneRoute, Route

_TURNS: Final[Mapping[MicrophoneRoute, Source]] = {
    MicrophoneRoute.HOLD: "voice",
    MicrophoneRoute.SESSION: "voice",
    MicrophoneRoute.OVER: "residue",
}
"""Where turns are looked for, and in what: only while the speaker speaks does its echo matter more than every word."""


def wanted_on(route: Route, *, judged: bool) -> SenseRequest:
    """What is listened for on a route; ``judged``: whether what is sent depends on the user's turns."""
    return _wanted(route.mode, route.barging, route.talk, judged)


@cache
def _wanted(mode: MicrophoneRoute, barging: bool, talk: bool, judged: bool) -> SenseRequest:
    over = mode is MicrophoneRoute.OVER
    return SenseRequest(
        wake=over or mode is MicrophoneRoute.WAKE,
        barging=barging,
        talk=over or talk,
        turns=_TURNS.get(mode, "") if judged else "",
        over=over,
    )
