"""Products with the vector of ones, whose length only its neighbour tells: 1 bᵀ, δᵀ 1, 1ᵀ r and 1ᵀ R 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symbackprop.display.choosing import NoValueError
from symbackprop.display.evaluate import Value, multiplied
from symbackprop.display.intervals import Interval
from symbackprop.display.tree import Product, Symbol, Transpose, Tree, bare
from symbackprop.verify.entries import total


def with_ones(tree: Product, value_of: Callable[[Tree], Value], samples: Callable[[], int]) -> Value | None:
    """The value of a product of matrices and numbers with ones among them; nothing of any other.

    Args:
        tree: The product.
        value_of: The value of a part of it.
        samples: How many rows a row is spread over.
    """
    if tree.by == "odot" or len(tree.factors) < 2 or not any(_is_ones(bare(one)) for one in tree.factors):
        return None
    found: list[Value] = []
    ahead = iter(tree.factors)

    def neighbour() -> Any:
        """The rows of the matrix that comes next; numbers before it are factors."""
        for factor in ahead:
            found.append(value_of(factor))
            if not isinstance(found[-1], Interval):
                return found.pop()
        raise NoValueError("ones beside no matrix")

    for factor in ahead:
        if not _is_ones(bare(factor)):
            found.append(value_of(factor))
        elif isinstance(bare(factor), Transpose):
            found.append((tuple(map(total, zip(*neighbour(), strict=True))),))
        elif found and not isinstance(found[-1], Interval):
            rows: Any = found.pop()
            found.append(tuple((total(row),) for row in rows))
        else:
            (row,) = neighbour()
            found.append(tuple(row for _ in range(samples())))
    return multiplied(found)


def _is_ones(tree: Tree) -> bool:
    tree = tree.body if isinstance(tree, Transpose) else tree
    return isinstance(tree, Symbol) and tree.key == "ones"
