"""The bench beside rivals without rivals: where sound begins and ends, medians, tables, pictures, the command line."""

import json
import os
import runpy
import sys
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import numpy as np
import pytest

from speaker.audio.pcm import Samples
from speaker.config.loading import load_settings
from speaker.config.yaml_text import read_yaml
from tests.bench.race.chart import both_charts
from tests.bench.race.command_line import build_bench_parser
from tests.bench.race.contestants import (
    EVERYBODY,
    OURS,
    OURS_WITHOUT_ECHO,
    PROGRAMS,
    RIVALS,
    Ours,
    Rival,
    chosen,
    takes_part,
)
from tests.bench.race.ears import EAR_HZ, SETTLE_S, Ear
from tests.bench.race.environments import RivalEnvironment, reason
from tests.bench.race.figures import ASLEEP, AWAKE, Figure, Outcome, as_data, cell, markdown, table_rows
from tests.bench.race.machine import machine, processor
from tests.bench.race.process_use import ProcessUse, family, memory, stat_fields, threads, used, woken
from tests.bench.race.running import Place, configuration
from tests.bench.race.sound_marks import LOUD, cut_sharply, end_of_sound, first_loud, silence_within

FIGURES: Final = (Figure("a", "first", "ms"), Figure("b", "second", "", 1))
QUIET: Final = 10


def sound(*pieces: tuple[int, int]) -> Samples:
    """Pieces of so many samples of a size."""
    return np.concatenate([np.full(count, size, np.int16) for count, size in pieces])


# Where sound begins and ends.


def test_sound_begins_at_its_first_loud_sample() -> None:
    heard = sound((5, 0), (3, LOUD), (2, -LOUD - 1), (9, 0))
    assert first_loud(heard) == 8
    assert first_loud(heard, 9) == 9
    assert first_loud(heard, 10) is None


def test_the_softest_number_is_loud() -> None:
    assert first_loud(sound((1, 0), (1, -32_768))) == 1


def test_sound_ends_before_the_first_silence_that_is_long_enough() -> None:
    heard = sound((4, 0), (6, 9_000), (QUIET - 1, 0), (5, 9_000), (QUIET + 1, 0), (3, 9_000), (QUIET + 1, 0))
    assert end_of_sound(heard, 0, QUIET) == 4 + 6 + QUIET - 1 + 5
    assert end_of_sound(heard, 30, QUIET) == heard.size - QUIET - 1


def test_what_has_not_ended_has_no_end() -> None:
    heard = sound((4, 0), (6, 9_000), (QUIET - 1, 0))
    assert end_of_sound(heard, 0, QUIET) is None
    assert end_of_sound(heard, 10, QUIET) is None


def test_only_silence_within_a_sound_is_a_gap() -> None:
    heard = sound((50, 0), (5, 9_000), (QUIET, 0), (5, 9_000), (QUIET - 1, 0), (5, 9_000), (50, 0))
    assert silence_within(heard, QUIET) == QUIET
    assert silence_within(sound((50, 0)), QUIET) == 0


def test_speech_is_cut_where_it_is_loud() -> None:
    assert cut_sharply(sound((5, 10), (5, 2_000), (5, 0), (5, -10_000), (5, 900))).tolist() == [
        *[2_000] * 5, *[0] * 5, *[-10_000] * 5,
    ]  # fmt: skip


# When a sample was heard.


def test_an_ear_goes_by_the_pieces_that_were_on_time() -> None:
    ear, piece = Ear(), bytes(2 * EAR_HZ // 100)
    for number in range(1, 500):
        late_s = 0.2 if number % 3 else 0.0
        ear.push(piece, 1_000 + number / 100 + late_s)
    assert ear.time_of(EAR_HZ) == pytest.approx(1_001)
    assert ear.place_of(1_001) == EAR_HZ
    assert ear.place_of(0) == 0
    assert ear.place_of_end() == ear.samples.size == 499 * EAR_HZ // 100


def test_what_was_rendered_far_ahead_tells_no_time() -> None:
    ear, piece = Ear(), bytes(2 * EAR_HZ // 100)
    for number in range(1, 500):
        ahead_s = 1.0 if number / 100 <= SETTLE_S else 0.0
        ear.push(piece, 1_000 + number / 100 - ahead_s)
    assert ear.time_of(0) == pytest.approx(1_000)


# Figures.


def outcome() -> Outcome:
    found = Outcome()
    found.add("ours", {"a": [3, 1], "b": [0.25]})
    found.add("ours", {"a": [2]})
    found.add("theirs", {"a": [2_000]})
    found.fail("others", "cannot be installed")
    found.fail("others", "cannot be installed")
    return found


def test_a_cell_has_median_and_spread() -> None:
    assert cell([3, 1, 2], 0) == "2 (1-3)"
    assert cell([4.04, 4.0], 1) == "4.0"
    assert cell([1_234], 0) == "1,234"
    assert cell([], 0) == "–"


def test_rounds_are_put_together() -> None:
    assert table_rows(outcome(), FIGURES) == [["first, ms", "2 (1-3)", "2,000", "–"], ["second", "0.2", "–", "–"]]
    assert outcome().names() == ["ours", "theirs", "others"]
    assert outcome().problems == {"others": ["cannot be installed"]}


def test_the_documents_get_a_table() -> None:
    assert markdown(outcome(), FIGURES).splitlines() == [
        "|  | ours | theirs | others |", "| --- | --- | --- | --- |", "| first, ms | 2 (1-3) | 2,000 | – |",
        "| second | 0.2 | – | – |", "", "others: cannot be installed",
    ]  # fmt: skip
    assert markdown(Outcome(), FIGURES) == ""


def test_data_has_every_value_and_what_went_wrong() -> None:
    data = json.loads(json.dumps(as_data(outcome(), FIGURES)))
    assert data["medians"] == {
        "ours": {"a": 2, "b": 0.25}, "theirs": {"a": 2_000, "b": None}, "others": {"a": None, "b": None},
    }  # fmt: skip
    assert data["values"]["ours"]["a"] == [3, 1, 2]
    assert data["problems"] == {"others": ["cannot be installed"]}


def test_the_picture_says_in_words_what_it_shows() -> None:
    awake, asleep = Outcome(), Outcome()
    awake.add("ours", {"voice_to_silence": [120.4], "gaps": [0]})
    awake.add("sdk", {"voice_to_silence": [130]})
    asleep.add("ours", {"cpu_silence": [1.25]})
    drawn = ElementTree.fromstring(both_charts(awake, asleep))  # noqa: S314 - our own
    (title, *_) = drawn
    assert title.text == (
        "Awake: voice over an answer → silence: ours 120, sdk 130; gaps in an answer of 6 s: ours 0. "
        "Asleep: CPU in silence: ours 1.2"
    )
    texts = [one.text for one in drawn.iter() if one.tag.endswith("text")]
    assert {"120", "130", "1.2", "Awake: less is better", "Asleep: less is better"} <= set(texts)


def test_nothing_is_drawn_of_a_part_without_values() -> None:
    asleep = Outcome()
    asleep.add("ours", {"cpu_silence": [0.0]})
    assert "Awake" not in both_charts(Outcome(), asleep)


@pytest.mark.parametrize("figures", [AWAKE, ASLEEP])
def test_figures_have_names_of_their_own(figures: tuple[Figure, ...]) -> None:
    assert len({one.key for one in figures}) == len({one.label for one in figures}) == len(figures)


# What the kernel counts.


def test_a_process_may_be_called_anything() -> None:
    assert stat_fields("7 (a) b (c) S 1 2") == ["S", "1", "2"]


def test_wakes_are_those_by_itself() -> None:
    assert woken("Name:\tx\nvoluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t99\n") == 12


def test_use_between_two_moments() -> None:
    assert ProcessUse(12.0, 3.0, 1.0, 50, 20).since(ProcessUse(10.0, 2.5, 0.75, 40, 15)) == ProcessUse(
        2.0, 0.5, 0.25, 10, 5
    )


def test_this_process_is_counted() -> None:
    me = os.getpid()
    assert family(me)[0] == me
    assert family(me, itself=False) == family(me)[1:]
    assert me in family(os.getppid())
    assert used([me]).cpu_s > 0
    assert 0 < memory(["self"]).pss_mb <= memory(["self"]).rss_mb
    assert me in threads(me)


def test_what_has_ended_needs_nothing() -> None:
    gone = 2**22 + 1  # Linux numbers no process so
    assert threads(gone) == {}
    assert (used([gone]).cpu_s, memory([gone]).rss_mb) == (0, 0)


def test_the_machine_has_a_name() -> None:
    assert processor("processor\t: 0\nmodel name\t: AMD EPYC 7\nflags\t: fpu\n") == "AMD EPYC 7"
    assert processor("Hardware\t: BCM2835\nModel\t\t: Raspberry Pi 4\n") == "Raspberry Pi 4"
    assert processor("") == ""
    assert "cores" in machine()


# Who takes part.


def rival(name: str) -> Rival:
    return next(one for one in RIVALS if one.name == name)


def test_versions_are_exact_and_programs_there() -> None:
    for one in RIVALS:
        compile((PROGRAMS / one.program).read_text(), one.program, "exec")
        assert all(pin.count("==") == 1 for environment in one.environments for pin in environment.pins)
    names = [environment.name for one in RIVALS for environment in one.environments]
    assert len(set(names)) == len(names)


def test_everybody_but_the_second_of_ours_is_chosen() -> None:
    assert [one.name for one in chosen("")] == [name for name in EVERYBODY if name != OURS_WITHOUT_ECHO.name]
    assert chosen("sdk, ours") == [EVERYBODY["sdk"], OURS]
    assert [one.name for one in chosen("") if takes_part(one, "asleep")] == ["ours", "openwakeword", "wyoming"]
    assert [one.name for one in chosen("") if takes_part(one, "awake")] == ["ours", "pipecat", "openai-agents", "sdk"]
    assert not takes_part(OURS_WITHOUT_ECHO, "asleep")


def test_a_program_gets_the_interpreters_of_the_others_first(tmp_path: Path) -> None:
    command = rival("wyoming").command(tmp_path, "ws://x")
    assert command[0] == str(tmp_path / "wyoming-satellite/bin/python")
    assert command[-3] == str(tmp_path / "wyoming-openwakeword/bin/python")
    assert rival("sdk").command(tmp_path, "ws://x")[-1] == "ws://x"


def test_an_environment_is_ready_with_these_versions_only(tmp_path: Path) -> None:
    environment = RivalEnvironment("one", ("a==1", "b==2"))
    assert not environment.ready(tmp_path)
    environment.python(tmp_path).parent.mkdir(parents=True)
    environment.python(tmp_path).touch()
    (tmp_path / "one" / "pins.txt").write_text("a==1\nb==2")
    assert environment.ready(tmp_path)
    assert not RivalEnvironment("one", ("a==1", "b==3")).ready(tmp_path)


def test_the_reason_is_pips_error() -> None:
    assert reason("Collecting x\nERROR: no matching distribution\n\nnotice: newer pip\n") == (
        "ERROR: no matching distribution"
    )
    assert reason("it broke\n") == "it broke"
    assert reason("") == "it said nothing"


@pytest.mark.parametrize("ours", [OURS, OURS_WITHOUT_ECHO])
def test_the_daemon_takes_its_configuration(tmp_path: Path, ours: Ours) -> None:
    text = configuration(ours, Place(tmp_path, tmp_path, tmp_path, 1, "ws://127.0.0.1:1/v1/realtime"))
    settings = load_settings(read_yaml(text.encode(), "bench").value, "bench")
    assert settings.audio.duplex == ours.duplex
    assert settings.session.endpoint == "cloud"


# The command line.


def test_the_bench_tells_what_it_takes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "--help"])
    with pytest.raises(SystemExit) as left:
        runpy.run_module("tests.bench", run_name="__main__")
    assert left.value.code == 0
    told = capsys.readouterr().out
    assert all(option in told for option in ("--only", "--rounds", "--venvs", "--json", "--markdown", "--svg"))


def test_options_are_understood(tmp_path: Path) -> None:
    options = build_bench_parser("about").parse_args(["--only", "ours,sdk", "--rounds", "2", "--venvs", str(tmp_path)])
    assert (options.only, options.rounds, options.venvs) == ([OURS, EVERYBODY["sdk"]], 2, tmp_path)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["--only", "alexa"], "there is no 'alexa'"), (["--rounds", "0"], "0 is no number of rounds")],
)
def test_what_cannot_be_is_refused(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build_bench_parser("about").parse_args(arguments)
    assert told in capsys.readouterr().err
