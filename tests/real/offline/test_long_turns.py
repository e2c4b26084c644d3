"""Long turns: their words are made out while they go on, and what a session holds has its limits."""

import asyncio
import base64
import math

import numpy as np
import pytest
from rapidfuzz import fuzz

from speaker.audio import pcm
from speaker.audio.pcm import SESSION_HZ, ms_to_samples, samples_to_ms
from speaker.offline.server import conversation_items, session, turn_hearing
from speaker.offline.server.input_buffer import LONGEST_HELD_MS
from speaker.offline.server.server import RealtimeServer
from speaker.offline.speech.recogniser import LONGEST_PIECE_MS, quiet_place
from tests.support.daemon_scenes import STORY
from tests.support.held_engines import note_hearings
from tests.support.memory import growth_mb
from tests.support.real_parts import Speech
from tests.support.strict_client import REQUEST, VAD, Json, Peer, ladder, ms, of, peer, silence, sound_of, user

WRITTEN_DOWN = "conversation.item.input_audio_transcription.completed"
PATIENT = VAD | {"silence_duration_ms": 2_000, "create_response": False}


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each piece was that the recogniser got, ms; what is heard on a guess at each pause is left out."""
    monkeypatch.setattr(turn_hearing, "GUESS_AFTER_MS", math.inf)
    return note_hearings(monkeypatch)


def letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalpha() or character == " ")


async def write_down(client: Peer, turns: Json | None) -> None:
    await client.update(audio={"input": {"turn_detection": turns, "transcription": {"model": "whisper-1"}}})


async def until_heard(heard: list[float], length_ms: float) -> None:
    """Wait until so much has been given to the recogniser, turn under way or not."""
    while sum(heard) < length_ms:
        await asyncio.sleep(0.01)


def test_speech_is_parted_where_it_is_quiet() -> None:
    loud = np.full(10 * SESSION_HZ, 5_000, np.int16)
    loud[7 * SESSION_HZ : 7 * SESSION_HZ + ms_to_samples(400, SESSION_HZ)] = 20
    assert 7_000 < samples_to_ms(quiet_place(loud, SESSION_HZ), SESSION_HZ) < 7_400
    assert quiet_place(loud[: 5 * SESSION_HZ], SESSION_HZ) >= 2.5 * SESSION_HZ


@pytest.mark.parametrize("turns", [None, PATIENT], ids=["committed", "detected"])
async def test_at_the_end_of_a_long_turn_only_its_last_piece_is_left(
    cloud: RealtimeServer, speech: Speech, heard: list[float], turns: Json | None
) -> None:
    async with peer(cloud) as client:
        await write_down(client, turns)
        for _ in range(2):
            await client.append(speech(STORY))
        await until_heard(heard, 2 * samples_to_ms(speech(STORY).size, SESSION_HZ) - LONGEST_PIECE_MS)
        before = len(heard)
        if turns is None:
            await client.send("input_audio_buffer.commit")
        else:
            await client.append(silence(3_000))
        written = (await client.until(WRITTEN_DOWN))[-1]["transcript"]
    assert fuzz.ratio(letters(written), letters(STORY * 2)) > 90, written
    assert max(heard) <= LONGEST_PIECE_MS
    assert len(heard) <= before + 2  # the silence that ends a detected turn may make it two


async def test_what_a_pause_ends_was_heard_in_the_pause(
    cloud: RealtimeServer, speech: Speech, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = note_hearings(monkeypatch)
    async with peer(cloud) as client:
        await write_down(client, PATIENT)
        await client.append(speech(REQUEST))
        await client.append(silence(300))
        await until_heard(heard, 1.0)
        assert not of(client.received, "input_audio_buffer.speech_stopped")
        await client.append(silence(2_500))
        written = (await client.until(WRITTEN_DOWN))[-1]["transcript"]
    assert letters(written).strip() == letters(REQUEST).strip()
    assert len(heard) == 1


async def test_who_goes_on_after_a_pause_is_heard_whole(
    cloud: RealtimeServer, speech: Speech, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = note_hearings(monkeypatch)
    async with peer(cloud) as client:
        await write_down(client, PATIENT)
        await client.append(speech("Turn on the sofa lamp"))
        await client.append(silence(300))
        await until_heard(heard, 1.0)
        await client.append(speech("and the reading lamp."))
        await client.append(silence(2_500))
        written = (await client.until(WRITTEN_DOWN))[-1]["transcript"]
    assert fuzz.ratio(letters(written).strip(), "turn on the sofa lamp and the reading lamp") > 90, written


async def test_what_was_cleared_is_not_heard_with_what_follows(
    cloud: RealtimeServer, speech: Speech, heard: list[float]
) -> None:
    async with peer(cloud) as client:
        await write_down(client, None)
        await client.append(speech(STORY))
        await until_heard(heard, 1.0)
        await client.send("input_audio_buffer.clear")
        await client.until("input_audio_buffer.cleared")
        await client.append(speech(REQUEST))
        await client.send("input_audio_buffer.commit")
        written = (await client.until(WRITTEN_DOWN))[-1]["transcript"]
    assert letters(written).strip() == letters(REQUEST).strip()


async def test_who_gives_up_waiting_for_long_words_leaves_them_to_the_next(
    cloud: RealtimeServer, speech: Speech
) -> None:
    async with peer(cloud) as client:
        await client.update(audio={"input": {"turn_detection": None}}, output_modalities=["text"])
        await client.append(np.concatenate([speech(STORY), speech(STORY)]))
        await client.send("input_audio_buffer.commit")
        await client.until("conversation.item.done")
        for _ in range(3):
            await client.send("response.create")
            await client.until("response.created")
            await client.send("response.cancel")
            assert (await client.until("response.done"))[-1]["response"]["status"] == "cancelled"
        answer = (await client.respond())[-1]["response"]
    assert answer["status"] == "completed"
    assert answer["output"][0]["content"][0]["text"].startswith("Sorry")


LONG_TURN = """
import asyncio, base64, json
import numpy as np
from websockets.asyncio.client import connect
from speaker.offline.server.server import ServerSettings, offline_server

async def until(one, kind):
    while json.loads(await one.recv())["type"] != kind:
        pass

async def live(seconds):
    noise = (np.random.default_rng(2).standard_normal(24_000 * 5) * 5_000).astype("<i2").tobytes()
    audio = {"input": {"turn_detection": None, "transcription": {"model": "whisper-1"}}}
    async with offline_server(ServerSettings(port=0)) as server, connect(server.url, proxy=None) as one:
        await one.send(json.dumps({"type": "session.update", "session": {"type": "realtime", "audio": audio}}))
        for _ in range(seconds // 5):
            sound = base64.b64encode(noise).decode()
            await one.send(json.dumps({"type": "input_audio_buffer.append", "audio": sound}))
        await one.send(json.dumps({"type": "input_audio_buffer.commit"}))
        await until(one, "conversation.item.input_audio_transcription.completed")

asyncio.run(live(5))
"""


def test_a_turn_of_any_length_takes_little_memory() -> None:
    assert growth_mb(LONG_TURN, "asyncio.run(live(390))") < 120


# Limits.


async def test_sound_that_is_never_committed_is_bounded(cloud: RealtimeServer) -> None:
    async with peer(cloud) as client:
        await client.update(audio={"input": {"turn_detection": None}})
        for filling in range(2):
            for _ in range(LONGEST_HELD_MS // 60_000):
                await client.append_bytes(bytes(60_000 * 48), step=60_000 * 48)
            loud = np.full(ms_to_samples(500, SESSION_HZ), 900 + filling, np.int16)
            for _ in range(3):
                await client.append(loud)
            problem = await client.problem()
            assert problem["code"] == "input_audio_buffer_full"
            await client.send("input_audio_buffer.commit")
            events = await client.until("conversation.item.done")
            assert ladder(events) == [
                "input_audio_buffer.committed",
                "conversation.item.added",
                "conversation.item.done",
            ]
            kept = sound_of(await client.retrieve(events[0]["item_id"]))
            assert ms(kept) == LONGEST_HELD_MS
            assert np.all(np.frombuffer(kept[-1500 * 48 :], "<i2") == 900 + filling)
            await client.send("conversation.item.delete", item_id=events[0]["item_id"])
            await client.until("conversation.item.deleted")


async def test_the_oldest_items_go_when_there_are_too_many(
    cloud: RealtimeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation_items, "MOST_ENTRIES", 3)
    async with peer(cloud) as client:
        ids = [(await client.write(f"Word {count}."))[0]["item"]["id"] for count in range(3)]
        for count in range(2):
            dropped, added, _ = await client.write(f"More {count}.")
            assert (dropped["type"], dropped["item_id"]) == ("conversation.item.deleted", ids[count])
            assert added["previous_item_id"] is not None
        spoken = await client.respond(output_modalities=["text"])
        assert [event["item_id"] for event in of(spoken, "conversation.item.deleted")] == [ids[2]]
        assert spoken[-1]["response"]["status"] == "completed"
        problem = await client.send_wrong({"type": "conversation.item.retrieve", "item_id": ids[0]})
        assert problem["code"] == "item_retrieve_invalid_item_id"


async def test_the_oldest_items_go_when_they_hold_too_much_text(
    cloud: RealtimeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation_items, "MOST_TEXT", 100)
    async with peer(cloud) as client:
        first = (await client.write("x" * 60))[0]["item"]["id"]
        dropped, *_ = await client.write("y" * 60)
        assert (dropped["type"], dropped["item_id"]) == ("conversation.item.deleted", first)


async def test_the_oldest_sound_goes_and_its_item_stays(
    cloud: RealtimeServer, speech: Speech, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation_items, "MOST_SOUND_BYTES", 48 * 2_500)
    async with peer(cloud) as client:
        await client.update(audio={"input": {"turn_detection": None}})
        ids = []
        for _ in range(2):
            await client.append(silence(2_000))
            await client.send("input_audio_buffer.commit")
            ids.append((await client.until("conversation.item.done"))[0]["item_id"])
        first, second = [await client.retrieve(item_id) for item_id in ids]
        assert first["content"] == [{"type": "input_audio", "transcript": None}]
        assert ms(sound_of(second)) == 2_000


async def test_only_so_many_responses_are_made_at_once(cloud: RealtimeServer) -> None:
    endless: Json = {"conversation": "none", "instructions": "Say exactly: " + "And so on. " * 300}
    async with peer(cloud) as client:
        for _ in range(session.MOST_RESPONSES):
            await client.send("response.create", response=endless)
        await client.send("response.create", response=endless)
        assert (await client.until("error"))[-1]["error"]["code"] == "rate_limit_exceeded"
        created = of(client.received, "response.created")
        assert len(created) == session.MOST_RESPONSES
        await client.send("response.cancel", response_id=created[0]["response"]["id"])
        while not of(client.received, "response.done"):
            await client.next()
        await client.send("response.create", response=endless)
        assert (await client.until("response.created"))[-1]["response"]["id"]


async def test_words_and_sound_of_a_user_are_heard_piece_by_piece_too(
    cloud: RealtimeServer, speech: Speech, heard: list[float]
) -> None:
    async with peer(cloud) as client:
        audio = np.concatenate([speech(STORY)] * 2)
        await client.update(output_modalities=["text"])
        encoded = base64.b64encode(pcm.to_bytes(audio)).decode()
        await client.send("conversation.item.create", item=user({"type": "input_audio", "audio": encoded}))
        await client.until("conversation.item.done")
        assert (await client.respond())[-1]["response"]["status"] == "completed"
    assert len(heard) >= 3
    assert max(heard) <= LONGEST_PIECE_MS
