"""Timers, alarms and reminders.

Imports: errors, language, config, store.
Begin with ``timers`` for when something is due and ``scheduler`` for ringing.
"""
