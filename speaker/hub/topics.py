"""Every MQTT topic of a speaker: direction, retained, QoS and payload. docs/mqtt.md's table is generated from this.

QoS 1 and retained: what somebody who comes later has to know. QoS 1: what must not be lost. QoS 0: news that is
worthless when it is late, and what comes in by the thousand: a broker drops QoS 1 beyond what it queues.
"""

from collections.abc import Iterator
from typing import Final

from speaker.hub.commands import COMMANDS
from speaker.hub.controls import CONTROLS

TopicRow = tuple[str, str, str, int | str, str]


def _verbs() -> Iterator[TopicRow]:
    """A row for each command and control."""
    rows = {command.name: command.payload for command in COMMANDS}
    rows |= {one.name: f"{one.payload}{'; survives a restart' if one.kept else ''}" for one in CONTROLS}
    for name, payload in rows.items():
        yield f"<base>/<id>/command/{name}", "in", "ignored", 1, payload


TOPICS: Final[tuple[TopicRow, ...]] = (
    ("<base>/<id>/availability", "out", "yes, and last will", 1, "`online` or `offline`"),
    ("<base>/<id>/state", "out", "yes", 1, "JSON: state, muted, volume, announcement_volume, threshold, follow_up_s, "
     "wake_word, endpoint, duplex, duplex_reason, chosen (wake_word, endpoint, duplex), timers, ringing, "
     "cost_today_usd, cost_month_usd, today_began, month_began, budget_step, budget_raised_usd, sessions_today, "
     "not_for_me_today, audio_sent_asleep_bytes, last_error, version"),
    ("<base>/<id>/event", "out", "no", 0, "JSON with `type` and `at`: wake, not_for_me, turn, tool, announced, timer, "
     "confirm, budget, error"),
    *_verbs(),
    ("<base>/<id>/command/result", "out", "no", 0, "JSON: verb, ok, error; also to the MQTT 5 response topic"),
    ("<reply_to> of a question", "out", "no", 1, "JSON: question, answer (null if none came), ok"),
    ("<base>/<id>/answer/<call>", "in", "ignored", 1, "the answer to a call of a hub tool with `respond`"),
    ("<base>/tools/<name>", "in", "read", 1, "JSON: a tool that the hub defines; empty takes it away"),
    ("<base>/claim/<wake word>", "both", "no", 1, "JSON: speaker, score, busy, at (when it was heard, s "
     "since 1970); the first of several speakers answers"),
    ("<base>/+/state", "in", "ignored", 0, "whether speakers that claim wake words answer anybody"),
    ("<base>/+/availability", "in", "read", 0, "which other speakers there are"),
    ("<discovery_prefix>/device/speaker_<id>/config", "out", "yes", 1, "the announcement to Home Assistant"),
    ("<discovery_prefix>/<platform>/speaker_<id>/<key>/config", "out", "yes", 1, "the same one by one, with "
     "mqtt.discovery: components"),
    ("<discovery_prefix>/status", "in", "ignored", 1, "`online`: announcement and state are published again"),
    ("<discovery_prefix>/+/+/config, <discovery_prefix>/+/+/+/config", "in", "read", 0, "the devices of the house"),
    ("tasmota/discovery/+/config, tasmota/discovery/+/sensors", "in", "read", 0, "Tasmota devices, as stock firmware "
     "announces itself"),
    ("state, availability and command topics of devices", "both", "read", "0 in, 1 out", "as their announcements say"),
    ("$mcp-server/presence/speaker-<id>-mcp/speaker/<id>", "out", "yes; empty is the last will", 1, "with mqtt.mcp: "
     "JSON-RPC `notifications/server/online`"),
    ("$mcp-server/speaker-<id>-mcp/speaker/<id>", "in", "ignored", 1, "with mqtt.mcp: `initialize` of clients"),
    ("$mcp-server/capability/speaker-<id>-mcp/speaker/<id>", "out", "no", 1, "with mqtt.mcp: "
     "`notifications/tools/list_changed`"),
    ("$mcp-rpc/<client>/speaker-<id>-mcp/speaker/<id>", "both", "ignored", 1, "with mqtt.mcp: what a client asks, and "
     "the answers"),
    ("$mcp-server/presence/+/<filter>, $mcp-server/capability/+/<filter>", "in", "read", 1, "with tools.mcp_servers: "
     "which servers there are, and that their tools have changed"),
    ("$mcp-server/<server>/<name>, $mcp-rpc/<client>/<server>/<name>", "both", "ignored", 1, "with tools.mcp_servers: "
     "`initialize`, calls and answers; `<client>` is new each time"),
    ("$mcp-client/presence/<client>", "both", "no, and last will", 1, "JSON-RPC `notifications/disconnected` of a "
     "client"),
)  # fmt: skip
