"""The machinery of ``python -m tests.bench``: one room and one server for the speaker and all it is compared with."""
