"""Timers, alarms and reminders.

Imports: errors, config, store.
Begin with ``timers`` for when something is due and ``scheduler`` for ringing.
"""
