"""What one asks a speaker to keep: timers, alarms, reminders, lists, and words for people elsewhere.

These hold free text ("milk", "call mum"), so they are read by patterns rather than by the grammar. A pattern covers the
whole sentence or does not count. An hour that may be in the morning or in the evening is asked about, not guessed.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from speaker.offline.understanding.normalise import plain_words, trim, without_separators
from speaker.offline.understanding.tool_schema import ArgumentValue, Call, Reply, ToolSchema

_LENGTH = r"(?:(?:\d+(?:\.\d+)?|half|quarter)(?: and half)?(?: of)? (?:hour|minute|second)s?(?: and half)?)"
_SPAN = rf"(?P<span>{_LENGTH}(?:(?: and)? {_LENGTH})*)"
_CLOCK = (
    r"(?P<time>noon|midnight|(?:(?:half|quarter|\d{1,2})(?: minutes?)? (?:past|to) )?\d{1,2}(?:[:. ][0-5]\d)?"
    r"(?: oclock)?)(?: (?P<half>am|pm|a m|p m|in morning|in afternoon|in evening|at night|tonight))?"
)
_DAY = r"(?: (?P<day>today|tomorrow)(?: (?P<part>morning|afternoon|evening|night))?)?"
_REPEAT = r"(?: (?P<repeat>every day|daily|every morning|on weekdays|every weekday|on weekends|every weekend))?"
_KIND = r"(?P<kind>timer|alarm|reminder)s?"
_MUCH = r"(?:long|much time|many minutes)"
_TEXT = r"(?P<text>.+)"
_LIST = r"(?:(?P<list>[a-z0-9 ]+?) )?list"

_PATTERNS: Final = tuple(
    (tool, re.compile(pattern))
    for tool, pattern in (
        ("set_timer", rf"(?:set|start|make|begin|give me)(?: new)?(?: (?P<name>[a-z]+))? timer (?:for|of) {_SPAN}"),
        ("set_timer", rf"(?:set|start|make|begin)? ?{_SPAN} timer(?: (?:for|called|named) (?P<name>[a-z ]+))?"),
        ("set_timer", rf"(?:set )?timer {_SPAN}"),
        ("set_timer", rf"remind me in {_SPAN} (?:to|that|about) {_TEXT}"),
        ("set_timer", rf"remind me (?:to|that|about) {_TEXT} in {_SPAN}"),
        ("set_alarm", rf"(?:set|make)(?: new)?(?: (?P<name>[a-z]+))? alarm (?:for|at){_DAY} ?{_CLOCK}{_REPEAT}"),
        ("set_alarm", rf"(?:set|make)(?: new)?(?: (?P<name>[a-z]+))? alarm (?:for|at) {_CLOCK}{_DAY}{_REPEAT}"),
        ("set_alarm", rf"(?P<wake>wake me(?: up)?) (?:at )?{_CLOCK}{_DAY}{_REPEAT}"),
        ("set_alarm", rf"(?P<wake>wake me(?: up)?){_DAY} at {_CLOCK}{_REPEAT}"),
        ("set_alarm", rf"remind me at {_CLOCK}{_DAY} (?:to|that|about) {_TEXT}"),
        ("set_alarm", rf"remind me (?:to|that|about) {_TEXT} at {_CLOCK}{_DAY}{_REPEAT}"),
        ("cancel_timer", rf"(?:cancel|stop|delete|remove|clear|end) (?P<all>all|every)(?: of)? {_KIND}"),
        ("cancel_timer", rf"(?:cancel|stop|delete|remove|clear|end) (?:(?P<name>[a-z0-9 ]+?) )?{_KIND}"),
        ("list_timers", rf"how {_MUCH} (?:is |does )?(?:left |remaining )?(?:on |for )?(?:[a-z]+ )?timers?"),
        ("list_timers", rf"(?:what|which) {_KIND} (?:are|is|do i have|have i)(?: set| running| there| on)?"),
        ("list_timers", r"(?:list|tell me|read) (?:all )?(?:timers?|alarms?|reminders?)"),
        ("list_timers", r"when does (?:[a-z]+ )?(?:timer|alarm|reminder) (?:ring|go off|end)"),
        ("add_to_list", rf"(?:put|add|write) {_TEXT} (?:on|to|onto) (?:to )?{_LIST}"),
        ("remove_from_list", rf"(?:remove|take|delete|cross) {_TEXT} (?:from|off|of) (?:of )?{_LIST}"),
        ("read_list", rf"(?:what is|what do i have|read|tell me|what stands|what) (?:on |me |what is on )*{_LIST}"),
        ("announce", rf"(?:tell|let) (?:everybody|everyone|all|whole house) (?:know )?(?:that )?{_TEXT}"),
        ("announce", rf"announce (?:that )?{_TEXT}"),
        ("announce", rf"(?:say|announce) in (?P<where>[a-z ]+?) that {_TEXT}"),
    )
)  # fmt: skip

_SECONDS: Final = {"hour": 3600, "minute": 60, "second": 1}
_PART = re.compile(r"(\d+(?:\.\d+)?|half|quarter)( and half)?(?: of)? (hour|minute|second)s?( and half)?")

_ONE: Final = re.compile(r"\b(for|in) (hour|minute)\b")
"""Where an article has been left out that was a number: "for an hour"."""

_MORNING: Final = frozenset({"am", "a m", "in morning", "morning"})
_LATER: Final = frozenset(
    {"pm", "p m", "in afternoon", "in evening", "at night", "tonight", "afternoon", "evening", "night"}
)
_REPEATS: Final = {
    "every day": "daily", "daily": "daily", "every morning": "daily", "on weekdays": "weekdays",
    "every weekday": "weekdays", "on weekends": "weekends", "every weekend": "weekends",
}  # fmt: skip
_NO_NAMES: Final = frozenset({"new", "another", "quick", "that", "this", "current", "running", "it"})

_NO_NAME: Final = re.compile(
    r"\d+ (?:hour|minute|second)s? (?:from|off|of|to)\b|\b(?:not|never|except|but|without|all|from|off)\b"
)
"""What makes a name of a timer something else: time that is taken away, or what is not to be cancelled."""

WHICH_HALF: Final = "Do you mean {0} in the morning, or in the evening?"


def timer_or_list_reply(text: str, tools: Mapping[str, ToolSchema]) -> Reply | None:
    """A call of one of ``tools``, or a question, for what was said; None when it is about something else."""
    words = _ONE.sub(r"\1 1 \2", " ".join(without_separators(trim(plain_words(text)))))
    for name, pattern in _PATTERNS:
        found = pattern.fullmatch(words) if name in tools else None
        if found is None:
            continue
        made = _MAKERS[name]({key: value for key, value in found.groupdict().items() if value})
        if isinstance(made, str):
            return Reply(text=made)
        call = _called(tools[name], made) if made is not None else None
        if call is not None:
            return Reply((Call(call.name, call.arguments),))
    return None


def _called(tool: ToolSchema, made: Mapping[str, ArgumentValue]) -> Call | None:
    """The call; with one ``item`` where the tool does not take several."""
    call = tool.call(**made)
    things = made.get("items")
    if call is None and isinstance(things, list) and len(things) == 1:
        return tool.call(item=things[0], **{key: value for key, value in made.items() if key != "items"})
    return call


NewArguments = dict[str, ArgumentValue]
Said = dict[str, str]


def _timer(said: Said) -> NewArguments | None:
    seconds = span_s(said["span"])
    if seconds <= 0:
        return None
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    lengths: NewArguments = {"hours": hours, "minutes": minutes, "seconds": left}
    given: NewArguments = {key: value for key, value in lengths.items() if value}
    return given | _texts(said)


def _alarm(said: Said) -> NewArguments | str | None:
    time = clock(said["time"], said.get("half") or said.get("part") or ("am" if "wake" in said else ""))
    if time is None:
        return WHICH_HALF.format(said["time"])
    day = said.get("day", "")
    when: NewArguments = {"time": time, **({"day": day} if day else {})}
    if "repeat" in said:
        when["repeat"] = _REPEATS[said["repeat"]]
    return when | _texts(said)


def _texts(said: Said) -> NewArguments:
    found: NewArguments = {}
    if "text" in said:
        found["message"] = said["text"]
    if said.get("name", "") not in _NO_NAMES | {""}:
        found["name"] = said["name"]
    return found


def _cancel(said: Said) -> NewArguments | None:
    kind = said["kind"]
    if _NO_NAME.search(said.get("name", "")):
        return None
    if "all" in said:
        return {"name": f"all {kind}s"}
    name = said.get("name", "")
    return {"name": kind} if name in _NO_NAMES | {""} else {"name": f"{name} {kind}"}


def _list_of(said: Said) -> NewArguments:
    return {"list": said["list"]} if "list" in said else {}


def _item(said: Said) -> NewArguments:
    return {"items": [said["text"]]} | _list_of(said)


def _announcement(said: Said) -> NewArguments:
    where: NewArguments = {"where": said["where"]} if "where" in said else {}
    return where | {"message": said["text"]}


_MAKERS: Final[Mapping[str, Callable[[Said], NewArguments | str | None]]] = {
    "set_timer": _timer,
    "set_alarm": _alarm,
    "cancel_timer": _cancel,
    "list_timers": lambda _: {},
    "add_to_list": _item,
    "remove_from_list": _item,
    "read_list": _list_of,
    "announce": _announcement,
}


def span_s(words: str) -> int:
    """Seconds in "1 hour and 10 minutes", "half hour", "2 and half minutes"; 0 when there are none."""
    total = 0.0
    for amount, and_half, unit, half_more in _PART.findall(words):
        count = {"half": 0.5, "quarter": 0.25}.get(amount) or float(amount)
        total += (count + (0.5 if and_half or half_more else 0)) * _SECONDS[unit]
    return round(total)


def clock(words: str, half: str) -> str | None:
    """HH:MM of "7", "7:30", "half past 7", "quarter to 8"; None when it is not said which half of the day is meant."""
    if words in {"noon", "midnight"}:
        return "12:00" if words == "noon" else "00:00"
    words = words.removesuffix(" oclock").replace(" minutes", "").replace(" minute", "")
    past = re.fullmatch(r"(half|quarter|\d+) (past|to) (\d+)", words)
    if past is not None:
        amount = {"half": 30, "quarter": 15}.get(past[1]) or int(past[1])
        hour, minute = (int(past[3]), amount) if past[2] == "past" else (int(past[3]) - 1, 60 - amount)
    else:
        before, _, rest = re.sub(r"[. ]", ":", words).partition(":")
        hour, minute = int(before), int(rest or 0)
    if hour > 23 or minute > 59:
        return None
    if half in _LATER and hour < 12:
        hour += 12
    elif half in _MORNING and hour == 12:
        hour = 0
    elif not half and 0 < hour <= 12 and not words.startswith("0"):
        return None
    return f"{hour:02}:{minute:02}"
