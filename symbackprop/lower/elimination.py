"""Inverses and determinants → loops that eliminate with exchanges of rows, in memory that is there already."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sympy import Expr

from symbackprop.expressions import Index
from symbackprop.lower.writing import Writing
from symbackprop.program.algebra import compare, div, logical, mul, neg, where
from symbackprop.program.nest import If, Store
from symbackprop.program.scalar import ONE, ZERO, Element, Name, Op, Scalar, number

Entry = Callable[[Scalar, Scalar], Element]


class Elimination:
    """Writes steps that take a matrix apart.

    Args:
        work: Collects the steps.
        rest: An entry of the matrix, by its row and column; what it holds is overwritten.
        size: The number of its rows and columns.
    """

    def __init__(self, work: Writing, rest: Entry, size: Expr) -> None:
        self.work = work
        self.rest = rest
        self.steps, self.rows, self.columns = (Index(letter, size) for letter in "krc")

    def inverse(self, found: Entry) -> None:
        """Make 1 of the matrix, and of 1 by the same steps its inverse.

        Args:
            found: An entry of the inverse.
        """
        both = self.rest, found
        with self._each(self.rows) as i, self._each(self.columns) as j:
            self._store(found(i, j), where(compare("eq", i, j), ONE, ZERO))
        with self._each(self.steps) as k:
            self._exchanged(k, self._largest(k), both)
            pivot = self.work.local("pivot", self.rest(k, k), varies=False)
            with self._each(self.columns) as j:
                for entry in both:
                    self._store(entry(k, j), div(entry(k, j), pivot))
            with self._each(self.rows) as i, self._where(compare("ne", i, k)):
                factor = self.work.local("factor", self.rest(i, k), varies=False)
                self._added(i, k, factor, both)

    def determinant(self, logarithm: bool) -> Name:
        """Clear the matrix below its diagonal; the product of what stands there, or the logarithm of its size.

        Args:
            logarithm: Whether it is the logarithm, which does not overflow.
        """
        total = self.work.local("det", ZERO if logarithm else ONE)
        with self._each(self.steps) as k:
            place = self._largest(k)
            self._exchanged(k, place, (self.rest,))
            pivot = self.work.local("pivot", self.rest(k, k), varies=False)
            if logarithm:
                self.work.steps.append(Store(total, Op("log", (Op("abs", (pivot,)),)), add=True))
            else:
                self._store(total, mul(total, where(compare("eq", place, k), pivot, neg(pivot))))
            # Where the pivot is 0 all below it is, and nothing is divided by it.
            due = compare("ne", self.rest(k, k), ZERO)
            with self._each(self.rows) as i, self._where(logical("and", compare("gt", i, k), due)):
                factor = self.work.local("factor", div(self.rest(i, k), pivot), varies=False)
                self._added(i, k, factor, (self.rest,))
        return total

    def _largest(self, k: Scalar) -> Name:
        """The row, from a diagonal entry on, of the largest entry in its column."""
        top, place = self.work.local("top", number(-1)), self.work.local("place", k, whole=True)
        with self._each(self.rows) as i:
            size = Op("abs", (self.rest(i, k),))
            with self._where(logical("and", compare("ge", i, k), compare("gt", size, top))):
                self._store(top, size)
                self._store(place, i)
        return place

    def _exchanged(self, k: Scalar, place: Scalar, entries: Sequence[Entry]) -> None:
        with self._each(self.columns) as j:
            for entry in entries:
                held = self.work.local("held", entry(k, j), varies=False)
                self._store(entry(k, j), entry(place, j))
                self._store(entry(place, j), held)

    def _added(self, i: Scalar, k: Scalar, factor: Scalar, entries: Sequence[Entry]) -> None:
        """Take a row off another, so many times."""
        with self._each(self.columns) as j:
            for entry in entries:
                self.work.steps.append(Store(entry(i, j), neg(mul(factor, entry(k, j))), add=True))

    def _store(self, target: Name | Element, value: Scalar) -> None:
        self.work.steps.append(Store(target, value))

    @contextmanager
    def _each(self, axis: Index) -> Iterator[Scalar]:
        with self.work.over((axis,), {}) as at:
            yield at[axis]

    @contextmanager
    def _where(self, condition: Scalar) -> Iterator[None]:
        with self.work.block() as body:
            yield
        self.work.steps.append(If(condition, tuple(body)))
