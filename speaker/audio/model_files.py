"""Model files: inside installed packages or fetched before; found, checked, opened on ONNX Runtime.

Nothing is ever downloaded here. Some of these packages load scipy, scikit-learn or a native library when they are
imported; their files are all that is wanted, so only the import system's finder is asked.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import onnxruntime

from speaker.errors import ModelError


@dataclass(frozen=True, slots=True)
class Wheel:
    """The one release of a package that carries the files we use."""

    distribution: str
    version: str
    package: str
    """Its top-level import name; the files lie below that folder."""

    @property
    def requirement(self) -> str:
        """What pip calls it."""
        return f"{self.distribution}=={self.version}"

    def remedy(self) -> str:
        """What to do when a file is not as it should be, with the version that is there now."""
        try:
            found = f"version {metadata.version(self.distribution)} is installed"
        except metadata.PackageNotFoundError:
            found = "it is not installed"
        return f"It comes with {self.requirement} ({found}): pip install --force-reinstall {self.requirement}"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file of a wheel, known by its content."""

    wheel: Wheel
    path: str
    """Below the package's folder, with forward slashes."""
    sha256: str

    def locate(self) -> Path:
        """Where the file is, after checking its content.

        Raises ModelError when it is missing or not the file we know.
        """
        spec = find_spec(self.wheel.package)
        folders = spec.submodule_search_locations if spec is not None else None
        if not folders:
            raise ModelError(
                f"speech model {self.path} is missing: there is no package {self.wheel.package}. {self.wheel.remedy()}"
            )
        place = Path(folders[0], *self.path.split("/"))
        return _checked(place, self.sha256, self.wheel.remedy())


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that was fetched, known by its content."""

    path: Path
    sha256: str
    remedy: str
    """What to do when it is not as it should be."""

    def locate(self) -> Path:
        """The same as for a file of a wheel."""
        return _checked(self.path, self.sha256, self.remedy)


def _checked(place: Path, sha256: str, remedy: str) -> Path:
    try:
        with place.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"speech model {place} cannot be read: {error.strerror}. {remedy}") from error
    if found != sha256:
        raise ModelError(
            f"speech model {place} is damaged or of another version "
            f"(sha256 {found[:12]}…, wanted {sha256[:12]}…). {remedy}"
        )
    return place


@cache
def open_session(model: ModelFile | StoredFile) -> onnxruntime.InferenceSession:
    """The checked file as a session on one thread of the CPU that sleeps while it has nothing to do.

    It is opened once in a process, for everybody: it remembers nothing between two runs, threads may run it side
    by side, and opened again and again, as by every reload, models take more memory each time.

    Raises ModelError when the file is missing or damaged.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(model.locate()), sess_options=options, providers=["CPUExecutionProvider"])
