"""Colours keep what they are on their way through the systems that lights count in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.home import colours, value_parsers
from speaker.home.device_command import NOT_KNOWN

SATURATED = st.tuples(st.floats(0, 360), st.floats(40, 100)).map(lambda parts: colours.from_hs(*parts))


@given(SATURATED)
def test_a_colour_survives_every_system(colour: colours.Colour) -> None:
    hue, saturation = colours.to_hs(colour)
    x, y = colours.to_xy(colour)
    assert colours.alike(colour, colours.from_hs(hue, saturation))
    assert colours.alike(colour, colours.from_xy(x, y))
    assert value_parsers.rgb(",".join(map(str, colour))) == colour
    assert value_parsers.colour_object(f'{{"x":{x},"y":{y}}}') == colours.from_xy(x, y)


@given(SATURATED)
def test_the_opposite_colour_is_another(colour: colours.Colour) -> None:
    hue, saturation = colours.to_hs(colour)
    assert not colours.alike(colour, colours.from_hs(hue + 180, saturation))


@pytest.mark.parametrize("name", colours.NAMES)
def test_every_name_is_understood_and_said_again(name: str) -> None:
    assert colours.named_colour(name.upper()) == colours.NAMES[name]
    assert colours.name(colours.NAMES[name]) == name


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("warm white", 2700),
        ("Warm-White", 2700),
        ("cool white", 6000),
        ("2700 K", 2700),
        ("6500 kelvin", 6500),
        ("#FF8000", (255, 128, 0)),
        ("light blue", (0, 0, 255)),
        ("plaid", None),
        ("", None),
        ("#12345", None),
        ("99 K", None),
    ],
)
def test_colours_as_people_and_models_write_them(text: str, meant: object) -> None:
    assert colours.named_colour(text) == meant


@given(st.floats(1000, 20000))
def test_mired_and_kelvin(kelvin: float) -> None:
    assert abs(colours.to_kelvin(colours.to_mired(kelvin)) - kelvin) < kelvin * 0.02


@given(st.text(max_size=40))
def test_no_report_of_a_stranger_breaks_a_reader(text: str) -> None:
    for read in (
        value_parsers.rgb,
        value_parsers.hs,
        value_parsers.xy,
        value_parsers.colour_object,
        value_parsers.read_number,
        value_parsers.said,
    ):
        read(text)
    value_parsers.kelvin(mireds=True)(text)
    value_parsers.percent(0, 0)(text)


@given(st.lists(st.floats(), min_size=2, max_size=3))
def test_no_figure_breaks_a_reader(figures: list[float]) -> None:
    text = ",".join(map(str, figures))
    for read in (value_parsers.rgb, value_parsers.hs, value_parsers.xy):
        colour = read(text)
        assert colour in {None, NOT_KNOWN} or (isinstance(colour, tuple) and all(0 <= part <= 255 for part in colour))
