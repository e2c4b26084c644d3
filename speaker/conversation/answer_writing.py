"""One short answer that the service writes down, while its model is asked nothing.

The service is told to find no turns, gets the sound, and is waited for until it has written it down. Then the item is
taken out of the conversation, and the session is as it was: the model neither hears the answer nor is asked about it.
"""

import asyncio
from typing import Final, Protocol

from msgspec import UNSET

from speaker.audio.pcm import Samples
from speaker.conversation.answer_faults import ASIDE
from speaker.language.codes import service_language
from speaker.realtime.protocol import client_events as cl
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.objects import Audio, AudioInput, Session, Transcription
from speaker.realtime.session_config import spoken_language

ALONE_S: Final = 2.0
"""A service that does not confirm within this time that it finds no turns gets no sound."""

WORDS_S: Final = 5.0
"""How long it may take to write an answer down."""


class AnswerUplink(Protocol):
    """The session that the answer goes through."""

    def send(self, event: cl.ClientEvent) -> None:
        """Send an event, unless the session is not open."""

    def append(self, samples: Samples) -> None:
        """Send microphone sound: int16, 16 kHz."""

    def commit(self) -> None:
        """What was appended so far is a turn of the user."""

    def clear(self) -> None:
        """What was appended since the last turn is none."""


class AnswerWriting:
    """The writing down of one answer in one connection."""

    def __init__(self, session: AnswerUplink, wanted: Session, writer: Transcription) -> None:
        """``wanted``: how the session was opened; ``writer``: what writes, as ``writer_of`` has it."""
        self._session = session
        self._usual = _hearing(wanted)
        self._writes = writer
        self._ready = asyncio.Event()
        self._item = ""
        self._words: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()

    async def write(self, samples: Samples) -> str | None:
        """The words in int16 samples at 16 kHz; None when the service did not write them down."""
        self._update(AudioInput(turn_detection=None, transcription=self._writes), "answer")
        try:
            async with asyncio.timeout(ALONE_S):
                await self._ready.wait()
            self._session.clear()
            self._session.append(samples)
            self._session.commit()
            async with asyncio.timeout(WORDS_S):
                return await self._words
        except TimeoutError:
            return None
        finally:
            self._end()

    def hear(self, news: ev.ServerEvent) -> bool:
        """Take in an event of the service; whether it was about this answer and nobody else's."""
        match news:
            case ev.SessionUpdated():
                self._ready.set()
            case ev.AudioCommitted(item_id=item) if self._ready.is_set() and not self._item:
                self._item = item
            case ev.TranscriptionCompleted(item_id=item, transcript=words, status=status) if item == self._item:
                if status != "in_progress":
                    self._settle(words or "")
                return True
            case ev.TranscriptionFailed(item_id=item) if item == self._item:
                self._settle(None)
                return True
            case _:
                pass
        return False

    def close(self) -> None:
        """The connection is gone."""
        self._settle(None)
        self._ready.set()

    def _settle(self, words: str | None) -> None:
        if not self._words.done():
            self._words.set_result(words)

    def _end(self) -> None:
        if self._item:
            self._session.send(cl.DeleteItem(item_id=self._item, event_id=f"{ASIDE}answered"))
        else:
            self._session.clear()
        usual = self._usual
        written = usual.transcription if isinstance(usual.transcription, Transcription) else None
        self._update(AudioInput(turn_detection=usual.turn_detection, transcription=written), "listening")

    def _update(self, hearing: AudioInput, name: str) -> None:
        session = Session(type="realtime", audio=Audio(input=hearing))
        self._session.send(cl.SessionUpdate(session=session, event_id=f"{ASIDE}{name}"))


def writer_of(wanted: Session, transcriber: str) -> Transcription | None:
    """What writes down in a session: what is configured, else the service's model ``transcriber``; None without."""
    configured = _hearing(wanted).transcription
    if isinstance(configured, Transcription):
        return configured
    language = service_language(spoken_language(wanted))
    return Transcription(model=transcriber, language=language) if transcriber else None


def _hearing(wanted: Session) -> AudioInput:
    heard = wanted.audio.input if isinstance(wanted.audio, Audio) else UNSET
    return heard if isinstance(heard, AudioInput) else AudioInput()
