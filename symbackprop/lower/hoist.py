"""Array statements → more of them, so that a nest of loops for each computes nothing twice.

A sum, a softmax or an accumulation inside an expression is computed where it stands if the loops around it are its own
axes; in any other place each pass of a loop that it does not know would compute it again, and it gets an array.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from symbackprop.expressions import Index
from symbackprop.program import (
    Accumulate,
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
    Position,
    Reduce,
    Scatter,
    Window,
    children,
    rebuilt,
)

Open = frozenset[Index]
WHOLE = (Contract, Reduce, Along, Accumulate, Scatter, Inverted, Det)


def hoisted(statement: Assign, loop: Index | None = None, known: dict[object, str] | None = None) -> tuple[Assign, ...]:
    """The statement, behind statements for the parts of it that need an array of their own.

    Args:
        statement: An assignment.
        loop: The index of a loop that it stands in.
        known: The inverses and determinants of arrays that statements before it have computed; gets those of this one.
    """
    return tuple(_Hoisting(statement.name, loop, {} if known is None else known).statements(statement))


def is_reading(node: Array) -> bool:
    """Whether a node only says where stored numbers are read."""
    return isinstance(node, Leaf | Const | Position) or (
        isinstance(node, Window | At | Gather) and all(map(is_reading, children(node)))
    )


def inner_axis(node: Contract, wanted: Axes | None = None) -> Index | None:
    """The axis of the result along which memory is walked in the innermost loop; `None` if it is a summed one.

    Args:
        node: A sum of products.
        wanted: The axes of the result in the order in which it is stored, if that is settled.

    The last axis of a stored array is the one whose neighbours lie next to each other.
    """
    last = [side.axes[-1] for side in (node.left, node.right) if isinstance(side, Leaf) and side.axes]
    free = [axis for axis in last if axis not in node.over]
    if not free or len(free) < len(last) - len(free):
        return None
    if wanted is None:
        return free[-1]
    return wanted[-1] if wanted[-1] in free else None


class _Hoisting:
    def __init__(self, name: str, loop: Index | None, known: dict[object, str]) -> None:
        self.names = (f"{name}_part{number}" for number in count(1))
        self.loop = loop
        self.known = known
        self.before: list[Assign] = []

    def statements(self, statement: Assign) -> Iterator[Assign]:
        value = self._ready(statement.value, frozenset(statement.axes) - {self.loop})
        yield from self.before
        yield replace(statement, value=value)

    def _ready(self, node: Array, around: Open) -> Array:
        """A node that is computed into an array, with its parts made ready."""
        return self._whole(node) if isinstance(node, WHOLE) else self._inside(node, around)

    def _whole(self, node: Array) -> Array:
        """A node that is computed into an array of its own, with its parts made ready."""
        if isinstance(node, Contract | Reduce):
            over = frozenset(node.over)
            around = frozenset(node.axes) | over
            return rebuilt(node, [self._summand(child, around) for child in children(node)])
        if isinstance(node, Along):
            return replace(node, arg=self._read(node.arg))
        if isinstance(node, Inverted | Det):
            return replace(node, arg=self._stored(node.arg))  # a copy, which is overwritten
        if isinstance(node, Accumulate):
            return replace(node, arg=self._inside(node.arg, frozenset((*node.arg.axes, *node.at.indices))))
        if isinstance(node, Scatter):
            around = frozenset((*node.arg.axes, *node.index.axes))
            return replace(node, arg=self._inside(node.arg, around), index=self._read(node.index))
        return node

    def _inside(self, node: Array, around: Open) -> Array:
        """A node in loops over some axes."""
        if isinstance(node, Leaf | Const | Position):
            return node
        if isinstance(node, Contract) and inner_axis(node) is not None:
            return self._stored(node)
        if isinstance(node, Contract | Reduce):
            return self._whole(node) if frozenset(node.axes) == around else self._stored(node)
        if isinstance(node, Along | Accumulate | Scatter | Inverted | Det):
            return self._stored(node)
        if isinstance(node, Window | At):
            return replace(node, arg=self._read(node.arg))
        if isinstance(node, Gather):
            return replace(node, arg=self._read(node.arg), index=self._read(node.index))
        return rebuilt(node, [self._inside(child, around) for child in children(node)])

    def _summand(self, node: Array, around: Open) -> Array:
        """A factor of a sum; one that the innermost loop would compute again at each pass is stored."""
        if is_reading(node) or frozenset(node.axes) == around:
            return self._inside(node, around)
        return self._stored(node)

    def _read(self, node: Array) -> Array:
        return self._inside(node, frozenset(node.axes)) if is_reading(node) else self._stored(node)

    def _stored(self, node: Array) -> Leaf:
        axes, matrix = node.axes, self._matrix(node)
        if matrix in self.known:
            return Leaf(self.known[matrix], axes)
        ready = self._ready(node, frozenset(axes))
        if isinstance(ready, Contract) and (inner := inner_axis(ready)) is not None:
            axes = (*(axis for axis in axes if axis != inner), inner)
        part = Assign(next(self.names), axes, ready)
        self.before.append(part)
        if matrix is not None:
            self.known[matrix] = part.name
        return Leaf(part.name, part.axes)

    def _matrix(self, node: Array) -> tuple[object, ...] | None:
        """What tells an inverse or a determinant of an array from others, whatever its axes are called."""
        if self.loop is not None or not isinstance(node, Inverted | Det) or not isinstance(node.arg, Leaf):
            return None
        places = map(node.arg.axes.index, (node.rows, node.columns))
        return node.arg.name, *places, node.logarithm if isinstance(node, Det) else None
