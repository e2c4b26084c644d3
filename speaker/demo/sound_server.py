"""Where the demo's own PulseAudio is: installed, or unpacked beside this program where a desktop would lose its sound.

Debian lets nobody have PulseAudio beside pipewire-alsa, which most desktops have. The set-up then unpacks the package
into the virtual environment instead; nothing outside of it changes.
"""

import shutil
import sys
from pathlib import Path
from typing import Final

from speaker.demo.processes import need

UNPACKED: Final = Path("share", "pulseaudio")
"""Below the virtual environment; systemd/setup.sh knows it, too."""


def sound_server(environment: Path | None = None) -> tuple[list[str], dict[str, str]]:
    """The beginning of its command, and what its process needs in its environment. Raises SpeakerError without one."""
    place = (environment or Path(sys.prefix)) / UNPACKED
    program = place / "usr" / "bin" / "pulseaudio"
    if shutil.which("pulseaudio") or not program.exists():
        return [need("pulseaudio", "pulseaudio")], {}
    folders = sorted({str(file.parent) for file in place.rglob("*.so")})
    modules = next(folder for folder in folders if folder.endswith("modules"))
    return [str(program), "--dl-search-path", modules], {"LD_LIBRARY_PATH": ":".join(folders)}
