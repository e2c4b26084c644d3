"""The daemon under a profiler: ``python -m tests.bench.race.profiled_daemon run --config FILE``.

SIGUSR1 writes what was used so far into ``profile.json`` in its state directory.
"""

import os
import signal
from pathlib import Path
from typing import Final

from speaker.cli.main import main
from tests.bench.race.call_costs import ThreadProfiles

DUMP: Final = "profile.json"


def run_profiled() -> None:
    """Until it is ended."""
    profiles = ThreadProfiles()
    file = Path(os.environ["STATE_DIRECTORY"], DUMP)
    signal.signal(signal.SIGUSR1, lambda *_: profiles.dump(file))
    profiles.begin()
    main()


if __name__ == "__main__":
    run_profiled()
