"""The table of controls: what the hub may turn. One entry is one control, everywhere.

Its command, its topic, its component in Home Assistant, its place in the state, what is kept of it on disk and its
row in the documentation follow from the entry. To add a control, add an entry and a function that applies it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, get_args

from msgspec.structs import replace

from speaker.config.settings import Settings
from speaker.conversation import events
from speaker.conversation.states import Duplex, State
from speaker.cost.budget import MOST_RAISED_USD
from speaker.errors import SpeakerError
from speaker.hub.control_kinds import EVERY_WORD, ChoiceKind, ControlKind, NumberKind, SwitchKind, Value
from speaker.hub.parts import SpeakerParts
from speaker.wake.detector import BUNDLED

Json = dict[str, Any]
Apply = Callable[[SpeakerParts, Any], None]
"""Makes a value so. Raises SpeakerError when it cannot be; then nothing has changed."""

DUPLEX_CHOICES: Final = ("auto", *get_args(Duplex))
ENDPOINT_CHOICES: Final = ("auto", "cloud", "offline")


def wake_word_options(settings: Settings) -> tuple[str, ...]:
    """What may be chosen: all of the configuration, one of it, or a bundled one."""
    configured = (word.model for word in settings.wake.words)
    return tuple(dict.fromkeys((EVERY_WORD, *configured, *sorted(BUNDLED))))


def _mute(parts: SpeakerParts, wanted: bool) -> None:
    parts.conversation.inbox.post(events.Muted() if wanted else events.Unmuted())


def _begin_muted(parts: SpeakerParts, wanted: bool) -> None:
    """As the speaker starts: the microphone is not opened even for a moment."""
    if wanted:
        parts.conversation.machine.state = State.MUTED


def _set_volume(parts: SpeakerParts, percent: int) -> None:
    conversation = parts.conversation
    conversation.loudness.chosen = percent
    conversation.sound.set_volume(conversation.loudness.answers)
    conversation.duplex.volume_changed()


def _set_announcement_volume(parts: SpeakerParts, percent: int) -> None:
    parts.conversation.loudness.chosen_announcements = percent


def _set_threshold(parts: SpeakerParts, score: float) -> None:
    parts.conversation.sound.set_threshold(score)


def _set_follow_up(parts: SpeakerParts, seconds: float) -> None:
    machine = parts.conversation.machine
    machine.limits = replace(machine.limits, follow_up_s=float(seconds))


def _use_word(parts: SpeakerParts, name: str) -> None:
    parts.conversation.sound.use_words(parts.words(name))


def _nothing(_parts: SpeakerParts, _value: object) -> None:
    """The sound part was made with the chosen words."""


def _choose_duplex(parts: SpeakerParts, mode: Any) -> None:  # noqa: ANN401 - one of DUPLEX_CHOICES
    parts.conversation.duplex.choose(mode)


def _choose_endpoint(parts: SpeakerParts, name: str) -> None:
    """It counts from the next conversation on."""
    parts.reachable(name)


def _raise_budget(parts: SpeakerParts, usd: float) -> None:
    parts.cost.budget_guard.raise_today(usd)


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One of them."""

    name: str
    """The verb of its command."""
    title: str
    kind: ControlKind
    payload: str
    """What the command takes, for the documentation."""
    default: Callable[[Settings], Value | None]
    """None: nothing is configured, and it follows something else."""
    apply: Apply
    restore: Apply | None = None
    """How it is applied as the speaker starts, if differently."""
    key: str = ""
    """Its key in the state and on disk; empty: the name."""
    kept: bool = True
    """Whether it survives a restart by this table."""
    show: Callable[[SpeakerParts], Value] | None = None
    """What the state shows, if not what was chosen."""
    more: Mapping[str, object] = field(default_factory=dict)
    """What its component has besides."""

    @property
    def state_key(self) -> str:
        """Its key in the state and on disk."""
        return self.key or self.name

    @property
    def component_key(self) -> str:
        """Its key among the components; a choice stands beside a sensor of its name."""
        return f"choose_{self.name}" if self.kind.chosen else self.name


CONTROLS: Final[tuple[Control, ...]] = (
    Control(
        name="mute", title="Microphone mute", kind=SwitchKind(), key="muted", payload="`ON` or `OFF`",
        default=lambda _: False, apply=_mute, restore=_begin_muted, more={"icon": "mdi:microphone-off"},
    ),
    Control(
        name="volume", title="Volume", kind=NumberKind(most=100, unit="%"), payload="0-100 percent",
        default=lambda settings: settings.audio.volume, apply=_set_volume, more={"icon": "mdi:volume-high"},
    ),
    Control(
        name="announcement_volume", title="Announcement volume", kind=NumberKind(most=100, unit="%"),
        payload="0-100 percent", default=lambda settings: settings.audio.announcement_volume,
        apply=_set_announcement_volume, show=lambda parts: parts.conversation.loudness.announcements_chosen,
        more={"icon": "mdi:bullhorn"},
    ),
    Control(
        name="threshold", title="Wake word threshold", kind=NumberKind(most=1, step=0.01, setting=True),
        payload="0-1, for every wake word", default=lambda settings: settings.wake.words[0].threshold,
        apply=_set_threshold, more={"icon": "mdi:tune-vertical"},
    ),
    Control(
        name="follow_up", title="Follow-up", kind=NumberKind(least=1, most=60, unit="s", setting=True),
        key="follow_up_s", payload="1-60 seconds", default=lambda settings: settings.limits.follow_up_s,
        apply=_set_follow_up, more={"icon": "mdi:timer-sand"},
    ),
    Control(
        name="wake_word", title="Wake word", kind=ChoiceKind(wake_word_options), apply=_use_word, restore=_nothing,
        payload=f"a bundled or configured word, or `{EVERY_WORD}`", default=lambda _: EVERY_WORD,
        more={"icon": "mdi:microphone-message"},
    ),
    Control(
        name="duplex", title="Interruption", kind=ChoiceKind(lambda _: DUPLEX_CHOICES), apply=_choose_duplex,
        payload="auto, full, wake or half", default=lambda settings: settings.audio.duplex,
        more={"icon": "mdi:account-voice-off"},
    ),
    Control(
        name="endpoint", title="Who answers", kind=ChoiceKind(lambda _: ENDPOINT_CHOICES), apply=_choose_endpoint,
        restore=_nothing, payload="auto, cloud or offline", default=lambda settings: settings.session.endpoint,
        more={"icon": "mdi:cloud-question-outline"},
    ),
    Control(
        name="budget", title="More budget today",
        kind=NumberKind(most=MOST_RAISED_USD, step=0.1, unit="USD", setting=True, box=True), key="budget_raised_usd",
        payload=f"0-{MOST_RAISED_USD:g}: USD that may be spent today beyond the budgets", default=lambda _: 0.0,
        apply=_raise_budget, kept=False, show=lambda parts: parts.cost.budget_guard.spending.raised_usd,
        more={"icon": "mdi:cash-plus"},
    ),
)  # fmt: skip


class Shelf(Protocol):
    """Where choices outlive a restart."""

    def chosen(self, key: str) -> str | None:
        """What was chosen."""

    def choose(self, key: str, value: str) -> None:
        """Keep a choice."""


def chosen_value(control: Control, settings: Settings, shelf: Shelf) -> Value | None:
    """What was chosen for a control, else what is configured; a choice that has become impossible does not count."""
    kept = shelf.chosen(control.state_key) if control.kept else None
    try:
        return control.default(settings) if kept is None else control.kind.read(kept, settings)
    except SpeakerError:
        return control.default(settings)


class Controls:
    """The controls of one speaker."""

    def __init__(self, parts: SpeakerParts, shelf: Shelf, show: Callable[[], None]) -> None:
        """``show`` publishes the state."""
        self._parts = parts
        self._shelf = shelf
        self._show = show
        self._by_name = {control.name: control for control in CONTROLS}

    def restore(self) -> None:
        """Make everything as it was chosen before the last restart, or as it is configured."""
        for control in CONTROLS:
            value = self.value(control.name)
            if control.kept and value is not None:
                (control.restore or control.apply)(self._parts, value)

    def value(self, name: str) -> Value | None:
        """What is chosen for the control of this name."""
        return chosen_value(self._by_name[name], self._parts.settings, self._shelf)

    def choose(self, name: str, value: Value) -> None:
        """Apply a value, keep it and show it. Raises SpeakerError when it cannot be applied."""
        control = self._by_name[name]
        control.apply(self._parts, value)
        if control.kept:
            self._shelf.choose(control.state_key, control.kind.keep(value))
        self._show()

    def command(self, name: str, payload: str) -> None:
        """Carry out the command of this name. Raises SpeakerError with a sentence when it cannot be."""
        self.choose(name, self._by_name[name].kind.read(payload, self._parts.settings))

    def state(self) -> Json:
        """What the state shows of them."""
        shown: Json = {}
        chosen: Json = {}
        for control in CONTROLS:
            value = control.show(self._parts) if control.show else self.value(control.name)
            (chosen if control.kind.chosen else shown)[control.state_key] = value
        return shown | {"chosen": chosen}
