"""Sound cards that are particular: what each is like, what the speaker does, and the test that shows it."""

from typing import Final

Row = tuple[str, str, str]

CARDS: Final[tuple[Row, ...]] = (
    ("takes one rate only: 16, 44.1, 48 kHz", "opened at that, resampled with a filter",
     "test_microphone_that_is_particular_is_heard"),
    ("two channels only, 32 bits only (I2S microphones)", "opened so; the first channel that is not dead is heard",
     "test_microphone_that_is_wired_to_the_right_is_heard"),
    ("several channels (arrays)", "`audio.channel`: a number, or `mix`", "test_channel_by_number_and_both_together"),
    ("fewer channels than asked for", "`audio.channel is 3, but \"…\" has 2 channel(s)`",
     "test_channel_is_never_one_that_the_card_does_not_have"),
    ("a loudspeaker with two channels, 32 bits, another rate", "heard on both sides",
     "test_loudspeaker_that_is_particular_is_heard"),
    ("its clock is 400 ppm fast, 300 slow", "heard", "test_loudspeaker_that_is_particular_is_heard"),
    ("too soft", "`audio.gain_db`: a number, or `auto`",
     "test_soft_microphone_is_raised_step_by_step_until_speech_is_loud_enough"),
    ("adds a constant to every sample", "taken away before any level is judged", "test_offset_is_no_loudness"),
    ("delivers zeros, or the single bits of a conversion", "`… delivers nothing but silence; it is opened anew`, then "
     "`… is dead: nothing but silence comes from it`; spoken once",
     "test_microphone_that_delivers_nothing_but_zeros_is_opened_anew_and_then_told_of"),
    ("is not there", "`audio.microphone: no device has \"…\" in its name; there are …`; looked for until it is there",
     "test_what_is_not_there_is_never_another_device"),
    ("no default, other devices there", "`ALSA has no default microphone; set it to one of those that there are …`",
     "test_what_is_not_there_is_never_another_device"),
    ("in use", "`the microphone \"…\" is in use by pulseaudio (process 812); end that, or share the card`",
     "test_busy_forbidden_and_missing_are_three_sentences"),
    ("forbidden to this user", "`… may not be used by this user; add the user to the group`",
     "test_busy_forbidden_and_missing_are_three_sentences"),
    ("ALSA's default leads to a desktop's sound server", "`ALSA's default leads to PipeWire, and that runs for "
     "somebody who is logged in …`", "test_default_that_leads_to_a_desktops_sound_server_is_named"),
    ("busy or forbidden now, free later", "said once, taken within 10 s",
     "test_card_that_cannot_be_opened_now_is_taken_when_it_can"),
    ("a loudspeaker that is switched on later", "found within 10 s; the microphone pauses for about a second",
     "test_loudspeaker_that_is_switched_on_later_is_found_while_the_microphone_listens"),
    ("pulled out and plugged in again, now under another number", "said once, found again",
     "test_card_that_goes_and_comes_back_with_another_number_is_found"),
    ("the sound server restarts", "said once, opened again", "test_lost_card_is_said_once_and_reopened"),
    ("two of the same kind", "told apart by card id or USB socket", "test_twins_are_told_apart_by_what_lasts"),
)  # fmt: skip


def cards_table() -> str:
    """The table of docs/sound.md."""
    lines = ["| the card | what happens | shown by |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {card} | {then} | `{test}` |" for card, then, test in CARDS)])
