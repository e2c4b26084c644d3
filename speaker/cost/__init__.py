"""Money.

About: tokens and prices, what each response cost, budgets and what they do, and the report.
Imports: errors, audio, config, realtime.
Begin with ``pricing``, then ``cost_tracker``.
"""
