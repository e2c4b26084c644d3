"""The tables, step by step: a ledger of any version becomes one of the last."""

from typing import Final

STEPS: Final = (
    """
CREATE TABLE response (
    day TEXT NOT NULL, model TEXT NOT NULL, endpoint TEXT NOT NULL,
    input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cost_usd REAL NOT NULL
);
CREATE INDEX response_day ON response (day);
CREATE TABLE session (day TEXT NOT NULL);
CREATE TABLE chosen (key TEXT PRIMARY KEY, value TEXT NOT NULL);
""",
    "CREATE TABLE count (day TEXT NOT NULL, what TEXT NOT NULL, times INTEGER NOT NULL, PRIMARY KEY (day, what));",
    """
ALTER TABLE response ADD COLUMN at TEXT NOT NULL DEFAULT '';
ALTER TABLE response ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
ALTER TABLE response ADD COLUMN purpose TEXT NOT NULL DEFAULT 'turn';
ALTER TABLE response ADD COLUMN text_in INTEGER NOT NULL DEFAULT 0;
ALTER TABLE response ADD COLUMN text_cached INTEGER NOT NULL DEFAULT 0;
ALTER TABLE response ADD COLUMN text_out INTEGER NOT NULL DEFAULT 0;
ALTER TABLE response ADD COLUMN audio_in INTEGER NOT NULL DEFAULT 0;
ALTER TABLE response ADD COLUMN audio_cached INTEGER NOT NULL DEFAULT 0;
ALTER TABLE response ADD COLUMN audio_out INTEGER NOT NULL DEFAULT 0;
ALTER TABLE response ADD COLUMN seconds REAL NOT NULL DEFAULT 0;
ALTER TABLE response ADD COLUMN estimated INTEGER NOT NULL DEFAULT 0;
ALTER TABLE response ADD COLUMN unheard_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE response ADD COLUMN waste_usd REAL NOT NULL DEFAULT 0;
CREATE TABLE turn (number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL);
CREATE TABLE saving (
    day TEXT NOT NULL, what TEXT NOT NULL, times INTEGER NOT NULL, seconds REAL NOT NULL, usd REAL NOT NULL,
    PRIMARY KEY (day, what)
);
CREATE TABLE raised (day TEXT PRIMARY KEY, usd REAL NOT NULL);
CREATE TABLE warned (period TEXT NOT NULL, share REAL NOT NULL, PRIMARY KEY (period, share));
""",
    """
CREATE TABLE alarm (number INTEGER PRIMARY KEY, alarm TEXT NOT NULL);
CREATE TABLE item (list TEXT NOT NULL, item TEXT NOT NULL, PRIMARY KEY (list, item));
""",
)
"""What each version of the schema added to the one before. A step that was once released is never changed."""

VERSION: Final = len(STEPS)
"""The schema's version, as the database file remembers it."""
