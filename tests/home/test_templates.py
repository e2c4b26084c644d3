import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.home import templates


@given(st.text(max_size=60), st.binary(max_size=60))
def test_a_template_of_somebody_else_never_raises(template: str, payload: bytes) -> None:
    for form in (template, f"{{{{ {template} }}}}", f"{{% {template} %}}"):
        assert isinstance(templates.render_payload(form, payload), str)
        try:
            assert isinstance(templates.write(form, 1.5), str)
        except templates.BrokenTemplateError as error:
            assert str(error) == "a command template fails"


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
        "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}x{{ f(60) }}",
        "{% for a in value_json recursive %}{{ loop(value_json) }}{% endfor %}x",
        "x" + "{% set a = a ~ a ~ value %}" * 100 + "{{ a }}",
        "{% set a = value %}" + "{% set a = a + a %}" * 100 + "{{ a }}",
        "{% set a = [value] %}" + "{% set a = [a, a] %}" * 60 + "{{ a }}",
        "{% set a = [1] %}{% set b = [1] %}" + "{% set a = [a, a] %}{% set b = [b, b] %}" * 60 + "{{ a == b }}",
        "{% set a = 99 %}" + "{% set a = a * a %}" * 60 + "{{ a }}",
        "{{ value" + "|tojson" * 400 + " }}",
        "{% set a %}{{ value }}{{ value }}{% endset %}{{ a }}",
        "{{ 1 | round(999999999, 'ceil') }}",
        "{{ value_json | batch(999999999, 0) | list }}",
        "{{ value_json | slice(999999999) | list }}",
        "{{ (5).to_bytes(999999999, 'big') }}",
        "{{ value | tojson(indent=999999999) }}",
    ],
)
def test_a_greedy_or_curious_template_finds_nothing(greedy: str) -> None:
    assert templates.render_payload(greedy, b"1") == ""


BIG = json.dumps(["x" * 100] * 600).encode()


@pytest.mark.parametrize(
    "greedy",
    [
        "{% for a in value_json %}{% for b in value_json %}x{% endfor %}{% endfor %}",
        "{% for a in value_json %}{{ value }}{% endfor %}",
        "{{ value | replace('x', value) }}",
        "{{ value.replace('', value) }}",
        "{{ value_json | join(value) }}",
        "{{ value.join(value_json) }}",
        "{{ value_json | map('replace', 'x', value) | list }}",
        "{% set a = value_json %}{{ a }}",
    ],
)
def test_a_long_message_does_not_make_a_template_greedy(greedy: str) -> None:
    began_s = time.process_time()
    assert templates.render_payload(greedy, BIG) == ""
    assert time.process_time() - began_s < 1


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
        ("{{ {'a': value_json.b} | to_json }}", b'{"b":1}', '{"a":1}'),
        ("{{ value_json.a }}", b"no json", ""),
        ("{% for a in value_json %}{{ a }};{% endfor %}", b"[1,2]", "1;2;"),
        ("{{ value_json.a ~ '/' ~ value_json.b }}", b'{"a":1,"b":"x"}', "1/x"),
        ("{{ value.split(',')[0:2] | join('-') | upper }}", b"a,b,c", "A-B"),
        ("{{ value | replace('a', 'b') }}{{ value.replace('a', 'c') }}", b"aa", "bbcc"),
        ("{{ 21.44 | round(1) }} {{ 21.44 | round(1, 'ceil') }} {{ -1.5 | round(0, 'floor') }}", b"", "21.4 21.5 -2"),
        ("{% set v = value_json.t | float %}{{ (v - 32) * 5 / 9 }}", b'{"t":50}', "10.0"),
        ("{{ 'ON' if value_json.a is defined and 'x' in value_json.a else 'OFF' }}", b'{"a":["x"]}', "ON"),
        (
            "{{ value_json.list | selectattr('on') | map(attribute='id') | list | length }}",
            b'{"list":[{"on":1,"id":2}]}',
            "1",
        ),
        ("{{ value_json | length }} {{ value_json.values() | sum }}", b'{"a":1,"b":2}', "2 3"),
        ("{{ '#%02x%02x' | format(value_json.r, 7) }}", b'{"r":255}', "#ff07"),
        ("{{ value_json.v[0:2] | int(0, 16) }}", b'{"v":"ff00"}', "255"),
        ("{{ {0: 'off', 1: 'heat'}[value_json.v] | default('off') }}", b'{"v":1}', "heat"),
    ],
)
def test_templates_as_devices_use_them(template: str, payload: bytes, text: str) -> None:
    assert templates.render_payload(template, payload) == text
