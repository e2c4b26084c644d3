"""The tools of this speaker: found by path, filtered by the configuration, run with their risk in mind."""

import fnmatch
import importlib.util
import logging
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from speaker.core.errors import SpeakerError, ToolError
from speaker.core.risks import Risk, risk_of
from speaker.core.settings import Tools
from speaker.core.toolbox import MAX_OUTPUT_CHARACTERS, Kind, Tool

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ran:
    """How a tool call ended. ``text`` goes to the model."""

    text: str
    ok: bool
    confirmed: bool
    """Whether a device's own state confirmed it."""
    quiet: bool = False
    """Whether a sound is answer enough: it is confirmed, and nobody needs to hear it in words."""


def bundled() -> Path:
    """The folder of the tools that come with the speaker: in the package, or beside it in a checkout."""
    here = Path(__file__).parent
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


class Toolbelt:
    """The tools that the configuration allows."""

    def __init__(
        self,
        tools: Mapping[str, Tool],
        settings: Tools,
        quiet: Iterable[str] = (),
        *,
        kinds: Callable[[], Set[Kind]] | None = None,
    ) -> None:
        """``quiet``: names of tools, with * and ?, whose success needs no words.

        ``kinds`` tells the kinds of devices that the house has just now; None: as if it had all.
        """
        self._settings = settings
        self._quiet = tuple(quiet)
        self._kinds = kinds
        self._tools = {name: tool for name, tool in sorted(tools.items()) if self._allowed(name)}

    @property
    def tools(self) -> list[Tool]:
        """All of them, by name."""
        return list(self._tools.values())

    def definitions(self) -> Sequence[dict[str, Any]]:
        """What the session is told; what may never run, or has nothing to act on, is not offered."""
        here = None if self._kinds is None else self._kinds()
        return [
            tool.definition()
            for tool in self.tools
            if self.risk(tool) != "never" and (here is None or not tool.kinds or not here.isdisjoint(tool.kinds))
        ]

    def risk(self, tool: Tool) -> Risk:
        """What may happen when the model asks for it: the configuration's word, else the tool's own."""
        return risk_of(tool.name, None, self._settings.risk, tool.risk)

    def allows(self, name: str) -> bool:
        """Whether a tool may run without anybody being asked first."""
        tool = self._tools.get(name)
        return tool is not None and self.risk(tool) == "allow"

    async def run(self, name: str, arguments: str, providers: Mapping[type, object]) -> Ran:
        """Run a call; whatever goes wrong becomes words for the model."""
        tool = self._tools.get(name)
        if tool is None:
            return Ran(f"Refused: there is no tool {name}.", ok=False, confirmed=False)
        risk = self.risk(tool)
        if risk != "allow":
            reason = "is not allowed" if risk == "never" else "needs a confirmation that cannot be asked for yet"
            return Ran(f"Refused: {name} {reason}.", ok=False, confirmed=False)
        try:
            text = await tool.call(arguments, providers)
        except ToolError as error:
            return Ran(f"Refused: {error}"[:MAX_OUTPUT_CHARACTERS], ok=False, confirmed=False)
        except (Exception, SystemExit):
            log.exception("tool %s failed", name)
            return Ran(f"Refused: {name} failed with an error of its own.", ok=False, confirmed=False)
        refused = text.startswith(("Refused", "No answer"))
        # A tool that works on several devices confirms some and names the others behind them.
        confirmed = text.startswith("Confirmed")
        whole = confirmed and not any(word in text for word in ("Refused", "No answer", "Sent"))
        return Ran(text, ok=not refused, confirmed=confirmed, quiet=whole and self._is_quiet(tool))

    def _is_quiet(self, tool: Tool) -> bool:
        return tool.quiet or _named(tool.name, self._quiet)

    def _allowed(self, name: str) -> bool:
        return _named(name, self._settings.allow) and not _named(name, self._settings.deny)


def _named(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
