"""A configuration file's text: what YAML refuses or lets pass in silence is one clear message, with its place."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from speaker.config.yaml_text import LARGEST_FILE, YamlDocument, read_yaml
from speaker.errors import ConfigError


def refused(data: str | bytes) -> str:
    with pytest.raises(ConfigError) as caught:
        read_yaml(data if isinstance(data, bytes) else data.encode(), "config.yaml")
    (problem,) = caught.value.problems
    return problem


def parsed(text: str) -> YamlDocument:
    return read_yaml(text.encode(), "config.yaml")


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("audio:\n\tvolume: 3\n", (2, 1), "a tab stands"),
        ("audio:\n  volume: 3\n   duplex: auto\n", (3, 10), "indented too far"),
        ("audio:\n    volume: 3\n  duplex: auto\n", (3, 3), "its indentation is another"),
        (" id: a\nname: b\n", (2, 1), "indented less than the first key"),
        ('name: "Kitchen\nroom: x\n', (1, 7), "a quote is opened here and not closed"),
        ("name: 'it's'\n", (1, 11), "a quote is closed too early"),
        ("name: Kitchen: main\n", (1, 14), "a colon too many"),
        ("audio:3\nmqtt: {}\n", (1, 1), "a colon is missing here, or the blank behind it"),
        ("audio\nmqtt: {}\n", (1, 1), "a colon is missing here"),
        ("tools: {allow: [a, b}\n", (1, 21), "a closing bracket is missing"),
        ("tools: {allow: [a, b]\n", (1, 8), "a bracket is opened here and not closed"),
        ("tools: {allow: [*]}\n", (1, 18), "begins with * needs quotes"),
        ("tools: {deny: [*_light]}\n", (1, 16), "begins with * needs quotes"),
        ("name: &\n", (1, 8), "begins with & needs quotes"),
        ("name: @home\n", (1, 7), "stands in quotes"),
        ("name: `a`\n", (1, 7), "stands in quotes"),
        ("name: %a\n", (1, 7), "stands in quotes"),
        ("name: {{ room }}\n", (1, 8), "begins with { or [ needs quotes"),
        ("mqtt: {username: !secret user}\n", (1, 18), "secrets are credentials"),
        ("audio: !include audio.yaml\n", (1, 8), "!include are not known here"),
        ('name: "C:\\dir"\n', (1, 10), "the backslash"),
        ("id: a\n---\nid: b\n", (2, 1), "a second document"),
        ("name: - a\n", (1, 7), "a line of its own"),
        ("name: > a\n", (1, 9), "begins on the next line"),
        ("name: ,a\n", (1, 7), "a value is missing before this sign"),
        ("as_of: 2026-13-45\n", (1, 8), "no such date or number"),
        ("as_of: 0000-00-00\n", (1, 8), "no such date or number"),
        ("a: !!bool maybe\n", (1, 4), "no such date or number"),
        ("a: !!int ''\n", (1, 4), "no such date or number"),
        ("a: !!timestamp x\n", (1, 4), "no such date or number"),
        (f"a: {'9' * 5000}\n", (1, 4), "no such date or number"),
        ("a: b\x00c\n", (1, 5), "the character U+0000 may not stand"),
        ("a: &a [*a]\n", (1, 8), "holds itself"),
        ("a: &a\n  <<: *a\n", (2, 7), "holds itself"),
    ],
)
def test_what_is_no_yaml_is_told_with_line_and_mark(text: str, place: tuple[int, int], says: str) -> None:
    line, column = place
    first, *excerpt = refused(text).split("\n")
    assert first.startswith(f"config.yaml is not YAML: line {line}, column ")
    assert says in first
    assert abs(int(first.split("column ")[1].split(":")[0]) - column) <= 2
    shown, mark = excerpt
    written = text.split("\n")[line - 1]
    assert shown.strip()[:20] == written.replace("\t", " ").replace("\x00", " ").strip()[:20]
    assert mark.strip() == "^"
    assert mark.index("^") <= len(shown)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"name: K\xfcche\n", "config.yaml is not UTF-8 text: line 1 has the byte 0xfc; save it as UTF-8"),
        (b"id: a\nname: \xff\n", "config.yaml is not UTF-8 text: line 2 has the byte 0xff; save it as UTF-8"),
        ("id: a\n".encode("utf-16"), "config.yaml is UTF-16 text; save it as UTF-8"),
        (
            b"a" * (LARGEST_FILE + 1),
            "config.yaml is larger than 256 kB, and no configuration is; is it the right file?",
        ),
    ],
)
def test_what_is_no_text_of_a_configuration(data: bytes, says: str) -> None:
    assert refused(data) == says


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000, "{" * 100_000, "- " * 100_000, "a: " + "[" * 60 + "]" * 60,
        "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
            f"{one}: &{one} [{','.join([f'*{before}'] * 9)}]\n"
            for before, one in zip("abcdefgh", "bcdefghi", strict=True)
        ),
        "a: &a {k: 1}\n" + "".join(
            f"{one}: &{one} {{<<: [*{before}, *{before}]}}\n"
            for before, one in zip("abcdefghijklmnopqrstuvw", "bcdefghijklmnopqrstuvwx", strict=True)
        ),
    ],
    ids=["lists", "sections", "entries", "deep", "anchors", "merges"],
)  # fmt: skip
def test_a_file_that_unfolds_without_end_is_refused(text: str) -> None:
    assert "than any configuration has" in refused(text)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"", None),
        (b"# nothing\n", None),
        (b"\xef\xbb\xbfid: a\r\nname: b\r\n", {"id": "a", "name": "b"}),
        (b"id: a\rname: b\r", {"id": "a", "name": "b"}),
        (b"- 1\n", [1]),
        (b"text\n", "text"),
        (b"on: 1\n7: x\n", {"on": 1, "7": "x"}),
        (b"a: &x {k: 1}\nb: {<<: *x, l: 2}\n", {"a": {"k": 1}, "b": {"k": 1, "l": 2}}),
    ],
)
def test_what_is_yaml(data: bytes, value: object) -> None:
    found = read_yaml(data, "config.yaml")
    assert (found.value, found.repeated) == (value, [])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "cost: {daily_usd: 1}\nid: a\ncost: {}\n",
            ["cost: stands more than once, in lines 1 and 3; keep one of them"],
        ),
        (
            "audio: {volume: 1, volume: 2}\n",
            ["audio.volume: stands more than once, in lines 1 and 1; keep one of them"],
        ),
        (
            "wake:\n  words:\n  - model: a\n    threshold: 1\n    model: b\n",
            ["wake.words[0].model: stands more than once, in lines 3 and 5; keep one of them"],
        ),
        ("id: a\n'id': b\n\"id\": c\n", ["id: stands more than once, in lines 1, 2 and 3; keep one of them"]),
        ("a: &x {k: 1}\nb: {<<: *x, k: 2}\n", []),
    ],
)
def test_equal_keys_are_named_with_their_lines(text: str, told: list[str]) -> None:
    assert parsed(text).repeated == told


@pytest.mark.parametrize(
    "text", ['password: "hunter22\n', "mqtt: {a: 'sk-proj-abcdefghijkl}\n", "token: hunter22: a\n"]
)
def test_no_secret_is_shown_with_the_line(text: str) -> None:
    problem = refused(text)
    assert "hunter22" not in problem
    assert "sk-proj" not in problem
    assert "^" not in problem, "it would stand under another sign"


_TEXTS = st.text(st.sampled_from("ab:-[]{}&*!|>'\"%@`#,? \n\t0<.\\"), max_size=60)


@given(_TEXTS)
def test_any_text_is_a_document_or_one_problem(text: str) -> None:
    try:
        found = parsed(text)
    except ConfigError as error:
        assert len(error.problems) == 1
        assert len(error.problems[0].splitlines()) <= 3
    else:
        assert all(line <= len(text.splitlines()) + 1 for line in found.lines.values())


@given(
    st.dictionaries(st.text(min_size=1, max_size=5), st.none() | st.booleans() | st.integers() | st.text(max_size=9))
)
def test_what_is_written_is_read(document: dict[str, object]) -> None:
    found = read_yaml(yaml.safe_dump(document).encode(), "config.yaml")
    assert found.value == document
    assert found.repeated == []
