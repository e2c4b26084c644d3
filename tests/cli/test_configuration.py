"""Which configuration is in force, and how it is shown."""

import msgspec
import yaml

from speaker.cli.configuration import shown
from speaker.config.loading import load_settings

USUAL = load_settings({}, "pi")


def test_the_whole_configuration_is_one_that_is_taken() -> None:
    assert load_settings(yaml.safe_load(shown(USUAL, USUAL)), "pi") == USUAL


def test_only_what_was_changed_is_shown() -> None:
    document = {"room": "attic", "audio": {"volume": 30}, "wake": {"words": [{"model": "alexa"}]}}
    ours = load_settings(document | {"cost": {"daily_usd": 1}}, "pi")
    assert yaml.safe_load(shown(ours, USUAL, changed=True)) == {
        "room": "attic",
        "audio": {"volume": 30},
        "wake": {"words": [{"model": "alexa", "threshold": 0.5, "frames": 1}]},
        "cost": {"daily_usd": 1.0},
    }
    assert shown(USUAL, USUAL, changed=True) == "# Nothing differs from the defaults.\n"


def test_an_address_is_shown_without_what_is_secret_in_it() -> None:
    """Such an address is refused; if one got through all the same, nobody would see it here."""
    session = msgspec.structs.replace(USUAL.session, url="wss://me:hunter2@house.example/v1?token=hunter2")
    ours = msgspec.structs.replace(USUAL, session=session)
    assert "hunter2" not in shown(ours, USUAL, changed=True)
    assert "wss://house.example/v1" in shown(ours, USUAL, changed=True)
