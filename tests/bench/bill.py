"""What a day of each variant comes to: its tokens at the prices of two models, and what each way of saving is worth.

Nothing here plays anything: days come in as data and go out as rows.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec import Struct

from speaker.config.prices import PRICES, Price
from speaker.cost.pricing import kinds_usd, sound_out_usd
from speaker.cost.tokens import Tokens

BIG, MINI = "gpt-realtime-2.1", "gpt-realtime-2.1-mini"
MODELS: Final = (BIG, MINI)

GATED: Final = "wake-gated"
"""The variant that all others are compared with."""
OPEN, TALKED = "always open", "always open, people talk"
TEXT, CLIENT_VAD, CACHED = "text output", "client VAD", "cached phrases"


class Day(Struct, frozen=True, kw_only=True):
    """One variant's day, as the ledger and the events of the speaker told it."""

    variant: str
    said: int
    """Sentences into the room."""
    heard: int
    """Those that led to what is due: an answer, or for a wake word alone a return to sleep."""
    meant: int
    """Sentences that are to run tools."""
    understood: int
    """Those for which just these tools ran, each with success."""
    sessions: int
    responses: int
    estimated_usd: float
    """What of the booked cost was guessed by the daemon, since the service did not say; at the price of ``BIG``."""
    tokens: dict[str, int]
    """By the names of ``Tokens``."""
    saved_usd: dict[str, float]
    """What the ledger says that each way of saving was worth, at the price of ``BIG``."""
    saved_s: dict[str, float]
    """Seconds of speech that each of them spared."""
    took_s: float
    missed: list[str]
    """What went otherwise than it was to."""
    opening: int
    """Text tokens that a session begins with: instructions, tools, house."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What others promise of a way of saving: a share of the bill, in percent."""

    saving: str
    low: int
    high: int


CLAIMS: Final = (
    Claim(TEXT, 60, 70),
    Claim(CLIENT_VAD, 30, 40),
    Claim(CACHED, 20, 30),
    Claim("batched calls", 10, 20),
)
OTHERS: Final = ("quiet confirmations", "local first", "all together", "the service's own cache")
"""Ways of saving of which nobody promised a figure."""


def tokens_of(day: Day) -> Tokens:
    """The day's tokens by kind."""
    return Tokens(**day.tokens)


def day_usd(day: Day, model: str, *, kept: bool = False) -> float:
    """What the day's tokens cost at a model's price in USD, whatever model they were booked under.

    ``kept``: with openings kept, see ``kept_usd``.
    """
    usd = sum(kinds_usd(tokens_of(day), PRICES[model]).values())
    return usd - kept_usd(day, model) if kept else usd


def kept_usd(day: Day, model: str) -> float:
    """What would be spared if the service still knew a session's opening from the session before, in USD.

    The embedded server forgets it with each session; a service may keep it for some minutes, so the truth lies
    between. All text that is read for the first time is openings, but for a few words of tools.
    """
    tokens, price = tokens_of(day), PRICES[model]
    fresh = (tokens.text_in - tokens.text_cached) // day.opening if day.opening else 0
    return max(0, fresh - 1) * day.opening * ((price.text_in or 0) - (price.text_cached or 0)) / 1_000_000


def cached_usd(day: Day, model: str) -> float:
    """What the sentences replayed from disk would have cost as sound of the model, in USD."""
    return sound_out_usd(1000 * day.saved_s.get("cached", 0.0), PRICES[model])


def batched_usd(day: Day, model: str) -> float:
    """What answering each call of a sentence apart would have cost more, in USD.

    The ledger keeps the sum at the price of ``BIG``, every token of which is one that was read before. For another
    model it is split into text and sound as all that the day read.
    """
    tokens = tokens_of(day)
    read = tokens.text_in + tokens.audio_in

    def per_token(price: Price) -> float:
        text, sound = tokens.text_in * (price.text_cached or 0), tokens.audio_in * (price.audio_cached or 0)
        return (text + sound) / read if read else 0.0

    return day.saved_usd.get("batched", 0.0) * per_token(PRICES[model]) / per_token(PRICES[BIG]) if read else 0.0


def uncached_usd(day: Day, model: str) -> float:
    """What the service's own cache took off the day's bill, in USD."""
    tokens, price = tokens_of(day), PRICES[model]
    text = tokens.text_cached * ((price.text_in or 0) - (price.text_cached or 0))
    sound = tokens.audio_cached * ((price.audio_in or 0) - (price.audio_cached or 0))
    return (text + sound) / 1_000_000


_SPARED: Final[Mapping[str, tuple[str, Callable[[Day, str], float]]]] = {
    CACHED: (CACHED, cached_usd),
    "batched calls": (GATED, batched_usd),
    "the service's own cache": (GATED, uncached_usd),
}
"""What a day spared by itself: which day that is, and what it would have cost more without."""


def saving(name: str, days: Mapping[str, Day], model: str, *, kept: bool = False) -> float | None:
    """What a way of saving takes off the bill, in percent; None when its day was not played, or cost nothing."""
    variant, spared = _SPARED.get(name, (GATED, None))
    if variant not in days or not (cost_usd := day_usd(days[variant], model, kept=kept)):
        return None
    if spared is not None:
        more_usd = spared(days[variant], model)
        return 100 * more_usd / (cost_usd + more_usd)
    return 100 - 100 * day_usd(days[name], model, kept=kept) / cost_usd if name in days else None


def claim_rows(days: Mapping[str, Day]) -> Iterator[list[str]]:
    """Saving, claim; measured for each model, and whether it holds for each; the same with openings kept."""
    for claim in (*CLAIMS, *(Claim(name, 0, 0) for name in OTHERS)):
        cells: list[str] = []
        for kept in (False, True):
            found = [saving(claim.saving, days, model, kept=kept) for model in MODELS]
            measured = [one for one in found if one is not None]
            cells += [*(f"{one:.1f} %" for one in measured), " / ".join(_verdict(claim, one) for one in measured)]
        if len(cells) == 2 * (len(MODELS) + 1):
            yield [claim.saving, f"{claim.low}-{claim.high} %" if claim.high else "-", *cells]


def _verdict(claim: Claim, measured: float) -> str:
    """As the figures say it, rounded like them; more than was promised holds too."""
    if not claim.high:
        return "-"
    return "yes" if round(measured, 1) >= claim.low else "no"


def bill_rows(days: Sequence[Day]) -> Iterator[list[str]]:
    """Each variant's tokens, its cost with both models, that in % of the wake-gated day; then with openings kept."""
    gated = next((day for day in days if day.variant == GATED), None)
    for day in days:
        tokens = tokens_of(day)
        yield [
            day.variant, str(day.responses), f"{tokens.text_in} ({tokens.text_cached})",
            f"{tokens.audio_in} ({tokens.audio_cached})", str(tokens.text_out), str(tokens.audio_out),
            *(cell for kept in (False, True) for cell in _costs(day, gated, kept=kept)),
        ]  # fmt: skip
    if gated is not None:
        cells = (cell for kept in (False, True) for cell in ("", *_mini_costs(gated, kept=kept), ""))
        yield [f"{GATED}, mini instead of 2.1", *[""] * 5, *cells]


def _costs(day: Day, gated: Day | None, *, kept: bool) -> Iterator[str]:
    costs = [day_usd(day, model, kept=kept) for model in MODELS]
    yield from (f"{cost:.4f}" for cost in costs)
    yield from (
        _percent(cost, day_usd(gated, model, kept=kept)) if gated else "-"
        for cost, model in zip(costs, MODELS, strict=True)
    )


def _mini_costs(gated: Day, *, kept: bool) -> Iterator[str]:
    big_usd, mini_usd = (day_usd(gated, model, kept=kept) for model in MODELS)
    yield from (f"{mini_usd:.4f}", _percent(mini_usd, big_usd))


def _percent(cost: float, whole: float) -> str:
    return f"{100 * cost / whole:.1f} %" if whole else "-"


def talk_rows(days: Mapping[str, Day]) -> Iterator[list[str]]:
    """For each model: what a sentence of talk costs an open session, and from how many a day on waking is cheaper.

    Asleep, the speaker sends none of it.
    """
    if not days.keys() >= {GATED, OPEN, TALKED} or days[TALKED].said <= days[OPEN].said:
        return
    for model in MODELS:
        gated_usd, open_usd, talked_usd = (day_usd(days[name], model) for name in (GATED, OPEN, TALKED))
        each_usd = (talked_usd - open_usd) / (days[TALKED].said - days[OPEN].said)
        enough = max(0, math.ceil((gated_usd - open_usd) / each_usd - 1e-9)) if each_usd > 0 else "never"
        yield [model, f"{open_usd:.4f}", f"{gated_usd:.4f}", f"{each_usd:.4f}", str(enough)]


def hearing_rows(days: Sequence[Day]) -> Iterator[list[str]]:
    """How well each variant was heard and understood."""
    for day in days:
        yield [
            day.variant, f"{day.heard} of {day.said}", f"{day.understood} of {day.meant}", str(day.sessions),
            f"{day.estimated_usd:.4f}", f"{day.took_s / 60:.1f}",
        ]  # fmt: skip
