"""The process of the engines, from outside: started when it is needed, given up when it was not for a while.

Recogniser, voice and rules take 200 MB and more, and a process hardly gives back what its heap once had. So they live
in one of their own, which ends. Nothing secret goes there: it gets requests, and of the environment what Python needs.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from itertools import count
from pathlib import Path
from typing import Final

from speaker.offline.speech.engine_life import EngineLife, Wanted
from speaker.offline.speech.engine_messages import EngineQuestion, Sounded, Speak, SpeakOn

IDLE_S: Final = 600.0
"""After so long without a request its memory is worth more than the seconds that the next one will wait."""


class EngineProcess:
    """The process as it is there for all sessions, one life of it after the other. Belongs to one event loop."""

    def __init__(self, state: Path | None, idle_s: float = IDLE_S) -> None:
        """``state``: the directory with recognisers for more languages."""
        self._arguments = [str(state)] if state is not None else []
        self._idle_s = idle_s
        self._life: EngineLife | None = None
        self._numbers = count(1)
        self._closed = False
        self._idle: asyncio.TimerHandle | None = None
        self._reaping: set[asyncio.Task[int]] = set()

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        return self._life.pid if self._life is not None and self._life.living else None

    def number(self) -> int:
        """A number for a request."""
        return next(self._numbers)

    async def ask(self, question: EngineQuestion, wanted: type[Wanted]) -> Wanted:
        """The result of a request, as ``EngineLife.ask``; RuntimeError also when this is closed."""
        async with self._used() as life:
            return await life.ask(question, wanted)

    async def phrases(self, text: str, speed: float, turn: asyncio.Lock) -> AsyncGenerator[bytes, None]:
        """The phrases of a text as sound, each made when it is asked for, while ``turn`` is held."""
        number = self.number()
        question: EngineQuestion = Speak(number, text, speed)
        async with self._used() as life:
            try:
                while True:
                    async with turn:
                        sound = (await life.ask(question, Sounded)).sound
                    if not sound:
                        return
                    yield sound
                    question = SpeakOn(number)
            finally:
                life.forget(number)

    def rest(self) -> None:
        """Give its memory back now, unless somebody uses it."""
        life = self._life
        if life is None or life.users:
            return
        self._life = None
        life.end()
        task = asyncio.create_task(asyncio.to_thread(life.reap))
        self._reaping.add(task)
        task.add_done_callback(self._reaping.discard)

    def close(self) -> None:
        """End it, for good."""
        self._closed = True
        self._wait_idly()
        life, self._life = self._life, None
        if life is not None:
            life.end()
            life.reap()

    @contextlib.asynccontextmanager
    async def _used(self) -> AsyncGenerator[EngineLife, None]:
        if self._closed:
            raise RuntimeError("the offline engines are closed")
        if self._life is None or not self._life.living:
            self._life = EngineLife(self._arguments)
        life = self._life
        life.users += 1
        try:
            await life.opened()
            yield life
        finally:
            life.users -= 1
            self._wait_idly()

    def _wait_idly(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if not self._closed:
            self._idle = asyncio.get_running_loop().call_later(self._idle_s, self.rest)
