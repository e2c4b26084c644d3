"""What PyYAML complains about, in words that say what to change, with the line and a mark under the place."""

import re
from typing import Final

import yaml

from speaker.config.secret_shapes import hide_secrets

LONGEST_LINE: Final = 100
"""Characters of a line that are shown."""

_ADVICE: Final = (
    ("found character '\\t'", "a tab stands where YAML takes only spaces; replace it by spaces"),
    ("found unknown escape", 'the backslash in "…" has a meaning of its own; write \'…\' instead'),
    ("quoted scalar", "a quote is opened here and not closed"),
    ("mapping values are not allowed", 'there is a colon too many; a text with ": " in it needs quotes, or the line is '
                                       "indented too far"),
    ("got '<stream end>'", "a bracket is opened here and not closed"),
    ("while parsing a flow", "a comma or a closing bracket is missing before this place"),
    ("could not find expected ':'", "a key without its colon; write `key: value`, with a blank after the colon"),
    ("sequence entries are not allowed", "an entry of a list begins on a line of its own: `- entry`"),
    ("scanning a block scalar", "behind | and > the text begins on the next line; a text that begins with them needs "
                                "quotes"),
    ("'<document start>'", "the line is indented less than the first key of the file"),
    ("expected <block end>", "the line does not fit to those before it: its indentation is another, or a quote is "
                             "closed too early"),
    ("expected the node content", "a value is missing before this sign; a text that begins with it needs quotes"),
    ("alias", "a text that begins with * needs quotes; without them it means an anchor, and none has that name"),
    ("scanning an anchor", "a text that begins with & needs quotes"),
    ("'!secret'", "!secret is Home Assistant's; the speaker's secrets are credentials, in /etc/speaker/credentials"),
    ("tag", "a text that begins with ! needs quotes; tags such as !include are not known here"),
    ("that cannot start any token", "no text begins with this sign unless it stands in quotes"),
    ("single document", "there is a second document behind ---; remove that line"),
    ("unhashable key", "a list or a section cannot be a key; a text that begins with { or [ needs quotes"),
    ("no such value", "no such date or number; a text that looks like one needs quotes"),
    ("too deep", "more levels of sections and lists than any configuration has"),
    ("too many", "more values than any configuration has, the repeated ones included"),
    ("refers to itself", "an anchor that holds itself"),
    ("found unexpected end of stream", "the file ends too early"),
    ("found duplicate anchor", "two anchors have the same name"),
)  # fmt: skip
"""Part of PyYAML's complaint, the first that fits counts: what to say."""

_WHERE_IT_BEGAN: Final = ("quoted scalar", "got '<stream end>'")
"""The place that helps is where this was opened, and not where the file ended."""

_LINE_END: Final = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
"""What PyYAML counts as the end of a line."""


def explain_yaml(error: yaml.YAMLError, text: str) -> str:
    """What is wrong and where; then the line, and a mark under the place in a line of its own."""
    if isinstance(error, yaml.reader.ReaderError):
        before = text[: error.position]
        line, column = before.count("\n"), len(before) - before.rfind("\n") - 1
        sign = f"U+{ord(text[error.position]):04X}"
        return _placed(f"the character {sign} may not stand in a text file", text, line, column)
    if not isinstance(error, yaml.MarkedYAMLError):
        return " ".join(hide_secrets(str(error)).split())
    complaint = f"{error.context or ''} {error.problem or ''}"
    advice = next((words for part, words in _ADVICE if part in complaint), None) or " ".join(complaint.split())
    here = error.problem_mark
    if here and "mapping values" in complaint and (above := _no_pair_above(text, here.line)):
        return _placed("a colon is missing here, or the blank behind it: `key: value`", text, above - 1, 0)
    began = any(part in complaint for part in _WHERE_IT_BEGAN) and "escape" not in complaint
    mark = error.context_mark if began and error.context_mark else here or error.context_mark
    return advice if mark is None else _placed(advice, text, mark.line, mark.column)


def _no_pair_above(text: str, line: int) -> int | None:
    """The number, from 1, of the nearest line above that has something on it, if that is a word without a value."""
    above = [(number, one) for number, one in enumerate(_LINE_END.split(text)[:line], 1) if one.strip()]
    return above[-1][0] if above and re.fullmatch(r"\s*[\w.-]+(:\S.*)?", above[-1][1]) else None


def _placed(advice: str, text: str, line: int, column: int) -> str:
    place = f"line {line + 1}, column {column + 1}: {advice}"
    lines = _LINE_END.split(text)
    shown = lines[line] if line < len(lines) else ""
    if not shown.strip():
        return place
    first = max(0, column - LONGEST_LINE * 3 // 4)
    shown = shown[: first + 10 * LONGEST_LINE]
    if (hidden := hide_secrets(shown)) != shown:
        # Under what is left of it, a mark would point at the wrong place.
        return f"{place}\n  {_printable(hidden.strip())[:LONGEST_LINE]}"
    piece = _printable(shown[first : first + LONGEST_LINE]).rstrip()
    return f"{place}\n  {piece}\n  {' ' * (column - first)}^"


def _printable(line: str) -> str:
    return "".join(one if one.isprintable() else " " for one in line)
