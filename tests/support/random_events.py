"""Random events that the protocol allows, as far as the speaker and its server use it."""

from typing import Any

from hypothesis import strategies as st
from msgspec import UNSET, structs

from speaker.config.turn_detection import SemanticVad, ServerVad
from speaker.realtime.protocol import client_events as cl
from speaker.realtime.protocol import server_events as ev
from speaker.realtime.protocol.codec import Dialect, encode_server
from speaker.realtime.protocol.objects import (
    Audio,
    AudioFormat,
    AudioInput,
    AudioOutput,
    CachedTokens,
    Content,
    ConversationHead,
    Failure,
    InputTokens,
    Item,
    NoiseReduction,
    OutputTokens,
    Problem,
    RateLimit,
    Reasoning,
    Response,
    ResponseAudioOutput,
    ResponseWish,
    Session,
    SessionHead,
    StatusDetails,
    Transcription,
    Usage,
)

WORDS = st.text(max_size=12).filter(lambda text: not {"_", "/"} & set(text))
"""Anything but what looks like a key of a dialect: words of the source are tried, too, and these would be found."""
IDS = st.text("abcdef0123456789", min_size=1, max_size=12).map("item_{}".format)
COUNTS = st.integers(0, 10**6)
SOUND = st.binary(max_size=40)
PCM = AudioFormat(type="audio/pcm", rate=24_000)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.just(UNSET) | values


def perhaps(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
TURNS = st.builds(
    ServerVad,
    threshold=maybe(st.floats(0, 1)),
    prefix_padding_ms=maybe(COUNTS),
    silence_duration_ms=maybe(COUNTS),
    create_response=maybe(st.booleans()),
    interrupt_response=maybe(st.booleans()),
    idle_timeout_ms=maybe(perhaps(COUNTS)),
) | st.builds(
    SemanticVad,
    eagerness=maybe(st.sampled_from(["low", "medium", "high", "auto"])),
    create_response=maybe(st.booleans()),
    interrupt_response=maybe(st.booleans()),
)
FORMATS = st.sampled_from([PCM, AudioFormat(type="audio/pcmu"), AudioFormat(type="audio/pcma")])
HEARD = st.builds(
    AudioInput,
    format=maybe(FORMATS),
    transcription=maybe(
        perhaps(
            st.builds(
                Transcription,
                model=WORDS,
                language=maybe(WORDS),
                languages=maybe(st.lists(WORDS, max_size=2)),
                keywords=maybe(st.lists(WORDS, max_size=2)),
                delay=maybe(st.sampled_from(["minimal", "xhigh"])),
            )
        )
    ),
    noise_reduction=maybe(perhaps(st.builds(NoiseReduction, type=st.sampled_from(["near_field", "far_field"])))),
    turn_detection=maybe(perhaps(TURNS)),
)
VOICE = st.builds(AudioOutput, format=maybe(FORMATS), voice=maybe(WORDS), speed=maybe(st.floats(0.25, 1.5)))
TOOLS = st.lists(
    st.builds(
        lambda name, parameters: {"type": "function", "name": name, "description": "", "parameters": parameters},
        WORDS,
        st.dictionaries(WORDS, JSON, max_size=2),
    ),
    max_size=2,
)
CHOICES = st.sampled_from(["auto", "none", "required", {"type": "function", "name": "set_light"}])
MODALITIES = st.sampled_from([["audio"], ["text"]])
LIMITS = st.integers(1, 4096) | st.just("inf")
SESSIONS = st.builds(
    Session,
    type=st.just("realtime"),
    model=maybe(WORDS),
    output_modalities=maybe(MODALITIES),
    instructions=maybe(WORDS),
    audio=maybe(st.builds(Audio, input=maybe(HEARD), output=maybe(VOICE))),
    tools=maybe(TOOLS),
    tool_choice=maybe(CHOICES),
    parallel_tool_calls=maybe(st.booleans()),
    reasoning=maybe(st.builds(Reasoning, effort=st.sampled_from(["minimal", "low", "xhigh"]))),
    max_output_tokens=maybe(LIMITS),
    truncation=maybe(st.sampled_from(["auto", "disabled"])),
    tracing=maybe(perhaps(st.just("auto"))),
    include=maybe(perhaps(st.just(["item.input_audio_transcription.logprobs"]))),
)
STATUS = st.sampled_from(["in_progress", "completed", "incomplete"])
FILED = {"id": IDS, "object": st.just("realtime.item"), "status": STATUS}


def message(role: str, *content: st.SearchStrategy[Content]) -> st.SearchStrategy[Item]:
    parts = st.lists(st.one_of(*content), max_size=2)
    return st.builds(Item, type=st.just("message"), role=st.just(role), content=parts, **FILED)


def part(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Content]:
    return st.builds(Content, type=st.just(kind), **fields)


SAID = (part("output_text", text=WORDS), part("output_audio", transcript=WORDS, audio=perhaps(SOUND)))
ITEMS = st.one_of(
    message("user", part("input_text", text=WORDS), part("input_audio", audio=perhaps(SOUND), transcript=WORDS)),
    message("system", part("input_text", text=WORDS)),
    message("assistant", *SAID),
    st.builds(Item, type=st.just("function_call"), name=WORDS, call_id=IDS, arguments=WORDS, **FILED),
    st.builds(Item, type=st.just("function_call_output"), call_id=IDS, output=WORDS, **FILED),
)
USAGES = st.builds(
    Usage,
    total_tokens=COUNTS,
    input_tokens=COUNTS,
    output_tokens=COUNTS,
    input_token_details=st.builds(
        InputTokens,
        text_tokens=COUNTS,
        audio_tokens=COUNTS,
        cached_tokens=COUNTS,
        cached_tokens_details=perhaps(st.builds(CachedTokens, text_tokens=COUNTS, audio_tokens=COUNTS)),
    ),
    output_token_details=st.builds(OutputTokens, text_tokens=COUNTS, audio_tokens=COUNTS),
)
METADATA = st.dictionaries(WORDS, WORDS, max_size=2)
VOICED = st.builds(AudioOutput, format=st.just(PCM), voice=WORDS)
RESPONSES = st.builds(
    Response,
    id=IDS,
    status=st.sampled_from(["in_progress", "completed", "cancelled", "incomplete", "failed"]),
    status_details=st.sampled_from([
        None,
        StatusDetails(type="cancelled", reason="turn_detected"),
        StatusDetails(type="cancelled", reason="client_cancelled"),
        StatusDetails(type="failed", error=Failure(type="server_error", code="server_error", message="no")),
    ]),
    output=st.lists(ITEMS, max_size=2),
    output_modalities=MODALITIES,
    conversation_id=perhaps(IDS),
    metadata=perhaps(METADATA),
    max_output_tokens=LIMITS,
    audio=st.builds(ResponseAudioOutput, output=VOICED),
    usage=perhaps(USAGES),
)  # fmt: skip
WISHES = st.builds(
    ResponseWish,
    output_modalities=maybe(MODALITIES),
    instructions=maybe(WORDS),
    audio=maybe(st.builds(ResponseAudioOutput, output=VOICED)),
    tools=maybe(TOOLS),
    tool_choice=maybe(CHOICES),
    max_output_tokens=maybe(LIMITS),
    conversation=maybe(st.sampled_from(["auto", "none"])),
    metadata=maybe(METADATA),
    input=maybe(st.lists(ITEMS, max_size=2)),
)
MINE = {"event_id": maybe(IDS)}
CLIENT: dict[type[cl.ClientEvent], st.SearchStrategy[Any]] = {
    cl.SessionUpdate: st.builds(cl.SessionUpdate, session=SESSIONS, **MINE),
    cl.AppendAudio: st.builds(cl.AppendAudio, audio=SOUND, **MINE),
    cl.CommitAudio: st.builds(cl.CommitAudio, **MINE),
    cl.ClearAudio: st.builds(cl.ClearAudio, **MINE),
    cl.CreateItem: st.builds(cl.CreateItem, item=ITEMS, previous_item_id=maybe(IDS), **MINE),
    cl.RetrieveItem: st.builds(cl.RetrieveItem, item_id=IDS, **MINE),
    cl.DeleteItem: st.builds(cl.DeleteItem, item_id=IDS, **MINE),
    cl.TruncateItem: st.builds(cl.TruncateItem, item_id=IDS, content_index=COUNTS, audio_end_ms=COUNTS, **MINE),
    cl.CreateResponse: st.builds(cl.CreateResponse, response=maybe(WISHES), **MINE),
    cl.CancelResponse: st.builds(cl.CancelResponse, response_id=maybe(IDS), **MINE),
    cl.ClearOutput: st.builds(cl.ClearOutput, **MINE),
}
ITS = {"event_id": IDS}
OF_RESPONSE = {"response_id": IDS, "output_index": COUNTS, **ITS}
OF_ITEM = {"item_id": IDS, **OF_RESPONSE}
OF_CONTENT = {"content_index": COUNTS, **OF_ITEM}
PLACED = {"item": ITEMS, "previous_item_id": perhaps(IDS), **ITS}
FULL_SESSIONS = st.builds(
    lambda one, name: structs.replace(one, id=name, object="realtime.session", expires_at=0), SESSIONS, IDS
)
HEADS = {"session": FULL_SESSIONS, **ITS}
PARTS = part("text", text=WORDS) | part("audio", transcript=WORDS)
FAILURES = st.builds(Failure, type=WORDS, code=perhaps(WORDS), message=WORDS)
LIMITED = st.builds(
    RateLimit,
    name=st.sampled_from(["requests", "tokens"]),
    limit=COUNTS,
    remaining=COUNTS,
    reset_seconds=st.floats(0, 1e6),
)
SECONDS = st.builds(lambda seconds: {"type": "duration", "seconds": seconds}, st.floats(0, 60))
SERVER: dict[type[ev.ServerEvent], st.SearchStrategy[Any]] = {
    ev.Error: st.builds(
        ev.Error,
        error=st.builds(
            Problem, message=WORDS, type=WORDS, code=perhaps(WORDS), param=perhaps(WORDS), event_id=perhaps(IDS)
        ),
        **ITS,
    ),
    ev.SessionCreated: st.builds(ev.SessionCreated, **HEADS),
    ev.SessionUpdated: st.builds(ev.SessionUpdated, **HEADS),
    ev.ConversationCreated: st.builds(
        ev.ConversationCreated,
        conversation=st.builds(ConversationHead, id=IDS, object=st.just("realtime.conversation")),
        **ITS,
    ),
    ev.ItemAdded: st.builds(ev.ItemAdded, **PLACED),
    ev.ItemDone: st.builds(ev.ItemDone, **PLACED),
    ev.ItemCreated: st.builds(ev.ItemCreated, **PLACED),
    ev.ItemRetrieved: st.builds(ev.ItemRetrieved, item=ITEMS, **ITS),
    ev.ItemDeleted: st.builds(ev.ItemDeleted, item_id=IDS, **ITS),
    ev.ItemTruncated: st.builds(ev.ItemTruncated, item_id=IDS, content_index=COUNTS, audio_end_ms=COUNTS, **ITS),
    ev.TranscriptionDelta: st.builds(ev.TranscriptionDelta, item_id=IDS, content_index=COUNTS, delta=WORDS, **ITS),
    ev.TranscriptionCompleted: st.builds(
        ev.TranscriptionCompleted, item_id=IDS, content_index=COUNTS, transcript=WORDS, usage=SECONDS, **ITS
    ),
    ev.TranscriptionFailed: st.builds(ev.TranscriptionFailed, item_id=IDS, content_index=COUNTS, error=FAILURES, **ITS),
    ev.AudioCommitted: st.builds(ev.AudioCommitted, item_id=IDS, previous_item_id=perhaps(IDS), **ITS),
    ev.AudioCleared: st.builds(ev.AudioCleared, **ITS),
    ev.SpeechStarted: st.builds(ev.SpeechStarted, audio_start_ms=COUNTS, item_id=IDS, **ITS),
    ev.SpeechStopped: st.builds(ev.SpeechStopped, audio_end_ms=COUNTS, item_id=IDS, **ITS),
    ev.SilenceTimedOut: st.builds(ev.SilenceTimedOut, item_id=IDS, audio_start_ms=COUNTS, audio_end_ms=COUNTS, **ITS),
    ev.ResponseCreated: st.builds(ev.ResponseCreated, response=RESPONSES, **ITS),
    ev.ResponseDone: st.builds(ev.ResponseDone, response=RESPONSES, **ITS),
    ev.OutputItemAdded: st.builds(ev.OutputItemAdded, item=ITEMS, **OF_RESPONSE),
    ev.OutputItemDone: st.builds(ev.OutputItemDone, item=ITEMS, **OF_RESPONSE),
    ev.ContentPartAdded: st.builds(ev.ContentPartAdded, part=PARTS, **OF_CONTENT),
    ev.ContentPartDone: st.builds(ev.ContentPartDone, part=PARTS, **OF_CONTENT),
    ev.TextDelta: st.builds(ev.TextDelta, delta=WORDS, **OF_CONTENT),
    ev.TextDone: st.builds(ev.TextDone, text=WORDS, **OF_CONTENT),
    ev.TranscriptDelta: st.builds(ev.TranscriptDelta, delta=WORDS, **OF_CONTENT),
    ev.TranscriptDone: st.builds(ev.TranscriptDone, transcript=WORDS, **OF_CONTENT),
    ev.AudioDelta: st.builds(ev.AudioDelta, delta=SOUND, **OF_CONTENT),
    ev.AudioDone: st.builds(ev.AudioDone, **OF_CONTENT),
    ev.ArgumentsDelta: st.builds(ev.ArgumentsDelta, call_id=IDS, delta=WORDS, **OF_ITEM),
    ev.ArgumentsDone: st.builds(ev.ArgumentsDone, call_id=IDS, arguments=WORDS, name=WORDS, **OF_ITEM),
    ev.RateLimits: st.builds(ev.RateLimits, rate_limits=st.lists(LIMITED, max_size=2), **ITS),
}

ANY_SERVER = st.one_of(*SERVER.values())


def encoded(event: ev.ServerEvent, dialect: Dialect = "ga") -> str:
    text = encode_server(event, dialect)
    assert text is not None
    return text


def as_read(event: ev.ServerEvent) -> ev.ServerEvent:
    """The event as a client sees it: of a session it reads the head alone."""
    if not isinstance(event, ev.SessionCreated | ev.SessionUpdated):
        return event
    one = event.session
    return structs.replace(
        event, session=SessionHead(id=one.id, model=one.model, expires_at=one.expires_at, audio=one.audio)
    )
