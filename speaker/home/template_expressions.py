"""Expressions of templates: each becomes a function of the running template that counts what it does."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from jinja2 import TemplateError, Undefined, nodes

from speaker.home.template_calls import filter_called, test_called
from speaker.home.template_filters import member
from speaker.home.template_operators import ARITHMETIC, COMPARED
from speaker.home.template_run import Expression, Namespace, Run, objects_method, printed
from speaker.home.template_tests import method_of

MAX_DEPTH: Final = 80
"""How deep expressions and statements may stand in one another; each level is a call of a function or two."""


class Expressions:
    """Reads expressions, as deep as they may be."""

    def __init__(self) -> None:
        self._depth = 0

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One level down. Raises TemplateError when that is too deep."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TemplateError(f"a template stands more than {MAX_DEPTH} levels deep in itself")
        yield
        self._depth -= 1

    def read(self, node: nodes.Node) -> Expression:
        """The function of an expression. Raises TemplateError for what devices do not need."""
        with self.deeper():
            return self._read(node)

    def _read(self, node: nodes.Node) -> Expression:
        if isinstance(node, nodes.Const | nodes.TemplateData):
            constant = node.value if isinstance(node, nodes.Const) else node.data
            return lambda _: constant
        readers: tuple[tuple[tuple[type[nodes.Node], ...], Callable[[Any], Expression]], ...] = (
            ((nodes.Name,), self._name),
            ((nodes.Getattr, nodes.Getitem), self._member),
            ((nodes.Filter, nodes.Test), self._applied),
            ((nodes.Call,), self._call),
            ((nodes.BinExpr,), self._binary),
            ((nodes.UnaryExpr,), self._unary),
            ((nodes.Compare,), self._compare),
            ((nodes.CondExpr,), self._conditional),
            ((nodes.Concat, nodes.List, nodes.Tuple, nodes.Dict), self._collection),
        )
        for kinds, reader in readers:
            if isinstance(node, kinds):
                return reader(node)
        raise TemplateError(f"{type(node).__name__} is not for templates of devices")

    def _name(self, node: nodes.Name) -> Expression:
        name = node.name

        def look_up(run: Run) -> object:
            run.budget.spend()
            return run.look_up(name)

        return look_up

    def _member(self, node: nodes.Getattr | nodes.Getitem) -> Expression:
        holder = self.read(node.node)
        if isinstance(node, nodes.Getattr):
            name = node.attr
            return lambda run: _attribute(holder(run), name, run)
        if isinstance(node.arg, nodes.Slice):
            parts = [None if one is None else self.read(one) for one in (node.arg.start, node.arg.stop, node.arg.step)]

            def cut(run: Run) -> object:
                run.budget.spend()
                start, stop, step = (None if one is None else one(run) for one in parts)
                whole = holder(run)
                return run.measured(whole if isinstance(whole, Undefined) else whole[start:stop:step])

            return cut
        key = self.read(node.arg)
        return lambda run: _item(holder(run), key(run), run)

    def _applied(self, node: nodes.Filter | nodes.Test) -> Expression:
        if node.node is None or node.dyn_args is not None or node.dyn_kwargs is not None:
            raise TemplateError("arguments cannot be spread in templates of devices")
        value = self.read(node.node)
        given = [self.read(one) for one in node.args]
        named = {str(one.key): self.read(one.value) for one in node.kwargs}
        apply = filter_called(node.name) if isinstance(node, nodes.Filter) else test_called(node.name)

        def applied(run: Run) -> object:
            run.budget.spend()
            arguments = [run.measured(value(run)), *(run.measured(one(run)) for one in given)]
            options = {key: run.measured(one(run)) for key, one in named.items()}
            return run.measured(apply(run, arguments, options))

        return applied

    def _call(self, node: nodes.Call) -> Expression:
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            raise TemplateError("arguments cannot be spread in templates of devices")
        called = self.read(node.node)
        given = [self.read(one) for one in node.args]
        named = {str(one.key): self.read(one.value) for one in node.kwargs}

        def call(run: Run) -> object:
            run.budget.spend()
            function = called(run)
            if not callable(function) or isinstance(function, Undefined):
                raise TemplateError("this cannot be called")
            arguments = [run.measured(one(run)) for one in given]
            return run.measured(function(*arguments, **{key: run.measured(one(run)) for key, one in named.items()}))

        return call

    def _binary(self, node: nodes.BinExpr) -> Expression:
        left, right = self.read(node.left), self.read(node.right)
        if isinstance(node, nodes.And):
            return lambda run: left(run) and right(run)
        if isinstance(node, nodes.Or):
            return lambda run: left(run) or right(run)
        operate = ARITHMETIC[type(node)]

        def both(run: Run) -> object:
            run.budget.spend()
            return run.measured(operate(left(run), right(run)))

        return both

    def _unary(self, node: nodes.UnaryExpr) -> Expression:
        inner = self.read(node.node)
        if isinstance(node, nodes.Not):
            return lambda run: not inner(run)
        if isinstance(node, nodes.Neg):
            return lambda run: -inner(run)
        return lambda run: +inner(run)

    def _compare(self, node: nodes.Compare) -> Expression:
        first = self.read(node.expr)
        others = [(COMPARED[one.op], self.read(one.expr)) for one in node.ops]

        def compare(run: Run) -> bool:
            left = run.measured(first(run))
            for holds, expression in others:
                run.budget.spend()
                right = run.measured(expression(run))
                if not holds(left, right):
                    return False
                left = right
            return True

        return compare

    def _conditional(self, node: nodes.CondExpr) -> Expression:
        test, yes = self.read(node.test), self.read(node.expr1)
        no = self.read(node.expr2) if node.expr2 is not None else lambda _: Undefined()

        def choose(run: Run) -> object:
            run.budget.spend()
            return yes(run) if test(run) else no(run)

        return choose

    def _collection(self, node: nodes.Concat | nodes.List | nodes.Tuple | nodes.Dict) -> Expression:
        if isinstance(node, nodes.Dict):
            pairs = [(self.read(pair.key), self.read(pair.value)) for pair in node.items]

            def pair_up(run: Run) -> dict[Any, Any]:
                run.budget.spend(1 + len(pairs))
                return {key(run): value(run) for key, value in pairs}

            return pair_up
        parts = [self.read(one) for one in (node.nodes if isinstance(node, nodes.Concat) else node.items)]
        concat, is_tuple = isinstance(node, nodes.Concat), isinstance(node, nodes.Tuple)

        def gather(run: Run) -> object:
            run.budget.spend(1 + len(parts))
            if concat:
                return run.budget.text("".join(printed(part(run), run.budget) for part in parts))
            found = [part(run) for part in parts]
            return tuple(found) if is_tuple else found

        return gather


def _attribute(holder: Any, name: str, run: Run) -> object:  # noqa: ANN401
    run.budget.spend()
    if isinstance(holder, Undefined):
        holder._fail_with_undefined_error()
    if isinstance(holder, Namespace):
        return holder.fields.get(name, Undefined(name=name))
    return method_of(holder, name) or objects_method(holder, name) or member(holder, name)


def _item(holder: Any, key: Any, run: Run) -> object:  # noqa: ANN401
    run.budget.spend()
    if isinstance(holder, Undefined):
        holder._fail_with_undefined_error()
    if isinstance(holder, Mapping):
        known = isinstance(key, str | int | float | None) and key in holder
        return holder[key] if known else Undefined(name=str(key)[:40])
    if isinstance(holder, str | list | tuple) and isinstance(key, int):
        return holder[key] if -len(holder) <= key < len(holder) else Undefined(name=str(key))
    if isinstance(holder, Namespace):
        return holder.fields.get(str(key), Undefined(name=str(key)[:40]))
    return Undefined(name=str(key)[:40])
