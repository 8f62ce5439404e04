"""Products with the vector of ones, whose length only its neighbour tells: 1 bᵀ, δᵀ 1, 1ᵀ r and 1ᵀ R 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from symbackprop.display.evaluate import NoValueError, Value
from symbackprop.display.intervals import Interval
from symbackprop.display.tree import Product, Symbol, Transpose, Tree, bare
from symbackprop.verify.entries import total


def with_ones(tree: Product, value_of: Callable[[Tree], Value], samples: Callable[[], int]) -> Value | None:
    """A product of matrices that begins or ends with ones, numbers aside; else nothing.

    Args:
        tree: The product.
        value_of: The value of a part of it.
        samples: How many rows a row is spread over.
    """
    if tree.by == "odot" or len(tree.factors) < 2 or not any(_is_ones(bare(one)) for one in tree.factors):
        return None
    parts = [(one, None if _is_ones(bare(one)) else value_of(one)) for one in tree.factors]
    scale = [value for _, value in parts if isinstance(value, Interval)]
    if scale:
        rest = value_of(_together(tree, [one for one, value in parts if not isinstance(value, Interval)]))
        return tuple(tuple(prod(scale, start=one) for one in row) for row in _rows(rest))
    first, *after = tree.factors
    *before, last = tree.factors
    if _is_ones(last):
        return tuple((total(row),) for row in _rows(value_of(_together(tree, before))))
    if _is_ones(first) and isinstance(first, Transpose):
        return (tuple(map(total, zip(*_rows(value_of(_together(tree, after))), strict=True))),)
    if _is_ones(first):
        (row,) = _rows(value_of(_together(tree, after)))
        return tuple(row for _ in range(samples()))
    return None


def _rows(value: Value) -> Any:
    if isinstance(value, Interval):
        raise NoValueError("a number where a matrix is meant")
    return value


def _is_ones(tree: Tree) -> bool:
    tree = tree.body if isinstance(tree, Transpose) else tree
    return isinstance(tree, Symbol) and tree.key == "ones"


def _together(tree: Product, factors: Sequence[Tree]) -> Tree:
    return factors[0] if len(factors) == 1 else Product(tuple(factors), tree.by)
