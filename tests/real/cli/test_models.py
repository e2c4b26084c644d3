"""``speaker model``: one file out of a wheel, checked, and put where the service finds it; or one clear sentence."""

import hashlib
import io
import subprocess
import zipfile
from pathlib import Path

import pytest

from speaker.audio.model_files import StoredFile
from speaker.audio.smart_turn import SMART_TURN_IN_WHEEL, smart_turn_file
from speaker.cli import models
from speaker.cli.models import add_smart_turn
from speaker.cli.parser import build_parser
from speaker.errors import SpeakerError

MODEL = b"a model, for all that anybody can tell" * 100


def wheel_of(model: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as wheel:
        wheel.writestr("pipecat/__init__.py", "raise SystemExit")
        wheel.writestr(SMART_TURN_IN_WHEEL, model)
    return data.getvalue()


WHEEL = wheel_of(MODEL)


@pytest.fixture(autouse=True)
def _known_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hashes of these files are the right ones here."""
    right = hashlib.sha256(MODEL).hexdigest()
    monkeypatch.setattr(models, "SMART_TURN_SHA256", right)
    monkeypatch.setattr(models, "SMART_TURN_WHEEL_SHA256", hashlib.sha256(WHEEL).hexdigest())
    monkeypatch.setattr(
        models, "smart_turn_file", lambda state: StoredFile(smart_turn_file(state).path, right, "Fetch it")
    )


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    monkeypatch.setenv("STATE_DIRECTORY", str(folder))
    return folder


def run(*words: str) -> int:
    options = build_parser().parse_args(["model", *words])
    code: int = options.load()(options)
    return code


@pytest.mark.parametrize(("name", "data"), [("the.whl", WHEEL), ("model.onnx", MODEL)])
def test_it_comes_from_the_wheel_or_as_it_is(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, data: bytes
) -> None:
    place = tmp_path / name
    place.write_bytes(data)
    assert run("add", "smart-turn", "--from", str(place)) == 0
    kept = smart_turn_file(state).path
    assert kept.read_bytes() == MODEL
    assert [one.name for one in kept.parent.iterdir()] == [kept.name]
    assert "BSD-2" in capsys.readouterr().out
    assert run("list") == 0
    assert str(kept) in capsys.readouterr().out


@pytest.mark.parametrize("data", [b"something else", wheel_of(b"something else"), WHEEL[:-10]])
def test_anything_else_is_refused_and_what_was_there_stays(state: Path, tmp_path: Path, data: bytes) -> None:
    kept = smart_turn_file(state).path
    kept.parent.mkdir()
    kept.write_bytes(b"before")
    (tmp_path / "odd").write_bytes(data)
    with pytest.raises(SpeakerError, match="is not the file that is wanted"):
        add_smart_turn(state, str(tmp_path / "odd"))
    assert kept.read_bytes() == b"before"
    assert list(kept.parent.iterdir()) == [kept]


def test_pip_is_asked_for_one_release_by_its_hash_and_nothing_it_needs(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def pip(words: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        asked.append([*words, Path(words[-1]).read_text()])
        (Path(words[words.index("--dest") + 1]) / "pipecat_ai-1.14.0-py3-none-any.whl").write_bytes(WHEEL)
        return subprocess.CompletedProcess(words, 0, b"", b"")

    monkeypatch.setattr(subprocess, "run", pip)
    add_smart_turn(state)
    (words,) = asked
    assert {"download", "--no-deps", "--require-hashes"} <= set(words)
    assert words[-1] == f"pipecat-ai==1.14.0 --hash=sha256:{hashlib.sha256(WHEEL).hexdigest()}\n"
    assert smart_turn_file(state).path.read_bytes() == MODEL
    assert run("add") == 0
    assert len(asked) == 1  # it is there, and nothing is fetched again


def test_no_network_is_one_sentence_with_another_way(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess([], 1, b"", b"WARNING: retrying\nERROR: No matching distribution found\n")
    monkeypatch.setattr(subprocess, "run", lambda *_args, **_named: failed)
    with pytest.raises(SpeakerError, match=r"pip cannot fetch pipecat-ai==1\.14\.0 \(No matching.*--from FILE"):
        add_smart_turn(state)
    assert not smart_turn_file(state).path.exists()


def test_what_is_missing_is_told_with_the_command(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list") == 0
    assert "speaker model add smart-turn" in capsys.readouterr().out
    assert run("add", "smarter-turn") == 1
    assert "there is smart-turn" in capsys.readouterr().out


def test_a_place_that_cannot_be_written_asks_for_sudo(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("no folder")
    with pytest.raises(SpeakerError, match="run this command with sudo"):
        add_smart_turn(tmp_path)
