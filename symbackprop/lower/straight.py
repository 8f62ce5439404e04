"""Array program with known sizes → straight-line scalar code, each element of each array under its own name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product

import sympy as sp
from sympy import Expr, Symbol

from symbackprop.errors import UnsupportedError
from symbackprop.expressions import Index
from symbackprop.lower.sharing import shared
from symbackprop.program import (
    Accumulate,
    Along,
    Array,
    Assign,
    At,
    Axes,
    Const,
    Contract,
    Gather,
    Leaf,
    Loop,
    Map,
    Position,
    Program,
    Reduce,
    Scatter,
    Statement,
    Training,
    Window,
    assignments,
)
from symbackprop.program.algebra import add, call, chosen, compare, div, largest, mul, neg, where
from symbackprop.program.masks import extreme
from symbackprop.program.refusals import refusal
from symbackprop.program.scalar import ZERO, Let, Name, Number, Op, Scalar, Straight, number

Names = Mapping[str, Mapping[tuple[int, ...], str]]
Places = dict[Index, int]
# The operations of all lines, before what several need has a name: more are written faster as loops.
MOST_OPERATIONS = 10**6


def straight_line(program: Program, names: Names, sizes: Mapping[Symbol, int]) -> Straight:
    """Write a program out for every element.

    Args:
        program: Its statements.
        names: The name of each element of each array that has names.
        sizes: The values of symbolic sizes.

    Returns:
        One statement for each element, and before it those for values that several statements use.

    Raises:
        UnsupportedError: A size has no value, or the lines would be too long.
    """
    taken = {name for places in names.values() for name in places.values()}

    def unused(name: str) -> str:
        while name in taken:
            name += "_"
        taken.add(name)
        return name

    work = _Straight(names, sizes, unused)
    forward = list(work.lets(program.forward))
    lets = shared(_of_moderate_length([*forward, *work.lets(program.backward)]), unused)
    last = max(place for place, let in enumerate(lets) if let.name in {one.name for one in forward})
    axes = {
        **program.parameters,
        **program.data,
        **{a.name: a.axes for a in assignments((*program.forward, *program.backward))},
    }
    return Straight(
        forward=lets[: last + 1],
        backward=lets[last + 1 :],
        names=work.names,
        shapes={name: tuple(work.size(axis.size) for axis in own) for name, own in axes.items()},
        loss=work.names[program.loss][()],
        gradients=program.gradients,
    )


def update_line(training: Training) -> tuple[Let, ...]:
    """The statements of an optimizer for one element of a parameter; a name in them may be given several times."""
    names: dict[str, dict[tuple[int, ...], str]] = {}
    for assign in training.update:
        for name in (assign.name, *assign.reads):
            names[name] = {(): name}
    work = _Straight(names, {}, lambda name: name)
    return tuple(
        Let(assign.name, chosen(work.value(assign.value, {})), str(assign.equation)) for assign in training.update
    )


def _of_moderate_length(lets: list[Let]) -> list[Let]:
    """The same statements, if they are not too long; a value that others hold many times is looked at once."""
    lengths: dict[int, int] = {}

    def length(value: Scalar) -> int:
        if not isinstance(value, Op):
            return 1
        if id(value) not in lengths:
            lengths[id(value)] = 1 + sum(map(length, value.args))
        return lengths[id(value)]

    if sum(length(let.value) for let in lets) > MOST_OPERATIONS:
        raise UnsupportedError(
            "written out for every element this has too many operations",
            help="keep sizes as symbols, or write arrays and loops: --to python, c, javascript",
        )
    return lets


class _Straight:
    def __init__(self, names: Names, sizes: Mapping[Symbol, int], unused: Callable[[str], str]) -> None:
        self.names = {array: dict(places) for array, places in names.items()}
        self.sizes = sizes
        self.known: dict[Expr, int] = {}
        self.unused = unused
        self.found: dict[tuple[int, tuple[int, ...], int], Scalar] = {}
        self.step = 0
        self.kept: list[Array] = []
        self.choices: dict[Scalar, Scalar] = {}

    def size(self, value: Expr) -> int:
        """The value of a size."""
        if value not in self.known:
            found = value.xreplace({symbol: sp.Integer(number) for symbol, number in self.sizes.items()})
            if not found.is_Integer:
                raise UnsupportedError(f"the size {value} is a symbol: straight-line code needs a number for it")
            self.known[value] = int(found)
        return self.known[value]

    def lets(self, statements: Iterable[Statement]) -> Iterator[Let]:
        for statement in statements:
            if isinstance(statement, Loop):
                order = range(self.size(statement.index.size))
                for place in reversed(order) if statement.reverse else order:
                    self.step = place
                    for assign in statement.body:
                        yield from self._assign(assign, {statement.index: place})
            else:
                yield from self._assign(statement, {})

    def _assign(self, assign: Assign, fixed: Places) -> Iterator[Let]:
        places = self.names.setdefault(assign.name, {})
        for at in self._every(tuple(axis for axis in assign.axes if axis not in fixed)):
            here = {**fixed, **at}
            place = tuple(here[axis] for axis in assign.axes)
            if place not in places:
                places[place] = self.unused("_".join([assign.name, *(str(p + 1) for p in place)]))
            yield Let(places[place], chosen(self.value(assign.value, here), self.choices), assign.name)

    def _every(self, axes: Axes) -> Iterator[Places]:
        for at in product(*(range(self.size(axis.size)) for axis in axes)):
            yield dict(zip(axes, at, strict=True))

    def value(self, node: Array, here: Places) -> Scalar:
        """The value of a node at a place."""
        if isinstance(node, Leaf):
            return Name(self.names[node.name][tuple(here[axis] for axis in node.axes)])
        if isinstance(node, Const):
            return self._number(node.value, here)
        # Beside its own axes a node depends on nothing but the step of a loop that it stands in.
        own = tuple(here[axis] for axis in node.axes)
        key = id(node), own, self.step
        if key not in self.found:
            self.kept.append(node)
            handler = _HANDLERS.get(type(node))
            if handler is None:
                raise refusal(node, "in straight lines, a number each")
            self.found[key] = handler(self, node, here)
        return self.found[key]

    def _map(self, node: Map, here: Places) -> Scalar:
        node = extreme(node)
        return call(node.function, *(self.value(arg, here) for arg in node.args))

    def _number(self, value: Expr, here: Places) -> Number:
        table = {}
        for symbol in value.free_symbols:
            at = here[symbol] if isinstance(symbol, Index) else self.size(symbol)
            table[symbol] = sp.Integer(at)
        return Number(value.xreplace(table))

    def _position(self, node: Position, here: Places) -> Scalar:
        return number(here[node.axis])

    def _contract(self, node: Contract, here: Places) -> Scalar:
        return add(
            *(mul(self.value(node.left, here | at), self.value(node.right, here | at)) for at in self._every(node.over))
        )

    def _reduce(self, node: Reduce, here: Places) -> Scalar:
        values = [self.value(node.arg, here | at) for at in self._every(node.over)]
        if node.kind == "sum":
            return add(*values)
        if node.kind == "max":
            return largest(values, "maximum")
        if node.kind == "argmax":
            return _first_largest(values)
        if node.kind == "logsumexp":
            top = largest(values)
            return add(top, Op("log", (add(*(Op("exp", (add(value, neg(top)),)) for value in values)),)))
        raise refusal(node, "in straight lines, a number each")

    def _along(self, node: Along, here: Places) -> Scalar:
        values = [self.value(node.arg, here | at) for at in self._every((node.axis,))]
        top = largest(values)
        shifted = [add(value, neg(top)) for value in values]
        total = add(*(Op("exp", (value,)) for value in shifted))
        own = shifted[here[node.axis]]
        return div(Op("exp", (own,)), total) if node.function == "softmax" else add(own, neg(Op("log", (total,))))

    def _window(self, node: Window, here: Places) -> Scalar:
        start = self._number(node.at.start, here).value
        place = int(start) + sum(step * here[i] for step, i in zip(node.at.steps, node.at.indices, strict=True))
        return self._inside(node.arg, node.axis, place, here)

    def _inside(self, node: Array, axis: Index, place: int, here: Places) -> Scalar:
        return self.value(node, here | {axis: place}) if 0 <= place < self.size(axis.size) else ZERO

    def _accumulate(self, node: Accumulate, here: Places) -> Scalar:
        start = int(self._number(node.at.start, here).value)
        return add(
            *(
                self.value(node.arg, here | at)
                for at in self._every(node.at.indices)
                if start + sum(step * at[i] for step, i in zip(node.at.steps, node.at.indices, strict=True))
                == here[node.axis]
            )
        )

    def _gather(self, node: Gather, here: Places) -> Scalar:
        index = self.value(node.index, here)
        value: Scalar = ZERO
        for place in reversed(range(self.size(node.axis.size))):
            value = where(compare("eq", index, number(place)), self.value(node.arg, here | {node.axis: place}), value)
        return value

    def _scatter(self, node: Scatter, here: Places) -> Scalar:
        own = number(here[node.axis])
        return add(
            *(
                where(compare("eq", self.value(node.index, here | at), own), self.value(node.arg, here | at), ZERO)
                for at in self._every(node.index.axes)
            )
        )

    def _at(self, node: At, here: Places) -> Scalar:
        return self._inside(node.arg, node.axis, int(self._number(node.position, here).value), here)


def _first_largest(values: list[Scalar]) -> Scalar:
    """The place of the largest, the first of equal ones."""
    place: Scalar = ZERO
    for at in range(1, len(values)):
        place = where(compare("gt", values[at], largest(values[:at], "maximum")), number(at), place)
    return place


_HANDLERS: Mapping[type, Callable[..., Scalar]] = {
    Map: _Straight._map,
    Position: _Straight._position,
    Contract: _Straight._contract,
    Reduce: _Straight._reduce,
    Along: _Straight._along,
    Window: _Straight._window,
    Accumulate: _Straight._accumulate,
    Gather: _Straight._gather,
    Scatter: _Straight._scatter,
    At: _Straight._at,
}
