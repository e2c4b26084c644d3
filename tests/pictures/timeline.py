"""One conversation on a time axis: what the microphone heard, what was sent, what was played, and in which state."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from speaker.audio.pcm import SESSION_HZ, WAKE_HZ, Samples
from speaker.conversation.states import State
from tests.pictures.svg import BLUE, FAINT, GREEN, GREY, INK, ORANGE, box, line, picture, text
from tests.pictures.told_conversation import ToldConversation

WIDTH, HEIGHT = 960, 388
LEFT, RIGHT = 132, 940
_STEP_S: Final = 0.02
"""Of a waveform's columns."""

_JOINED_S: Final = 0.2
"""Frames that are sent no further apart are one stretch; one that came late is no pause."""

_COLOURS: Final = {
    State.ASLEEP: GREY, State.WAKING: "#f6ad55", State.LISTENING: "#90cdf4", State.THINKING: "#faf089",
    State.SPEAKING: "#9ae6b4", State.FOLLOW_UP: "#bee3f8",
}  # fmt: skip


def timeline(told: ToldConversation) -> str:
    """The picture."""
    ends_s = told.heard[-1][0] + 0.3
    scale = (RIGHT - LEFT) / ends_s

    def at(moment_s: float) -> float:
        return LEFT + scale * moment_s

    parts = [
        text(16, 28, "One conversation", size=17, weight=600),
        text(RIGHT, 28, _summary(told), fill=FAINT, anchor="end"),
    ]
    for place, name, note in (
        (104, "microphone", "heard"),
        (184, "to the service", "sent"),
        (254, "loudspeaker", "played"),
    ):
        parts += [text(16, place - 2, name, weight=600), text(16, place + 15, note, fill=FAINT, size=12)]
        parts.append(line(LEFT, place, RIGHT, place, GREY))
    heard = np.concatenate([frame for _, frame in told.heard])
    begins_s = told.heard[0][0] - told.heard[0][1].size / WAKE_HZ
    parts.append(_wave([(at(begins_s + one), loud) for one, loud in _envelope(heard, WAKE_HZ)], 104, 60, INK))
    parts += [box(at(from_s), 172, scale * (to_s - from_s), 24, BLUE, round_px=2) for from_s, to_s in _stretches(told)]
    played = [
        (at(moment_s + one), loud) for moment_s, piece in told.played for one, loud in _envelope(piece, SESSION_HZ)
    ]
    parts.append(_wave(played, 254, 30, GREEN))
    parts += [*_states(told, at(0), scale, ends_s), *_marks(told, scale), *_axis(ends_s, scale)]
    words = "One conversation on a time axis: sound goes to the service only from the wake word to the end"
    return picture(WIDTH, HEIGHT, parts, words)


def _summary(told: ToldConversation) -> str:
    ms = told.trace["ms"]
    return (
        f"end of the sentence to first sound {ms['speech_end_to_first_sound']} ms, "
        f"the tool {ms['tools']} ms, {told.trace['cost_usd']:.4f} USD"
    )


def _stretches(told: ToldConversation) -> list[tuple[float, float]]:
    """From when to when sound was sent without a pause."""
    found: list[tuple[float, float]] = []
    for moment_s, ms in told.sent:
        begins_s = moment_s - ms / 1000
        if found and begins_s - found[-1][1] < _JOINED_S:
            begins_s = found.pop()[0]
        found.append((begins_s, moment_s))
    return found


def _envelope(samples: Samples, hz: int) -> Iterator[tuple[float, float]]:
    """Second and loudness (0-1) of each column."""
    size = round(hz * _STEP_S)
    for index in range(0, samples.size - size + 1, size):
        yield index / hz, min(1.0, float(np.abs(samples[index : index + size].astype(np.float64)).max()) / 12_000)


def _wave(columns: list[tuple[float, float]], middle: float, most: float, colour: str) -> str:
    """A waveform as one path; quiet columns are left out."""
    strokes = "".join(
        f"M{x:.1f} {middle - most * loud:.1f}V{middle + most * loud:.1f}" for x, loud in columns if loud > 0.01
    )
    return f'<path d="{strokes}" stroke="{colour}" stroke-width="1.4" fill="none"/>'


def _states(told: ToldConversation, begins: float, scale: float, ends_s: float) -> Iterator[str]:
    changes = [(0.0, State.ASLEEP), *told.states]
    yield text(16, 318, "state", weight=600)
    for (from_s, state), (to_s, _) in zip(changes, [*changes[1:], (ends_s, State.ASLEEP)], strict=True):
        width = scale * (to_s - from_s)
        yield box(begins + scale * from_s, 302, width, 24, _COLOURS[state])
        name = state.value.replace("_", " ")
        if width > 6.3 * len(name):
            yield text(begins + scale * (from_s + to_s) / 2, 318, name, size=12, anchor="middle")


def _marks(told: ToldConversation, scale: float) -> Iterator[str]:
    """What happened in between, each on a line of its own height."""
    for index, (moment_s, what) in enumerate(told.marks):
        x, y = LEFT + scale * moment_s, 54 + 16 * (index % 2)
        yield line(x, y + 4, x, 326, ORANGE, dashed=True)
        yield text(x + 4, y, what, size=12, fill=ORANGE)


def _axis(ends_s: float, scale: float) -> Iterator[str]:
    yield line(LEFT, 344, RIGHT, 344, FAINT)
    for second in range(int(ends_s) + 1):
        x = LEFT + scale * second
        yield line(x, 344, x, 349, FAINT)
        yield text(x, 364, f"{second} s", size=12, fill=FAINT, anchor="middle")
