import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.home import spoken_values


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (21.0, "°C", "21 degrees"),
        (1, "°C", "1 degree"),
        (-0.5, "°C", "minus 0.5 degrees"),
        (-0.001, "°C", "0 degrees"),
        (101.5, "%", "101.5 percent"),
        (1013.25, "hPa", "1013 hectopascals"),
        (12.34, "μg/m³", "12.3 micrograms per cubic metre"),
        (3, "apples", "3 apples"),
        (0.254, "", "0.25"),
    ],
)
def test_quantities(value: float, unit: str, said: str) -> None:
    assert spoken_values.say_quantity(value, unit) == said


@given(st.floats(-100, 100))
def test_degrees_there_and_back(celsius: float) -> None:
    assert spoken_values.to_celsius(spoken_values.to_fahrenheit(celsius)) == pytest.approx(celsius, abs=1e-9)
