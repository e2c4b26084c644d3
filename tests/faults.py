"""What can go wrong around a speaker, what happens then, and the test that breaks it; made into docs/reliability.md."""

from collections.abc import Mapping
from typing import Final

Row = tuple[str, str, str]
"""The fault, what the speaker does, and the test that shows it."""

FAULTS: Final[Mapping[str, tuple[Row, ...]]] = {
    "The Realtime service": (
        ("the network is cut while it connects, listens, answers", "one clear end; opened anew, at most three times",
         "test_a_dropped_line_is_one_clear_end"),
        ("no internet", "the offline server answers", "test_no_internet_falls_back_to_the_offline_server"),
        ("the host name is not known, nobody listens there", "the next one answers; said in the state",
         "test_without_internet_the_next_one_answers"),
        ("a line that takes its time", "no word is lost", "test_no_word_is_lost_while_the_cloud_takes_its_time"),
        ("it hangs up in the middle of a turn", "the offline server goes on with the same words",
         "test_the_offline_server_goes_on_in_the_middle_of_a_turn"),
        ("sessions that die at once", "told; asleep again", "test_who_spoke_to_sessions_that_die_is_told"),
        ("a certificate that is not valid, not yet, not any more", "told, with the clock as a likely cause",
         "test_a_certificate_that_does_not_hold"),
        ("401, 403, 404, 429 at the door", "told in the words of the refusal; not asked again for a while",
         "test_what_stands_in_a_refusal_is_told"),
        ("a captive portal, a redirect", "told; the key goes nowhere", "test_the_key_follows_no_redirect"),
        ("a rate limit", "waited for once, else told", "test_a_rate_limit_is_waited_for_once"),
        ("an error in place of an answer", "told at once", "test_an_error_in_place_of_an_answer_is_told_at_once"),
        ("an answer that begins and stalls", "given up aloud", "test_an_answer_that_stalls_is_given_up_aloud"),
        ("an answer with nothing in it, cut short, cancelled", "told in one sentence",
         "test_each_way_to_end_without_an_answer_has_its_sentence"),
        ("requests refused without end", "made a few times, then told",
         "test_a_request_that_is_refused_again_and_again_is_made_a_few_times"),
        ("tools called without end", "eight rounds, then an answer without", "test_tools_without_end_have_one"),
        ("one odd field in any event", "the rest is used", "test_one_odd_field_leaves_nobody_in_silence"),
        ("sound of another rate, cut anywhere", "played as it should be",
         "test_the_rate_that_a_service_reports_is_obeyed"),
        ("the session grows old", "renewed at a calm moment", "test_an_old_session_is_renewed_and_knows_what_was_said"),
    ),
    "The broker and the house": (
        ("no broker", "said once; everything else works", "test_no_broker_is_said_once_in_one_sentence"),
        ("the broker restarts", "connected again, all is told anew", "test_broker_gone_and_back"),
        ("another password", "said, with what to check", "test_refused_password_names_what_to_check"),
        ("TLS that is not trusted", "no connection, and why", "test_encrypted_connection_that_is_not_trusted_is_none"),
        ("rights that are missing", "an error, not silence", "test_denied_topic_is_an_error_and_not_silence"),
        ("Home Assistant restarts", "announced and told anew", "test_all_is_told_anew_when_home_assistant_comes_back"),
        ("a flood on foreign topics", "not noticed", "test_flood_on_foreign_topics_does_not_reach_the_speaker"),
        ("a flood of values", "the last one counts; said once", "test_flood_of_values_ends_with_the_last_one"),
        ("a flood of acts", "refused, said once", "test_flood_of_acts_is_refused_once"),
        ("a flood of device states, tools, claims", "the rest of the speaker goes on",
         "test_flood_of_tools_and_claims_leaves_the_loop_turning"),
        ("a topic that no broker takes", "nothing is sent there", "test_no_topic_from_outside_costs_the_connection"),
        ("a message that the broker hangs up on", "lost, and not sent again",
         "test_message_that_ends_the_connection_is_not_sent_again"),
        ("two speakers of one id", "told; they keep apart",
         "test_twins_throw_each_other_off_ever_more_slowly_and_are_told"),
        ("something that is no broker", "tried again until it is one",
         "test_what_is_no_broker_does_not_end_the_trying"),
        ("a speaker that claims every wake word", "not believed for long",
         "test_speaker_that_claims_and_never_answers_silences_nobody_for_long"),
        ("a sound that never ends to come", "given up after 30 seconds", "test_one_deadline_holds_for_the_whole_fetch"),
        ("a server that does not keep to HTTP", "one sentence", "test_whatever_a_stranger_answers_is_one_sentence"),
        ("a small file of a huge sound", "decoded piece by piece, up to five minutes",
         "test_small_file_of_a_huge_sound_takes_little_memory"),
        ("a schema that would be fetched or take years", "refused", "test_what_is_not_taken_is_named_with_its_place"),
        ("nonsense on every topic", "the daemon lives", "test_nothing_that_comes_over_the_broker_ends_the_daemon"),
        ("a handler that fails", "one line; no other is harmed", "test_what_goes_wrong_in_one_handler_harms_no_other"),
        ("a bad command", "answered with a sentence; nothing changes",
         "test_a_bad_payload_changes_nothing_and_is_answered_with_a_sentence"),
        ("a bad tool of the hub", "refused by an event; the good one stays",
         "test_bad_definition_is_refused_and_the_good_one_stays"),
        ("a lamp that is unplugged", "never claimed to be on", "test_unplugged_lamp_is_not_claimed_to_be_on"),
        ("several speakers hear the word", "one answers", "test_one_of_three_speakers_answers"),
    ),
    "Sound": (
        ("no microphone", "it lives, announces, rings", "test_a_speaker_without_a_microphone_lives_and_speaks"),
        ("the microphone is lost", "said once, tried again, started again once",
         "test_who_had_one_is_and_says_so_once"),
        ("PulseAudio is restarted, the card is lost and comes back", "said once, opened again",
         "test_lost_card_is_said_once_and_reopened"),
        ("no loudspeaker", "conversations go on", "test_missing_loudspeaker_does_not_hold_up_a_conversation"),
        ("a device that slips", "nobody is heard who is not there", "test_device_that_slips_makes_nobody_talk"),
        ("the interpreter pauses", "no gap is heard", "test_pause_of_the_interpreter_makes_no_gap"),
        ("its own voice in the microphone", "not answered", "test_the_speaker_does_not_answer_its_own_answers"),
    ),
    "This machine": (
        ("the power is cut", "timers ring, the ledger is whole", "test_timer_outlives_a_power_cut"),
        ("the process is killed", "what it booked is written",
         "test_a_process_that_is_killed_has_written_what_it_booked"),
        ("the process stands still for 20 s", "it goes on, and hears what is said from then on",
         "test_a_daemon_that_stood_still_for_20_seconds_goes_on"),
        ("the disk is full", "it goes on, says so once, writes later", "test_a_full_disk_does_not_stop_the_speaker"),
        ("the disk may only be read", "what is there is read", "test_a_folder_that_may_only_be_read_is_read"),
        ("the ledger is damaged", "set aside and said", "test_a_damaged_ledger_is_set_aside_and_said"),
        ("the ledger is locked", "waited for", "test_a_write_that_finds_the_ledger_locked_waits_and_is_not_lost"),
        ("the clock jumps forward", "no timer is lost", "test_clock_that_is_set_forward_does_not_lose_a_timer"),
        ("the clock jumps in either direction", "nothing is lost", "test_a_clock_that_jumps_loses_nothing"),
        ("a model file is damaged", "refused, with the package that brings it", "test_a_damaged_model_is_refused"),
        ("a broken configuration at the start", "exit 2 and a sentence",
         "test_bad_configuration_ends_with_2_and_a_sentence"),
        ("a broken configuration at a reload", "the old one stays",
         "test_reload_takes_the_new_configuration_and_survives_a_broken_one"),
        ("an error of its own in a conversation", "the conversation ends, the next one is answered",
         "test_a_conversation_that_fails_ends_and_the_next_one_is_answered"),
        ("an error of its own beside a conversation", "told once, the conversation goes on",
         "test_an_observer_that_fails_takes_nothing_from_anybody"),
        ("a thousand wakes", "nothing grows", "test_a_hundred_conversations_leave_nothing_behind"),
    ),
    "Installing": (
        ("a credential file is missing", "it starts", "systemd_check: without credential files"),
        ("an upgrade that cannot be fetched", "the old version never stops",
         "systemd_check: an upgrade that cannot be fetched leaves the old one running"),
        ("an upgrade that does not start", "the old version runs again",
         "systemd_check: an upgrade that does not start goes back"),
        ("a broken configuration at `systemctl reload`", "the reload fails, visibly",
         "systemd_check: a broken configuration fails the reload, and the old one stays"),
    ),
}  # fmt: skip
"""By what is broken. A test of this name exists somewhere below tests/, or a step in tests/systemd_check."""


def faults_table() -> str:
    """The table of docs/reliability.md."""
    parts = []
    for title, rows in FAULTS.items():
        lines = [f"## {title}", "", "| what goes wrong | what happens | shown by |", "|---|---|---|"]
        parts.append("\n".join([*lines, *(f"| {fault} | {then} | `{test}` |" for fault, then, test in rows)]))
    return "\n\n".join(parts)
