"""Templates as small programs of our own: read by Jinja's parser, run step by step under a budget.

Jinja itself makes Python code of a template, which takes as long as it takes, to make and to run. Here a template
becomes a tree of small functions; each counts its work, and the work ends where the budget ends. What a device
does not need (macros, blocks, inclusion, recursion) is refused when the template is read.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from jinja2 import Environment, TemplateError, Undefined, nodes

from speaker.home.template_budget import Budget, OverBudgetError
from speaker.home.template_expressions import Expressions
from speaker.home.template_run import Expression, Namespace, Run, printed

MAX_TEMPLATE_CHARACTERS: Final = 4_000
"""Characters of a template; longer ones are no template."""

MAX_OUTPUT: Final = 32 * 1024
"""Characters that a template may write."""

UNITS_TO_READ: Final = 3
"""Work of reading one character of a template."""

_PARSER: Final = Environment(autoescape=False, extensions=["jinja2.ext.loopcontrols"])  # noqa: S701 - nothing here is HTML

Step = Callable[["Run", "Output"], None]
"""A piece of a template: writes its part of the output."""


class Program:
    """One template, ready to be run."""

    __slots__ = ("_body", "cost")

    def __init__(self, source: str) -> None:
        """Raises TemplateError, or what Jinja's parser raises, when it is no template for us."""
        if len(source) > MAX_TEMPLATE_CHARACTERS:
            raise TemplateError(f"a template has {len(source)} characters; at most {MAX_TEMPLATE_CHARACTERS} are read")
        self._body = _Reader().block(_PARSER.parse(source).body)
        self.cost = 0
        """Units that the last run took."""

    def render(self, values: Mapping[str, object], budget: Budget) -> str:
        """The output. Raises OverBudgetError, TemplateError and all that arithmetic with foreign values may raise."""
        run, output = Run(budget, values), Output()
        try:
            for step in self._body:
                step(run, output)
        finally:
            self.cost = budget.spent
            budget.settle()
        return output.text()


class Output:
    """Parts of a text that together are not too long."""

    __slots__ = ("_characters", "_parts")

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._characters = 0

    def write(self, part: str) -> None:
        """One part more. Raises OverBudgetError."""
        self._characters += len(part)
        if self._characters > MAX_OUTPUT:
            raise OverBudgetError("a template writes more than a message may hold")
        self._parts.append(part)

    def text(self) -> str:
        """All of it."""
        return "".join(self._parts)


class _Left(Exception):  # noqa: N818 - it is no error
    """A template leaves this turn of a loop, or the loop."""

    def __init__(self, over: bool) -> None:
        super().__init__()
        self.over = over


class _Reader:
    """Makes steps of statements."""

    def __init__(self) -> None:
        self._expressions = Expressions()
        self._loops = 0

    def block(self, body: list[nodes.Node]) -> list[Step]:
        with self._expressions.deeper():
            return [self._step(node) for node in body]

    def _step(self, node: nodes.Node) -> Step:
        match node:
            case nodes.Output():
                return self._output(node)
            case nodes.If():
                return self._if(node)
            case nodes.For():
                return self._for(node)
            case nodes.Assign():
                return self._assign(node)
            case nodes.Continue() | nodes.Break():
                return self._leave(over=isinstance(node, nodes.Break))
        raise TemplateError(f"{type(node).__name__} is not for templates of devices")

    def _leave(self, *, over: bool) -> Step:
        if not self._loops:
            raise TemplateError("there is no loop to leave")

        def leave(run: Run, out: Output) -> None:  # noqa: ARG001 - a step like the others
            raise _Left(over)

        return leave

    def _output(self, node: nodes.Output) -> Step:
        parts: list[str | Expression] = [
            part.data if isinstance(part, nodes.TemplateData) else self._expressions.read(part) for part in node.nodes
        ]

        def write(run: Run, out: Output) -> None:
            for part in parts:
                out.write(part if isinstance(part, str) else printed(part(run), run.budget))

        return write

    def _if(self, node: nodes.If) -> Step:
        ways = [(self._expressions.read(one.test), self.block(one.body)) for one in (node, *node.elif_)]
        otherwise = self.block(node.else_)

        def choose(run: Run, out: Output) -> None:
            taken = next((body for test, body in ways if test(run)), otherwise)
            for step in taken:
                step(run, out)

        return choose

    def _for(self, node: nodes.For) -> Step:
        if node.recursive:
            raise TemplateError("a loop that calls itself is not for templates of devices")
        items, names = self._expressions.read(node.iter), _names(node.target)
        test = None if node.test is None else self._expressions.read(node.test)
        self._loops += 1
        body = self.block(node.body)
        self._loops -= 1
        otherwise = self.block(node.else_)

        def loop(run: Run, out: Output) -> None:
            given = list(_members(items(run), run.budget))
            count = len(given)
            ran = False
            for at, item in enumerate(given):
                run.budget.spend()
                place = {
                    "index": at + 1, "index0": at, "revindex": count - at, "revindex0": count - at - 1,
                    "first": at == 0, "last": at == count - 1, "length": count,
                }  # fmt: skip
                with run.inner({"loop": place, **_bound(names, item)}):
                    if test is not None and not test(run):
                        continue
                    ran = True
                    try:
                        for step in body:
                            step(run, out)
                    except _Left as left:
                        if left.over:
                            break
            for step in () if ran else otherwise:
                step(run, out)

        return loop

    def _assign(self, node: nodes.Assign) -> Step:
        value = self._expressions.read(node.node)
        if isinstance(node.target, nodes.NSRef):
            holder, field = node.target.name, node.target.attr

            def keep(run: Run, out: Output) -> None:  # noqa: ARG001 - a step like the others
                space = run.look_up(holder)
                if not isinstance(space, Namespace):
                    raise TemplateError("only a namespace has fields that can be set")
                space.fields[field] = run.measured(value(run))

            return keep
        names = _names(node.target)

        def bind(run: Run, out: Output) -> None:  # noqa: ARG001
            run.names[-1].update(_bound(names, value(run)))

        return bind


def _names(target: nodes.Node) -> list[str]:
    """The name that is bound, or the names that a list is taken apart into."""
    match target:
        case nodes.Name():
            return [target.name]
        case nodes.Tuple() if target.items and all(isinstance(one, nodes.Name) for one in target.items):
            return [one.name for one in target.items if isinstance(one, nodes.Name)]
    raise TemplateError("only plain names can be bound")


def _bound(names: list[str], value: Any) -> dict[str, object]:  # noqa: ANN401 - whatever a message holds
    if len(names) == 1:
        return {names[0]: value}
    parts = list(islice(value, len(names) + 1))
    if len(parts) != len(names):
        raise ValueError("there is not one value for each name")
    return dict(zip(names, parts, strict=True))


def _members(value: object, budget: Budget) -> Iterator[object]:
    if isinstance(value, Undefined):
        return iter(())
    if isinstance(value, str | list | tuple | Mapping):
        budget.spend(len(value))
        return iter(value)
    raise TypeError("only lists, objects and texts can be gone through")
