"""Array nodes → matrix notation: δ² = (a² - t) ⊙ a² ⊙ (1 - a²), ∂E/∂W² = δ² (a¹)ᵀ.

A tensor with one axis is a column, one with two a matrix; a batch has one row per sample, as its arrays have. What
has no such form (three axes and more, a vector spread over the rows of a matrix) has none here either.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeGuard

import sympy as sp

from symbackprop.display.branches import branches
from symbackprop.display.build import build
from symbackprop.display.reader import TensorReader
from symbackprop.display.tree import (
    Apply,
    Bracket,
    Compare,
    Fraction,
    Minus,
    Number,
    Power,
    Product,
    Relation,
    Row,
    Sum,
    Symbol,
    Transpose,
    Tree,
    times,
)
from symbackprop.notation import Sign
from symbackprop.program import Along, Array, Assign, Axes, Const, Contract, Det, Inverted, Leaf, Map, Reduce, combined

_COMPARISONS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "=", "ne": "!="}
ONES = Symbol(Sign("1", shape="vector"))


class _NoMatrixForm(Exception):
    """Raised inside this module where a node has no matrix form."""


def matrix_form(statement: Assign, reader: TensorReader) -> Relation | None:
    """The matrix form of one statement of a program.

    Args:
        statement: Such as `dW2 = np.outer(delta2, a1)`.
        reader: How whole tensors are printed.

    Returns:
        A relation with one row, or `None` where the statement has no matrix form.
    """
    if len(statement.axes) > 2 or not set(statement.axes) <= set(statement.value.axes):
        return None
    try:
        right = _Matrix(reader.whole).tree(statement.value, statement.axes)
    except _NoMatrixForm:
        return None
    left = reader.error() if statement.name == reader.loss else reader.whole(statement.name)
    return Relation(left, (Row("=", right),))


class _Matrix:
    def __init__(self, whole: Callable[[str], Tree]) -> None:
        self.whole = whole

    def tree(self, node: Array, order: Axes) -> Tree:
        """The node with its axes in this order: one axis is a column."""
        order = tuple(axis for axis in order if axis in node.axes)
        if len(node.axes) > 2:
            raise _NoMatrixForm
        match node:
            case Leaf():
                body = self.whole(node.name)
                return body if node.axes == order else transposed(body)
            case Const():
                return build(node.value)
            case Map():
                return self._map(node, order)
            case Contract():
                return self._contract(node, order)
            case Reduce(kind="sum"):
                return self._reduce(node, order)
            case Inverted() | Det():
                return self._of_matrix(node, order)
            case Along():
                if node.axis != order[-1]:
                    raise _NoMatrixForm
                return Apply(node.function, (self.tree(node.arg, order),))
        raise _NoMatrixForm

    def _of_matrix(self, node: Inverted | Det, order: Axes) -> Tree:
        """An inverse, or a determinant."""
        matrix = self.tree(node.arg, (node.rows, node.columns))
        if isinstance(node, Inverted):
            inverse = Power(matrix, Number("-1"))
            return inverse if order == node.to else transposed(inverse)
        found: Tree = Apply("det", (matrix,))
        return Apply("log", (Apply("abs", (found,)),)) if node.logarithm else found

    def _map(self, node: Map, order: Axes) -> Tree:
        if node.function == "mul":
            return self._product(node, order)
        if node.function == "add":
            return Sum(tuple(self._spread(arg, order) for arg in node.args))
        if node.function == "pow":
            return self._power(node, order)
        if node.function == "where":
            return self._where(node, order)
        if node.function in _COMPARISONS or node.function in ("and", "or", "not"):
            raise _NoMatrixForm
        return Apply(node.function, tuple(self._spread(arg, order) for arg in node.args))

    def _spread(self, node: Array, order: Axes) -> Tree:
        """A term of a sum: a row vector that belongs to every sample is 1 bᵀ; a number stands for each entry."""
        if not node.axes or set(node.axes) == set(order):
            return self.tree(node, order)
        if node.axes == order[1:]:
            return Product((ONES, transposed(self.tree(node, node.axes))))
        raise _NoMatrixForm

    def _power(self, node: Map, order: Axes) -> Tree:
        base, exponent = node.args
        if not isinstance(exponent, Const):
            raise _NoMatrixForm
        if exponent.value == -1:
            return Fraction(Number("1"), self.tree(base, order))
        if exponent.value == sp.Rational(1, 2):
            return Apply("sqrt", (self.tree(base, order),))
        if not base.axes:
            return Power(self.tree(base, order), build(exponent.value))
        if exponent.value.is_Integer and 2 <= exponent.value <= 3:
            return Product((self.tree(base, order),) * int(exponent.value), "odot")
        raise _NoMatrixForm

    def _where(self, node: Map, order: Axes) -> Tree:
        condition, then, otherwise = node.args
        if not isinstance(condition, Map) or condition.function not in _COMPARISONS:
            raise _NoMatrixForm
        left, right = (self._spread(arg, order) for arg in condition.args)
        compare = Compare((left, right), (_COMPARISONS[condition.function],))  # type: ignore[arg-type]
        if _is_number(then, 1) and _is_number(otherwise, 0):
            return Bracket(compare)
        return branches(((self._spread(then, order), compare), (self._spread(otherwise, order), None)))

    def _product(self, node: Map, order: Axes) -> Tree:
        """Numbers in front; two vectors along different axes multiply as column times row; all else entry by entry."""
        numbers = [arg for arg in node.args if not arg.axes]
        arrays = [arg for arg in node.args if arg.axes]
        below = [arg for arg in numbers if _is_reciprocal(arg)]
        negative = [arg for arg in numbers if isinstance(arg, Const) and arg.value.could_extract_minus_sign()]
        above = [arg for arg in numbers if arg not in below and not _is_number(arg, -1)]
        factors = [self.tree(Const(-arg.value) if arg in negative else arg, ()) for arg in above]
        if arrays:
            factors.append(self._arrays(arrays, order))
        result: Tree = times(*factors) if factors else Number("1")
        for arg in below:
            assert isinstance(arg, Map)
            inverse = Fraction(Number("1"), self.tree(arg.args[0], ()))
            result = times(inverse, result) if factors else inverse
        return Minus(result) if len(negative) % 2 else result

    def _arrays(self, arrays: list[Array], order: Axes) -> Tree:
        if len(arrays) == 1:
            return self.tree(arrays[0], order)
        single = {arg.axes: arg for arg in arrays}
        if len(arrays) == 2 and len(order) == 2 and set(single) == {(order[0],), (order[1],)}:
            column, row = (self.tree(single[(axis,)], (axis,)) for axis in order)
            return Product((column, transposed(row)))
        if any(set(arg.axes) != set(order) for arg in arrays):
            raise _NoMatrixForm
        return Product(tuple(self.tree(arg, order) for arg in arrays), "odot")

    def _contract(self, node: Contract, order: Axes) -> Tree:
        if len(node.over) != 1:
            raise _NoMatrixForm
        (summed,) = node.over
        left, right = node.left, node.right
        if (len(order) == 2 and order[0] in right.axes) or (len(order) == 1 and order[0] in right.axes):
            left, right = right, left
        if set(left.axes) & set(right.axes) != {summed}:
            raise _NoMatrixForm
        rows = tuple(axis for axis in left.axes if axis != summed)
        columns = tuple(axis for axis in right.axes if axis != summed)
        first = self.tree(left, (*rows, summed)) if rows else transposed(self.tree(left, (summed,)))
        return Product((first, self.tree(right, (summed, *columns))))

    def _reduce(self, node: Reduce, order: Axes) -> Tree:
        if len(node.arg.axes) == 2 and len(node.over) == 1:
            (summed,) = node.over
            return Product((self.tree(node.arg, (*order, summed)), ONES))
        if set(node.over) != set(node.arg.axes):
            raise _NoMatrixForm
        if len(node.arg.axes) == 1 and _is_square(node.arg):
            column = self.tree(node.arg.args[0], node.arg.axes)
            return Product((transposed(column), column))
        if isinstance(node.arg, Map) and node.arg.function == "mul" and len(node.arg.axes) == 1 == len(node.over):
            first, *rest = node.arg.args
            if rest and all(arg.axes == node.arg.axes for arg in node.arg.args):
                after = combined("mul", rest)
                return Product((transposed(self.tree(first, first.axes)), self.tree(after, first.axes)))
        inside = self.tree(node.arg, node.arg.axes)
        return Product((transposed(ONES), inside, ONES) if len(node.arg.axes) == 2 else (transposed(ONES), inside))


def transposed(tree: Tree) -> Tree:
    """The transpose; twice is none."""
    return tree.body if isinstance(tree, Transpose) else Transpose(tree)


def _is_number(node: Array, value: int) -> bool:
    return isinstance(node, Const) and bool(node.value == value)


def _is_square(node: Array) -> TypeGuard[Map]:
    return isinstance(node, Map) and node.function == "pow" and _is_number(node.args[1], 2)


def _is_reciprocal(node: Array) -> bool:
    return isinstance(node, Map) and node.function == "pow" and _is_number(node.args[1], -1)
