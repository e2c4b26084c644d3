"""Keys and certificates, made with openssl in a folder of a test."""

import asyncio
from pathlib import Path

_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

_CA = """
[ca]
default_ca = own
[own]
database = {0}/index.txt
new_certs_dir = {0}
serial = {0}/serial
default_md = sha256
policy = any
[any]
commonName = supplied
"""


async def openssl(*arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        "openssl", *arguments, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()


async def authority(folder: Path) -> None:
    """An authority: ``ca.pem`` and ``ca.key``."""
    await openssl(
        "req", "-x509", *_KEY, "-keyout", f"{folder}/ca.key", "-subj", "/CN=Test CA", "-days", "2",
        "-out", f"{folder}/ca.pem",
    )  # fmt: skip


async def signed(folder: Path, name: str, subject: str, *, valid: tuple[str, str] | None = None) -> None:
    """A key and a certificate for 127.0.0.1 that the authority of this folder has signed.

    ``valid``: from when to when, as YYYYMMDDhhmmssZ; None = from now on.
    """
    request, extra = folder / f"{name}.csr", folder / f"{name}.ext"
    extra.write_text("subjectAltName=IP:127.0.0.1\n")
    await openssl("req", *_KEY, "-keyout", f"{folder}/{name}.key", "-subj", subject, "-out", str(request))
    settings = folder / "ca.cnf"
    settings.write_text(_CA.format(folder))
    (folder / "index.txt").touch()
    (folder / "serial").write_text("01\n" if not (folder / "serial").exists() else (folder / "serial").read_text())
    times = ["-startdate", valid[0], "-enddate", valid[1]] if valid else ["-days", "2"]
    await openssl(
        "ca", "-batch", "-notext", "-config", str(settings), "-cert", f"{folder}/ca.pem", "-keyfile",
        f"{folder}/ca.key", "-in", str(request), "-extfile", str(extra), *times, "-out", f"{folder}/{name}.pem",
    )  # fmt: skip
