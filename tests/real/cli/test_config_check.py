"""``speaker config --check``: one run tells everything that is wrong, each with its place, and nothing secret."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from speaker.cli.parser import build_parser
from speaker.daemon.checking import check_settings
from speaker.daemon.daemon import serve
from speaker.errors import ConfigError

Check = Callable[[str], tuple[int, list[str]]]
"""A configuration's text → exit code and the lines that are printed as errors and warnings."""


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Check:
    for name in ("CREDENTIALS_DIRECTORY", "OPENAI_API_KEY", "MQTT_PASSWORD", "OPENAI_REALTIME_MODEL"):
        monkeypatch.delenv(name, raising=False)

    def run(text: str) -> tuple[int, list[str]]:
        file = tmp_path / "config.yaml"
        file.write_bytes(text.encode())
        options = build_parser().parse_args(["config", "--check", str(file)])
        code = options.load()(options)
        return code, capsys.readouterr().err.splitlines()

    return run


EVERYTHING: Final = """\
id: kitchen
cost: {daily_usd: 1}
audio: {volum: 30}
wake:
  words:
  - {model: hey_jarvs}
  - {model: hey_jarvis, threshold: 7}
session: {endpoint: cloud, api_key: hunter22, model: mystery}
limits: {speak_s: 2:00}
mqtt: {password: hunter22, ca_file: /nowhere/ca.pem, tls: true}
tools:
  paths: [/nowhere/tools]
  risk: {covr.gate: confirm, lokc: confirm}
house:
  devices: [{kind: lihgt, name: Lamp}]
cost: {monthly_usd: 5}
"""


def test_one_run_tells_mistakes_of_every_kind(check: Check, tmp_path: Path) -> None:
    secrets = tmp_path / ".env"
    secrets.write_text("MQTT_PASSWORD=hunter22\n")
    secrets.chmod(0o644)
    code, lines = check(EVERYTHING)
    assert code == 1
    assert "hunter22" not in "".join(lines)
    wanted = [
        "cost: stands more than once, in lines 2 and 16",
        "audio.volum: unknown key. Did you mean volume? (line 3)",
        'wake.words[0].model: "hey_jarvs" is neither a bundled wake word',
        "wake.words[1].threshold: expected `float` <= 1.0, got int '7' (line 7)",
        "session.api_key: secrets do not stand in this file; write it into /etc/speaker/credentials/openai_api_key",
        "limits.speak_s: YAML reads 2:00 as the number 120",
        "mqtt.password: secrets do not stand in this file; write it into /etc/speaker/credentials/mqtt_password",
        "mqtt.ca_file: /nowhere/ca.pem: No such file or directory (line 10)",
        "tools.paths[0]: /nowhere/tools: No such file or directory (line 12)",
        "tools.risk.covr.gate: there is no kind of device covr. Did you mean cover.gate? (line 13)",
        "house.devices[0].kind: 'lihgt' is not one of light",
        "cost.monthly_usd: cost.prices has no price for the model mystery",
        f"{secrets}: everybody on this machine can read it; run `chmod 600 {secrets}`",
    ]
    for one in wanted:
        assert any(line.startswith(f"speaker: {one}") for line in lines), one
    (doubt,) = [line for line in lines if line.startswith("speaker: warning: ")]
    assert doubt.startswith("speaker: warning: tools.risk.lokc: ")
    assert "Did you mean lock?" in doubt
    assert len(lines) == len(wanted) + 1


def test_mistakes_stand_in_the_order_of_the_file(check: Check) -> None:
    _, lines = check(EVERYTHING)
    numbers = [int(line.rpartition("(line ")[2].rstrip(")")) for line in lines if line.endswith(")")]
    mistakes = [number for number, line in zip(numbers, [one for one in lines if one.endswith(")")], strict=True)
                if "warning" not in line]  # fmt: skip
    assert mistakes == sorted(mistakes)
    assert len(mistakes) >= 10


@pytest.mark.parametrize(
    "text",
    ["cost: {daily_usd: 1}\ncost: {ladder: [short]}\n", "cost:\n  daily_usd: 1\n  daily_usd: null\n",
     "tools: {risk: {lock: confirm, lock: allow}}\n", "house: {devices: [{kind: light, name: a, name: b, ~: x}]}\n"],
)  # fmt: skip
def test_equal_keys_are_refused_at_every_depth(check: Check, text: str) -> None:
    code, lines = check(text)
    assert code == 1
    assert any("stands more than once" in line for line in lines)


def test_a_misspelt_name_is_a_warning_since_the_hub_may_bring_it(check: Check) -> None:
    code, lines = check("tools: {deny: [set_lihgt], risk: {cover.garge: confirm}}\ncost: {quiet_tools: [set_ligth]}\n")
    assert code == 0
    places = ["cost.quiet_tools[0]", "tools.deny[0]", "tools.risk.cover.garge"]
    assert sorted(line.split(":")[2].strip() for line in lines) == places
    assert all("Did you mean" in line for line in lines)


def test_good_configurations_are_good(check: Check, tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    for text in (
        "",
        "# only this\n",
        "id: a\r\nname: b\r\n",
        "\ufeffid: a\n",
        f"tools: {{paths: [{tmp_path}/tools]}}\n",
        "mqtt: {mcp: true}\ntools: {mcp_servers: [speaker/+, lab/#]}\n",
    ):
        assert check(text) == (0, [])


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("- 1\n", "the file: expected a section with keys, got list"),
        ("text\n", "the file: expected a section with keys, got str 'text'"),
        ("session: {language: no}\n", "session.language: expected `str`, got bool 'no'; write it in quotes (line 1)"),
        ("quiet_hours: {from: 22:30}\n", 'quiet_hours.from: expected HH:MM in quotes, such as "22:30", got int'),
        ("audio:\n\tvolume: 3\n", "{file} is not YAML: line 2, column 1: a tab stands"),
        ("mqtt: {key_file: {tmp}/key.pem}\n", "{file} is not YAML"),
        ("mqtt: {mcp: true, version: 311}\n", "mqtt.mcp: MCP needs MQTT 5, and mqtt.version is 311; leave that out"),
        ("mqtt: {version: 311}\ntools: {mcp_servers: [lab/#]}\n", "tools.mcp_servers: MCP needs MQTT 5"),
        ("tools: {mcp_servers: [lab/#/x]}\n", "tools.mcp_servers[0]: the name lab/#/x has a wildcard"),
        ("tools: {mcp_servers: [$SYS]}\n", "tools.mcp_servers[0]: the name $SYS begins with $"),
    ],
)
def test_what_is_wrong_is_one_clear_message(check: Check, tmp_path: Path, text: str, first: str) -> None:
    code, lines = check(text)
    assert code == 1
    assert lines[0].startswith(f"speaker: {first.replace('{file}', str(tmp_path / 'config.yaml'))}")


def test_the_secrets_are_looked_at_even_when_the_file_is_no_yaml(check: Check, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OPENAI_API_KEY=hunter22\n")
    (tmp_path / ".env").chmod(0o644)
    code, lines = check("audio: [\n")
    assert code == 1
    assert any("is not YAML" in line for line in lines)
    assert any("everybody on this machine can read it" in line for line in lines)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with cert.pem and key.pem, and locked.pem: the same key behind a pass phrase."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
         "/CN=broker", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    subprocess.run(
        ["openssl", "ec", "-in", folder / "key.pem", "-out", folder / "locked.pem", "-aes256", "-passout", "pass:abcd"],
        check=True, capture_output=True,
    )  # fmt: skip
    (folder / "text.pem").write_text("nothing of the kind\n")
    return folder


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ("ca_file: gone.pem", ["mqtt.ca_file: {}/gone.pem: No such file"]),
        ("ca_file: text.pem", ["mqtt.ca_file: {}/text.pem holds no certificate"]),
        ("ca_file: .", ["mqtt.ca_file: {}: Is a directory"]),
        ("cert_file: cert.pem", ["mqtt.cert_file: {}/cert.pem alone give no certificate with its unlocked key"]),
        ("cert_file: cert.pem, key_file: locked.pem", ["mqtt.cert_file: {0}/cert.pem and {0}/locked.pem give no"]),
        ("cert_file: text.pem, key_file: key.pem", ["mqtt.cert_file: {0}/text.pem and {0}/key.pem give no"]),
        ("key_file: key.pem", ["mqtt.key_file: a key without its certificate"]),
        (
            "ca_file: a.pem, cert_file: b.pem, key_file: c.pem",
            [
                "mqtt.ca_file: {}/a.pem: No such",
                "mqtt.cert_file: {}/b.pem: No such",
                "mqtt.key_file: {}/c.pem: No such",
            ],
        ),
    ],
)
def test_files_for_tls_are_looked_at(check: Check, certificate: Path, files: str, says: list[str]) -> None:
    code, lines = check(f"mqtt: {{tls: true, {files.replace(': ', f': {certificate}/')}}}\n")
    assert code == 1
    for line, said in zip(lines, says, strict=True):
        assert line.startswith(f"speaker: {said.format(certificate)}")


@pytest.mark.parametrize("files", ["ca_file: {}/cert.pem", "cert_file: {0}/cert.pem, key_file: {0}/key.pem"])
def test_good_files_for_tls_are_good(check: Check, certificate: Path, files: str) -> None:
    assert check(f"mqtt: {{tls: true, {files.format(certificate)}}}\n") == (0, [])


def test_files_for_tls_without_tls_are_a_warning(check: Check, certificate: Path) -> None:
    code, (line,) = check(f"mqtt: {{ca_file: {certificate}/cert.pem}}\n")
    assert code == 0
    assert "mqtt.ca_file: is not used while mqtt.tls is false" in line


def test_a_path_that_depends_on_the_place_is_a_warning(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tools").mkdir()
    code, (line,) = check("tools: {paths: [/etc/speaker/tools, tools]}\n")
    assert code == 0
    assert f"tools.paths[1]: tools is looked for below {tmp_path}, and by the service elsewhere" in line


def test_a_tool_file_that_cannot_be_used_is_a_warning(check: Check, tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "broken.py").write_text("def (\n")
    code, (line,) = check(f"tools: {{paths: [{tmp_path}/tools]}}\n")
    assert code == 0
    assert "broken.py cannot be used as a tool" in line


async def test_a_start_is_told_every_mistake_too(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("audio: {volum: 3}\nwake: {words: [{model: hey_nobody}]}\n")
    with pytest.raises(ConfigError) as caught:
        await serve(file)
    assert [one.rpartition("(")[2] for one in caught.value.problems] == ["line 1)", "line 2)"]


def test_a_reload_is_told_every_mistake(tmp_path: Path) -> None:
    """The daemon asks this before it lets go of the old configuration, and logs each of the problems."""
    file = tmp_path / "config.yaml"
    file.write_text("audio: {volum: 3}\ntools: {paths: [/nowhere]}\nwake: {words: [{model: hey_nobody}]}\n")
    with pytest.raises(ConfigError) as caught:
        check_settings(file)
    assert [one.rpartition("(")[2] for one in caught.value.problems] == ["line 1)", "line 2)", "line 3)"]


def test_who_wants_sentences_judged_is_told_where_the_model_is_missing_and_how_to_fetch_it(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    text = "id: kitchen\nsession:\n  turn_detection: {type: client_vad, endpointing: smart}\n"
    code, lines = check(text)
    assert code == 1
    (told,) = [one for one in lines if "turn_detection" in one]
    assert "line 3" in told
    assert f"{tmp_path}/models/smart-turn-v3.2-cpu.onnx cannot be read: No such file" in told
    assert "Fetch it: speaker model add smart-turn" in told
    assert check(text.replace("smart", "silence"))[0] == 0
