"""Shopping, to-do and other lists."""

from speaker.tools import Annotated, Lists, Meta, ToolError, tool

Name = Annotated[str, Meta(max_length=60, description="shopping, to-do or any other name")]
Item = Annotated[str, Meta(min_length=1, max_length=100)]

MOST = 200
"""Longest list."""


def _plain(text: str) -> str:
    return " ".join(text.lower().removesuffix(" list").split()) or "shopping"


@tool
async def add_to_list(lists: Lists, item: Item, list: Name = "shopping") -> str:  # noqa: A002 - what it is called
    """Put one thing on a list."""
    name = _plain(list)
    if len(lists.items(name)) >= MOST:
        raise ToolError(f"The {name} list is full.")
    lists.add_item(name, " ".join(item.split()))
    return f"Confirmed: {' '.join(item.split())} is on the {name} list."


@tool
async def remove_from_list(lists: Lists, item: Item, list: Name = "shopping") -> str:  # noqa: A002 - as above
    """Take one thing off a list, or all of it."""
    name = _plain(list)
    known = lists.items(name)
    wanted = known if item.lower() in {"all", "everything"} else [one for one in known if one.lower() == item.lower()]
    if not wanted:
        raise ToolError(f"{item} is not on the {name} list. There is: {', '.join(known) or 'nothing'}.")
    for one in wanted:
        lists.drop_item(name, one)
    return f"Confirmed: {', '.join(wanted)} {'is' if len(wanted) == 1 else 'are'} off the {name} list."


@tool(reads=True)
async def read_list(lists: Lists, list: Name = "shopping") -> str:  # noqa: A002 - as above
    """Tell what is on a list."""
    name = _plain(list)
    items = lists.items(name)
    if items:
        return f"On the {name} list: {', '.join(items)}."
    others = ", ".join(one for one in lists.lists() if one != name)
    return f"The {name} list is empty.{f' There are: {others}.' if others else ''}"
