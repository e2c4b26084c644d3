"""``speaker secret set``: a credential, written where the service reads it, for nobody else to see."""

import argparse
import getpass
import os
import sys
from pathlib import Path
from typing import Final

from speaker.cli.output import GOOD
from speaker.config.web_settings import short_token
from speaker.daemon.systemd import CREDENTIALS, SERVICE_CONFIG
from speaker.errors import SpeakerError

LONGEST_SECRET: Final = 1_000


def set_secret(options: argparse.Namespace) -> int:
    """Read a secret from the keyboard or the pipe, and keep it."""
    file = keep_secret(options.name, _read(options.name), SERVICE_CONFIG.parent / CREDENTIALS)
    print(f"{file} is written; it counts after: sudo systemctl restart speaker")
    return GOOD


def keep_secret(name: str, given: str, folder: Path) -> Path:
    """Write a secret into the folder of the service's credentials; the file. Raises SpeakerError, never showing it.

    An empty one takes back what was there.
    """
    value = given.strip()
    if len(value) > LONGEST_SECRET or not value.isprintable():
        raise SpeakerError(f"{name}: a secret is one line of at most {LONGEST_SECRET} characters; nothing was written")
    if name == "web_token" and value and (fault := short_token(value)):
        raise SpeakerError(f"{fault}; nothing was written")
    file, new = folder / name, folder / f".{name}.new"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as written:
            written.write(value)
        new.replace(file)
    except PermissionError:
        raise SpeakerError(f"{folder} may be written by root only; run this command with sudo") from None
    except OSError as error:
        raise SpeakerError(f"{file} cannot be written: {error.strerror}") from error
    return file


def _read(name: str) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(f"{name} (it is not shown): ")
    try:
        return sys.stdin.read(LONGEST_SECRET + 2)
    except UnicodeDecodeError:
        raise SpeakerError(f"{name}: a secret is text; nothing was written") from None
