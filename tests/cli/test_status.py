"""What the running speaker tells of itself, as lines for people."""

from speaker.cli.status import event_line, status_lines

STATE = {
    "state": "idle", "muted": False, "volume": 60, "duplex": "wake", "endpoint": "cloud", "sessions_today": 3,
    "cost_today_usd": 0.01234, "cost_month_usd": 0.5, "last_error": "the broker was away",
}  # fmt: skip


def test_a_speaker_that_runs() -> None:
    unit = {"state": "active", "since": "Mon 8:00"}
    lines = list(status_lines("speaker/attic", {"availability": "online", "state": STATE}, unit))
    assert lines[0] == "speaker/attic: idle, active since Mon 8:00"
    text = "\n".join(lines)
    for words in ("volume 60 %", "cloud, 3 sessions today", "$0.0123 today, $0.5000 this month", "the broker was away"):
        assert words in text


def test_a_speaker_that_is_away() -> None:
    for told in ({}, {"availability": "offline", "state": STATE}):
        lines = list(status_lines("speaker/attic", told, {}))
        assert lines[0] == "speaker/attic: not connected to the broker"
        assert "is the service running?" in lines[1]


def test_without_a_broker_systemd_knows_something() -> None:
    unit = {"state": "active", "since": "Mon 8:00", "told": "waiting for the wake word"}
    told = "\n".join(status_lines("t", {"problem": "the MQTT broker x:1883 does not answer"}, unit))
    assert "not connected to the broker, active since Mon 8:00" in told
    assert "x:1883 does not answer" in told
    assert "it tells systemd: waiting for the wake word" in told


def test_a_state_with_holes_is_shown() -> None:
    assert "last error: none" in "\n".join(status_lines("t", {"availability": "online", "state": {}}, {}))


def test_an_event_is_one_line() -> None:
    event = {"type": "tool", "at": "2026-11-28T10:20:30.5+01:00", "name": "set_light", "ok": True, "more": {"a": [1]}}
    assert event_line(event) == '10:20:30 tool         name=set_light ok=true more={"a": [1]}'
    assert event_line({}) == "--:--:-- ?"
    assert len(event_line({"type": "turn", "words": "x" * 1_000})) < 250
