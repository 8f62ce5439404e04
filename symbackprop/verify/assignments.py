"""A relation in index form → the values of its free indices and variables at which it is evaluated."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any
from zlib import crc32

from symbackprop.display.choosing import NoValueError
from symbackprop.display.tree import Number, PartialDerivative, Relation, Row, Symbol, Tree, bare, walk
from symbackprop.verify.printed import PrintedEvaluator
from symbackprop.verify.truth import Truth

MOST_PLACES = 6
NUMBERS = ("-7/5", "3/11", "9/4")


def without_numbers(relation: Relation) -> Relation | None:
    """The relation without the members that are numbers only; `None` if nothing is left to compare."""
    rows: list[Row] = [
        row
        for row in relation.rows
        if any(isinstance(one, Symbol) for one in walk(row.tree))
        and not any(isinstance(one, Number) and len(one.text) > 8 for one in walk(row.tree))
    ]
    return replace(relation, rows=tuple(replace(row, operator="=") for row in rows)) if rows else None


def assignments(relation: Relation, evaluator: PrintedEvaluator) -> list[Mapping[str, Any]]:
    """Values of the free indices: all of them if they are few, else the first, the last and some between."""
    trees = [relation.lhs, *(row.tree for row in relation.rows)]
    ranges: list[tuple[str, Sequence[Any]]] = []
    for key in evaluator.free(*trees):
        try:
            ranges.append((key, range(1, evaluator.size(key, *trees) + 1)))
        except NoValueError:
            if _is_index(key, trees):
                raise
            ranges.append((key, NUMBERS))
    keys = [key for key, _ in ranges]
    count = 1
    for _, run in ranges:
        count *= len(run)
    if count <= MOST_PLACES:
        return [dict(zip(keys, place, strict=True)) for place in product(*(run for _, run in ranges))]
    draw = random.Random(crc32(repr(keys).encode()))
    found = [{key: run[0] for key, run in ranges}, {key: run[-1] for key, run in ranges}]
    return found + [{key: draw.choice(run) for key, run in ranges} for _ in range(MOST_PLACES - 2)]


def _is_index(key: str, trees: Sequence[Tree]) -> bool:
    return any(
        key == inner.key
        for tree in trees
        for node in walk(tree)
        if isinstance(node, Symbol)
        for place in node.place
        for inner in walk(place)
        if isinstance(inner, Symbol)
    )


def tensor_meant(tree: Tree, truth: Truth) -> str:
    """The tensor whose value a tree is, an adjoint for a derivative of the loss."""
    tree = bare(tree)
    if isinstance(tree, PartialDerivative):
        of, wrt = bare(tree.of) if tree.of else None, bare(tree.wrt)
        whole = isinstance(of, Symbol) and of.key == truth.graph.loss.name
        if whole and isinstance(wrt, Symbol):
            return truth.derivation.adjoint_of.get(wrt.key, "")
        return of.key if isinstance(of, Symbol) else ""
    return tree.key if isinstance(tree, Symbol) else ""
