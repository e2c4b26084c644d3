"""The wake words, the offline engines, and the service that answers."""

import asyncio
from pathlib import Path
from typing import Final

import numpy as np

from speaker.audio.pcm import FRAME_SAMPLES, SESSION_HZ, WAKE_HZ, Samples, resample
from speaker.cli.doctor.check import Check, failed, good, skipped
from speaker.cli.language.command import missing, parts_of
from speaker.config.settings import Settings
from speaker.daemon.loading import endpoints, open_words
from speaker.errors import ConfigError, ModelError, SessionError
from speaker.offline.speech.engines import OfflineEngines
from speaker.realtime.client import Closed, News, Opened, RealtimeClient
from speaker.realtime.endpoint import Target
from speaker.realtime.session_config import opening
from speaker.wake.detector import WakeWords

OPEN_S: Final = 12.0
SENTENCE: Final = "Turn on the lamp in the kitchen."
REINSTALL: Final = "run the installer again: the packages that carry the models must have their exact versions"


async def check_speech(settings: Settings, state: Path) -> list[Check]:
    """Wake words on a spoken phrase, then recogniser and voice; both in the offline voice. Then the other language."""
    engines = OfflineEngines()
    try:
        await engines.warm_up()
        checks = [*await _check_words(settings, engines), await _check_engines(engines)]
        return [*checks, *_check_language(settings.session.language, state)]
    except ModelError as error:
        return [failed("offline speech", str(error), REINSTALL)]
    finally:
        engines.close()


async def _check_words(settings: Settings, engines: OfflineEngines) -> list[Check]:
    try:
        words = WakeWords(open_words(settings), refractory_s=settings.wake.refractory_s, lazy=False)
    except ConfigError as error:
        return [failed("wake word", str(error), "name a bundled word or the path of a model in wake.words")]
    checks = []
    for word, wanted in zip(words.words, settings.wake.words, strict=True):
        if Path(wanted.model).suffix:
            checks.append(skipped(word.name, "nobody here knows how a model of your own sounds; see `speaker listen`"))
            continue
        best = await asyncio.to_thread(
            _best_score, words, word.name, await _spoken(engines, word.name.replace("_", " "))
        )
        text = f"a spoken {word.name.replace('_', ' ')!r} scores {best:.2f}, wanted are {word.threshold:g}"
        checks.append(good(word.name, text) if best >= word.threshold else failed(word.name, text, REINSTALL))
    return checks


async def _spoken(engines: OfflineEngines, text: str) -> Samples:
    """A sentence between two pauses: int16, 16 kHz."""
    pieces = [piece async for piece in engines.speak(f"{text.title()}.", 1.0)]
    pause = np.zeros(WAKE_HZ, np.int16)
    return np.concatenate([pause, resample(np.concatenate(pieces), SESSION_HZ, WAKE_HZ), pause])


def _best_score(words: WakeWords, name: str, sound: Samples) -> float:
    best = 0.0
    for start in range(0, sound.size - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        words.push(sound[start : start + FRAME_SAMPLES])
        best = max(best, *(word.score for word in words.words if word.name == name))
    return best


def _check_language(language: str, state: Path) -> list[Check]:
    """What speaks and hears a language other than English; without ears only the service understands it."""
    parts = parts_of(language, state)
    if parts.voice == "hibari":
        return []
    lacks = missing(parts)
    if not lacks:
        return [good("language", f"{parts.name} is spoken by {parts.voice} and heard here")]
    return [skipped("language", lack) for lack in lacks]


async def _check_engines(engines: OfflineEngines) -> Check:
    heard = (await engines.hear(await _spoken(engines, SENTENCE), WAKE_HZ)).text
    if "lamp" in heard.lower():
        return good("offline speech", f"what the voice said was understood: {heard!r}")
    return failed("offline speech", f"{SENTENCE!r} was understood as {heard!r}", REINSTALL)


async def check_service(settings: Settings, api_key: str | None) -> Check:
    """Whether a session with the wanted model can be opened; nothing is said in it, so it costs nothing."""
    name = "service"
    try:
        first = endpoints(settings, api_key, "")[0]
    except ConfigError as error:
        remedy = "write the key into /etc/speaker/credentials/openai_api_key, then `sudo systemctl restart speaker`"
        return failed(name, str(error), remedy)
    if first.name == "offline":
        why = "as configured" if settings.session.endpoint == "offline" else "since there is no key"
        return skipped(name, f"the embedded server answers, {why}")
    refusal = await _open(settings, first.target)
    if refusal is None:
        return good(name, f"{first.target.place} opens a session with {settings.session.model}")
    remedy = "it will not help to wait: change what is named" if refusal.fatal else "check the network, then try again"
    return failed(name, str(refusal), remedy)


async def _open(settings: Settings, target: Target) -> SessionError | None:
    """Open a session and close it again; why that is not possible."""
    told: asyncio.Queue[News] = asyncio.Queue()
    session = RealtimeClient(target, opening(settings.session, "", []), told.put_nowait, open_within_s=OPEN_S)
    holding = asyncio.create_task(session.run())
    try:
        while True:
            news = await told.get()
            if isinstance(news, Opened):
                return None
            if isinstance(news, Closed):
                return news.error or SessionError(f"{target.place} closed the session")
    finally:
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)
