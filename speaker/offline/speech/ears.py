"""Recognisers for other languages, in the state directory: which are there, and what their publisher has.

A set is one folder of three files and ``set.json``, which tells their sizes and SHA-256. Nothing is fetched here: that
is a command of its own.
"""

from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec
import yaml
from msgspec import Struct

from speaker.audio.model_files import StoredFile
from speaker.errors import NOT_JSON
from speaker.language.codes import base_language
from speaker.offline.speech.recogniser import RecogniserFiles

FOLDER_NAME: Final = "recognisers"
"""In the state directory."""

SET_FILE: Final = "set.json"

ENCODER_NAME: Final = "encoder_model.ort"
DECODER_NAME: Final = "decoder_model_merged.ort"
TOKENIZER_NAME: Final = "tokenizer.bin"
FILE_NAMES: Final = (ENCODER_NAME, DECODER_NAME, TOKENIZER_NAME)

TOKENS_PER_SECOND_THERE: Final = 13.0
"""Languages with other letters take more tokens for as much speech."""

CONFIDENCE_FLOOR_THERE: Final = -0.7
"""As ``recogniser.CONFIDENCE_FLOOR``; not measured for each of them, so it leaves more room."""


class SetFile(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One file of a set."""

    name: str
    bytes: int
    sha256: str = ""
    """Empty where nobody here knows it."""


class RecogniserSource(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a publisher has a set."""

    address: str
    licence: str
    files: list[SetFile]

    @property
    def known(self) -> bool:
        """Whether all that will be fetched can be told from anything else."""
        return all(one.sha256 for one in self.files)

    @property
    def megabytes(self) -> int:
        """All files together."""
        return round(sum(one.bytes for one in self.files) / 1_000_000)


class KeptSet(Struct, frozen=True, kw_only=True):
    """A set that is here, as ``set.json`` has it."""

    language: str
    source: str
    licence: str = ""
    files: list[SetFile]


def recogniser_source(language: str) -> RecogniserSource | None:
    """Where a recogniser for a language is published, as far as that is known here."""
    table = yaml.safe_load(files("speaker.language").joinpath("recognisers.yaml").read_text("utf-8"))
    entry = table.get(base_language(language))
    return None if entry is None else msgspec.convert(entry, RecogniserSource)


def set_folder(state: Path, language: str) -> Path:
    """Where the set of a language is, if it is there."""
    return state / FOLDER_NAME / base_language(language)


def kept_set(state: Path, language: str) -> KeptSet | None:
    """The set of a language; None when there is none, or it is not whole."""
    try:
        kept = msgspec.json.decode((set_folder(state, language) / SET_FILE).read_bytes(), type=KeptSet)
    except (OSError, *NOT_JSON):
        return None
    return kept if {one.name for one in kept.files} == set(FILE_NAMES) else None


def recogniser_files(folder: Path, kept: KeptSet) -> RecogniserFiles:
    """The files of a set in its folder, to be opened; they are checked then."""
    remedy = f"Fetch it anew: speaker language add {kept.language}"
    stored = {one.name: StoredFile(folder / one.name, one.sha256, remedy) for one in kept.files}
    return RecogniserFiles(
        stored[ENCODER_NAME], stored[DECODER_NAME], stored[TOKENIZER_NAME], TOKENS_PER_SECOND_THERE,
        CONFIDENCE_FLOOR_THERE,
    )  # fmt: skip
