"""The doctor, in the virtual room: what works, and what does not with a remedy."""

from pathlib import Path
from typing import Any

import pytest

from speaker.cli.doctor.all_checks import visit
from speaker.cli.doctor.broker import check_house
from speaker.cli.doctor.check import Check
from speaker.cli.doctor.machine import check_machine
from speaker.cli.doctor.sound import check_sound
from speaker.cli.doctor.speech import check_service, check_speech
from speaker.config.settings import Settings
from speaker.daemon.loading import Surroundings
from speaker.daemon.systemd import Systemd
from speaker.demo.broker import PrivateBroker
from speaker.demo.stage import stage_settings
from speaker.demo.virtual_room import VirtualRoom
from speaker.offline.server.scripted import Close, EmitStep, ScriptStep
from speaker.offline.server.server import RealtimeServer
from speaker.offline.speech.engines import OfflineEngines
from tests.support.scripted_session import error, played


def named(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def sound_settings(**audio: Any) -> Settings:
    return stage_settings(1883, audio=audio)


async def test_good_devices_are_measured(room: VirtualRoom) -> None:
    await room.quiet(for_ms=300, within_s=10)
    async with room.echo(delay_ms=80, gain_db=-10):
        found = named(await check_sound(sound_settings().audio))
    assert {one.result for one in found.values()} == {"good"}, found
    assert "room_mic" in found["microphone"].text
    assert found["echo"].text.startswith("duplex full: ")


async def test_loudspeaker_that_nobody_hears_is_found_out(room: VirtualRoom) -> None:
    found = named(await check_sound(sound_settings().audio))
    # A room without an echo is digitally silent, as a muted microphone is.
    assert found["level"].result == "failed"
    assert "alsamixer" in found["level"].remedy
    assert found["echo"].result == "failed"
    assert "does not hear the chirp" in found["echo"].text


async def test_missing_device_names_the_setting(room: VirtualRoom) -> None:
    found = named(await check_sound(sound_settings(microphone="nowhere").audio))
    assert found["microphone"].result == "failed"
    assert "audio.microphone" in found["microphone"].remedy
    assert found["loudspeaker"].result == "good"


async def test_wake_word_and_offline_speech_understand_a_spoken_phrase(tmp_path: Path) -> None:
    found = named(await check_speech(stage_settings(1883), tmp_path))
    assert found["hey_jarvis"].result == "good", found
    assert found["offline speech"].result == "good", found
    assert "language" not in found


async def test_what_another_language_lacks_is_told_with_the_command(tmp_path: Path) -> None:
    found = await check_speech(stage_settings(1883, session={"language": "de"}), tmp_path)
    told = [one.text for one in found if one.name == "language"]
    assert any("speaker language add de" in one for one in told)


async def test_threshold_that_no_phrase_reaches_is_found_out(tmp_path: Path) -> None:
    words = [{"model": "hey_jarvis", "threshold": 1.0}]
    found = named(await check_speech(stage_settings(1883, wake={"words": words}), tmp_path))
    assert found["hey_jarvis"].result == "failed"


async def test_service_that_answers_and_one_that_refuses(cloud: RealtimeServer, engines: OfflineEngines) -> None:
    def settings(url: str) -> Settings:
        return stage_settings(1883, session={"endpoint": "cloud", "url": url})

    assert (await check_service(settings(cloud.url), None)).result == "good"
    refusal: list[ScriptStep] = [
        EmitStep(error("invalid_api_key")),
        Close(3000, "invalid_request_error.invalid_api_key"),
    ]
    async with played(engines, *refusal) as (_, url):
        check = await check_service(settings(url), "sk-not-a-key")
    assert check.result == "failed"
    assert "refuses the key" in check.text
    assert "sk-not-a-key" not in f"{check}"


async def test_offline_speaker_needs_no_service() -> None:
    assert (await check_service(stage_settings(1883), None)).result == "skipped"


async def test_broker_there_and_not_there(broker: PrivateBroker) -> None:
    found = named(await check_house(stage_settings(broker.port), None))
    assert (found["broker"].result, found["hub"].result) == ("good", "good")
    found = named(await check_house(stage_settings(9), None))
    assert (found["broker"].result, found["hub"].result) == ("failed", "skipped")
    assert "mqtt.host" in found["broker"].remedy


async def test_disk_that_cannot_be_written_is_found_out(tmp_path: Path) -> None:
    good = named(await check_machine(tmp_path))
    assert good["disk"].result == "good"
    assert (await check_machine(tmp_path / "gone"))[1].result == "failed"


@pytest.mark.timeout(90)
async def test_visit_looks_at_everything(room: VirtualRoom, broker: PrivateBroker, tmp_path: Path) -> None:
    around = Surroundings(None, tmp_path, Systemd(), None, None)
    found = [check.name async for check in visit(stage_settings(broker.port), around)]
    assert found == [
        "config", "microphone", "loudspeaker", "level", "echo", "hey_jarvis", "offline speech", "service", "broker",
        "hub", "clock", "disk", "unit",
    ]  # fmt: skip
