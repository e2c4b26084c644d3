"""The files of the page, as they come with the package."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

KINDS: Final = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOLDER: Final = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class PageFile:
    """One of them."""

    content: bytes
    kind: str
    """Its media type."""


def page_files() -> dict[str, PageFile]:
    """Name → file."""
    return {file.name: PageFile(file.read_bytes(), KINDS[file.suffix]) for file in sorted(FOLDER.iterdir())}
