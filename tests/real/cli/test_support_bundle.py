"""The support bundle: what helps is in it, and nothing secret."""

import base64
import tarfile
from pathlib import Path
from typing import Final

import pytest
import yaml

from speaker.cli.doctor.check import failed, good
from speaker.cli.parser import build_parser
from speaker.cli.support_bundle import gather, pack

BODY: Final = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"
PEM: Final = f"-----BEGIN PRIVATE KEY-----\n{BODY}\nMzEfYyjiWA4R4/M2bS1GB4t7NXp98C3S\n-----END PRIVATE KEY-----"
JWT: Final = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiIwZTZiYTk3YzYifQ.Jx3bQk1fW8mVtQ0dYc7n"
BASIC: Final = base64.b64encode(b"kitchen:Zebra-Quartz-7").decode()

PLANTED: Final = {
    "JSON web token": (f"got {JWT} back", "eyJpc3MiOiIwZTZiYTk3YzYifQ"),
    "long-lived token of Home Assistant": (f"hass --token {JWT}", "Jx3bQk1fW8mVtQ0dYc7n"),
    "GitHub": ("cloned with ghp_16C7e42F292c6912E7710c838347Ae178B4a", "16C7e42F292c6912E7710c838347Ae178B4a"),
    "AWS": ("id AKIAIOSFODNN7EXAMPLE", "IOSFODNN7EXAMPLE"),
    "Wi-Fi": ("psk=Zebra-Quartz-7", "Zebra-Quartz-7"),
    "Wi-Fi, quoted": ('psk="Zebra Quartz 7"', "Quartz"),
    "private key": (PEM, BODY),
    "password behind a blank": ("connected with password Zebra-Quartz-7 at last", "Zebra-Quartz-7"),
    "password that is told": ("the password is Zebraquartz", "Zebraquartz"),
    "password of several words": ("mqtt password: zebra quartz seven", "quartz"),
    "user information": ("mqtt://kitchen:Zebra-Quartz-7@broker:1883", "Zebra-Quartz-7"),
    "user information with odd signs": ("mqtt://kitchen:Zebra@Quartz/7@broker:1883", "Quartz"),
    "query": ("GET wss://host/v1?model=m&api-key=Zebra-Quartz-7", "Zebra-Quartz-7"),
    "query of another name": ("GET https://host/hook?code=Zebra-Quartz-7", "Zebra-Quartz-7"),
    "environment": ("export MQTT_PASSWORD=Zebra-Quartz-7", "Zebra-Quartz-7"),
    "environment, another name": ("WEATHER_KEY=Zebra-Quartz-7", "Zebra-Quartz-7"),
    "basic": (f"authorization: Basic {BASIC}", BASIC),
    "basic alone": (f"header Basic {BASIC}", BASIC),
    "bearer": ("Bearer Zebra-Quartz-7", "Zebra-Quartz-7"),
    "OpenAI": ("key sk-proj-Zebra_Quartz-7abc", "Quartz"),
    "xAI": ("key xai-ZebraQuartz7abcdefgh", "ZebraQuartz7"),
    "MQTT in the journal": ("CONNECT user=kitchen password=Zebra-Quartz-7", "Zebra-Quartz-7"),
    "JSON": ('{"username": "kitchen", "password": "Zebra, \\"Quartz\\" 7"}', "Quartz"),
    "Slack": ("xoxb-123456789012-abcdefZebraQuartz", "ZebraQuartz"),
    "Slack's hook": ("https://hooks.slack.com/services/T0000/B0000/ZebraQuartz", "ZebraQuartz"),
    "Telegram": ("bot 110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"),
    "half a key": ("…Zq8xLm2Kd7PwRt4VnYb6HcGj9SfTa3EuWi5OoXz1B", "Zq8xLm2Kd7PwRt4VnYb6HcGj9SfTa3EuWi5OoXz1B"),
    "known": ("the broker refused Quartz/known+1", "Quartz/known+1"),
    "known, encoded": ("the broker refused Quartz%2Fknown%2B1", "Quartz%2Fknown%2B1"),
    "named in the file": ("the broker refused zebraquartz", "zebraquartz"),
}
"""Kind of secret: a text with it, and the part that must not be seen."""


def journal(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the journal of this machine have these lines."""
    lines = "".join(
        f"2026-11-28T12:00:0{n % 10}+0100 pi speaker[7]: {line}\n" for n, line in enumerate(text.split("\n"))
    )
    (folder / "journal").write_text(lines)
    program = folder / "journalctl"
    program.write_text(f"#!/bin/sh\ncat '{folder}/journal'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def unpacked(archive: Path) -> dict[str, str]:
    with tarfile.open(archive) as opened:
        return {
            one.name.removeprefix("speaker-bundle/"): file.read().decode()
            for one in opened
            if (file := opened.extractfile(one)) is not None
        }


@pytest.mark.parametrize("kind", PLANTED)
async def test_no_planted_secret_is_in_the_archive(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text, secret = PLANTED[kind]
    document = {
        "name": f"Kitchen {text}",
        "session": {"instructions": f"Say {text}.", "voice": text},
        "mqtt": {"username": text, "password": "zebraquartz"},
        "wifi": {"network": text, "list": [text]},
        "audio": {"volume": [text], "duplex": {"x": text}},
        "tools": {"deny": [text], "risk": {text: "confirm"}},
        "house": {"devices": [{"kind": "light", "name": text, "payload_on": text, "note": text}]},
        text: 1,
    }
    config = tmp_path / "config.yaml"
    comments = "".join(f"# {line}\n" for line in text.split("\n"))
    config.write_text(comments + yaml.safe_dump(document, width=60))
    journal(tmp_path, f"before\n{text}\nthe end", monkeypatch)
    checks = [good("disk", f"fine {text}"), failed("broker", f"refuses {text}", f"look at {text}")]
    pack(await gather(config, checks, ["Quartz/known+1", None]), tmp_path / "bundle.tar.gz")
    whole = unpacked(tmp_path / "bundle.tar.gz")
    shown = "".join(whole.values())
    assert "before" in whole["journal.txt"]
    assert "broker" in whole["doctor.txt"]
    assert "kind: light" in whole["config.yaml"]
    if kind != "named in the file":
        assert "zebraquartz" not in shown
    assert secret not in shown


async def test_bundle_holds_config_log_and_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("mqtt: {username: kitchen}\n# password: hunter22\n")
    journal(tmp_path, "= asleep → waking (hey_jarvis 0.93)", monkeypatch)
    checks = [good("disk", "fine"), failed("service", "refuses sk-abcdefgh", "check the key")]
    pack(await gather(config, checks, ["hunter22"]), tmp_path / "bundle.tar.gz")
    assert (tmp_path / "bundle.tar.gz").stat().st_mode & 0o777 == 0o600
    whole = unpacked(tmp_path / "bundle.tar.gz")
    assert list(whole) == ["about.txt", "config.yaml", "doctor.txt", "journal.txt"]
    assert whole["config.yaml"] == "mqtt:\n  username: kitchen\n"
    assert "refuses [removed]" in whole["doctor.txt"]
    assert "= asleep → waking (hey_jarvis 0.93)" in whole["journal.txt"]
    assert "hunter22" not in "".join(whole.values())


async def test_only_known_keys_are_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("""\
# a private remark
audio: {volume: 30, loudnes: private}
session:
  instructions: The private code is 1234.
  turn_detection: {type: client_vad, threshold: 0.6, mood: private}
wake: {words: [{model: alexa, note: private}]}
cost: {prices: {mine: {as_of: 2026-11-24, text_in: 1, from_whom: private}}}
tools: {risk: {open_gate: never}}
house: {devices: [{kind: light, name: Lamp, cmd_t: lamp/set, code_of_door: private}]}
weather: {place: private}
""")
    journal(tmp_path, "", monkeypatch)
    files = await gather(config, [], [])
    shown = files["config.yaml"]
    assert "private" not in shown
    assert "1234" not in shown
    remarks = [line.rpartition(": ")[2] for line in shown.splitlines() if line.startswith("#")]
    assert sorted(remarks) == [
        "audio.loudnes", "cost.prices.mine.from_whom", "house.devices[0].code_of_door",
        "session.turn_detection.mood", "wake.words[0].note", "weather",
    ]  # fmt: skip
    kept = yaml.safe_load(shown)
    assert kept["audio"] == {"volume": 30}
    assert kept["session"]["turn_detection"] == {"type": "client_vad", "threshold": 0.6}
    assert kept["wake"] == {"words": [{"model": "alexa"}]}
    assert kept["tools"] == {"risk": {"open_gate": "never"}}
    assert kept["house"] == {"devices": [{"kind": "light", "name": "Lamp", "cmd_t": "lamp/set"}]}


@pytest.mark.parametrize(
    ("text", "says"),
    [("audio: {volum: 3}\nwake: {words: 5}\n", "Did you mean volume?"), ('mqtt: "hunter22\n', "is not YAML")],
)
def test_a_broken_configuration_is_packed_with_its_mistakes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(text)
    journal(tmp_path, "the last words", monkeypatch)
    target = tmp_path / "bundle.tar.gz"
    options = build_parser().parse_args(["bundle", "--config", str(config), "--output", str(target)])
    assert options.load()(options) == 0
    assert says in capsys.readouterr().out
    whole = unpacked(target)
    assert says in whole["doctor.txt"]
    assert "the last words" in whole["journal.txt"]
    assert "hunter22" not in "".join(whole.values())
