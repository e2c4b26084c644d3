"""The machinery of ``python -m tests.bench``: one room and one server for the speaker and everybody it is compared with."""
