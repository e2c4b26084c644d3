"""Names that nothing has are named, with the nearest that something has."""

import pytest

from speaker.config.loading import load_settings
from speaker.tools.known_names import doubtful_names, impossible_names

TOOLS = ("set_light", "set_lock", "get_weather")


@pytest.mark.parametrize(
    ("document", "place", "says"),
    [
        ({"tools": {"risk": {"lokc": "confirm"}}}, "tools.risk.lokc", "Did you mean lock?"),
        ({"tools": {"risk": {"set_lihgt": "never"}}}, "tools.risk.set_lihgt", "Did you mean set_light?"),
        ({"tools": {"risk": {"frobnicate": "never"}}}, "tools.risk.frobnicate", "if the hub brings it later"),
        ({"tools": {"risk": {"cover.garge": "confirm"}}}, "tools.risk.cover.garge", "Did you mean cover.garage?"),
        ({"tools": {"risk": {"cover.drawbridge": "never"}}}, "tools.risk.cover.drawbridge", "Known: awning, blind"),
        ({"tools": {"risk": {"lock.front": "allow"}}}, "tools.risk.lock.front", "have no class. Did you mean lock?"),
        ({"tools": {"deny": ["set_light", "set_lok"]}}, "tools.deny[1]", "Did you mean set_lock?"),
        ({"tools": {"deny": ["Set_*"]}}, "tools.deny[0]", "no tool here is called Set_*."),
        ({"tools": {"allow": ["get_wether*", "set_*"]}}, "tools.allow[0]", "Did you mean get_weather?"),
        ({"cost": {"quiet_tools": ["set_lihgt"]}}, "cost.quiet_tools[0]", "Did you mean set_light?"),
    ],
)
def test_an_unknown_name_is_doubtful(document: object, place: str, says: str) -> None:
    settings = load_settings(document, "pi")
    (doubt,) = doubtful_names(settings, TOOLS)
    assert doubt.place == place
    assert says in doubt.text
    assert list(impossible_names(settings)) == []


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("covr.gate", "there is no kind of device covr. Did you mean cover.gate?"),
        ("alarm.siren", "there is no kind of device alarm. Known: light, switch"),
        (".garage", "there is no kind of device ."),
    ],
)
def test_what_nothing_can_ever_have_is_a_mistake(key: str, says: str) -> None:
    settings = load_settings({"tools": {"risk": {key: "confirm"}}}, "pi")
    (mistake,) = impossible_names(settings)
    assert str(mistake).startswith(f"tools.risk.{key}: {says}")
    assert list(doubtful_names(settings, TOOLS)) == []


def test_known_names_are_no_matter() -> None:
    document = {
        "tools": {
            "risk": {"set_light": "confirm", "light": "confirm", "cover.gate": "never", "cover.mine": "never"}
            | {"sensor.anything": "never"},
            "deny": ["get_*", "set_?ock"],
        },
        "house": {"devices": [{"kind": "cover", "name": "x", "command_topic": "x", "device_class": "mine"}]},
        "cost": {"quiet_tools": ["*"]},
    }
    settings = load_settings(document, "pi")
    assert [*doubtful_names(settings, TOOLS), *impossible_names(settings)] == []
    assert list(doubtful_names(load_settings(None, "pi"), TOOLS)) == []
