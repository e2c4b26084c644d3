"""A tool is a plain async function: name, docstring and annotations are what the model sees.

    @tool
    async def set_blinds(home: Home, room: str, percent: Annotated[int, Meta(ge=0, le=100)]) -> str:
        '''Open or close the blinds of a room: 0 is shut, 100 is open.'''

``Home``, ``Voice``, ``Clock``, ``Lists`` and ``Intercom`` parameters are injected and hidden from the model;
everything else is the schema.
A file in ``tools/`` imports this module and nothing else of the speaker.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, get_type_hints, overload

import msgspec

from speaker.errors import NOT_JSON, SpeakerError, ToolError
from speaker.home.device_registry import Kind
from speaker.home.risk import Risk
from speaker.tools.context import Clock, Intercom, Lists, Voice
from speaker.tools.device_selection import Home
from speaker.tools.result import ToolResult

INJECTED: Final = (Home, Voice, Clock, Lists, Intercom)
"""Parameters of these types are filled in by the speaker."""


class AnyTool(Protocol):
    """What the model may call, wherever it comes from: a file, or the hub."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def description(self) -> str:
        """What the model reads."""

    @property
    def parameters(self) -> dict[str, Any]:
        """JSON Schema of the arguments."""

    @property
    def risk(self) -> Risk:
        """What may happen when the model asks for it, by its own word."""

    @property
    def quiet(self) -> bool:
        """Whether a sound is answer enough once it is confirmed."""

    def definition(self) -> dict[str, Any]:
        """The entry of ``session.tools``."""

    async def call(self, arguments: str, providers: Mapping[type, object]) -> ToolResult:
        """Run it. Raises ToolError with a sentence for the model."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may call."""

    name: str
    description: str
    parameters: dict[str, Any]
    """JSON Schema of the arguments, as the Realtime session takes it."""
    risk: Risk
    kinds: tuple[Kind, ...]
    """The kinds of devices that it is about: a house without them is not offered the tool. Empty: any house."""
    _function: Callable[..., Awaitable[ToolResult | str]]
    _arguments: type[msgspec.Struct]
    _injected: Mapping[str, type]
    quiet: bool = False
    """Whether a sound is answer enough once the tool has confirmed that it is done."""
    reads: bool = False
    """Whether it only tells something, and changes nothing; other programs are told so."""
    rehearsable: bool = False
    """Whether all that it does goes through Home, so that a Home that does nothing shows what it would do."""

    @property
    def file(self) -> str:
        """The file that it is written in."""
        return inspect.getfile(self._function)

    @property
    def only_home(self) -> bool:
        """Whether it can be rehearsed: it says so, and gets nothing else of the speaker."""
        return self.rehearsable and set(self._injected.values()) == {Home}

    async def __call__(self, *args: object, **kwargs: object) -> ToolResult | str:
        """Call the function as it was written."""
        return await self._function(*args, **kwargs)

    async def call(self, arguments: str, providers: Mapping[type, object]) -> ToolResult:
        """Check the model's JSON ``arguments``, run the function and return what came of it.

        ``providers`` maps Home, Voice and the others to the objects to inject. Raises ToolError with a sentence
        for the model when the arguments do not fit the schema or the function refuses.
        """
        given = self.check(arguments)
        missing = [kind.__name__ for kind in self._injected.values() if kind not in providers]
        if missing:
            raise ToolError(f"{self.name} needs the {missing[0].lower()} of a speaker, and none runs here.")
        values = {name: providers[kind] for name, kind in self._injected.items()}
        values |= {name: getattr(given, name) for name in given.__struct_fields__}
        return ToolResult.of(await self._function(**values))

    def check(self, arguments: str) -> msgspec.Struct:
        """The model's JSON as the function takes it. Raises ToolError when it does not fit the schema."""
        try:
            # Not strict: models write 40.0 for 40.
            return msgspec.json.decode(arguments.strip() or "{}", type=self._arguments, strict=False)
        except NOT_JSON as error:
            raise ToolError(f"{self.name}: the arguments do not fit: {error}") from error

    def definition(self) -> dict[str, Any]:
        """The tool as an entry of ``session.tools``."""
        return {
            "type": "function",
            "name": self.name,
            "description": self.description,
            "parameters": self.parameters,
        }


@overload
def tool(function: Callable[..., Awaitable[ToolResult | str]], /) -> Tool: ...
@overload
def tool(
    *, risk: Risk = ..., quiet: bool = ..., kinds: Sequence[Kind] = ..., reads: bool = ..., rehearsable: bool = ...
) -> Callable[[Callable[..., Awaitable[ToolResult | str]]], Tool]: ...
def tool(
    function: Callable[..., Awaitable[ToolResult | str]] | None = None,
    /,
    *,
    risk: Risk = "allow",
    quiet: bool = False,
    kinds: Sequence[Kind] = (),
    reads: bool = False,
    rehearsable: bool = False,
) -> Tool | Callable[[Callable[..., Awaitable[ToolResult | str]]], Tool]:
    """Make an async function a tool, offered only to a house that has one of ``kinds`` if these are given.

    ``reads``: it only tells something. ``rehearsable``: all that it does goes through Home. Raises SpeakerError when
    its signature cannot be a schema.
    """

    def build(target: Callable[..., Awaitable[ToolResult | str]]) -> Tool:
        return replace(_build(target, risk, tuple(kinds)), quiet=quiet, reads=reads, rehearsable=rehearsable)

    return build if function is None else build(function)


def _build(function: Callable[..., Awaitable[ToolResult | str]], risk: Risk, kinds: tuple[Kind, ...]) -> Tool:
    name = function.__name__
    description = inspect.getdoc(function)
    if not description:
        raise SpeakerError(f"tool {name} has no docstring; the model needs one to know when to call it")
    if not inspect.iscoroutinefunction(function):
        raise SpeakerError(f"tool {name} is not async; write `async def {name}(…)`")
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError as error:
        raise SpeakerError(f"tool {name}: an annotation is not known: {error}") from error
    injected: dict[str, type] = {}
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name not in hints:
            raise SpeakerError(f"tool {name}: parameter {parameter.name} has no annotation; add its type")
        hint = hints[parameter.name]
        if hint in INJECTED:
            injected[parameter.name] = hint
        elif parameter.default is parameter.empty:
            fields.append((parameter.name, hint))
        else:
            fields.append((parameter.name, hint, parameter.default))
    try:
        arguments = msgspec.defstruct(name, fields, forbid_unknown_fields=True, kw_only=True)
        return Tool(name, description, argument_schema(arguments), risk, kinds, function, arguments, injected)
    except TypeError as error:
        raise SpeakerError(f"tool {name}: the signature is no JSON schema: {error}") from error


def argument_schema(arguments: type[msgspec.Struct]) -> dict[str, Any]:
    """JSON Schema of a struct, without what goes without saying."""
    (schema,), components = msgspec.json.schema_components([arguments])
    name = schema["$ref"].rpartition("/")[2]
    # What goes without saying is left out: each session pays for every word of every tool.
    top: dict[str, Any] = {
        key: value
        for key, value in components.pop(name).items()
        if key not in {"title", "additionalProperties"} and (key != "required" or value)
    }
    top["properties"] = {key: _slim(value) for key, value in top.get("properties", {}).items()}
    if components:
        top["$defs"] = components
    return top


def _slim(parameter: dict[str, Any]) -> dict[str, Any]:
    """A parameter that may be left out, without saying that it may be null or empty: every word is paid for."""
    slim = {key: value for key, value in parameter.items() if key != "default" or value not in (None, "", 0)}
    ways = [way for way in slim.get("anyOf", []) if way != {"type": "null"}]
    if len(ways) == 1:
        del slim["anyOf"]
        slim = ways[0] | slim
    return slim
