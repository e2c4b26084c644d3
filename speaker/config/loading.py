"""A parsed YAML document to settings: defaults filled in, and every mistake named with its path."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from speaker.config.misplaced_secrets import misplaced_secrets
from speaker.config.prices import PRICES, lacking, price_of, talks
from speaker.config.secret_shapes import hide_secrets
from speaker.config.settings import (
    DEFAULT_RISK,
    DISCOVERY_PREFIX,
    CostSettings,
    MqttSettings,
    SessionSettings,
    Settings,
)
from speaker.config.turn_detection import ASK_AFTER_MS, ClientTurns
from speaker.config.validation import Mistake, examine_section
from speaker.errors import ConfigError
from speaker.language.codes import LANGUAGES, canonical_language, meant_language

RESERVED_IDS: Final = frozenset({"tools", "claim"})
"""Names below the base topic that belong to all speakers."""


def load_settings(document: object, host_name: str, model_override: str | None = None) -> Settings:
    """Settings from a parsed YAML document (None for an empty file).

    ``host_name`` fills in a missing id; ``model_override`` replaces session.model. Raises ConfigError
    with one line for every mistake.
    """
    settings, mistakes = examine_settings(document, host_name, model_override)
    if mistakes:
        raise ConfigError([str(mistake) for mistake in mistakes])
    return settings


def examine_settings(
    document: object, host_name: str, model_override: str | None = None, words: Mapping[str, str] = MappingProxyType({})
) -> tuple[Settings, list[Mistake]]:
    """The same, but with every mistake beside settings that have the default in its place.

    ``words``: path → how an unquoted value is written in the file.
    """
    secrets = [mistake for mistake, _ in misplaced_secrets(document)]
    settings, mistakes = examine_section({} if document is None else document, Settings, words)
    identity = settings.id or slug(host_name)
    session = settings.session
    if model_override:
        session = msgspec.structs.replace(session, model=model_override)
    if language := canonical_language(session.language):
        session = msgspec.structs.replace(session, language=language)
    cost = msgspec.structs.replace(settings.cost, prices={**PRICES, **settings.cost.prices})
    tools = msgspec.structs.replace(settings.tools, risk={**DEFAULT_RISK, **settings.tools.risk})
    mqtt = _with_prefixes(settings.mqtt)
    name = settings.name or f"{identity.replace('_', ' ').replace('-', ' ').capitalize()} speaker"
    settings = msgspec.structs.replace(
        settings, id=identity, name=name, session=session, cost=cost, tools=tools, mqtt=mqtt
    )
    mistakes = [*secrets, *(one for one in mistakes if not _covered(one, secrets))]
    return settings, [*mistakes, *_across(settings, mistakes)]


def _with_prefixes(mqtt: MqttSettings) -> MqttSettings:
    """The settings with the old name for one prefix and the new one for several saying the same."""
    prefixes = list(dict.fromkeys(mqtt.discovery_prefixes))
    if prefixes == [DISCOVERY_PREFIX]:
        prefixes = [mqtt.discovery_prefix]
    old = prefixes[0] if mqtt.discovery_prefix == DISCOVERY_PREFIX else mqtt.discovery_prefix
    return msgspec.structs.replace(mqtt, discovery_prefixes=prefixes, discovery_prefix=old)


def _covered(mistake: Mistake, known: Iterable[Mistake]) -> bool:
    """Whether it stands where something was already found, or below."""
    return any(
        mistake.place == one.place or mistake.place.startswith((f"{one.place}.", f"{one.place}[")) for one in known
    )


def _across(settings: Settings, known: Sequence[Mistake]) -> Iterator[Mistake]:
    """What no single key shows; nothing is said of what follows from a mistake that is known."""
    if settings.id in RESERVED_IDS:
        yield Mistake("id", f"{settings.id} is taken by the speakers' common topics; choose another")
    if settings.mqtt.discovery_prefix != settings.mqtt.discovery_prefixes[0]:
        yield Mistake("mqtt.discovery_prefix", "leave it out; the first of mqtt.discovery_prefixes is announced under")
    wrong_prices = {one.place.removeprefix("cost.prices.") for one in known if one.place.startswith("cost.prices")}
    yield from (
        Mistake(f"cost.prices.{name}.{key}", "missing")
        for name, price in settings.cost.prices.items()
        for key in lacking(price)
        if not any(wrong == name or wrong.startswith(f"{name}.") for wrong in wrong_prices)
    )
    if not wrong_prices:
        yield from _budget_mistakes(settings.cost, settings.session)
    yield from _language_mistakes(settings.session.language)
    yield from _protocol_mistakes(settings)
    if not any(one.place.startswith("session.turn_detection") for one in known):
        yield from _turn_mistakes(settings.session)


def _language_mistakes(language: str) -> Iterator[Mistake]:
    """A language that nobody knows, with the one that was meant."""
    if canonical_language(language):
        return
    meant = meant_language(language)
    known = f"Did you mean {meant}?" if meant else f"Known are {', '.join(LANGUAGES)}, with a region as in de-AT"
    shown = hide_secrets(" ".join(language.split()))[:40]
    yield Mistake("session.language", f"{shown!r} is the code of no language that is known. {known}")


def _protocol_mistakes(settings: Settings) -> Iterator[Mistake]:
    """What needs MQTT 5, and cannot be had with the older protocol."""
    if settings.mqtt.version == 5:
        return
    for place, wanted in (("mqtt.mcp", settings.mqtt.mcp), ("tools.mcp_servers", settings.tools.mcp_servers)):
        if wanted:
            yield Mistake(place, f"MCP needs MQTT 5, and mqtt.version is {settings.mqtt.version}; leave that out")


def _turn_mistakes(session: SessionSettings) -> Iterator[Mistake]:
    """Turns that this machine would have to answer, and whose end it does not find."""
    if session.local_first == "confident" and not isinstance(session.turn_detection, ClientTurns):
        yield Mistake(
            "session.local_first",
            "confident needs turn ends found on this machine; set session.turn_detection to {type: client_vad}",
        )
    turns = session.turn_detection
    if isinstance(turns, ClientTurns) and turns.endpointing == "smart" and turns.longest_silence_ms <= ASK_AFTER_MS:
        yield Mistake(
            "session.turn_detection.silence_duration_ms",
            f"with endpointing smart it is the longest wait, and the model is asked after {ASK_AFTER_MS}; give more",
        )


def _budget_mistakes(cost: CostSettings, session: SessionSettings) -> Iterator[Mistake]:
    """A budget that could not be kept, since nobody would know what answers cost."""
    budgets = {"daily_usd": cost.daily_usd, "monthly_usd": cost.monthly_usd}
    if session.endpoint == "offline":
        return
    models = [session.model, *([cost.mini_model] if "mini" in cost.ladder else [])]
    prices = {model: price_of(model, cost.prices) for model in dict.fromkeys(models)}
    unknown = [model for model, price in prices.items() if price is None or not talks(price)]
    if session.transcription and price_of(session.transcription, cost.prices) is None:
        unknown.append(session.transcription)
    for name, budget in budgets.items():
        for model in unknown if budget is not None else []:
            lack = f"cost.prices has no price for the model {model}, so the budget cannot be kept; add it"
            yield Mistake(f"cost.{name}", hide_secrets(lack))


def slug(text: str) -> str:
    """Any text as an id: lower-case letters, digits, _ and -."""
    kept = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "_-") else "_" for letter in text)
    return kept.lower()[:64].strip("_") or "speaker"
