"""``speaker language list`` and ``speaker language add``: what there is for each language, and one more."""

import argparse
import os
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from speaker.cli.language.adding import add_recogniser, how_to_add
from speaker.cli.output import FAILED, GOOD, config_file, print_json
from speaker.cli.screen import Screen
from speaker.daemon.loading import read_settings
from speaker.daemon.systemd import state_place
from speaker.errors import ConfigError
from speaker.language.codes import (
    ENGLISH,
    LANGUAGES,
    base_language,
    canonical_language,
    language_name,
    meant_language,
)
from speaker.language.phrasebook import has_phrases, phrase_files, phrasebook
from speaker.offline.speech.ears import kept_set, recogniser_source
from speaker.offline.speech.espeak import ESPEAK, INSTALL, has_espeak
from speaker.offline.understanding.home_intents.language_file import known_language


@dataclass(frozen=True, slots=True)
class LanguageParts:
    """What there is for one language."""

    code: str
    name: str
    sentences: bool
    """Whether the offline rules understand it."""
    phrases: bool
    """Whether the speaker's own sentences are there."""
    voice: str
    """What speaks it here; empty when nothing does."""
    ears: str
    """What hears it here: ``built in``, where it was fetched from, or nothing."""


def manage_languages(options: argparse.Namespace) -> int:
    """List, or add one."""
    state = state_place(config_file(options))
    if options.what == "list":
        return _list(state, config_file(options), Screen(), as_json=options.json)
    return _add(_asked_for(options.code), options.place, state, Screen())


def parts_of(code: str, state: Path) -> LanguageParts:
    """What there is for a language, with recognisers in the state directory."""
    english = base_language(code) == ENGLISH
    spoken = has_phrases(code) and not english and has_espeak()
    kept = kept_set(state, code)
    return LanguageParts(
        code, language_name(code), bool(known_language(code)), has_phrases(code),
        "hibari" if english else f"{ESPEAK} {phrasebook(code).espeak}" if spoken else "",
        "built in" if english else kept.source if kept is not None else "",
    )  # fmt: skip


def missing(parts: LanguageParts) -> list[str]:
    """What a language lacks here, and how it comes: a sentence each."""
    lacks = []
    if not parts.phrases:
        lacks.append(f"what the speaker says by itself is English: nobody has written the phrases in {parts.name} yet")
    elif not parts.voice:
        lacks.append(f"there is no voice for {parts.name}: {INSTALL}")
    if not parts.ears:
        lacks.append(how_to_add(base_language(parts.code), recogniser_source(parts.code)))
    return lacks


def _list(state: Path, config: Path | None, screen: Screen, *, as_json: bool) -> int:
    here = read_settings(config).session.language
    codes = dict.fromkeys([here, *phrase_files(), *(code for code in LANGUAGES if kept_set(state, code) is not None)])
    every = [parts_of(code, state) for code in codes]
    if as_json:
        print_json({"language": here, "languages": [asdict(one) | {"missing": missing(one)} for one in every]})
        return GOOD
    rows = [
        (one.code, one.name, _yes(one.sentences), _yes(one.phrases), one.voice or "no", one.ears or "no")
        for one in every
    ]
    screen.table(("code", "language", "understood", "phrases", "voice", "ears"), rows, 6)
    shown = {base_language(code) for code in codes}
    others = sorted(code for code in LANGUAGES if code not in shown and known_language(code))
    screen.line((f"understood only, and said in English: {', '.join(others)}", "quiet"))
    for lack in missing(every[0]):
        screen.line(("missing", "warning"), f" {lack}")
    return GOOD


def _yes(there: bool) -> str:
    return "yes" if there else "no"


def _asked_for(text: str) -> str:
    code = canonical_language(text)
    if not code:
        meant = meant_language(text)
        raise ConfigError([f"{text[:40]!r} is no language that is known{f', did you mean {meant}?' if meant else ''}"])
    return code


def _add(code: str, place: str, state: Path, screen: Screen) -> int:
    if has_phrases(code) and base_language(code) != ENGLISH and not has_espeak():
        _install_voice(screen)
    source = recogniser_source(code)
    if not place and source is not None and source.known and kept_set(state, code) is None:
        place = source.address
    if place and base_language(code) != ENGLISH:
        kept = add_recogniser(state, code, source, place, lambda text: screen.line((text, "quiet")))
        screen.line(("good", "good"), f" {language_name(code)} is heard here, by {len(kept.files)} files from {place}")
        screen.line((f"licence: {kept.licence or 'nobody here knows it'}", "quiet"))
        screen.line(("it counts after: sudo systemctl restart speaker", "quiet"))
    lacks = missing(parts_of(code, state))
    for lack in lacks:
        screen.line(("missing", "warning"), f" {lack}")
    if not lacks:
        screen.line(("good", "good"), f" {language_name(code)} is complete; choose it by session.language: {code}")
    return FAILED if lacks else GOOD


def _install_voice(screen: Screen) -> None:
    """Only root may; for anybody else the command is named among what is missing."""
    if os.geteuid() != 0:
        return
    screen.line((f"installing {ESPEAK}", "quiet"))
    subprocess.run(  # noqa: S603 - nothing of it comes from outside
        ["/usr/bin/apt-get", "install", "-y", "-qq", "--no-install-recommends", ESPEAK],
        check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )  # fmt: skip
