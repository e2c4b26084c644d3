"""What is spoken when tools have returned, from our own sentences and from what hubs send."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speaker.offline.understanding.answer_text import answer


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        (["Confirmed: the sofa lamp is on at 40 percent."], "The sofa lamp is on at 40 percent."),
        (
            ["No answer: the sofa lamp did not report back within 5 seconds, so do not say it was done."],
            "The sofa lamp did not report back within 5 seconds, so I don't know whether it worked.",
        ),
        (["Refused: the kettle cannot be dimmed."], "The kettle cannot be dimmed."),
        (["The temperature outside is 4.5 degrees."], "The temperature outside is 4.5 degrees."),
        (["Confirmed: a is on.", "Refused: b is offline."], "A is on. B is offline."),
        (["Confirmed: a is on. Refused: b is offline."], "A is on. B is offline."),
        (
            ["No answer: a did not report back, so do not say it was done; confirmed: 3 lights are off."],
            "A did not report back, so I don't know whether it worked. 3 lights are off.",
        ),
        (["No answer: 5 lights; refused: 2 lights."], "5 lights did not answer. 2 lights refused."),
        (["Sent: the scene movie night was sent; scenes give no confirmation."], "The scene movie night was sent."),
        (["Okay.", "Okay."], "Okay."),
        (['{"ok": true}'], "Okay."),
        (['{"ok": false, "error": "the battery is empty"}'], "That did not work. The battery is empty."),
        (['{"success": false, "text": "no map"}'], "That did not work. No map."),
        (['{"result": "The vacuum has started"}'], "The vacuum has started."),
        (['{"rooms": []}'], "There is an answer, but I can't put it into words offline."),
        (["[1, 2]"], "There is an answer, but I can't put it into words offline."),
        ([""], "Okay."),
        ([], ""),
    ],
)
def test_answers(outputs: list[str], said: str) -> None:
    assert answer(outputs) == said


@given(st.lists(st.text(), min_size=1, max_size=3))
def test_every_output_is_answered_by_sentences(outputs: list[str]) -> None:
    assert answer(outputs).endswith((".", "!", "?", "…"))
