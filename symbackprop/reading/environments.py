"""Matrices and cases as LaTeX sets them → their trees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbackprop.display.tree import Cases, Matrix, Tree
from symbackprop.reading.words import meaning

if TYPE_CHECKING:
    from symbackprop.reading.formula import Formula

_MATRICES = ("matrix", "bmatrix", "pmatrix", "smallmatrix", "Bmatrix", "array")
_CASES = ("cases", "dcases", "rcases")


def environment(formula: Formula) -> Tree:
    """What stands between begin and end: a matrix, or cases."""
    formula.next()
    name = formula.raw().strip()
    if name in _CASES:
        return Cases(tuple(_case(formula, name)))
    if name not in _MATRICES:
        raise formula.error(f"the environment {name!r} is not read", help=f"known: {', '.join(_MATRICES + _CASES)}")
    if name == "array":
        columns = formula.raw()
        if columns.strip() == "ll":
            return Cases(tuple(_case(formula, name)))
    rows: list[tuple[Tree, ...]] = []
    while True:
        row = [formula.sum()]
        while formula.take("&"):
            row.append(formula.sum())
        rows.append(tuple(row))
        if not formula.take(r"\\") or formula.here == r"\end":
            break
    _end(formula, name)
    if len({len(row) for row in rows}) > 1:
        raise formula.error("the rows of this matrix have different lengths")
    return Matrix(tuple(rows))


def _case(formula: Formula, name: str) -> list[tuple[Tree, Tree | None]]:
    rows: list[tuple[Tree, Tree | None]] = []
    while True:
        value = formula.sum()
        formula.take(",")
        formula.expect("&")
        rows.append((value, _otherwise(formula)))
        formula.take(",", ".", ";")
        if not formula.take(r"\\") or formula.here == r"\end":
            _end(formula, name)
            return rows


def _otherwise(formula: Formula) -> Tree | None:
    if formula.here in (r"\text", r"\mathrm", r"\textrm"):
        place = formula.place
        formula.next()
        if meaning(formula.raw()) == "otherwise":
            return None
        formula.place = place
    return formula.condition()


def _end(formula: Formula, name: str) -> None:
    formula.expect(r"\end")
    if formula.raw().strip() != name:
        raise formula.error(f"the environment {name!r} ends as another")
