"""``speaker language``: a recogniser fetched over connections that break, checked, and used; or one clear sentence."""

import errno
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from speaker.audio.model_files import open_session
from speaker.audio.pcm import SESSION_HZ
from speaker.cli.language import command, file_fetching
from speaker.cli.language.adding import add_recogniser
from speaker.cli.language.file_fetching import check_file, fetch_file, need_room
from speaker.cli.output import explain
from speaker.cli.parser import build_parser
from speaker.errors import SpeakerError
from speaker.language.codes import language_name
from speaker.offline.speech.ears import (
    FILE_NAMES,
    RecogniserSource,
    SetFile,
    kept_set,
    recogniser_source,
    set_folder,
)
from speaker.offline.speech.engines import OfflineEngines
from speaker.offline.speech.recogniser import DECODER, ENCODER, TOKENIZER

DATA = np.random.default_rng(7).bytes(300_000)
SUM = hashlib.sha256(DATA).hexdigest()
REAL = dict(zip(FILE_NAMES, (ENCODER, DECODER, TOKENIZER), strict=True))


class Shelf(ThreadingHTTPServer):
    """A publisher on the loopback device: what it has, and how it misbehaves."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.files: dict[str, bytes] = {}
        self.cut_after = 0
        """A connection breaks after so many bytes of a file; 0 = never."""
        self.ranges = True
        self.length = True
        self.asked: list[tuple[str, str]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Answer(BaseHTTPRequestHandler):
    server: Shelf

    def do_GET(self) -> None:
        shelf, wanted = self.server, self.headers.get("Range", "")
        shelf.asked.append((self.path, wanted))
        data = shelf.files.get(self.path)
        if data is None:
            self.send_error(404, "Not here")
            return
        begin = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and shelf.ranges else 0
        if begin >= len(data) > 0 and begin:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(data)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
        if shelf.length:
            self.send_header("Content-Length", str(len(data) - begin))
        self.end_headers()
        end = begin + shelf.cut_after if shelf.cut_after else len(data)
        self.wfile.write(data[begin:end])

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as it is called there
        pass


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with Shelf() as one:
        one.files["/model"] = DATA
        thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield one
        finally:
            one.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(file_fetching, "RETRY_PAUSE_S", 0.0)
    yield
    # Models stay open for the life of a process, and each of these is in a folder of its own.
    open_session.cache_clear()


def known(**changed: Any) -> RecogniserSource:
    sizes = {name: file.locate().stat().st_size for name, file in REAL.items()}
    files = [SetFile(name=name, bytes=sizes[name], sha256=REAL[name].sha256) for name in FILE_NAMES]
    return RecogniserSource(address="", licence="a licence", files=changed.get("files", files))


def test_a_file_comes_whole(shelf: Shelf, tmp_path: Path) -> None:
    told: list[int] = []
    fetch_file(f"{shelf.address}/model", tmp_path / "part", 400_000, told.append)
    assert (tmp_path / "part").read_bytes() == DATA
    assert told[-1] == len(DATA)
    assert check_file(tmp_path / "part", "model", len(DATA), SUM) == SUM


def test_a_connection_that_breaks_is_taken_up_where_it_broke(shelf: Shelf, tmp_path: Path) -> None:
    shelf.cut_after = 70_000
    fetch_file(f"{shelf.address}/model", tmp_path / "part", 400_000)
    assert (tmp_path / "part").read_bytes() == DATA
    assert [wanted for _, wanted in shelf.asked] == [
        "",
        "bytes=70000-",
        "bytes=140000-",
        "bytes=210000-",
        "bytes=280000-",
    ]


def test_the_next_call_goes_on_with_what_is_there(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(DATA[:100_000])
    fetch_file(f"{shelf.address}/model", tmp_path / "part", 400_000)
    assert shelf.asked == [("/model", "bytes=100000-")]
    assert (tmp_path / "part").read_bytes() == DATA
    fetch_file(f"{shelf.address}/model", tmp_path / "part", 400_000)
    assert (tmp_path / "part").read_bytes() == DATA


def test_a_server_that_cannot_resume_begins_anew(shelf: Shelf, tmp_path: Path) -> None:
    shelf.ranges = False
    (tmp_path / "part").write_bytes(b"something else" * 100)
    fetch_file(f"{shelf.address}/model", tmp_path / "part", 400_000)
    assert (tmp_path / "part").read_bytes() == DATA


def test_what_is_longer_than_the_file_by_now_is_fetched_anew(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(bytes(350_000))
    fetch_file(f"{shelf.address}/model", tmp_path / "part", 400_000)
    assert (tmp_path / "part").read_bytes() == DATA


def test_a_server_that_is_gone_is_one_sentence_and_what_came_stays(shelf: Shelf, tmp_path: Path) -> None:
    address = shelf.address
    shelf.server_close()
    (tmp_path / "part").write_bytes(DATA[:5])
    with pytest.raises(SpeakerError, match=r"cannot be fetched: .*5 bytes are there, and the same command goes on"):
        fetch_file(f"{address}/model?token=secret", tmp_path / "part", 400_000)
    assert (tmp_path / "part").read_bytes() == DATA[:5]


def test_a_server_that_always_breaks_is_given_up(shelf: Shelf, tmp_path: Path) -> None:
    shelf.files["/model"], shelf.cut_after = DATA, 1
    (tmp_path / "part").write_bytes(DATA)
    shelf.files["/model"] = DATA + b"x" * 50
    shelf.ranges = False
    with pytest.raises(SpeakerError, match="the connection broke"):
        fetch_file(f"{shelf.address}/model", tmp_path / "part", 400_000)
    assert len(shelf.asked) == file_fetching.TRIES


@pytest.mark.parametrize("told", [True, False])
def test_too_large_is_refused_and_goes(shelf: Shelf, tmp_path: Path, told: bool) -> None:
    shelf.length = told
    with pytest.raises(SpeakerError, match="larger than 200000 bytes"):
        fetch_file(f"{shelf.address}/model", tmp_path / "part", 200_000)
    assert not (tmp_path / "part").exists()


def test_what_is_not_there_is_told(shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(SpeakerError, match="answers 404 Not here"):
        fetch_file(f"{shelf.address}/nothing", tmp_path / "part", 200_000)


@pytest.mark.parametrize(("size", "sha256"), [(None, "0" * 64), (len(DATA) + 1, SUM)])
def test_another_content_is_refused_and_goes(tmp_path: Path, size: int | None, sha256: str) -> None:
    (tmp_path / "part").write_bytes(DATA)
    with pytest.raises(SpeakerError, match=r"model (is not the file|has 300000 bytes)"):
        check_file(tmp_path / "part", "model", size, sha256)
    assert not (tmp_path / "part").exists()


def test_a_full_disk_is_one_sentence(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def __enter__(self) -> "Full":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def write(self, _: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    opened = Path.open
    monkeypatch.setattr(
        Path, "open", lambda self, mode="r", *a, **k: Full() if mode in {"wb", "ab"} else opened(self, mode, *a, **k)
    )
    with pytest.raises(SpeakerError, match="the disk is full"):
        fetch_file(f"{shelf.address}/model", tmp_path / "part", 400_000)
    assert len(shelf.asked) == 1


def test_room_is_looked_for_first(tmp_path: Path) -> None:
    need_room(tmp_path, 1)
    with pytest.raises(SpeakerError, match=r"there is no room in .* MB are needed"):
        need_room(tmp_path, 1 << 60)


def served(shelf: Shelf, folder: str = "/es") -> str:
    for name, file in REAL.items():
        shelf.files[f"{folder}/{name}"] = file.locate().read_bytes()
    return f"{shelf.address}{folder}"


async def test_a_fetched_recogniser_hears(shelf: Shelf, tmp_path: Path) -> None:
    """The English files stand in for those of another language: the way is the same."""
    said: list[str] = []
    shelf.cut_after = 20_000_000
    kept = add_recogniser(tmp_path, "es-MX", known(), served(shelf), said.append)
    assert (kept.language, kept.licence) == ("es", "a licence")
    assert [one.sha256 for one in kept.files] == [REAL[name].sha256 for name in FILE_NAMES]
    assert sorted(one.name for one in (tmp_path / "recognisers").iterdir()) == ["es"]
    engines = OfflineEngines(tmp_path, "es")
    try:
        assert engines.can_hear("es-ES")
        assert not engines.can_hear("de")
        sound = np.concatenate([piece async for piece in engines.speak("Turn on the sofa lamp.", 1.0)])
        assert "lamp" in (await engines.hear(sound, SESSION_HZ)).text.lower()
        assert (await engines.hear(sound, SESSION_HZ, "de")).text == ""
    finally:
        engines.close()


def test_a_folder_is_as_good_as_an_address_and_replaces_what_was_there(tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    for name, file in REAL.items():
        (folder / name).write_bytes(file.locate().read_bytes())
    (folder / "SHA256SUMS").write_text("".join(f"{REAL[name].sha256}  {name}\n" for name in FILE_NAMES))
    for _ in range(2):
        add_recogniser(tmp_path / "state", "nl", None, str(folder), lambda _: None)
    assert kept_set(tmp_path / "state", "nl") is not None
    assert [one.name for one in (tmp_path / "state" / "recognisers").iterdir()] == ["nl"]


def test_what_the_sums_beside_it_deny_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    for name, file in REAL.items():
        (folder / name).write_bytes(file.locate().read_bytes())
    (folder / "SHA256SUMS").write_text(f"{'0' * 64} *{FILE_NAMES[0]}\n")
    with pytest.raises(SpeakerError, match=r"encoder_model\.ort is not the file"):
        add_recogniser(tmp_path / "state", "nl", None, str(folder), lambda _: None)
    assert kept_set(tmp_path / "state", "nl") is None


@pytest.mark.parametrize("data", [b"", b"no model at all", b"\0" * 1000])
def test_files_of_another_kind_are_refused_before_they_are_used(tmp_path: Path, data: bytes) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    for name in FILE_NAMES:
        (folder / name).write_bytes(data)
    with pytest.raises(SpeakerError, match="no recogniser that can be used here"):
        add_recogniser(tmp_path / "state", "nl", None, str(folder), lambda _: None)
    assert list((tmp_path / "state" / "recognisers").iterdir()) == []


def test_a_wrong_hash_leaves_the_old_set_in_force(shelf: Shelf, tmp_path: Path) -> None:
    place = served(shelf)
    add_recogniser(tmp_path, "es", known(), place, lambda _: None)
    shelf.files["/es/tokenizer.bin"] = bytes(len(shelf.files["/es/tokenizer.bin"]))
    with pytest.raises(SpeakerError, match=r"tokenizer\.bin is not the file that is wanted"):
        add_recogniser(tmp_path, "es", known(), place, lambda _: None)
    assert kept_set(tmp_path, "es") is not None


async def test_a_damaged_or_half_set_is_no_ears(shelf: Shelf, tmp_path: Path) -> None:
    add_recogniser(tmp_path, "es", known(), served(shelf), lambda _: None)
    (set_folder(tmp_path, "es") / "set.json").write_text('{"language": "es"')
    engines = OfflineEngines(tmp_path, "es")
    try:
        assert not engines.can_hear("es")
        assert (await engines.hear(np.ones(48_000, np.int16) * 900)).text == ""
    finally:
        engines.close()


def test_every_source_is_whole_and_safe() -> None:
    for code in ("ar", "es", "ja", "ko", "uk", "vi", "zh-CN"):
        source = recogniser_source(code)
        assert source is not None
        assert source.address.startswith("https://")
        assert {one.name for one in source.files} == set(FILE_NAMES)
        assert source.licence
    assert recogniser_source("de") is None


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    options = build_parser().parse_args(["language", *words])
    try:
        code = options.load()(options)
    except SpeakerError as error:
        code = explain([error])
    told = capsys.readouterr()
    return code, told.out + told.err


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    (tmp_path / "state").mkdir()
    return tmp_path / "state"


@pytest.mark.usefixtures("state")
def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    code, told = run(capsys, "list")
    assert code == 0
    assert "built in" in told
    assert "zh-CN" in told
    code, told = run(capsys, "list", "--json")
    languages = {one["code"]: one for one in json.loads(told)["languages"]}
    assert languages["en"]["missing"] == []
    assert any("speaker language add de" in one for one in languages["de"]["missing"])


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize(
    ("code", "exit_code", "told"),
    [
        ("en", 0, "complete"),
        ("germn", 2, "did you mean de?"),
        ("de", 1, "no recogniser for German is known"),
        ("es", 1, "sudo speaker language add es --from https://download.moonshine.ai/"),
        ("sv", 1, "nobody has written the phrases in Swedish"),
    ],
)
def test_what_is_missing_is_one_sentence_with_the_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, code: str, exit_code: int, told: str
) -> None:
    monkeypatch.setattr(command, "_install_voice", lambda _screen: None)
    ended, said = run(capsys, "add", code)
    assert (ended, told in " ".join(said.split())) == (exit_code, True), said


def test_add_from_a_place(
    capsys: pytest.CaptureFixture[str], state: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "has_espeak", lambda: True)
    code, told = run(capsys, "add", "de", "--from", served(shelf, "/de"))
    assert code == 0, told
    assert "German is heard here" in told
    assert kept_set(state, "de") is not None


def test_a_set_whose_sums_are_known_is_fetched_without_a_word(
    capsys: pytest.CaptureFixture[str], state: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = RecogniserSource(address=served(shelf, "/fr"), licence="a licence", files=known().files)
    assert source.known
    monkeypatch.setattr(command, "has_espeak", lambda: True)
    monkeypatch.setattr(command, "recogniser_source", lambda _: source)
    code, _ = run(capsys, "add", "fr")
    assert code == 0
    assert kept_set(state, "fr") is not None
    before = len(shelf.asked)
    assert run(capsys, "add", "fr")[0] == 0
    assert len(shelf.asked) == before


def test_the_page_tells_the_sizes_and_the_addresses() -> None:
    page = (Path(__file__).parents[3] / "docs" / "languages.md").read_text("utf-8")
    for code in ("es", "zh", "ja", "uk", "vi", "ar", "ko"):
        source = recogniser_source(code)
        assert source is not None
        row = next(
            line for line in page.splitlines() if f"| {source.megabytes} |" in line and language_name(code) in line
        )
        assert source.address.rsplit("/", 1)[-1].split("-")[0] in row
