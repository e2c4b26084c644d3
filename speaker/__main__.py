"""``python -m speaker``."""

from speaker.cli.main import main

if __name__ == "__main__":
    main()
