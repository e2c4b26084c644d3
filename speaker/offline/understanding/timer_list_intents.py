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
_WEEKDAY = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_DAY = rf"(?: (?:on )?(?P<day>today|tomorrow|{_WEEKDAY})(?: (?P<part>morning|afternoon|evening|night))?)?"
_OFTEN = rf"every day|daily|every morning|on weekdays|every weekday|on weekends|every weekend|every (?:{_WEEKDAY})"
_REPEAT = rf"(?: (?P<repeat>{_OFTEN}))?"
_KIND = r"(?P<kind>timer|alarm|reminder)s?"
_TELL = r"(?:list|tell me|read|show(?: me)?|review)"
_MY = r"(?:all |my |set )*"
_MUCH = r"(?:long|much time|many minutes)"
_TEXT = r"(?P<text>.+)"
_TEXT_ = r"(?P<text>.+?)"
_LIST = r"(?:(?P<list>(?!(?:out|off|from|of|on|to(?! do)|all|whole)\b)[a-z0-9 ]+?) )?list"
_BUT = r"(?P<but>[a-z0-9 ]+?)(?: timer| alarm)?"
_SET = r"(?:set|make|create|add|(?:i )?need|(?:i )?want)(?: up)?"
_WAKE = r"(?:wake me|get me up|(?:i )?(?:need|have) (?:you )?to (?:get|wake)(?: me)?)(?: up)?"
_EXCEPT = r"(?:except|except for|but|but not|without)"

_PATTERNS: Final = tuple(
    (tool, re.compile(pattern))
    for tool, pattern in (
        ("set_timer", rf"(?:set|start|make|begin|give me)(?: new)?(?: (?P<name>[a-z]+))? timer (?:for|of) {_SPAN}"),
        ("set_timer", rf"(?:set|start|make|begin)? ?{_SPAN} timer(?: (?:for|called|named) (?P<name>[a-z ]+))?"),
        ("set_timer", rf"(?:set )?timer {_SPAN}"),
        ("set_timer", rf"remind me in {_SPAN} (?:to|that|about) {_TEXT}"),
        ("set_timer", rf"remind me (?:to|that|about) {_TEXT} in {_SPAN}"),
        ("set_alarm", rf"(?:set|make)(?: new)? (?P<repeat>daily|every day) alarm (?:for|at) {_CLOCK}"),
        ("set_alarm", rf"{_SET}(?: new)?(?: (?P<name>[a-z]+))? alarm(?: for| at)?{_DAY}(?: at)? ?{_CLOCK}{_REPEAT}"),
        ("set_alarm", rf"{_SET}(?: new)?(?: (?P<name>[a-z]+))? alarm(?: for| at)? {_CLOCK}{_DAY}{_REPEAT}"),
        ("set_alarm", rf"(?:new )?alarm (?:for |at )?{_CLOCK}{_DAY}{_REPEAT}"),
        ("set_alarm", rf"(?P<wake>{_WAKE}) (?:at )?{_CLOCK}{_DAY}{_REPEAT}"),
        ("set_alarm", rf"(?P<wake>{_WAKE}){_DAY} at {_CLOCK}{_REPEAT}"),
        ("set_alarm", rf"(?:{_WAKE}|{_SET} alarm) in {_SPAN}"),
        ("set_alarm", rf"remind me{_REPEAT}{_DAY} at {_CLOCK} (?:to|that|about) {_TEXT}"),
        ("set_alarm", rf"remind me at {_CLOCK}{_DAY} (?:to|that|about) {_TEXT}"),
        ("set_alarm", rf"remind me (?:to|that|about) {_TEXT_} (?P<repeat>{_OFTEN}) at {_CLOCK}"),
        ("set_alarm", rf"remind me (?:to|that|about) {_TEXT_}{_DAY} at {_CLOCK}"),
        ("set_alarm", rf"remind me (?:to|that|about) {_TEXT} at {_CLOCK}{_DAY}{_REPEAT}"),
        ("cancel_timer", rf"(?:cancel|stop|delete) (?:all|every) {_KIND} {_EXCEPT} {_BUT}"),
        ("snooze", r"snooze(?: alarm)?(?: for (?P<minutes>\d+) minutes?)?"),
        ("cancel_timer", rf"(?:cancel|stop|delete|remove|clear|end) (?P<all>all|every)(?: of)? {_KIND}"),
        ("cancel_timer", rf"(?:cancel|stop|delete|remove|clear|end) (?:(?P<name>[a-z0-9 ]+?) )?{_KIND}"),
        ("cancel_timer", rf"(?:turn off|disable|switch off|get rid of) (?:my )?(?:(?P<name>[a-z0-9 ]+?) )?{_KIND}"),
        ("list_timers", rf"how {_MUCH} (?:is |does )?(?:left |remaining )?(?:on |for )?(?:[a-z]+ )?timers?"),
        ("list_timers", rf"(?:what|which) {_KIND} (?:are|is|do i have|have i)(?: set| running| there| on)?"),
        ("list_timers", rf"{_TELL} {_MY}{_KIND}(?: (?:i have|that are|are))?(?: set| on)?"),
        ("list_timers", rf"(?:are there |do i have |have i )?any {_KIND}(?: currently)?(?: set| running| on)?"),
        ("list_timers", rf"(?:is|are) {_MY}{_KIND}(?: set| running| on)?"),
        ("list_timers", rf"what {_KIND} (?:did i set|i have set|have i set)(?: today)?"),
        ("list_timers", r"what (?:time|times) (?:is|are|do) (?:my )?alarms? (?:set for|go off|ring)"),
        ("list_timers", r"when does (?:[a-z]+ )?(?:timer|alarm|reminder) (?:ring|go off|end)"),
        ("add_to_list", rf"(?:put|add|write) {_TEXT_} (?:on|to|onto) (?:to (?!do ))?{_LIST}"),
        ("remove_from_list", rf"(?:remove|take|delete|cross) {_TEXT_}(?: out)? (?:from|off|of) (?:of )?{_LIST}"),
        ("read_list", rf"(?:what is|what do i have|read(?: out)?|tell me|what) (?:stands |on |me |what is )*{_LIST}"),
        ("announce", rf"(?:tell|let) (?:everybody|everyone|all|whole house) (?:know )?(?:that )?{_TEXT}"),
        ("announce", rf"announce (?:that )?{_TEXT}"),
        ("announce", rf"(?:say|announce) in (?P<where>[a-z ]+?) that {_TEXT}"),
    )
)  # fmt: skip

_SECONDS: Final = {"hour": 3600, "minute": 60, "second": 1}
_PART = re.compile(r"(\d+(?:\.\d+)?|half|quarter)( and half)?(?: of)? (hour|minute|second)s?( and half)?")

_ONE: Final = re.compile(r"\b(for|in) (hour|minute)\b")
"""Where an article has been left out that was a number: "for an hour"."""

_HOUR_AND: Final = re.compile(r"(?<=timer )(for|of) (\d+) hours? (?:and )?(\d+)$")
"""An hour and so many of what is smaller: "for 1 hour 30"."""

_MORNING: Final = frozenset({"am", "a m", "in morning", "morning"})
_LATER: Final = frozenset(
    {"pm", "p m", "in afternoon", "in evening", "at night", "tonight", "afternoon", "evening", "night"}
)
_REPEATS: Final = {
    "every day": "daily", "daily": "daily", "every morning": "daily", "on weekdays": "weekdays",
    "every weekday": "weekdays", "on weekends": "weekends", "every weekend": "weekends",
}  # fmt: skip
_SHOPPING: Final = frozenset({"shopping", "grocery", "groceries"})
"""Lists of things to buy, of which several are said at once."""

_NO_NAMES: Final = frozenset({"new", "another", "quick", "that", "this", "current", "running", "it"})

_NO_NAME: Final = re.compile(
    r"\d+ (?:hour|minute|second)s? (?:from|off|of|to)\b|\b(?:not|never|except|but|without|all|from|off)\b"
)
"""What makes a name of a timer something else: time that is taken away, or what is not to be cancelled."""

WHICH_HALF: Final = "Do you mean {0} in the morning, or in the evening?"


def timer_or_list_reply(text: str, tools: Mapping[str, ToolSchema]) -> Reply | None:
    """A call of one of ``tools``, or a question, for what was said; None when it is about something else."""
    words = _HOUR_AND.sub(
        r"\1 \2 hour \3 minutes", _ONE.sub(r"\1 1 \2", " ".join(without_separators(trim(plain_words(text)))))
    )
    if question := _which_length(words, tools):
        return Reply(text=question)
    if (several := _several_timers(words, tools)) is not None:
        return several
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
    if call is None and tool.name == "set_timer":
        factors = {"hours": 3600, "minutes": 60, "seconds": 1}
        seconds = sum(factor * round(float(str(made.get(unit, 0)))) for unit, factor in factors.items())
        return tool.call(seconds=seconds, **{key: value for key, value in made.items() if key not in factors})
    things = made.get("items")
    if call is None and isinstance(things, list) and len(things) == 1:
        return tool.call(item=things[0], **{key: value for key, value in made.items() if key != "items"})
    return call


_RANGE = re.compile(r".*\btimer (?:for|of) (\d+) (?:to|or) (\d+) (hour|minute|second)s?")
_TWO = re.compile(r"(?:set|start) \d+ timers (?:for|of) (.+) and (\d+) (hour|minute|second)s?")


def _which_length(words: str, tools: Mapping[str, ToolSchema]) -> str:
    """The question that "for 15 to 20 minutes" leaves open."""
    found = _RANGE.fullmatch(words) if "set_timer" in tools else None
    return f"Do you mean {found[1]} or {found[2]} {found[3]}s?" if found is not None else ""


def _several_timers(words: str, tools: Mapping[str, ToolSchema]) -> Reply | None:
    """Calls for "two timers for 5 and 10 minutes"."""
    found = _TWO.fullmatch(words) if "set_timer" in tools else None
    if found is None:
        return None
    parts = [*re.split(r" and ", found[1]), found[2]]
    spans = [part if " " in part else f"{part} {found[3]}s" for part in parts]
    made = [_timer({"span": span}) for span in spans]
    calls = [_called(tools["set_timer"], one) for one in made if one is not None]
    complete = tuple(call for call in calls if call is not None)
    return Reply(complete) if len(complete) == len(spans) == int(words.split()[1]) else None


NewArguments = dict[str, ArgumentValue]
Said = dict[str, str]


def goes_first(reply: Reply | None) -> bool:
    """Whether these patterns know more of it than anybody else: several things at once, weekdays, what stays."""
    names = {call.name for call in reply.calls} if reply is not None else set()
    return bool(names) and names <= {"add_to_list", "remove_from_list", "read_list", "set_alarm"}


def knows(tool: str) -> bool:
    """Whether there are patterns for a tool of this name."""
    return tool in _MAKERS


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
    if "span" in said:
        seconds = span_s(said["span"])
        return {"minutes": round(seconds / 60, 2)} if seconds >= 60 else None
    time = clock(said["time"], said.get("half") or said.get("part") or ("am" if "wake" in said else ""))
    if time is None:
        return WHICH_HALF.format(said["time"])
    day = said.get("day", "")
    when: NewArguments = {"time": time, **({"day": day} if day else {})}
    if "repeat" in said:
        when["repeat"] = _REPEATS.get(said["repeat"], said["repeat"].removeprefix("every "))
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
    if "but" in said:
        return {"name": "all" if kind == "timer" else f"all {kind}s", "but": said["but"]}
    if _NO_NAME.search(said.get("name", "")):
        return None
    if "all" in said:
        return {"name": f"all {kind}s"}
    name = said.get("name", "")
    return {"name": kind} if name in _NO_NAMES | {""} else {"name": f"{name} {kind}"}


def _list_of(said: Said) -> NewArguments:
    return {"list": said["list"]} if "list" in said else {}


def _item(said: Said) -> NewArguments:
    things = re.split(r" and |, ", said["text"]) if said.get("list", "shopping") in _SHOPPING else [said["text"]]
    return {"items": [one.strip() for one in things if one.strip()]} | _list_of(said)


def _announcement(said: Said) -> NewArguments:
    where: NewArguments = {"where": said["where"]} if "where" in said else {}
    return where | {"message": said["text"]}


_MAKERS: Final[Mapping[str, Callable[[Said], NewArguments | str | None]]] = {
    "set_timer": _timer,
    "set_alarm": _alarm,
    "cancel_timer": _cancel,
    "list_timers": lambda _: {},
    "snooze": lambda said: {"minutes": int(said["minutes"])} if "minutes" in said else {},
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
