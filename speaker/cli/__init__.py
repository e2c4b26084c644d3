"""The command line, a file a command.

Imports: everything. Only here is anything printed.
Begin with ``main``.
"""
