"""What a session will need is loaded while nobody has said anything yet."""

import asyncio
import contextlib
from collections.abc import Callable

from speaker.errors import ModelError
from speaker.offline.speech.engine_messages import House
from speaker.offline.speech.engines import OfflineEngines


class Readiness:
    """Ears, rules and voice of one session; however often its settings change, only the newest are loaded next."""

    def __init__(self, engines: OfflineEngines, house: Callable[[], House]) -> None:
        """``house``: for whom the rules are asked as the session is now."""
        self._engines = engines
        self._house = house
        self._task: asyncio.Task[None] | None = None
        self._again = False

    def begin(self) -> None:
        """Load what is needed as the session is now. Needs a running loop."""
        self._again = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._load(), name="getting ready")

    def close(self) -> None:
        """Nobody needs it any more."""
        if self._task is not None:
            self._task.cancel()

    async def _load(self) -> None:
        # Whoever needs what is missing is told then.
        with contextlib.suppress(ModelError, RuntimeError):
            while self._again:
                self._again = False
                await self._engines.get_ready(self._house())
