"""Makes the pictures of the documents again, from running parts: ``python -m tests.pictures``."""
