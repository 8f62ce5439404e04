"""Indexed expression → array of its values over its free indices, by broadcasting over named axes.

It shares nothing with the lowering, which it is there to check: no matmul, no windows, no stable forms, only the
meaning of each node. Products under a sum are contracted by `einsum`, so that sums as wide as a real layer are cheap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
import sympy as sp
from sympy import Expr, Symbol
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from symbackprop.errors import ShapeError, UnsupportedError
from symbackprop.expressions import ArgPeak, Delta, Index, Peak, Read, Total, Where, Within
from symbackprop.matrices import Determinant, Inverse
from symbackprop.verify import matrices
from symbackprop.verify.fields import NUMPY, Array, Field
from symbackprop.verify.grids import BATCH, Grid, aligned, contracted, size_of, summed, together

MOST_ELEMENTS = 20_000_000


def evaluate(
    expr: Expr, indices: Sequence[Index], values: Mapping[str, Array], sizes: Mapping[Symbol, int], field: Field = NUMPY
) -> Array:
    """The array of an expression over its free indices.

    Args:
        expr: An indexed expression.
        indices: The axes of the result, in order; the expression may have no other free index.
        values: An array for every tensor that is read. One with an extra first axis holds several points at once,
            and so does then the result.
        sizes: The value of every symbolic size.
        field: The numbers to compute with.

    Returns:
        An array of shape (size of each index), with the axis of the points before them if there are several.

    Raises:
        UnsupportedError: The expression holds a function that cannot be evaluated.
        ShapeError: A size is unknown.

    Example:
        >>> i, j = Index("i", 2), Index("j", 2)
        >>> W, x = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 10.0])
        >>> evaluate(Total(Read("W", j, i) * Read("x", i), i), (j,), {"W": W, "x": x}, {})
        array([21., 43.])
    """
    return Evaluator(values, sizes, field).array(expr, indices)


class Evaluator:
    """Evaluates expressions over one set of values, each distinct subexpression once.

    Args:
        values: An array for every tensor; tensors may be added, but not changed, later on.
        sizes: The value of every symbolic size.
        field: The numbers to compute with.
        ranges: Indices that run over these integers only, instead of their whole range.
    """

    def __init__(
        self,
        values: Mapping[str, Array],
        sizes: Mapping[Symbol, int],
        field: Field = NUMPY,
        ranges: Mapping[Index, Array] | None = None,
    ) -> None:
        self.values, self.sizes, self.field = values, sizes, field
        self.ranges = dict(ranges or {})
        self._memo: dict[Any, Grid] = {}

    def restricted(self, ranges: Mapping[Index, Array]) -> Evaluator:
        """An evaluator of the same values in which some indices run over these integers only."""
        return Evaluator(self.values, self.sizes, self.field, {**self.ranges, **ranges})

    def array(self, expr: Expr, indices: Sequence[Index]) -> Array:
        """The values of an expression over these indices; see `evaluate`."""
        with np.errstate(all="ignore"):
            grid = self.grid(expr)
        if stray := set(grid.axes) - {BATCH, *indices}:
            raise ShapeError(f"{expr} has the free indices {sorted(map(str, stray))} too")
        axes = (BATCH, *indices) if BATCH in grid.axes else tuple(indices)
        shape = tuple(grid.data.shape[grid.axes.index(BATCH)] if a is BATCH else len(self.range(a)) for a in axes)
        return np.broadcast_to(aligned(grid, axes), shape).copy()

    def range(self, index: Index) -> Array:
        """The integers over which an index runs."""
        return self.ranges[index] if index in self.ranges else np.arange(size_of(index, self.sizes))

    def grid(self, expr: Expr) -> Grid:
        """The values of an expression over the indices that it depends on."""
        found = self._memo.get(expr)
        if found is None:
            axes, data = self._visit(expr)
            found = self._memo[expr] = Grid(axes, np.asarray(data))
        return found

    def _visit(self, expr: Expr) -> Grid:
        for kind, method in NODES.items():
            if isinstance(expr, kind):
                return method(self, expr)
        if expr.is_number:
            return Grid((), np.asarray(self.field.number(expr)))
        kind = sp.digamma if expr.func is sp.polygamma and expr.args[0] == 0 else expr.func
        if expr.is_Function and (len(expr.args) == 1 or kind is sp.digamma):
            inner = self.grid(expr.args[-1])
            return Grid(inner.axes, self.field.function(kind)(inner.data))
        raise UnsupportedError(f"the verifier cannot evaluate {expr.func.__name__!r}")

    def _index(self, index: Index) -> Grid:
        return Grid((index,), self.field.array(self.range(index)))

    def _size(self, symbol: Symbol) -> Grid:
        if symbol not in self.sizes:
            raise ShapeError(f"the value of {symbol} is unknown", code="SB026")
        return Grid((), self.field.array(self.sizes[symbol]))

    def _add(self, expr: Expr) -> Grid:
        axes, arrays = together(map(self.grid, expr.args))
        return Grid(axes, sum(arrays[1:], arrays[0]))

    def _mul(self, expr: Expr) -> Grid:
        return self._product(expr.args, ())

    def _power(self, expr: Expr) -> Grid:
        base, exponent = expr.args
        if exponent.is_Rational:
            inner = self.grid(base)
            return Grid(inner.axes, self.field.power(inner.data, exponent))
        axes, (below, above) = together((self.grid(base), self.grid(exponent)))
        return Grid(axes, self.field.power(below, above))

    def _modulo(self, expr: Expr) -> Grid:
        axes, (left, right) = together(map(self.position, expr.args))
        return Grid(axes, self.field.array(np.mod(left, right)))

    def _read(self, read: Read) -> Grid:
        data = self.values[read.tensor]
        axes = read.indices
        if np.ndim(data) == len(axes) + 1:
            axes = (BATCH, *axes)
        plain = all(a is BATCH or (isinstance(a, Index) and a not in self.ranges) for a in axes)
        if plain and len(set(axes)) == len(axes) and np.shape(data) == self._shape(axes, data):
            return Grid(axes, self.field.array(data))
        points = (Grid((a,), np.arange(len(data))) if a is BATCH else self.position(a) for a in axes)
        grid_axes, positions = together(points)
        inside, gathered = np.asarray(True), []
        for position, size in zip(positions, np.shape(data), strict=True):
            inside = inside & (position >= 0) & (position < size)
            gathered.append(np.clip(position, 0, max(size - 1, 0)))
        found = self.field.array(data[tuple(gathered)])
        return Grid(grid_axes, found if inside.all() else np.where(inside, found, self.field.array(0)))

    def _shape(self, axes: Sequence[Index], data: Array) -> tuple[int, ...]:
        return tuple(len(data) if axis is BATCH else size_of(axis, self.sizes) for axis in axes)

    def position(self, expr: Expr) -> Grid:
        """The values of an index expression, as integers."""
        if isinstance(expr, Index):
            return Grid((expr,), self.range(expr))
        # Doubles suffice for arithmetic on indices, and are faster; only what reads a tensor needs the field.
        exact = self.field.exact and not expr.has(Read)
        axes, data = Evaluator({}, self.sizes, NUMPY, self.ranges).grid(expr) if exact else self.grid(expr)
        return Grid(axes, np.rint(np.asarray(self.field.real(data), dtype=np.float64)).astype(np.int64))

    def _delta(self, expr: Expr) -> Grid:
        axes, (left, right) = together(map(self.position, expr.args))
        return Grid(axes, self.field.array((left == right).astype(int)))

    def _within(self, expr: Expr) -> Grid:
        axes, (value, size) = together(map(self.position, expr.args))
        return Grid(axes, self.field.array(((value >= 0) & (value < size)).astype(int)))

    def _where(self, expr: Where) -> Grid:
        axes, arrays = together((self.condition(expr.condition), self.grid(expr.then), self.grid(expr.otherwise)))
        return Grid(axes, np.where(*arrays))

    def condition(self, expr: Boolean) -> Grid:
        """Where a condition holds, by the real parts of what it compares."""
        if expr in (sp.true, sp.false):
            return Grid((), np.asarray(expr is sp.true))
        if isinstance(expr, Relational):
            axes, sides = together(map(self.grid, expr.args))
            compare = COMPARISONS[expr.rel_op]
            return Grid(axes, compare(*map(self.field.real, sides)).astype(bool))
        axes, parts = together(map(self.condition, expr.args))
        if isinstance(expr, sp.Not):
            return Grid(axes, ~parts[0])
        if not isinstance(expr, sp.And | sp.Or):
            raise UnsupportedError(f"the verifier cannot evaluate the condition {expr.func.__name__!r}")
        join = np.logical_and if isinstance(expr, sp.And) else np.logical_or
        return Grid(axes, join.reduce(np.broadcast_arrays(*parts)))

    def _inside(self, bound: Iterable[Index]) -> Evaluator:
        """The evaluator for a body: a bound index runs over its whole range, whatever an outer one of its name does."""
        if not set(bound) & set(self.ranges):
            return self
        return Evaluator(self.values, self.sizes, self.field, {i: r for i, r in self.ranges.items() if i not in bound})

    def _peak(self, expr: Peak) -> Grid:
        axes, data, best = self._best(expr)
        return Grid(axes, np.take_along_axis(data, np.expand_dims(best, -1), -1)[..., 0])

    def _argpeak(self, expr: ArgPeak) -> Grid:
        axes, _, best = self._best(expr)
        return Grid(axes, self.field.array(best))

    def _best(self, expr: Peak | ArgPeak) -> tuple[tuple[Index, ...], Array, Array]:
        (index,) = expr.bound
        scope = self._inside(expr.bound)
        inner = scope.grid(expr.body)
        axes = tuple(axis for axis in inner.axes if axis != index)
        data = aligned(inner, (*axes, index))
        return axes, data, np.asarray(np.argmax(self.field.real(data), axis=-1))

    def _inverse(self, expr: Inverse) -> Grid:
        moved = sp.Add.make_args(expr.entry)  # a tensor, and perhaps another that says how far it is moved
        matrix = np.asarray(sum(self.field.array(self.values[one.tensor]) for one in moved))
        values = {**self.values, moved[0].tensor: matrices.inverse(matrix, self.field)}
        return Evaluator(values, self.sizes, self.field, self.ranges)._read(moved[0])

    def _determinant(self, expr: Determinant) -> Grid:
        inner = self._inside(expr.bound).grid(expr.body)
        axes = tuple(axis for axis in inner.axes if axis not in expr.bound)
        return Grid(axes, matrices.determinant(aligned(inner, (*axes, *expr.bound)), self.field))

    def _total(self, expr: Total) -> Grid:
        scope = self._inside(expr.bound)
        addends = sp.Add.make_args(expr.body)
        axes, arrays = together(scope._sum(sp.Mul.make_args(addend), expr.bound) for addend in addends)
        return Grid(axes, sum(arrays[1:], arrays[0]))

    def _sum(self, factors: Sequence[Expr], bound: tuple[Index, ...]) -> Grid:
        """The sum of a product over bound indices, in parts if a factor would be too large to hold."""
        widest = max(factors, key=self._elements)
        own = [index for index in bound if index in widest.free_symbols and len(self.range(index)) > 1]
        if self._elements(widest) <= MOST_ELEMENTS or not own:
            return self._product(factors, bound)
        longest = max(own, key=lambda index: len(self.range(index)))
        halves = np.array_split(self.range(longest), 2)
        axes, arrays = together(self.restricted({longest: half})._sum(factors, bound) for half in halves)
        return Grid(axes, arrays[0] + arrays[1])

    def _elements(self, factor: Expr) -> int:
        if isinstance(factor, Read) and all(isinstance(index, Index) for index in factor.indices):
            return 1
        return prod(len(self.range(axis)) for axis in factor.free_symbols if isinstance(axis, Index))

    def _product(self, factors: Sequence[Expr], bound: tuple[Index, ...]) -> Grid:
        grids = [self.grid(factor) for factor in factors]
        flags = [grid for grid, factor in zip(grids, factors, strict=True) if isinstance(factor, Delta | Within)]
        present = {axis for grid in grids for axis in grid.axes}
        repeats = prod(len(self.range(index)) for index in bound if index not in present)
        if repeats != 1:
            grids.append(Grid((), self.field.array(repeats)))
        if flags and not all(self.field.finite(grid.data) for grid in grids):
            # A condition that fails makes its term 0, even where another factor is not defined.
            axes, arrays = together([*grids, *flags])
            product = prod(arrays[: len(grids)])
            holds = prod(np.asarray(flag != 0) for flag in arrays[len(grids) :])
            return summed(Grid(axes, np.where(holds, product, self.field.array(0))), bound)
        if not bound or self.field.exact:
            axes, arrays = together(grids)
            return summed(Grid(axes, prod(arrays[1:], start=arrays[0])), bound)
        return contracted(grids, bound)


NODES: dict[type, Callable[[Evaluator, Any], Grid]] = {
    Read: Evaluator._read,
    sp.Add: Evaluator._add,
    sp.Mul: Evaluator._mul,
    sp.Pow: Evaluator._power,
    Total: Evaluator._total,
    Where: Evaluator._where,
    Delta: Evaluator._delta,
    Within: Evaluator._within,
    Index: Evaluator._index,
    Symbol: Evaluator._size,
    Peak: Evaluator._peak,
    ArgPeak: Evaluator._argpeak,
    Inverse: Evaluator._inverse,
    Determinant: Evaluator._determinant,
    sp.Mod: Evaluator._modulo,
}

COMPARISONS: dict[str, Callable[..., Array]] = {
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
    "==": np.equal,
    "!=": np.not_equal,
}
