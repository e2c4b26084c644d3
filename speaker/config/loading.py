"""A parsed YAML document to settings: defaults filled in, and every mistake named with its path."""

from typing import Final

import msgspec

from speaker.config.prices import PRICES, lacking, price_of, talks
from speaker.config.settings import CostSettings, SessionSettings, Settings
from speaker.config.turn_detection import ClientTurns
from speaker.config.validation import decode_section
from speaker.errors import ConfigError

RESERVED_IDS: Final = frozenset({"tools", "claim"})
"""Names below the base topic that belong to all speakers."""


def load_settings(document: object, host_name: str, model_override: str | None = None) -> Settings:
    """Settings from a parsed YAML document (None for an empty file).

    ``host_name`` fills in a missing id; ``model_override`` replaces session.model. Raises ConfigError
    with one line for every mistake.
    """
    if document is None:
        document = {}
    settings = decode_section(document, Settings)
    identity = settings.id or slug(host_name)
    if identity in RESERVED_IDS:
        raise ConfigError([f"id: {identity} is taken by the speakers' common topics; choose another"])
    session = settings.session
    if model_override:
        session = msgspec.structs.replace(session, model=model_override)
    cost = msgspec.structs.replace(settings.cost, prices={**PRICES, **settings.cost.prices})
    _check_prices(cost)
    _check_budget(cost, session)
    _check_turns(session)
    name = settings.name or f"{identity.replace('_', ' ').replace('-', ' ').capitalize()} speaker"
    return msgspec.structs.replace(settings, id=identity, name=name, session=session, cost=cost)


def _check_prices(cost: CostSettings) -> None:
    """Raise ConfigError when a price leaves out what would then cost nothing."""
    missing = [f"cost.prices.{name}.{key}: missing" for name, price in cost.prices.items() for key in lacking(price)]
    if missing:
        raise ConfigError(missing)


def _check_turns(session: SessionSettings) -> None:
    """Raise ConfigError when this machine would have to answer turns whose end it does not find."""
    if session.local_first == "confident" and not isinstance(session.turn_detection, ClientTurns):
        raise ConfigError([
            "session.local_first: confident needs turn ends found on this machine; "
            "set session.turn_detection to {type: client_vad}"
        ])  # fmt: skip


def _check_budget(cost: CostSettings, session: SessionSettings) -> None:
    """Raise ConfigError when a budget could not be kept, since nobody would know what answers cost."""
    budgets = {"daily_usd": cost.daily_usd, "monthly_usd": cost.monthly_usd}
    if session.endpoint == "offline" or not any(budgets.values()):
        return
    models = [session.model, *([cost.mini_model] if "mini" in cost.ladder else [])]
    prices = {model: price_of(model, cost.prices) for model in dict.fromkeys(models)}
    unknown = [model for model, price in prices.items() if price is None or not talks(price)]
    if session.transcription and price_of(session.transcription, cost.prices) is None:
        unknown.append(session.transcription)
    problems = [
        f"cost.{name}: cost.prices has no price for the model {model}, so the budget cannot be kept; add it"
        for name, budget in budgets.items()
        for model in unknown
        if budget is not None
    ]
    if problems:
        raise ConfigError(problems)


def slug(text: str) -> str:
    """Any text as an id: lower-case letters, digits, _ and -."""
    kept = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "_-") else "_" for letter in text)
    return kept.lower()[:64].strip("_") or "speaker"
