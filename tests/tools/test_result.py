"""A tool's result keeps its type: what a person hears and what the model reads are two things."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.tools.result import MAX_OUTPUT_CHARACTERS, ToolResult, spoken_together


def test_an_order_to_the_model_is_read_by_it_and_never_spoken() -> None:
    result = ToolResult("no answer", "the lamp is silent, so I don't know.", "the lamp is silent: do not say it is on.")
    assert result.output == "No answer: the lamp is silent: do not say it is on."
    assert spoken_together([result]) == "The lamp is silent, so I don't know."


@pytest.mark.parametrize(
    ("returned", "status", "text"),
    [
        ("Confirmed: the door is shut.", "confirmed", "the door is shut."),
        ("No answer: nobody knows.", "no answer", "nobody knows."),
        ("It is 21 degrees: warm.", "answer", "It is 21 degrees: warm."),
        ("Confirmed", "answer", "Confirmed"),
    ],
)
def test_a_string_may_begin_with_its_status(returned: str, status: str, text: str) -> None:
    result = ToolResult.of(returned)
    assert (result.status, result.text, result.output) == (status, text, returned)


def test_a_string_with_several_statuses_confirms_nothing() -> None:
    result = ToolResult.of("Confirmed: the lamp is on. Refused: the fan is offline.")
    assert (result.status, result.confirmed) == ("answer", False)
    assert result.output == "Confirmed: the lamp is on. Refused: the fan is offline."
    assert result.text == "The lamp is on. The fan is offline."


@given(st.text())
def test_the_model_reads_what_was_written_and_no_more_than_it_is_allowed(returned: str) -> None:
    output = ToolResult.of(returned).output
    assert len(output) <= MAX_OUTPUT_CHARACTERS
    assert output == returned or ":" in returned


def test_each_thing_is_said_once() -> None:
    lamp = ToolResult("confirmed", "the lamp is on.")
    assert spoken_together([lamp, lamp, ToolResult("confirmed", "")]) == "The lamp is on. Okay."
