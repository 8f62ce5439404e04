"""Array program → loop nests over stored arrays, in an order that walks memory as it lies."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

import sympy as sp
from sympy import Expr

from symbackprop.expressions import Index
from symbackprop.lower.elimination import Elimination
from symbackprop.lower.hoist import hoisted, inner_axis
from symbackprop.lower.writing import Places, Writing
from symbackprop.program import (
    Accumulate,
    Affine,
    Along,
    Array,
    Assign,
    At,
    Axes,
    Const,
    Contract,
    Det,
    Gather,
    Inverted,
    Leaf,
    Loop,
    Map,
    Position,
    Program,
    Reduce,
    Scatter,
    Statement,
    Window,
)
from symbackprop.program.algebra import add, call, compare, div, largest, logical, mul, neg, where
from symbackprop.program.masks import extreme
from symbackprop.program.nest import For, Group, If, Nest, Step, Store
from symbackprop.program.refusals import refusal
from symbackprop.program.scalar import ZERO, Element, Name, Number, Op, Scalar, number

LOWEST = Number(sp.S.NegativeInfinity)


def loop_nests(program: Program) -> Nest:
    """Write a program as loops.

    Args:
        program: Statements on arrays.

    Returns:
        For each statement, and for each part of one that needs an array of its own, a nest of loops.

    Raises:
        UnsupportedError: A node has no form as a loop yet.
    """
    work = _Loops(program.sizes)
    forward = work.groups(program.forward)
    backward = work.groups(program.backward)
    return Nest(
        forward=forward,
        backward=backward,
        arrays={**program.parameters, **program.data, **work.arrays},
        loss=program.loss,
        gradients=program.gradients,
        parameters=tuple(program.parameters),
        data=tuple(program.data),
        sizes=program.sizes,
    )


class _Loops(Writing):
    def __init__(self, taken: Collection[str]) -> None:
        super().__init__(taken)
        self.arrays: dict[str, Axes] = {}
        self.matrices: dict[object, str] = {}

    def groups(self, statements: Iterable[Statement]) -> tuple[Step, ...]:
        found: list[Step] = []
        for statement in statements:
            found += self._loop(statement) if isinstance(statement, Loop) else self._assigned(statement, {}, None)
        return tuple(found)

    def _loop(self, loop: Loop) -> Iterator[Step]:
        place = self.fresh(loop.index)
        self.open.append(place.name)
        here: Places = {loop.index: Number(place)}
        body = [step for assign in loop.body for step in self._assigned(assign, here, loop.index)]
        self.open.pop()
        yield For(place, tuple(body), reverse=loop.reverse)

    def _assigned(self, statement: Assign, fixed: Places, loop: Index | None) -> Iterator[Step]:
        for assign in hoisted(statement, loop, self.matrices):
            self.arrays[assign.name] = assign.axes
            with self.block() as body:
                self._into(assign, fixed)
            yield Group(assign.name, tuple(body))

    def _into(self, assign: Assign, fixed: Places) -> None:
        """Compute an array, or one position of it."""
        axes = tuple(axis for axis in assign.axes if axis not in fixed)

        def target(here: Places) -> Element:
            return Element(assign.name, tuple(here[axis] for axis in assign.axes))

        value = assign.value
        if isinstance(value, Contract) and (inner := inner_axis(value, axes)) is not None:
            self._along_rows(value, axes, inner, fixed, target)
        elif isinstance(value, Accumulate | Scatter):
            self._added(value, axes, fixed, target)
        elif isinstance(value, Along):
            self._normalised(value, axes, fixed, target)
        elif isinstance(value, Inverted | Det):
            self._eliminated(value, axes, fixed, target)
        else:
            with self.over(axes, fixed) as here:
                self.steps.append(Store(target(here), self.value(value, here)))

    def _along_rows(
        self, node: Contract, axes: Axes, inner: Index, fixed: Places, target: Callable[[Places], Element]
    ) -> None:
        """A product of matrices row by row of the result; the first summand is stored, the others are added."""
        outer = tuple(axis for axis in axes if axis != inner)
        with self.over(outer, fixed) as here:
            first = here | {axis: ZERO for axis in node.over}
            with self.over((inner,), first) as at:
                self.steps.append(Store(target(at), self._product(node, at)))
            if len(node.over) == 1 and node.over[0].size != 1:
                with self.over(node.over, here, start=1) as at, self.over((inner,), at) as last:
                    self.steps.append(Store(target(last), self._product(node, last), add=True))
            elif len(node.over) > 1:
                self._rest(node, inner, here, target)

    def _rest(self, node: Contract, inner: Index, here: Places, target: Callable[[Places], Element]) -> None:
        """The other summands of a sum over several axes: the first position of all of them is done."""
        with self.over(node.over, here) as at:
            first = logical("and", *(compare("eq", at[axis], ZERO) for axis in node.over))
            with self.block() as body, self.over((inner,), at) as last:
                self.steps.append(Store(target(last), self._product(node, last), add=True))
            self.steps.append(If(logical("not", first), tuple(body)))

    def _product(self, node: Contract, here: Places) -> Scalar:
        return mul(self.value(node.left, here), self.value(node.right, here))

    def _added(
        self, node: Accumulate | Scatter, axes: Axes, fixed: Places, target: Callable[[Places], Element]
    ) -> None:
        """Each value is added up at its place; where the places are all of the axis, each once, it is stored there."""
        digits = node.at.digits() if isinstance(node, Accumulate) else None
        whole = (
            isinstance(node, Accumulate) and node.at.start == 0 and sp.expand(node.at.last + 1 - node.axis.size) == 0
        )
        stored = digits is not None and whole
        if not stored:
            with self.over(axes, fixed) as here:
                self.steps.append(Store(target(here), ZERO))
        kept = tuple(axis for axis in axes if axis != node.axis)
        moving = node.at.indices if isinstance(node, Accumulate) else node.index.axes
        with self.over((*kept, *moving), fixed) as here:
            if isinstance(node, Accumulate):
                place, inside = self._place(node.at, node.axis, here)
            else:
                place, inside = self._whole(node.index, node.axis, here), number(1)
            with self.block() as body:
                at = here | {node.axis: place}
                self.steps.append(Store(target(at), self.value(node.arg, here), add=not stored))
            self.steps += body if inside == number(1) else [If(inside, tuple(body))]

    def _normalised(self, node: Along, axes: Axes, fixed: Places, target: Callable[[Places], Element]) -> None:
        """A softmax along an axis, or its logarithm: the largest exponent becomes 0."""
        outer = tuple(axis for axis in axes if axis != node.axis)
        with self.over(outer, fixed) as here:
            top = self._largest(node.arg, (node.axis,), here)
            total = self.local("sum", ZERO)
            with self.over((node.axis,), here) as at:
                shifted = add(self.value(node.arg, at), neg(top))
                if node.function == "softmax":
                    self.steps.append(Store(target(at), Op("exp", (shifted,))))
                    self.steps.append(Store(total, target(at), add=True))
                else:
                    self.steps.append(Store(total, Op("exp", (shifted,)), add=True))
            rest = None if node.function == "softmax" else self.local("log", Op("log", (total,)), varies=False)
            with self.over((node.axis,), here) as at:
                value = div(target(at), total) if rest is None else None
                if rest is not None:
                    value = add(self.value(node.arg, at), neg(top), neg(rest))
                assert value is not None
                self.steps.append(Store(target(at), value))

    def _eliminated(self, node: Inverted | Det, axes: Axes, fixed: Places, target: Callable[[Places], Element]) -> None:
        """An inverse or a determinant for every place of the other axes."""
        own = node.to if isinstance(node, Inverted) else ()
        with self.over(tuple(axis for axis in axes if axis not in own), fixed) as here:

            def entry(i: Scalar, j: Scalar) -> Element:
                found = self.value(node.arg, here | {node.rows: i, node.columns: j})
                assert isinstance(found, Element)
                return found

            work = Elimination(self, entry, node.rows.size)
            if isinstance(node, Det):
                self.steps.append(Store(target(here), work.determinant(node.logarithm)))
            else:
                work.inverse(lambda i, j: target(here | dict(zip(own, (i, j), strict=True))))

    def value(self, node: Array, here: Places) -> Scalar:
        """The value of a node at a place; steps that it needs are written before."""
        match node:
            case Map():
                node = extreme(node)
                return call(node.function, *(self.value(arg, here) for arg in node.args))
            case Leaf():
                return Element(node.name, tuple(here[axis] for axis in node.axes))
            case Const():
                return self._number(node.value, here)
            case Position():
                return here[node.axis]
            case Contract():
                return self._summed(node.over, here, lambda at: self._product(node, at))
            case Reduce():
                return self._reduced(node, here)
            case Window():
                place, inside = self._place(node.at, node.axis, here)
                return self._guarded(node.arg, node.axis, place, inside, here)
            case At():
                place = self._number(node.position, here)
                inside = number(1) if node.inside else _in_range(place, node.axis.size)
                return self._guarded(node.arg, node.axis, place, inside, here)
            case Gather():
                return self.value(node.arg, here | {node.axis: self._whole(node.index, node.axis, here)})
        raise refusal(node, "in loops, which C and JavaScript are made of")

    def _number(self, value: Expr, here: Places) -> Scalar:
        table = {}
        for symbol in value.free_symbols:
            if isinstance(symbol, Index):
                at = here[symbol]
                assert isinstance(at, Number)
                table[symbol] = at.value
        return Number(value.xreplace(table))

    def _whole(self, index: Array, axis: Index, here: Places) -> Scalar:
        """A position that is given as data."""
        value = self.value(index, here)
        return value if isinstance(value, Number) else Op("place", (value, Number(axis.size)))

    def _place(self, at: Affine, axis: Index, here: Places) -> tuple[Scalar, Scalar]:
        """Where something is read, and the condition under which that is inside."""
        moves = [mul(number(step), here[index]) for step, index in zip(at.steps, at.indices, strict=True)]
        place = add(self._number(at.start, here), *moves)
        return place, number(1) if at.inside(axis.size) else _in_range(place, axis.size)

    def _guarded(self, node: Array, axis: Index, place: Scalar, inside: Scalar, here: Places) -> Scalar:
        """What is read at a place, 0 outside."""
        return where(inside, self.value(node, here | {axis: place}), ZERO)

    def _summed(self, over: Axes, here: Places, summand: Callable[[Places], Scalar]) -> Scalar:
        total = self.local("sum", ZERO)
        with self.over(over, here) as at:
            self.steps.append(Store(total, summand(at), add=True))
        return total

    def _largest(self, arg: Array, over: Axes, here: Places, function: str = "max") -> Name:
        top = self.local("top", LOWEST)
        with self.over(over, here) as at:
            self.steps.append(Store(top, largest([top, self.value(arg, at)], function)))
        return top

    def _reduced(self, node: Reduce, here: Places) -> Scalar:
        if node.kind == "sum":
            return self._summed(node.over, here, lambda at: self.value(node.arg, at))
        if node.kind == "max":
            return self._largest(node.arg, node.over, here, "maximum")
        if node.kind == "argmax":
            return self._first_largest(node, here)
        if node.kind != "logsumexp":
            raise refusal(node, "in loops, which C and JavaScript are made of")
        top = self._largest(node.arg, node.over, here)
        total = self._summed(node.over, here, lambda at: Op("exp", (add(self.value(node.arg, at), neg(top)),)))
        return add(top, Op("log", (total,)))

    def _first_largest(self, node: Reduce, here: Places) -> Scalar:
        top, place = self.local("top", LOWEST), self.local("place", ZERO, whole=True)
        with self.over(node.over, here) as at:
            value = self.value(node.arg, at)
            found = (Store(top, value), Store(place, at[node.over[0]]))
            self.steps.append(If(compare("gt", value, top), found))
        return place


def _in_range(place: Scalar, size: Expr) -> Scalar:
    return logical("and", compare("ge", place, ZERO), compare("lt", place, Number(size)))


__all__ = ["loop_nests"]
