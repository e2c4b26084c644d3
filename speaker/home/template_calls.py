"""What filters and tests do when a template calls them, those too that call others: map, select and their like."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from jinja2 import TemplateError, Undefined

from speaker.home.template_filters import FILTERS, Filter, member
from speaker.home.template_patterns import PATTERN_FILTERS, PATTERN_TESTS, PATTERN_UNITS
from speaker.home.template_run import Run
from speaker.home.template_tests import TESTS

Applied = Callable[[Run, list[Any], dict[str, Any]], object]


def filter_called(name: str) -> Applied:
    """What a filter does. Raises TemplateError when there is none of that name."""
    if name in _OF_LISTS:
        return _OF_LISTS[name]
    return _costly(PATTERN_FILTERS[name]) if name in PATTERN_FILTERS else _plain(FILTERS, name)


def test_called(name: str) -> Applied:
    """What a test does. Raises TemplateError when there is none of that name."""
    return _costly(PATTERN_TESTS[name]) if name in PATTERN_TESTS else _plain(TESTS, name)


def _costly(function: Callable[..., object]) -> Applied:
    def apply(run: Run, given: list[Any], named: dict[str, Any]) -> object:
        run.budget.spend(PATTERN_UNITS)
        return function(*given, **named)

    return apply


def _plain(table: Mapping[str, Filter], name: str) -> Applied:
    function = table.get(name)
    if function is None:
        raise TemplateError(f"there is no {name[:40]} in templates of devices")
    return lambda _run, given, named: function(*given, **named)


def _mapped(run: Run, given: list[Any], named: dict[str, Any]) -> list[object]:
    items, *rest = given
    if "attribute" in named:
        found = [member(one, named["attribute"]) for one in _each(run, items)]
        default = named.get("default")
        return [default if isinstance(one, Undefined) and "default" in named else one for one in found]
    if not rest:
        raise TypeError("map wants to know what is to be done")
    apply, more = filter_called(str(rest[0])), rest[1:]
    return [apply(run, [one, *more], named) for one in _each(run, items)]


def _picked(*, by_attribute: bool, wanted: bool) -> Applied:
    def pick(run: Run, given: list[Any], named: dict[str, Any]) -> list[object]:
        items, *rest = given
        path = rest.pop(0) if by_attribute else None
        test = test_called(str(rest[0])) if rest else lambda _run, one, _named: bool(one[0])
        kept = []
        for one in _each(run, items):
            looked_at = member(one, path) if by_attribute else one
            if bool(test(run, [looked_at, *rest[1:]], named)) is wanted:
                kept.append(one)
        return kept

    return pick


def _each(run: Run, items: Any) -> Iterator[Any]:  # noqa: ANN401
    for one in items:
        run.budget.spend()
        yield one


_OF_LISTS: Final[dict[str, Applied]] = {
    "map": _mapped,
    "select": _picked(by_attribute=False, wanted=True),
    "reject": _picked(by_attribute=False, wanted=False),
    "selectattr": _picked(by_attribute=True, wanted=True),
    "rejectattr": _picked(by_attribute=True, wanted=False),
}
