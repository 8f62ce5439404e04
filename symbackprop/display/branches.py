"""Values by case → a tree: as |v| or sign(v) where that is what the cases say, and else as one list of them.

The language writes |v| with conditions, so that its slope at 0 is stated; a reader knows it by its bars.
"""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.display.tree import Apply, Bracket, Cases, Compare, Minus, Number, Sum, Tree, integer

ZERO, ONE = integer(0), integer(1)


def branches(rows: Sequence[tuple[Tree, Tree | None]]) -> Tree:
    """The tree of some cases, each with its condition; the last has none.

    Example:
        >>> from symbackprop.display.tree import Symbol
        >>> from symbackprop.notation import given
        >>> v = Symbol(given("v"))
        >>> above, below = Compare((v, ZERO), (">",)), Compare((v, ZERO), ("<",))
        >>> branches([(v, above), (Minus(v), below), (ZERO, None)]).name
        'abs'
        >>> len(branches([(v, above), (Cases(((ONE, below), (ZERO, None))), None)]).rows)
        3
    """
    *before, (last, _) = rows
    inner = ((ONE, last.condition), (ZERO, None)) if isinstance(last, Bracket) else ((last, None),)
    flat = (*before, *(last.rows if isinstance(last, Cases) else inner))
    return _modulus(flat) or Cases(flat)


def _modulus(rows: Sequence[tuple[Tree, Tree | None]]) -> Tree | None:
    """|v|, sign(v) or -sign(v) for one value above 0, the opposite one below, and 0 between."""
    if len(rows) != 3 or rows[2] != (ZERO, None):
        return None
    (above, first), (below, second), _ = rows
    if not isinstance(first, Compare) or first.operators != (">",) or first.operands[1] != ZERO:
        return None
    value = first.operands[0]
    if second != Compare((value, ZERO), ("<",)):
        return None
    if above == value and _terms(below) == _terms(value, -1):
        return Apply("abs", (value,))
    numbers = [_number(one) for one in (above, below)]
    if numbers == [1, -1]:
        return Apply("sign", (value,))
    return Minus(Apply("sign", (value,))) if numbers == [-1, 1] else None


def _terms(tree: Tree, sign: int = 1) -> set[tuple[Tree, int]]:
    """The terms of a sum with their signs, in no order."""
    terms = tree.terms if isinstance(tree, Sum) else (tree,)
    return {(term.body, -sign) if isinstance(term, Minus) else (term, sign) for term in terms}


def _number(tree: Tree) -> int:
    """1 or -1; 0 for anything else."""
    if isinstance(tree, Minus):
        return -_number(tree.body)
    return {"1": 1, "-1": -1}.get(tree.text, 0) if isinstance(tree, Number) else 0
