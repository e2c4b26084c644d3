"""The table. See the package's docstring."""

import argparse
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Final

from speaker.offline.understanding.intent_engine import IntentEngine
from tests.bench.local import hearings
from tests.bench.understanding.done import effects_of
from tests.bench.understanding.effects import READING, Effects, expected
from tests.bench.understanding.examples import Example, House, read_examples, read_house
from tests.bench.understanding.load import print_load
from tests.bench.understanding.their_recogniser import TheirRecogniser
from tests.support.tool_definitions import BUNDLED_TOOLS

LANGUAGES: Final = {"en": "en", "de": "de", "fr": "fr", "es": "es", "nl": "nl", "it": "it", "zh-CN": "zh-cn"}
VERDICTS: Final = ("right", "asked", "refused", "wrong")
_QUESTIONS: Final = ("Say ", "There is more", "Do you mean")


NOISE_DB: Final = 10.0
"""How far speech stands above the pink noise."""


def print_spoken(folder: Path, most: int) -> None:
    """Sentences that a tool is there for, as two synthetic voices say them and the offline recogniser hears them."""
    house = read_house(folder)
    known = [(one, meant) for one in read_examples(folder) if (meant := expected(one, house)) is not None]
    chosen = known[:: max(1, len(known) // most)][:most]
    engine, theirs = IntentEngine(house.told(), BUNDLED_TOOLS), TheirRecogniser("en", house)
    print(f"\nen, {len(chosen)} sentences, heard; right asked refused wrong | Home Assistant's recogniser: the same")
    for name, hear in hearings([NOISE_DB]):
        heard = [(replace(one, words=hear(one.words)), meant) for one, meant in chosen]
        ours = Counter(judged(engine, one, meant, house)[0] for one, meant in heard)
        others = Counter(theirs.judged(one) for one, _ in heard)
        row = " ".join(f"{ours[verdict]:5}" for verdict in VERDICTS)
        print(f"  {name:20} {row} | {' '.join(f'{others[verdict]:5}' for verdict in VERDICTS)}", flush=True)


def judged(engine: IntentEngine, example: Example, meant: Effects, house: House) -> tuple[str, str]:
    """right, asked, refused or wrong, and what was done or said."""
    reply = engine.reply(example.words)
    if not reply.calls:
        # Of what this house does not have, nothing can be switched.
        right = not meant
        return ("right" if right else "asked" if reply.text.startswith(_QUESTIONS) else "refused"), reply.text
    told = str([(call.name, dict(call.arguments)) for call in reply.calls])
    later = [call for call in reply.calls if call.name == "do_later"]
    if "conversation_command" in example.slots and len(later) == len(reply.calls):
        units = ("hours", "minutes", "seconds")
        same = all(call.arguments.get(unit, 0) == example.slots.get(unit, 0) for call in later for unit in units)
        return ("right" if same else "wrong"), told
    done = effects_of(reply.calls, house, example.here)
    # Newer sentences tell a blind from a curtain where the tests only say that it is a cover.
    narrower = example.slots.get("domain") == "cover" and "device_class" not in example.slots
    climates = [one for one in house.entities if one.domain == "climate"]
    only_one = example.intent == "HassClimateSetTemperature" and not example.here
    only_one = only_one and ("name" not in example.slots or len(climates) == 1)
    alike = {effect[:2] for effect in done} == {effect[:2] for effect in meant or ()}
    if meant is not None and (done == meant or (narrower and done <= meant) or (only_one and alike)):
        return "right", told
    # A question about what nobody built is answered by another question at worst.
    return "wrong", told


def measure(checkout: Path, language: str, show: str) -> None:
    """Print one language's table."""
    folder = checkout / "tests" / LANGUAGES[language]
    house, examples = read_house(folder), list(read_examples(folder))
    engine, theirs = IntentEngine(house.told(), BUNDLED_TOOLS, language), TheirRecogniser(language, house)
    ours: Counter[tuple[str, str]] = Counter()
    others: Counter[tuple[str, str]] = Counter()
    acting = 0
    for example in examples:
        meant = expected(example, house)
        group = example.intent if meant is not None else "(no tool)"
        verdict, told = judged(engine, example, meant, house)
        ours[group, verdict] += 1
        others[group, theirs.judged(example)] += 1
        acts = verdict == "wrong" and any(call.name not in READING for call in engine.reply(example.words).calls)
        acting += acts
        if verdict in show.split(","):
            print(f"  {verdict} {example.intent} {dict(example.slots)}: {example.words!r}\n      {told[:180]}")
    print(f"\n{language}: {len(examples)} sentences; right asked refused wrong | Home Assistant's recogniser: the same")
    for group in sorted({group for group, _ in ours}):
        row = " ".join(f"{ours[group, verdict]:5}" for verdict in VERDICTS)
        print(f"  {group:30} {row} | {' '.join(f'{others[group, verdict]:5}' for verdict in VERDICTS)}")
    with_tool = {verdict: sum(ours[g, v] for g, v in ours if v == verdict and g != "(no tool)") for verdict in VERDICTS}
    total = sum(with_tool.values())
    rival = sum(others[g, v] for g, v in others if v == "right" and g != "(no tool)")
    right, theirs_right = (100 * count / total for count in (with_tool["right"], rival))
    print(f"  with a tool: {right:.1f} % of {total} right; wrong actions in all: {acting} | {theirs_right:.1f} %")


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.understanding")
    parser.add_argument("checkout", type=Path, help="a checkout of github.com/home-assistant/intents")
    parser.add_argument("languages", nargs="*", default=list(LANGUAGES))
    parser.add_argument("--show", default="", help="verdicts whose sentences are printed, such as wrong,refused")
    parser.add_argument(
        "--spoken", type=int, default=0, metavar="N", help="N English sentences, spoken and recognised, too"
    )
    parser.add_argument("--load", action="store_true", help="time and memory, too")
    options = parser.parse_args()
    for language in options.languages:
        measure(options.checkout, language, options.show)
    if options.spoken:
        print_spoken(options.checkout / "tests" / "en", options.spoken)
    if options.load:
        print_load()


if __name__ == "__main__":
    main()
