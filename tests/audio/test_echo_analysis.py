"""The verdict of the echo test: only an echo that was heard, and is removed, lets anything said interrupt."""

import pytest

from speaker.audio.echo_analysis import EchoReport, judge
from speaker.audio.pcm import SILENCE_DBFS

GOOD = EchoReport(heard=True, delay_ms=80, loss_db=10, removed_db=30, left_db=0, clock_ratio=1.0, played_dbfs=-25)


def test_an_echo_that_is_removed_leads_to_full() -> None:
    assert judge(GOOD) == ("full", "30 dB are removed of an echo 10 dB below what is played, after 80 ms")


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (EchoReport(heard=False, played_dbfs=SILENCE_DBFS), "the test sound was not played"),
        (EchoReport(heard=False, played_dbfs=-45), "which was played softly"),
        (EchoReport(heard=False, played_dbfs=-20), "does not hear the test sound; with headphones"),
        (EchoReport(heard=True, clock_ratio=None, removed_db=30), "the clocks"),
        (EchoReport(heard=True, clock_ratio=1.0, removed_db=12, left_db=20), "only 12 dB"),
        (EchoReport(heard=True, clock_ratio=1.0, removed_db=30, clipped=True), "overdrives"),
        (EchoReport(heard=True, clock_ratio=1.0, removed_db=30, frame_ms=60), "takes 60 ms"),
    ],
)
def test_everything_else_leads_to_wake_and_says_why(report: EchoReport, reason: str) -> None:
    mode, why = judge(report)
    assert mode == "wake"
    assert reason in why


def test_clocks_far_apart_are_told() -> None:
    report = EchoReport(heard=True, removed_db=30, clock_ratio=1 - 312e-6)
    assert judge(report)[1].endswith("the clocks are 312 ppm apart")
