"""A recogniser into the state directory: fetched beside its place, tried, and put there as a whole or not at all."""

import contextlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec
import numpy as np
import onnxruntime.capi.onnxruntime_pybind11_state as onnx_faults

from speaker.audio.pcm import WAKE_HZ
from speaker.cli.language.file_fetching import check_file, fetch_file, need_room
from speaker.errors import ModelError, SpeakerError
from speaker.language.codes import base_language, language_name
from speaker.offline.speech.ears import (
    FILE_NAMES,
    SET_FILE,
    KeptSet,
    RecogniserSource,
    SetFile,
    recogniser_files,
    set_folder,
)
from speaker.offline.speech.recogniser import Recogniser

LARGEST_FILE_BYTES: Final = 400_000_000
"""Of one file of which nothing is known."""

SUMS: Final = "SHA256SUMS"
"""What ``sha256sum`` writes; where it stands beside the files, they have to be as it says."""

_MOST_SUMS_BYTES: Final = 64_000

_PLACE: Final = "from.txt"
"""Where the files of an unfinished set come from."""

_UNFIT: Final = (ModelError, KeyError, IndexError, ValueError, TypeError, onnx_faults.Fail,
                 onnx_faults.InvalidArgument, onnx_faults.InvalidProtobuf, onnx_faults.InvalidGraph,
                 onnx_faults.NotImplemented, onnx_faults.RuntimeException)  # fmt: skip
"""What files raise that are no such recogniser."""

Say = Callable[[str], None]


def add_recogniser(state: Path, language: str, source: RecogniserSource | None, place: str, say: Say) -> KeptSet:
    """Fetch the recogniser of a language from ``place``, an address or a folder. Raises SpeakerError with a sentence.

    ``source``: what is known of its files; ``say`` is told what is done, a line at a time.
    """
    folder = set_folder(state, language)
    new = folder.with_name(f".{folder.name}.new")
    _begin(new, place)
    known = {one.name: one for one in source.files} if source is not None else {}
    need_room(new, sum(one.bytes for one in known.values()))
    sums = _sums(place, new)
    kept = [_fetched(new / name, place, known.get(name), sums.get(name, ""), say) for name in FILE_NAMES]
    made = KeptSet(
        language=base_language(language), source=place, licence=source.licence if source is not None else "", files=kept
    )
    say("trying it")
    _try(new, made)
    _put(new, folder, made, state)
    return made


def _begin(new: Path, place: str) -> None:
    """A folder for what is fetched; what a broken fetch left there stays, if it came from the same place."""
    note = new / _PLACE
    try:
        if new.exists() and not (note.exists() and note.read_text("utf-8") == place):
            shutil.rmtree(new)
        new.mkdir(parents=True, exist_ok=True)
        note.write_text(place, "utf-8")
    except OSError as error:
        raise SpeakerError(f"{new} cannot be made: {error.strerror}; run this command with sudo") from error


def _fetched(part: Path, place: str, known: SetFile | None, told: str, say: Say) -> SetFile:
    name, size = part.name, known.bytes if known is not None else None
    say(f"{name}{'' if size is None else f', {size / 1e6:.1f} MB'}")
    fetch_file(_below(place, name), part, size or LARGEST_FILE_BYTES)
    sha256 = check_file(part, name, size, told or (known.sha256 if known is not None else ""))
    if known is not None and known.sha256:
        check_file(part, name, size, known.sha256)
    return SetFile(name=name, bytes=part.stat().st_size, sha256=sha256)


def _below(place: str, name: str) -> str:
    return f"{place.rstrip('/')}/{name}" if urlsplit(place).scheme in {"http", "https"} else str(Path(place) / name)


def _sums(place: str, new: Path) -> dict[str, str]:
    """What stands beside the files, if it does: name → SHA-256."""
    part = new / SUMS
    part.unlink(missing_ok=True)
    try:
        fetch_file(_below(place, SUMS), part, _MOST_SUMS_BYTES)
        lines = part.read_text("utf-8", errors="replace").splitlines()
    except (SpeakerError, OSError):
        return {}
    finally:
        part.unlink(missing_ok=True)
    pairs = [line.split(maxsplit=1) for line in lines]
    return {pair[1].lstrip("*").strip(): pair[0].lower() for pair in pairs if len(pair) == 2 and len(pair[0]) == 64}


def _try(new: Path, made: KeptSet) -> None:
    """Hear something with it, so that it fails here and not in the night."""
    sound = (8_000 * np.sin(np.arange(WAKE_HZ) / 7)).astype(np.int16)
    try:
        Recogniser(recogniser_files(new, made)).hear(sound)
    except _UNFIT as error:
        shutil.rmtree(new, ignore_errors=True)
        raise SpeakerError(
            f"these files are no recogniser that can be used here ({type(error).__name__}); nothing was installed"
        ) from error


def _put(new: Path, folder: Path, made: KeptSet, state: Path) -> None:
    old = folder.with_name(f".{folder.name}.old")
    owner = state.stat()
    try:
        (new / _PLACE).unlink(missing_ok=True)
        (new / SET_FILE).write_bytes(msgspec.json.encode(made))
        for one in (new.parent, new, *new.iterdir()):
            one.chmod(0o755 if one.is_dir() else 0o644)
            with contextlib.suppress(PermissionError):
                os.chown(one, owner.st_uid, owner.st_gid)
        shutil.rmtree(old, ignore_errors=True)
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
    except OSError as error:
        raise SpeakerError(f"{folder} cannot be written: {error.strerror}; run this command with sudo") from error
    shutil.rmtree(old, ignore_errors=True)


def how_to_add(language: str, source: RecogniserSource | None) -> str:
    """What somebody does who wants a recogniser for a language, in one sentence."""
    name = language_name(language)
    if source is None:
        return (
            f"no recogniser for {name} is known; with files of Moonshine's form: "
            f"speaker language add {language} --from FOLDER"
        )
    return (
        f"a recogniser for {name} ({source.megabytes} MB; {source.licence}): "
        f"sudo speaker language add {language}{'' if source.known else f' --from {source.address}'}"
    )
