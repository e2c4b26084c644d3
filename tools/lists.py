"""Shopping, to-do and other lists."""

from speaker.tools import Annotated, Lists, Meta, ToolError, ToolResult, listing, tool

Name = Annotated[str, Meta(max_length=60)]
Item = Annotated[str, Meta(min_length=1, max_length=100)]
Items = Annotated[list[Item], Meta(min_length=1, max_length=30)]

MOST = 200
"""Longest list."""


def _plain(text: str) -> str:
    return " ".join(text.lower().removesuffix(" list").removeprefix("my ").split()) or "shopping"


def _key(item: str) -> str:
    """How an item is compared: without case, article and plural."""
    words = item.lower().split()
    words = words[1:] if len(words) > 1 and words[0] in {"a", "an", "the", "some", "my"} else words
    last = words[-1] if words else ""
    return " ".join([*words[:-1], last[:-1] if len(last) > 3 and last.endswith("s") else last])


def _are(items: list[str]) -> str:
    return f"{listing(items)} {'is' if len(items) == 1 else 'are'}"


@tool
async def add_to_list(lists: Lists, items: Items, list: Name = "shopping") -> ToolResult:  # noqa: A002 - what it is called
    """Put things on a list: shopping, to-do or any other."""
    name = _plain(list)
    known = {_key(one) for one in lists.items(name)}
    given = [" ".join(item.split()) for item in items]
    new = [one for place, one in enumerate(given) if _key(one) not in known | {_key(two) for two in given[:place]}]
    if len(known) + len(new) > MOST:
        raise ToolError(f"The {name} list is full.")
    for one in new:
        lists.add_item(name, one)
    said = [f"{_are(new)} on the {name} list"] if new else []
    old = [one for one in given if _key(one) in known]
    said += [f"{_are(old)} on the {name} list already"] if old else []
    return ToolResult("confirmed", f"{'; '.join(said)}.")


@tool
async def remove_from_list(lists: Lists, items: Items, list: Name = "shopping") -> ToolResult:  # noqa: A002 - as above
    """Take things off a list, also when they are done; 'all' for everything."""
    name = _plain(list)
    known = lists.items(name)
    keys = {_key(item) for item in items}
    every = keys <= {"all", "everything"}
    wanted = known if every else [one for one in known if _key(one) in keys]
    missing = [] if every else [one for one in items if _key(one) not in {_key(two) for two in known}]
    if not wanted:
        there = f"There is {listing(known, limit=4)}." if known else "It is empty."
        what = "Nothing" if every else f"No {listing(missing, 'and')}"
        raise ToolError(f"{what} is on the {name} list. {there}")
    for one in wanted:
        lists.drop_item(name, one)
    rest = f"; {_are(missing)} not on it" if missing else ""
    return ToolResult("confirmed", f"{_are(wanted)} off the {name} list{rest}.")


@tool(reads=True)
async def check_list(lists: Lists, item: Item, list: Name = "shopping") -> ToolResult:  # noqa: A002 - as above
    """Tell whether something is on a list."""
    name = _plain(list)
    found = [one for one in lists.items(name) if _key(one) == _key(item)]
    yes = f"Yes, {found[0]} is on the {name} list." if found else f"No, {item} is not on the {name} list."
    return ToolResult("answer", yes)


@tool(reads=True)
async def read_list(lists: Lists, list: Name = "shopping") -> str:  # noqa: A002 - as above
    """Tell what is on a list."""
    name = _plain(list)
    items = lists.items(name)
    if items:
        return f"On the {name} list: {', '.join(items)}."
    others = ", ".join(one for one in lists.lists() if one != name)
    return f"The {name} list is empty.{f' There are: {others}.' if others else ''}"
