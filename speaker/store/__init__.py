"""What survives a restart and a power cut, in SQLite.

About: the ledger of what was spent and saved, what the hub has set, timers and lists.
Imports: errors, config, cost.
Begin with ``store``.
"""
