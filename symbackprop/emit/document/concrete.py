"""Trees in index form → the same for one neuron, sums written out, and with numbers in the place of symbols."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, Literal, TypeVar

import sympy as sp

from symbackprop.display import (
    Apply,
    BigSum,
    Bracket,
    Cases,
    Compare,
    Extreme,
    Fraction,
    Minus,
    Number,
    Paint,
    PartialDerivative,
    Power,
    Product,
    Relation,
    Row,
    Sum,
    Symbol,
    Tree,
    equality,
    integer,
    plus,
    times,
)
from symbackprop.display.tree import walk
from symbackprop.expressions import Read

Element = Callable[[Read], Tree]
Holder = TypeVar("Holder", bound=Any)


def instance(tree: Tree, at: Mapping[str, int], element: Element, count: Callable[[Tree], int]) -> Tree:
    """A tree in index form at given indices.

    Args:
        tree: What `build` made.
        at: For each key of an index its value, counted from 1. Sums over an index that is held under 0 stay.
        element: Prints a read of a tensor at whole numbers: under the user's own name if it has one.
        count: The number that a size is.
    """
    if isinstance(tree, Symbol) and not tree.subscripts and tree.at is None and at.get(tree.key):
        return integer(at[tree.key])
    if isinstance(tree, BigSum) and all(at.get(one.index.key) != 0 for one in tree.ranges):
        return _written_out(tree, at, element, count)
    if isinstance(tree, Extreme) and not tree.place:
        run = range(1, count(tree.range.last) + 1) if tree.range.last else ()
        terms = (instance(tree.body, {**at, tree.range.index.key: n}, element, count) for n in run)
        return Apply("max", tuple(terms))
    changed = mapped(tree, lambda part: instance(part, at, element, count))
    if isinstance(changed, Symbol | PartialDerivative) and changed.key:
        place = changed.place if isinstance(changed, Symbol) else changed.at
        if place and all(isinstance(one, Number) for one in place):
            return element(Read(changed.key, *(sp.Integer(int(one.text) - 1) for one in place)))  # type: ignore[attr-defined]
    return _flat(changed) if isinstance(changed, Sum) else changed


def _written_out(tree: BigSum, at: Mapping[str, int], element: Element, count: Callable[[Tree], int]) -> Tree:
    first, *rest = tree.ranges
    body = BigSum(tree.body, tuple(rest)) if rest else tree.body
    run = range(1, count(first.last) + 1) if first.last else range(0)
    return _flat(plus(*(instance(body, {**at, first.index.key: n}, element, count) for n in run)))


def _flat(tree: Tree) -> Tree:
    """A sum inside a sum is one sum."""
    if not isinstance(tree, Sum):
        return tree
    terms = [inner for term in tree.terms for inner in (term.terms if isinstance(term, Sum) else (term,))]
    return plus(*terms)


def gathered(tree: Tree) -> Tree:
    """2a - 2t → 2(a - t), which SymPy multiplies out; a branch that is a maximum or 1 and 0 as such."""
    tree = mapped(tree, gathered)
    if isinstance(tree, Cases) and len(tree.rows) == 2:
        (then, condition), (otherwise, _) = tree.rows
        if condition is not None and (then, otherwise) == (integer(1), integer(0)):
            return Bracket(condition)
        if condition == Compare((then, otherwise), (">",)) and isinstance(otherwise, Number):
            return Apply("max", (otherwise, then))
    if not isinstance(tree, Sum):
        return tree
    bodies = [term.body if isinstance(term, Minus) else term for term in tree.terms]
    first = bodies[0].factors[0] if isinstance(bodies[0], Product) else None
    if not isinstance(first, Number) or not all(isinstance(b, Product) and b.factors[0] == first for b in bodies):
        return tree
    rests = [times(*body.factors[1:]) for body in bodies if isinstance(body, Product)]
    signed = [Minus(r) if isinstance(term, Minus) else r for r, term in zip(rests, tree.terms, strict=True)]
    return Product((first, Sum(tuple(signed))))


def distributed(tree: Tree) -> Tree:
    """½(a + b) → ½a + ½b, and -(a + b) → -a - b, so that each term can be shown with its value."""
    if isinstance(tree, Minus) and isinstance(inner := distributed(tree.body), Sum):
        return Sum(tuple(term.body if isinstance(term, Minus) else Minus(term) for term in inner.terms))
    if isinstance(tree, Product) and not tree.by and len(tree.factors) == 2:
        scale, last = tree.factors
        if isinstance(scale, Number | Fraction) and isinstance(last, Sum):
            return Sum(tuple(_scaled(scale, term) for term in last.terms))
    return tree


def _scaled(scale: Tree, term: Tree) -> Tree:
    return Minus(_scaled(scale, term.body)) if isinstance(term, Minus) else Product((scale, term))


def mapped(tree: Holder, change: Callable[[Tree], Tree]) -> Holder:
    """A tree, or a part of a drawing, with a change made to each tree directly inside it."""
    found = {field.name: _mapped(getattr(tree, field.name), change) for field in fields(tree)}
    return replace(tree, **found)


def _mapped(part: Any, change: Callable[[Tree], Tree]) -> Any:
    if isinstance(part, Tree):
        return change(part)
    if isinstance(part, tuple):
        return tuple(_mapped(one, change) for one in part)
    return part


def numeric(tree: Tree, number: Callable[[Tree], Number]) -> Tree:
    """A tree with a number for each symbol; factors side by side get a sign between them.

    Args:
        tree: A tree at given indices.
        number: The number to print for a symbol, or for a condition in brackets.
    """
    if isinstance(tree, Symbol | PartialDerivative | Bracket):
        return number(tree)
    if isinstance(tree, Fraction) and isinstance(tree.above, Number) and isinstance(tree.below, Number):
        return tree
    if isinstance(tree, Power):
        return replace(tree, base=numeric(tree.base, number))
    changed = mapped(tree, lambda part: numeric(part, number))
    if isinstance(changed, Product) and not changed.by and not isinstance(changed.factors[0], Fraction):
        return replace(changed, by="times")
    return changed


def by_factors(tree: Tree, value: Callable[[Tree], Number]) -> Tree:
    """A tree with one number for each painted part of it, which keeps its colour."""
    if isinstance(tree, Paint):
        return replace(tree, body=value(tree.body))
    if isinstance(tree, Symbol | PartialDerivative | Bracket):
        return value(tree)
    if isinstance(tree, Number):
        return tree
    changed = mapped(tree, lambda part: by_factors(part, value))
    return replace(changed, by="times") if isinstance(changed, Product) and not changed.by else changed


def term_values(tree: Tree, value: Callable[[Tree], Number]) -> Tree | None:
    """A sum with one number for each term, or nothing where there is no sum of products."""
    if not isinstance(tree, Sum) or not any(isinstance(one, Product | Minus) for one in tree.terms):
        return None
    return Sum(tuple(value(term) for term in tree.terms))


def chain(lhs: Tree, *rows: Row | None) -> Relation:
    """A relation of the rows that are there, those that would repeat the one before left out."""
    kept: list[Row] = []
    for row in rows:
        if row is None:
            continue
        if kept and kept[-1].tree == row.tree:
            kept[-1] = replace(row, operator=kept[-1].operator)
        else:
            kept.append(row)
    return Relation(lhs, tuple(kept))


def final_sign(row: Row, value: Number) -> Literal["=", "≈"]:
    """The sign between a row of numbers and its value."""
    return "=" if row.operator == "=" and value.exact and equality(*walk(row.tree)) == "=" else "≈"


def signals_painted(tree: Tree) -> Tree:
    """The error signals of a formula in their colour."""
    if isinstance(tree, Symbol) and tree.role == "adjoint":
        return Paint("delta", tree)
    return mapped(tree, signals_painted)
