"""Every MQTT topic of a speaker: direction, retained, QoS and payload. docs/mqtt.md's table is generated from this.

QoS 1 and retained: what somebody who comes later has to know. QoS 1: what must not be lost. QoS 0: news that is
worthless when it is late.
"""

from typing import Final

Topic = tuple[str, str, str, int, str]

TOPICS: Final[tuple[Topic, ...]] = (
    ("<base>/<id>/availability", "out", "yes, and last will", 1, "`online` or `offline`"),
    ("<base>/<id>/state", "out", "yes", 1, "JSON: state, muted, volume, announcement_volume, threshold, follow_up_s, "
     "wake_word, endpoint, duplex, duplex_reason, chosen (wake_word, endpoint, duplex), timers, cost_today_usd, "
     "cost_month_usd, budget_step, budget_raised_usd, sessions_today, not_for_me_today, audio_sent_asleep_bytes, "
     "last_error"),
    ("<base>/<id>/event", "out", "no", 0, "JSON with `type` and `at`: wake, not_for_me, turn, tool, announced, timer, "
     "confirm, budget, error"),
    ("<base>/<id>/command/wake", "in", "ignored", 1, "empty: listen now"),
    ("<base>/<id>/command/stop", "in", "ignored", 1, "empty: silence, and back to sleep; ends what rings"),
    ("<base>/<id>/command/sleep", "in", "ignored", 1, "empty: the same"),
    ("<base>/<id>/command/mute", "in", "ignored", 1, "`ON` or `OFF`; survives a restart"),
    ("<base>/<id>/command/volume", "in", "ignored", 1, "0-100 percent; survives a restart"),
    ("<base>/<id>/command/announcement_volume", "in", "ignored", 1, "0-100 percent; survives a restart"),
    ("<base>/<id>/command/threshold", "in", "ignored", 1, "0-1, for every wake word; survives a restart"),
    ("<base>/<id>/command/follow_up", "in", "ignored", 1, "1-60 seconds; survives a restart"),
    ("<base>/<id>/command/wake_word", "in", "ignored", 1, "a bundled or configured word, or `as configured`; survives "
     "a restart"),
    ("<base>/<id>/command/duplex", "in", "ignored", 1, "auto, full, wake or half; survives a restart"),
    ("<base>/<id>/command/endpoint", "in", "ignored", 1, "auto, cloud or offline; survives a restart"),
    ("<base>/<id>/command/test", "in", "ignored", 1, "empty: play the test sound and measure the echo"),
    ("<base>/<id>/command/budget", "in", "ignored", 1, "0-1000: USD that may be spent today beyond the budgets"),
    ("<base>/<id>/command/say", "in", "ignored", 1, "text, spoken as it stands by the offline voice"),
    ("<base>/<id>/command/ask", "in", "ignored", 1, "text, answered aloud by the model"),
    ("<base>/<id>/command/announce", "in", "ignored", 1, 'JSON: text or url (WAV, MP3, FLAC, Ogg), volume, chime'),
    ("<base>/<id>/command/question", "in", "ignored", 1, "JSON: text, answers, reply_to, timeout_s; one of the answers "
     "comes to reply_to"),
    ("<base>/<id>/command/confirm", "in", "ignored", 1, "`yes` or `no` to what the speaker asks just now"),
    ("<base>/<id>/command/result", "out", "no", 0, "JSON: verb, ok, error; also to the MQTT 5 response topic"),
    ("<reply_to> of a question", "out", "no", 1, "JSON: question, answer (null if none came), ok"),
    ("<base>/<id>/answer/<call>", "in", "ignored", 1, "the answer to a call of a hub tool with `respond`"),
    ("<base>/tools/<name>", "in", "read", 1, "JSON: a tool that the hub defines; empty takes it away"),
    ("<base>/claim/<wake word>", "both", "no", 0, "JSON: speaker, score, busy; the first of several speakers answers"),
    ("<base>/+/availability", "in", "read", 1, "which other speakers there are"),
    ("<discovery_prefix>/device/speaker_<id>/config", "out", "yes", 1, "the announcement to Home Assistant"),
    ("<discovery_prefix>/<platform>/speaker_<id>/<key>/config", "out", "yes", 1, "the same one by one, with "
     "mqtt.discovery: components"),
    ("<discovery_prefix>/status", "in", "ignored", 1, "`online`: announcement and state are published again"),
    ("<discovery_prefix>/+/+/config, <discovery_prefix>/+/+/+/config", "in", "read", 1, "the devices of the house"),
    ("state, availability and command topics of devices", "both", "read", 1, "as their announcements say"),
)  # fmt: skip
