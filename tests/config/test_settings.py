"""The configuration: its defaults, and every mistake at once with its path."""

import ast
import inspect
import math
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from speaker.cli.support_bundle import DEVICE_KEYS
from speaker.config import settings
from speaker.config.instructions import INSTRUCTIONS
from speaker.config.loading import RESERVED_IDS, examine_settings, load_settings, slug
from speaker.config.prices import PRICES
from speaker.config.secret_shapes import names_secret
from speaker.config.section import Section
from speaker.config.settings import Settings
from speaker.config.turn_detection import ClientTurns
from speaker.cost import pricing
from speaker.errors import ConfigError

DEFAULTS = {
    "id": "pi",
    "name": "Pi speaker",
    "room": None,
    "audio": {"microphone": "default", "loudspeaker": "default", "volume": 60, "duplex": "auto"},
    "wake": {"words": [{"model": "hey_jarvis", "threshold": 0.5}], "barge_in_threshold": 0.25},
    "session": {
        "endpoint": "auto",
        "url": "wss://api.openai.com/v1/realtime",
        "model": "gpt-realtime-2.1-mini",
        "protocol": "ga",
        "voice": "marin",
        "language": "en",
        "instructions": INSTRUCTIONS,
        "output": "audio",
        "turn_detection": {
            "type": "server_vad",
            "threshold": 0.5,
            "prefix_padding_ms": 300,
            "silence_duration_ms": 500,
        },
    },
    "limits": {"connect_s": 8, "listen_s": 8, "think_s": 20, "speak_s": 120, "follow_up_s": 6, "session_s": 3300},
    "cost": {"daily_usd": None, "monthly_usd": None, "ladder": ["short", "mini", "offline", "refuse"]},
    "mqtt": {
        "host": "localhost",
        "port": 1883,
        "username": None,
        "tls": False,
        "ca_file": None,
        "base": "speaker",
        "discovery_prefix": "homeassistant",
        "version": 5,
    },
    "tools": {
        "paths": ["/etc/speaker/tools"],
        "allow": ["*"],
        "deny": [],
        "risk": {"lock": "confirm", "cover.garage": "confirm"},
        "confirm_timeout_s": 5,
    },
    "house": {"discover": True, "devices": []},
    "quiet_hours": {"from": "22:30", "to": "07:00", "volume": 25},
    "privacy": {"publish_transcripts": False},
}
"""What other programs and people rely on."""


def problems(document: object) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_settings(document, "pi")
    return caught.value.problems


def within(document: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """The document with one value set: ``within({}, "audio.volume", 3)``."""
    first, _, rest = path.partition(".")
    return document | {first: within(document.get(first, {}), rest, value) if rest else value}


def fields(kind: type[msgspec.Struct] = Settings, path: str = "") -> Iterator[tuple[str, bool]]:
    """The path of every key, and whether it is a section."""
    for one in msgspec.structs.fields(kind):
        inner = msgspec.inspect.type_info(one.type)
        is_section = isinstance(inner, msgspec.inspect.StructType)
        yield f"{path}{one.encode_name}", is_section
        if is_section:
            yield from fields(one.type, f"{path}{one.encode_name}.")


def pick(told: Any, wanted: Any) -> Any:
    """Of ``told`` what ``wanted`` speaks of."""
    if isinstance(wanted, dict):
        return {key: pick(told[key], value) for key, value in wanted.items()}
    if isinstance(wanted, list) and wanted and isinstance(wanted[0], dict):
        return [pick(one, other) for one, other in zip(told, wanted, strict=True)]
    return told


@pytest.mark.parametrize("document", [None, {}, dict.fromkeys(("audio", "wake", "cost", "house"))])
def test_an_empty_file_has_the_promised_defaults(document: object) -> None:
    told = msgspec.to_builtins(load_settings(document, "pi"))
    assert pick(told, DEFAULTS) == DEFAULTS
    assert set(told["cost"]["prices"]) == set(PRICES)


def test_every_default_may_stand_in_the_file() -> None:
    default = load_settings(None, "pi")
    assert load_settings(msgspec.to_builtins(default), "elsewhere") == default


@pytest.mark.parametrize("path", [path for path, _ in fields()])
@pytest.mark.parametrize("wrong", [date(2026, 11, 1), [[1]], math.nan])
def test_a_wrong_value_is_one_problem_with_its_path(path: str, wrong: object) -> None:
    (problem,) = problems(within({}, path, wrong))
    assert re.match(rf"{re.escape(path)}(\[0\])?: expected ", problem)


def test_every_mistake_is_told_at_once() -> None:
    document = yaml.safe_load("""
        volume: 80
        audio: {volum: 80, duplex: hlaf}
        wake: {words: [{model: hey_jarvis}, {modle: alexa, threshold: 2}]}
        session: {turn_detection: {type: server_vad, treshold: 0.5}}
        cost: {ladder: [short, cheap], prices: {mine: {text_in: -1}}}
        mqtt: 1883
        tools: {risk: {lock: sometimes}}
        quiet_hours: {from: 22:30}
        """)
    assert problems(document) == [
        "volume: unknown key. Known keys: id, name, room, audio, wake, session, limits, cost, mqtt, tools, house, "
        "announcements, quiet_hours, privacy, web",
        "audio.volum: unknown key. Did you mean volume?",
        "audio.duplex: expected one of auto, full, wake, half, got str 'hlaf'",
        "wake.words[1].modle: unknown key. Did you mean model?",
        "wake.words[1].threshold: expected `float` <= 1.0, got int '2'",
        "session.turn_detection.treshold: unknown key. Did you mean threshold?",
        "cost.ladder[1]: expected one of short, mini, offline, refuse, got str 'cheap'",
        "cost.prices.mine.text_in: expected `float` >= 0.0, got int '-1'",
        "mqtt: expected a section with keys, got int '1883'",
        "tools.risk.lock: expected one of allow, confirm, never, got str 'sometimes'",
        "quiet_hours.from: expected HH:MM in quotes, such as \"22:30\", got int '1350'",
    ]


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("audio.volume", 101, "expected `int` <= 100"),
        ("audio.volume", True, "expected `int`, got bool"),
        ("limits.listen_s", 0, "expected `float` > 0.0"),
        ("limits.listen_s", math.inf, "expected a finite number, got inf"),
        ("cost.daily_usd", math.inf, "expected a finite number, got inf"),
        ("audio.channel", "left", "expected one of auto, mix or a number from 1 to 64, got str 'left'"),
        ("audio.channel", 70, "expected one of auto, mix or a number from 1 to 64, got int '70'"),
        ("audio.gain_db", "loud", "expected auto or a number from -20 to 60, got str 'loud'"),
        ("mqtt.discovery_prefixes", "homeassistant", "expected a list, got str 'homeassistant'"),
        ("wake.words", [], "expected `array` of length >= 1"),
        ("wake.words", [None], "expected a section with keys, got NoneType"),
        ("session.url", "https://api.openai.com", "expected an address that begins with wss:// or ws://"),
        ("session.turn_detection", {"type": "server_vad", "threshold": 5}, "expected `float` <= 1.0"),
        ("session.turn_detection", {"type": "vad"}, "type: expected one of server_vad, semantic_vad, client_vad, got"),
        ("session.turn_detection", {"threshold": 0.5}, "client_vad, got nothing"),
        ("session.turn_detection", None, "expected a section with a type (server_vad, semantic_vad, client_vad), got"),
        ("session.turn_detection", {"type": "client_vad", "eagerness": "low"}, "Known keys: threshold, prefix_padding"),
        ("mqtt.version", 4, "expected one of 5, 311, got int '4'"),
        ("mqtt.base", "home/#", 'expected a topic such as "speaker"'),
        ("mqtt.base", "home\n", "got str 'home\\n'"),
        ("id", "Küche", "expected 1 to 64 lower-case letters, digits, _ and -"),
        ("id", "kitchen\n", "got str 'kitchen\\n'"),
        ("quiet_hours.to", "24:00", 'expected HH:MM in quotes, such as "22:30"'),
        ("quiet_hours.to", "7:00", 'expected HH:MM in quotes, such as "22:30"'),
        ("quiet_hours.to", "07:00\n", "got str '07:00\\n'"),
        ("quiet_hours.to", "0٧:00", 'expected HH:MM in quotes, such as "22:30"'),
    ],
)
def test_values_out_of_range(path: str, value: object, sentence: str) -> None:
    (problem,) = problems(within({}, path, value))
    assert problem.startswith(path)
    assert sentence in problem


@pytest.mark.parametrize(
    ("document", "start"),
    [
        ([], "the file: expected a section with keys, got list"),
        ("id", "the file: expected a section"),
        ({None: 1}, "None: unknown key."),
        ({"two\nlines": 1}, "two lines: unknown key."),
        ({"tools": {"risk": {7: "never"}}}, "tools.risk.7: expected a name as key"),
    ],
)
def test_what_is_no_configuration_at_all(document: object, start: str) -> None:
    assert problems(document)[0].startswith(start)


def test_a_number_of_thousands_of_digits_is_only_too_large() -> None:
    huge = 1 << 20_000
    assert problems({"audio": {"volume": huge}}) == ["audio.volume: expected `int` <= 100, got int 'too long to show'"]
    assert problems({huge: 1})[0].startswith("too long to show: unknown key.")


def test_the_model_of_the_environment_wins() -> None:
    document = {"session": {"model": "gpt-realtime-2.1", "voice": "cedar"}}
    assert load_settings(document, "pi", "gpt-realtime-mini").session.model == "gpt-realtime-mini"
    assert load_settings(document, "pi", "gpt-realtime-mini").session.voice == "cedar"
    assert (
        load_settings(document, "pi", "").session.model
        == load_settings(document, "pi", None).session.model
        == "gpt-realtime-2.1"
    )


def test_a_budget_needs_a_price() -> None:
    document = {"cost": {"daily_usd": 1, "monthly_usd": 5}, "session": {"model": "mystery"}}
    lacking = "cost.prices has no price for the model mystery, so the budget cannot be kept; add it"
    assert problems(document) == [f"cost.daily_usd: {lacking}", f"cost.monthly_usd: {lacking}"]
    assert load_settings(document, "pi", "gpt-realtime-2.1-mini-2026-08-01").cost.daily_usd == 1
    assert load_settings(within(document, "session.endpoint", "offline"), "pi").cost.daily_usd == 1
    assert load_settings({"session": {"model": "mystery"}}, "pi").session.model == "mystery"


def test_names_come_from_the_host() -> None:
    loaded = load_settings(None, "Living-Room.local")
    assert (loaded.id, loaded.name, loaded.topic) == (
        "living-room_local",
        "Living room local speaker",
        "speaker/living-room_local",
    )
    assert load_settings({"id": "kitchen"}, "pi").name == "Kitchen speaker"
    assert (
        load_settings({"id": "kitchen", "name": "Jarvis", "mqtt": {"base": "home/talk"}}, "pi").topic
        == "home/talk/kitchen"
    )


@given(st.text())
def test_any_host_name_gives_a_valid_id(host_name: str) -> None:
    made = slug(host_name)
    assert re.fullmatch(r"[a-z0-9_-]{1,64}", made)
    assert slug(made) == made
    assert made in RESERVED_IDS or load_settings({"id": made}, "pi").id == made


_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=4)
    | st.dates()
    | st.sampled_from(["hey_jarvis", "server_vad", "semantic_vad", "full", "22:30", 5])
)
_names = sorted({name for path, _ in fields() for name in path.split(".")} | {"type", "threshold", "text_in"})
_keys = st.sampled_from(_names) | st.text(max_size=5) | st.none() | st.integers()
_values = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=4), max_leaves=12
)
_sections = {path: [key.split(".")[1] for key, _ in fields() if key.startswith(f"{path}.")] for path, _ in fields()}
_documents = st.fixed_dictionaries(
    {},
    optional={
        path: st.dictionaries(st.sampled_from(keys), _values, max_size=2) | _scalars if keys else _values
        for path, keys in _sections.items()
        if "." not in path
    },
)


@given(_values | _documents)
def test_any_document_is_a_configuration_or_a_list_of_problems(document: object) -> None:
    try:
        loaded = load_settings(document, "pi")
    except ConfigError as error:
        assert error.problems
        assert all(len(problem.splitlines()) == 1 for problem in error.problems)
    else:
        assert load_settings(msgspec.to_builtins(loaded), "pi") == loaded


def test_every_field_and_section_has_its_text() -> None:
    """They become config.yaml and the README's table."""
    silent: list[str] = []
    for module in (settings, pricing):
        tree = ast.parse(Path(inspect.getfile(module)).read_text())
        for kind in (node for node in tree.body if isinstance(node, ast.ClassDef)):
            silent += [] if ast.get_docstring(kind) else [kind.name]
            for one, after in zip(kind.body, [*kind.body[1:], None], strict=True):
                section = isinstance(one, ast.AnnAssign) and _is_section(ast.unparse(one.annotation))
                if isinstance(one, ast.AnnAssign) and not section and not _is_text(after):
                    silent.append(f"{kind.name}.{ast.unparse(one.target)}")
    assert silent == []


def _is_text(node: ast.stmt | None) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_section(annotation: str) -> bool:
    return annotation in {kind.__name__ for kind in Section.__subclasses__()}


def test_own_prices_are_added_to_the_known_ones() -> None:
    own = {"text_in": 1, "text_cached": 1, "text_out": 1, "audio_in": 1, "audio_cached": 1, "audio_out": 1}
    prices = load_settings({"cost": {"prices": {"my-model": own}}}, "pi").cost.prices
    assert prices["my-model"].audio_in == 1
    assert prices["gpt-realtime-2.1-mini"].audio_in == 10


@pytest.mark.parametrize(
    ("own", "missing"),
    [
        ({}, ["text_in", "text_out", "audio_in", "text_cached", "audio_cached", "audio_out"]),
        ({"text_in": 1, "audio_out": 2}, ["text_out", "audio_in", "text_cached", "audio_cached"]),
        ({"text_in": 1, "audio_in": 2}, ["text_out"]),
        ({"text_in": 1, "audio_in": 2, "text_out": 3}, []),
        ({"audio_in_usd_per_minute": 0.06}, []),
        ({"session_usd_per_second": 0.001, "as_of": date(2026, 11, 1)}, []),
        ({"session_usd_per_second": 0.001, "as_of": "2026-11-01"}, []),
    ],
)
def test_no_part_of_a_price_is_free_by_mistake(own: dict[str, object], missing: list[str]) -> None:
    document = {"cost": {"prices": {"mine": own}}}
    if missing:
        assert problems(document) == [f"cost.prices.mine.{key}: missing" for key in missing]
    else:
        assert "mine" in load_settings(document, "pi").cost.prices


@pytest.mark.parametrize(
    ("section", "values", "lacks"),
    [
        ("session", {"transcription": "mystery"}, "mystery"),
        ("session", {"transcription": "gpt-transcribe"}, None),
        ("cost", {"mini_model": "mystery"}, "mystery"),
        ("cost", {"mini_model": "mystery", "ladder": ["short", "offline"]}, None),
    ],
)
def test_a_budget_needs_every_price(section: str, values: dict[str, object], lacks: str | None) -> None:
    document = within({"cost": {"daily_usd": 1}}, section, {"daily_usd": 1} | values if section == "cost" else values)
    if lacks is None:
        assert load_settings(document, "pi").cost.daily_usd == 1
    else:
        (problem,) = problems(document)
        assert f"no price for the model {lacks}" in problem


@pytest.mark.parametrize(
    ("risk", "found"),
    [
        (None, {"lock": "confirm", "cover.garage": "confirm"}),
        ({}, {"lock": "confirm", "cover.garage": "confirm"}),
        ({"cover.gate": "confirm"}, {"lock": "confirm", "cover.garage": "confirm", "cover.gate": "confirm"}),
        ({"lock": "allow", "set_light": "never"}, {"lock": "allow", "cover.garage": "confirm", "set_light": "never"}),
    ],
)
def test_own_risks_are_added_to_the_known_ones(risk: dict[str, str] | None, found: dict[str, str]) -> None:
    assert load_settings({"tools": {} if risk is None else {"risk": risk}}, "pi").tools.risk == found


def test_mistakes_of_all_kinds_are_told_at_once() -> None:
    document = {
        "id": "tools",
        "cost": {"daily_usd": 1, "monthly_usd": "x"},
        "session": {"model": "mystery", "local_first": "confident", "speed": 9},
        "mqtt": {"password": "hunter22"},
    }
    assert [one.split(" ")[0] for one in problems(document)] == [
        "mqtt.password:",
        "cost.monthly_usd:",
        "session.speed:",
        "id:",
        "cost.daily_usd:",
        "session.local_first:",
    ]


@pytest.mark.parametrize(
    "document",
    [
        {"session": {"local_first": "confident", "turn_detection": {"type": "client_vad", "treshold": 1}}},
        {"cost": {"daily_usd": 1, "prices": {"mine": {"text_in": "x"}}}, "session": {"model": "mine"}},
        {"cost": {"daily_usd": 1, "prices": {"mine": {"text_in": 1, "text": 1, "audio_in": 1}}}},
    ],
)
def test_what_follows_from_a_mistake_is_not_told_too(document: dict[str, Any]) -> None:
    assert len(problems(document)) == 1


@pytest.mark.parametrize(
    ("document", "place", "belongs"),
    [
        ({"mqtt": {"password": "hunter22"}}, "mqtt.password", "credentials/mqtt_password"),
        ({"mqtt": {"pasword": "hunter22"}}, "mqtt.pasword", "credentials/mqtt_password"),
        ({"mqtt_password": "hunter22"}, "mqtt_password", "credentials/mqtt_password"),
        ({"mqtt": {"password": 12345678}}, "mqtt.password", "credentials/mqtt_password"),
        ({"mqtt": {"password": {"value": "hunter22"}}}, "mqtt.password", "credentials/mqtt_password"),
        ({"openai_api_key": "hunter22"}, "openai_api_key", "credentials/openai_api_key"),
        ({"session": {"api_key": "hunter22"}}, "session.api_key", "credentials/openai_api_key"),
        ({"session": {"openai_api_key": "hunter22"}}, "session.openai_api_key", "credentials/openai_api_key"),
        ({"session": {"token": "hunter22"}}, "session.token", "credentials/openai_api_key"),
        ({"session": {"url": "wss://me:hunter22@host/v1"}}, "session.url", "credentials/openai_api_key"),
        ({"session": {"url": "wss://host/v1?api-key=hunter22"}}, "session.url", "credentials/openai_api_key"),
        ({"session": {"url": "wss://host/v1?token=hunter22"}}, "session.url", "credentials/openai_api_key"),
        ({"session": {"model": "sk-hunter22"}}, "session.model", "credentials/openai_api_key"),
        ({"session": {"instructions": "Say sk-proj-hunter22."}}, "session.instructions", "credentials/openai_api_key"),
        ({"mqtt": {"username": "sk-hunter22"}}, "mqtt.username", "credentials/mqtt_password"),
        ({"mqtt": {"host": "mqtt://me:hunter22@broker"}}, "mqtt.host", "credentials/mqtt_password"),
        ({"name": "xai-hunter22hunter22"}, "name", "remove it"),
        ({"wifi": {"psk": "hunter22"}}, "wifi.psk", "remove it"),
        ({"house": {"devices": [{"password": "hunter22"}]}}, "house.devices[0].password", "remove it"),
        ({"audio": {"volume": "sk-hunter22"}}, "audio.volume", "remove it"),
        ({"tools": {"paths": ["/a", "ghp_hunter22hunter22"]}}, "tools.paths[1]", "remove it"),
    ],
)
def test_a_secret_is_sent_where_it_belongs_and_never_shown(document: object, place: str, belongs: str) -> None:
    told = problems(document)
    assert not any("hunter22" in one or "12345678" in one for one in told)
    (problem,) = [one for one in told if one.startswith(f"{place}: ")]
    assert belongs in problem


def test_no_key_of_the_configuration_is_named_like_a_secret() -> None:
    assert [path for path, _ in fields() if names_secret(path.rpartition(".")[2])] == []
    assert not any(map(names_secret, DEVICE_KEYS))


@pytest.mark.parametrize(
    "document",
    [
        {"house": {"devices": [{"kind": "light", "name": "pk-stairs", "command_topic": "home/sk-stairs1/set"}]}},
        {"session": {"url": "wss://host/openai/realtime?api-version=2026-01-01&deployment=mini"}},
        {"mqtt": {"password": None}},
        {"tools": {"risk": {"get_token": "confirm"}}, "cost": {"prices": {"key": {"session_usd_per_second": 1}}}},
    ],
)
def test_what_only_looks_like_a_secret_is_none(document: object) -> None:
    assert [str(one) for one in examine_settings(document, "pi")[1] if "unknown key" not in one.text] == []


@pytest.mark.parametrize(
    "document",
    [
        {"mqtt": "password: hunter22"},
        {"audio": {"volume": "sk-hunter22"}},
        {"audio": {"volume": ["hunter22"], "duplex": {"password": "hunter22"}}},
        {"sk-hunter22": 1},
        {"mqtt": {"sk-hunter22": 1}},
        {"tools": {"risk": {"sk-hunter22": 1}}},
        {"session": {"turn_detection": {"type": "Bearer hunter22"}}},
        {"session": {"model": "sk-hunter22"}, "cost": {"daily_usd": 1}},
    ],
)
def test_no_message_shows_a_secret(document: object) -> None:
    assert not any("hunter22" in one for one in problems(document))


@pytest.mark.parametrize(
    ("document", "words", "says"),
    [
        ({"session": {"language": False}}, {"session.language": "no"}, "got bool 'no'; write it in quotes"),
        ({"id": 7}, {"id": "007"}, "got int '007'"),
        ({"quiet_hours": {"from": 1350}}, {"quiet_hours.from": "22:30"}, 'HH:MM in quotes, such as "22:30", got int '),
        ({"limits": {"speak_s": 120}}, {"limits.speak_s": "2:00"}, "YAML reads 2:00 as the number 120; write 120"),
        ({"audio": {"volume": 48}}, {"audio.volume": "060"}, "YAML reads 060 as the number 48; write 48"),
        ({"cost": {"daily_usd": 90.5}}, {"cost.daily_usd": "1:30.5"}, "YAML reads 1:30.5 as the number 90.5"),
    ],
)
def test_a_value_is_named_as_it_is_written(document: object, words: dict[str, str], says: str) -> None:
    (mistake,) = examine_settings(document, "pi", words=words)[1]
    assert says in str(mistake)


@pytest.mark.parametrize("word", ["60", "0", "0.5", "1_000", "-0"])
def test_plain_numbers_stay(word: str) -> None:
    value = yaml.safe_load(word)
    assert examine_settings({"limits": {"remember_s": value}}, "pi", words={"limits.remember_s": word})[1] == []


def test_a_bare_off_is_the_word() -> None:
    for text, means in (("off", "off"), ("'off'", "off"), ("confident", "confident")):
        document = yaml.safe_load(f"session: {{local_first: {text}, turn_detection: {{type: client_vad}}}}")
        assert load_settings(document, "pi").session.local_first == means
    assert problems(yaml.safe_load("session: {local_first: on}")) == [
        "session.local_first: expected one of off, confident, got bool 'True'"
    ]


def test_a_model_that_only_writes_down_keeps_no_budget() -> None:
    document = {"cost": {"daily_usd": 1}, "session": {"model": "gpt-transcribe"}}
    (problem,) = problems(document)
    assert problem.startswith("cost.daily_usd: cost.prices has no price for the model gpt-transcribe")


@pytest.mark.parametrize("turns", [None, {"type": "server_vad"}, {"type": "semantic_vad"}])
def test_who_answers_here_has_to_know_when_a_turn_ends(turns: dict[str, str] | None) -> None:
    session = {"local_first": "confident"} | ({"turn_detection": turns} if turns else {})
    assert problems({"session": session}) == [
        "session.local_first: confident needs turn ends found on this machine; "
        "set session.turn_detection to {type: client_vad}"
    ]


@pytest.mark.parametrize(
    ("turns", "problem"),
    [
        ({"threshold": 2}, "session.turn_detection.threshold"),
        ({"silence_duration_ms": 50}, "session.turn_detection.silence_duration_ms"),
        ({"eagerness": "low"}, "session.turn_detection"),
        ({"endpointing": "clever"}, "session.turn_detection.endpointing"),
        ({"endpointing": "smart", "silence_duration_ms": 200}, "session.turn_detection.silence_duration_ms"),
    ],
)
def test_bad_turn_settings_are_named(turns: dict[str, object], problem: str) -> None:
    (told,) = problems({"session": {"turn_detection": {"type": "client_vad"} | turns}})
    assert told.startswith(problem)


@pytest.mark.parametrize(
    ("turns", "endpointing", "silence_ms"),
    [
        ({}, "silence", 500),
        ({"silence_duration_ms": None}, "silence", 500),
        ({"silence_duration_ms": 900}, "silence", 900),
        ({"endpointing": "smart"}, "smart", 2_000),
        ({"endpointing": "smart", "silence_duration_ms": 1_200}, "smart", 1_200),
    ],
)
def test_a_turn_ends_by_silence_at_the_latest(turns: dict[str, object], endpointing: str, silence_ms: int) -> None:
    found = load_settings({"session": {"turn_detection": {"type": "client_vad"} | turns}}, "pi").session.turn_detection
    assert isinstance(found, ClientTurns)
    assert (found.endpointing, found.longest_silence_ms) == (endpointing, silence_ms)


@pytest.mark.parametrize("name", ["tools", "claim"])
def test_names_of_common_topics_are_no_ids(name: str) -> None:
    with pytest.raises(ConfigError, match=f"id: {name} is taken"):
        load_settings({"id": name}, "pi")


@pytest.mark.parametrize(
    ("mqtt", "prefixes"),
    [
        ({}, ["homeassistant"]),
        ({"discovery_prefix": "ha"}, ["ha"]),
        ({"discovery_prefixes": ["ha", "speaker_hub"]}, ["ha", "speaker_hub"]),
        ({"discovery_prefixes": ["ha", "speaker_hub", "ha"], "discovery_prefix": "ha"}, ["ha", "speaker_hub"]),
    ],
)
def test_the_old_name_for_a_prefix_and_the_new_one_for_several_say_the_same(
    mqtt: dict[str, Any], prefixes: list[str]
) -> None:
    told = load_settings({"mqtt": mqtt}, "pi").mqtt
    assert told.discovery_prefixes == prefixes
    assert told.discovery_prefix == prefixes[0]


def test_prefixes_that_contradict_each_other_are_a_mistake() -> None:
    both = {"mqtt": {"discovery_prefix": "ha", "discovery_prefixes": ["hub", "homeassistant"]}}
    assert problems(both) == [
        "mqtt.discovery_prefix: leave it out; the first of mqtt.discovery_prefixes is announced under"
    ]
    assert any("discovery_prefixes" in one for one in problems({"mqtt": {"discovery_prefixes": []}}))
    assert any("discovery_prefixes" in one for one in problems({"mqtt": {"discovery_prefixes": ["a/+"]}}))
