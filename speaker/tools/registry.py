"""The tools of this speaker: found by path, filtered by the configuration, run with their risk in mind."""

import fnmatch
import importlib.util
import logging
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import msgspec

from speaker.config.settings import ToolSettings
from speaker.errors import SpeakerError, ToolError
from speaker.home.device_registry import Kind
from speaker.home.risk import Risk, risk_of
from speaker.language.phrasebook import ENGLISH_PHRASES, Phrasebook
from speaker.language.spoken_words import joined_words
from speaker.tools.api import AnyTool, Tool
from speaker.tools.result import ToolResult

log = logging.getLogger(__name__)


def bundled() -> Path:
    """The folder of the tools that come with the speaker: in the package, or beside it in a checkout."""
    here = Path(__file__).parent.parent
    inside = here / "_bundled" / "tools"
    return inside if inside.is_dir() else here.parent / "tools"


def find(folders: Iterable[Path]) -> tuple[dict[str, Tool], list[str]]:
    """Every tool in these folders by name, and a sentence for each file that cannot be used.

    A later folder's tool replaces an earlier one of the same name.
    """
    tools: dict[str, Tool] = {}
    problems: list[str] = []
    for folder in folders:
        for file in _files(folder, problems):
            try:
                tools |= {tool.name: tool for tool in _load(file)}
            except SpeakerError as error:
                problems.append(str(error))
    return tools, problems


def _files(folder: Path, problems: list[str]) -> list[Path]:
    try:
        return sorted(folder.glob("*.py")) if folder.is_dir() else []
    except OSError as error:
        problems.append(f"the tools in {folder} cannot be read: {error.strerror}; let the user of the speaker read it")
        return []


def _load(file: Path) -> list[Tool]:
    # By its whole path, since two folders may each have a climate.py.
    name = f"speaker_tool:{file}".replace(".", "_")
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise SpeakerError(f"{file} cannot be read as Python")
    # Where dataclasses look for the names in the annotations of a file's own classes.
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        # The owner's own file: whatever is wrong with it, the speaker goes on without it.
        del sys.modules[name]
        said = " ".join(str(error).split())
        raise SpeakerError(f"{file} cannot be used as a tool: {type(error).__name__}: {said}") from error
    return [one for one in vars(module).values() if isinstance(one, Tool)]


MOST_WORDING: Final = 200


async def approve_no_call(_sentence: str) -> bool:
    """Approves nothing: there is no way to ask."""
    return False


class ToolRegistry:
    """The tools that the configuration allows."""

    def __init__(
        self,
        tools: Mapping[str, AnyTool],
        settings: ToolSettings,
        quiet: Iterable[str] = (),
        *,
        more: Callable[[], Mapping[str, AnyTool]] = dict,
        approve: Callable[[str], Awaitable[bool]] = approve_no_call,
        kinds: Callable[[], Set[Kind]] | None = None,
        book: Phrasebook = ENGLISH_PHRASES,
    ) -> None:
        """``quiet``: names of tools, with * and ?, whose success needs no words.

        ``more`` are those that come and go; one that is there for good wins over them. ``approve`` asks a person
        whether something risky may be done, as in "run unlock gate". ``kinds`` tells the kinds of devices that the
        house has just now; None: as if it had all. ``book``: in whose words is asked.
        """
        self._settings = settings
        self._quiet = tuple(quiet)
        self._own = dict(tools)
        self._more = more
        self._approve = approve
        self._kinds = kinds
        self._book = book

    @property
    def _tools(self) -> dict[str, AnyTool]:
        every = {**self._more(), **self._own}
        return {name: tool for name, tool in sorted(every.items()) if self._allowed(name)}

    @property
    def tools(self) -> list[AnyTool]:
        """All of them, by name."""
        return list(self._tools.values())

    @property
    def own(self) -> Mapping[str, AnyTool]:
        """Those that are there for good, whether or not they are allowed."""
        return self._own

    def of(self, tools: Mapping[str, AnyTool]) -> "ToolRegistry":
        """A registry of other tools under the same rules."""
        return ToolRegistry(
            tools, self._settings, self._quiet, approve=self._approve, kinds=self._kinds, book=self._book
        )

    @property
    def offered(self) -> list[AnyTool]:
        """Those that may be called: neither may they never run, nor have they nothing to act on."""
        return [tool for tool in self.tools if self.risk(tool) != "never" and self._useful(tool)]

    def definitions(self) -> Sequence[dict[str, Any]]:
        """What the session is told of those that are offered."""
        return [tool.definition() for tool in self.offered]

    def _useful(self, tool: AnyTool) -> bool:
        """Whether the house has something for it to act on; the hub knows that of its own tools."""
        wanted = tool.kinds if isinstance(tool, Tool) else ()
        return self._kinds is None or not wanted or not self._kinds().isdisjoint(wanted)

    def risk(self, tool: AnyTool) -> Risk:
        """What may happen when the model asks for it: the configuration's word, else the tool's own."""
        return risk_of(tool.name, None, self._settings.risk, tool.risk)

    def allows(self, name: str) -> bool:
        """Whether a tool may run without anybody being asked first, on whichever of its devices."""
        tool = self._tools.get(name)
        risky = {key.partition(".")[0] for key, risk in self._settings.risk.items() if risk != "allow"}
        kinds = tool.kinds if isinstance(tool, Tool) else ()
        return tool is not None and self.risk(tool) == "allow" and risky.isdisjoint(kinds)

    async def run(self, name: str, arguments: str, providers: Mapping[type, object]) -> ToolResult:
        """Run a call; whatever goes wrong becomes a result that says so."""
        tool = self._tools.get(name)
        if tool is None:
            return ToolResult("refused", f"there is no tool {name}.")
        risk = self.risk(tool)
        if risk == "never":
            return ToolResult("refused", f"{name} is not allowed.")
        # Asked for exactly these arguments, and they are what runs.
        if risk == "confirm" and not await self._approve(wording(name, arguments, self._book)):
            return ToolResult("refused", f"nobody confirmed {name}, so it was not done.")
        try:
            result = await tool.call(arguments, providers)
        except ToolError as error:
            return ToolResult("refused", str(error), error.for_model if error.note else "")
        except (Exception, SystemExit):
            log.exception("tool %s failed", name)
            return ToolResult("refused", f"{name} failed with an error of its own.")
        return replace(result, quiet=result.confirmed and self._is_quiet(tool))

    def _is_quiet(self, tool: AnyTool) -> bool:
        return tool.quiet or _named(tool.name, self._quiet)

    def _allowed(self, name: str) -> bool:
        return _named(name, self._settings.allow) and not _named(name, self._settings.deny)


def wording(name: str, arguments: str, book: Phrasebook = ENGLISH_PHRASES) -> str:
    """A call as one asks about it: "run water lawn with zone front"."""
    said = name.replace("_", " ")
    try:
        given = msgspec.json.decode(arguments or "{}", type=dict[str, object])
    except msgspec.DecodeError:
        given = {}
    pairs = [f"{key} {value}".replace("_", " ") for key, value in given.items()]
    words = book.devices
    ran = words.run_with.format(tool=said, values=joined_words(pairs, book)) if pairs else words.run.format(tool=said)
    return " ".join(ran.split())[:MOST_WORDING]


def _named(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
