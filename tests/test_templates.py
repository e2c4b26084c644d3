import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.core import templates


@given(st.text(max_size=60), st.binary(max_size=60))
def test_a_template_of_somebody_else_never_raises(template: str, payload: bytes) -> None:
    for form in (template, f"{{{{ {template} }}}}", f"{{% {template} %}}"):
        assert isinstance(templates.read(form, payload), str)
        assert isinstance(templates.write(form, 1.5), str)


@pytest.mark.parametrize(
    "greedy",
    [
        "{{ 9 ** 9 ** 9 ** 9 }}",
        "{{ 'x' * 999999999 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ '{:999999999}'.format(1) }}",
        "{{ 'x'.ljust(999999999) }}",
        "{{ 'x' | center(999999999) }}",
        "{{ '%999999999d' | format(1) }}",
        "{{ '%*d' | format(999999999, 1) }}",
        "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
        "{{ value.__class__.__mro__ }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{" * 3000,
    ],
)
def test_a_greedy_or_curious_template_finds_nothing(greedy: str) -> None:
    assert templates.read(greedy, b"1") == ""


@pytest.mark.parametrize(
    ("template", "payload", "text"),
    [
        ("", b" ON \n", "ON"),
        ("{{ value_json.t | round(1) }}", b'{"t":21.47}', "21.5"),
        ("{{ value_json['a']['b'] }}", b'{"a":{"b":7}}', "7"),
        ("{{ value_json.t | is_defined }}", b"{}", ""),
        ("{{ value | float | multiply(0.5) }}", b"3", "1.5"),
        ("{{ 'OFF' if value_json.value == 0 else 'ON' }}", b'{"value":0}', "OFF"),
        ("{{ float(value) * 2 }}", b"1.5", "3.0"),
        ("{{ value_json.on | bool }}", b'{"on":"on"}', "True"),
        ("{{ {'a': value_json.b} | to_json }}", b'{"b":1}', '{"a": 1}'),
        ("{{ value_json.a }}", b"no json", ""),
        ("{{ '#%02x%02x' | format(value_json.r, 7) }}", b'{"r":255}', "#ff07"),
        ("{{ value_json.v[0:2] | int(0, 16) }}", b'{"v":"ff00"}', "255"),
        ("{{ {0: 'off', 1: 'heat'}[value_json.v] | default('off') }}", b'{"v":1}', "heat"),
    ],
)
def test_templates_as_devices_use_them(template: str, payload: bytes, text: str) -> None:
    assert templates.read(template, payload) == text
