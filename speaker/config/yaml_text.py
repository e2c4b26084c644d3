"""The text of a configuration file as a document that knows its lines; what YAML lets pass in silence is refused.

YAML takes the last of two equal keys without a word, reads 2:00 as 120, and lets a few lines with anchors stand for
millions. Here every key has its line, equal keys are told, and size and depth have limits.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

from speaker.config.validation import Mistake, below
from speaker.config.yaml_faults import explain_yaml
from speaker.errors import ConfigError

LARGEST_FILE: Final = 262_144
"""Bytes of a configuration file; one with five hundred devices has a third of it."""

MOST_DEPTH: Final = 40
MOST_NODES: Final = 50_000
"""Values in a document, each counted as often as anchors repeat it."""

_STRING: Final = "tag:yaml.org,2002:str"
_MERGE: Final = "tag:yaml.org,2002:merge"


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """A parsed file."""

    value: object
    lines: Mapping[str, int]
    """Path of a key or an entry → its line, from 1."""
    words: Mapping[str, str]
    """Path → how an unquoted value is written, where YAML makes no text of it."""
    repeated: list[str]
    """A sentence for each key that stands more than once."""

    def located(self, mistakes: Iterable[Mistake]) -> list[str]:
        """The mistakes as sentences with their lines, in the order of the file."""
        placed = [(self._line(one.place), str(one)) for one in mistakes]
        last = len(self.lines) + max(self.lines.values(), default=0)
        ordered = sorted(placed, key=lambda one: one[0] or last)
        return [f"{text} (line {line})" if line else text for line, text in ordered]

    def _line(self, place: str) -> int | None:
        """The line of a path, or that of the nearest section around it."""
        while place and place not in self.lines:
            place = place[: max(place.rfind("."), place.rfind("["), 0)]
        return self.lines.get(place)


def read_yaml(data: bytes, name: str) -> YamlDocument:
    """The document in a file's bytes; ``name`` is the file's, for the errors. Raises ConfigError."""
    if len(data) > LARGEST_FILE:
        raise ConfigError(
            [f"{name} is larger than {LARGEST_FILE // 1024} kB, and no configuration is; is it the right file?"]
        )
    text = _decoded(data, name)
    try:
        return _parsed(text)
    except yaml.YAMLError as error:
        raise ConfigError([f"{name} is not YAML: {explain_yaml(error, text)}"]) from error


def _decoded(data: bytes, name: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ConfigError([f"{name} is UTF-16 text; save it as UTF-8"])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = f"{name} is not UTF-8 text: line {line} has the byte 0x{data[error.start]:02x}; save it as UTF-8"
        raise ConfigError([problem]) from error


def _parsed(text: str) -> YamlDocument:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        lines: dict[str, int] = {}
        words: dict[str, str] = {}
        repeated: list[str] = []
        if node is not None:
            _survey(node, "", lines, words, repeated)
        value = None if node is None else loader.construct_document(node)
        return YamlDocument(value, lines, words, repeated)
    finally:
        loader.dispose()


def _survey(node: yaml.Node, place: str, lines: dict[str, int], words: dict[str, str], repeated: list[str]) -> None:
    """Note the line of everything below a node, how it is written, and which keys stand twice."""
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, list[int]] = {}
        for key, value in node.value:
            there = below(place, key.value)
            line = key.start_mark.line + 1
            seen.setdefault(key.value, []).append(line)
            lines[there] = line
            if key.tag != _MERGE:
                _survey(value, there, lines, words, repeated)
        for key, stands in seen.items():
            if len(stands) > 1:
                numbers = f"{', '.join(map(str, stands[:-1]))} and {stands[-1]}"
                repeated.append(f"{below(place, key)}: stands more than once, in lines {numbers}; keep one of them")
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            there = f"{place}[{index}]"
            lines[there] = value.start_mark.line + 1
            _survey(value, there, lines, words, repeated)
    elif isinstance(node, yaml.ScalarNode) and node.style is None and node.tag != _STRING:
        words[place] = node.value


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with limits; keys stay as they are written."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._measured: dict[int, tuple[int, int]] = {}
        """Identity of a complete node → the values in it and below, and how deep it is."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:  # noqa: ANN401 - PyYAML's own
        """The next node, once it is known to be small and shallow enough."""
        is_alias = self.check_event(yaml.AliasEvent)
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call] # its stubs lack it
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise yaml.MarkedYAMLError(problem="too deep", problem_mark=mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        if node is not None and id(node) not in self._measured:
            if is_alias:
                raise yaml.MarkedYAMLError(problem="refers to itself", problem_mark=mark)
            self._measured[id(node)] = self._measure(node)
        return node

    def _measure(self, node: yaml.Node) -> tuple[int, int]:
        inside: list[yaml.Node] = []
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    raise yaml.MarkedYAMLError(problem="unhashable key", problem_mark=key.start_mark)
                inside += [key, value]
        elif isinstance(node, yaml.SequenceNode):
            inside = node.value
        sizes = [self._measured[id(one)] for one in inside]
        size, depth = 1 + sum(size for size, _ in sizes), 1 + max((depth for _, depth in sizes), default=0)
        if size > MOST_NODES or depth > MOST_DEPTH:
            problem = "too many" if size > MOST_NODES else "too deep"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
        return size, depth

    def construct_mapping(self, node: yaml.Node, deep: bool = False) -> dict[Any, Any]:  # noqa: ARG002 - PyYAML's own
        """A section; its keys are texts, on and 7 included."""
        if isinstance(node, yaml.MappingNode):
            self.flatten_mapping(node)
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: ANN401 - PyYAML's own
        """A value. Raises YAMLError also where PyYAML lets Python's own errors through, as for 2026-13-45."""
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, LookupError, AttributeError, TypeError, ArithmeticError) as error:
            raise yaml.MarkedYAMLError(problem="no such value", problem_mark=node.start_mark) from error
