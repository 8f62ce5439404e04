"""The equations of a trace → the same with recurrences and sums in the place of what loops have left behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import chain

import sympy as sp
from sympy import Expr

from symbackprop.arrays.alike import LEAST, UnlikeError, summed_up
from symbackprop.arrays.recurrences import Recurrence, added, base, begun, taken_in, turned, with_reads
from symbackprop.arrays.rolling import Loop, Steps, steps_of
from symbackprop.contraction import ALPHABET, collect
from symbackprop.errors import UndefinedError
from symbackprop.expressions import Read, Total, indices_of, reads, tensors_read
from symbackprop.graph import Equation, renaming
from symbackprop.schedule import schedule
from symbackprop.substitution import substitute

LETTERS = "tnmuvw" + ALPHABET
MOST_TRIED = 3


class Rolled:
    """Rolls the loops of some equations, the innermost first.

    Args:
        shapes: The shapes of what is given.
        fresh: Makes a new name from what a user called a tensor.
        table: Makes a tensor of numbers that follow no rule.
        taken: What no index may be called.
    """

    def __init__(
        self,
        shapes: Mapping[str, Sequence[Expr]],
        fresh: Callable[[str], str],
        table: Callable[[Sequence[Expr]], str],
        taken: Collection[str],
    ) -> None:
        self.shapes, self.fresh, self.table, self.taken = dict(shapes), fresh, table, set(taken)
        self._failed: Counter[tuple[str, int]] = Counter()
        self._names: list[str] = []

    def equations(self, equations: Sequence[Equation]) -> tuple[Equation, ...]:
        """The equations, in an order in which they can be read; the last one defines what it did before."""
        for _ in range(MOST_TRIED):
            self._made: dict[str, tuple[str, int]] = {}
            self._given = iter(tuple(self._names))
            found = tuple(equations)
            while (rolled := self._once(found)) is not None:
                found = rolled
            found = tuple(replace(one, rhs=summed_up(one.rhs, one.indices, self._letter)) for one in found)
            scattered = _scattered(found, self._made)
            if not scattered:
                return without_copies(found)
            for name in scattered:
                self._failed[self._made[name]] = MOST_TRIED
        return tuple(equations)

    def _once(self, equations: tuple[Equation, ...]) -> tuple[Equation, ...] | None:
        """The equations with one loop less; `None` if there is none."""
        for steps in steps_of(equations):
            key = equations[steps.end - 1].tensor, steps.length
            if self._failed[key] < MOST_TRIED:
                try:
                    return self._with(equations, steps, key)
                except UnlikeError:
                    self._failed[key] += 1
        return None

    def _with(self, equations: tuple[Equation, ...], steps: Steps, key: tuple[str, int]) -> tuple[Equation, ...]:
        run = equations[steps.start : steps.end]
        letter = self._letter(sp.Add(*(side for one in run for side in (one.lhs, one.rhs))))
        loop = self._tabled(Loop(equations, steps, letter, self._name).recurrence())
        before = equations[: steps.start]
        shapes = {**self.shapes, **{one.tensor: one.shape for one in before}}
        longer = taken_in(loop, before, shapes)
        if longer is not None and not any(
            set(longer.step_of) & set(tensors_read(one.rhs)) for one in before if one.tensor not in longer.step_of
        ):
            loop = longer
        loop, backward = turned(loop)
        # What stands before may be of a loop around this one, and read its last step.
        kept = [replace(one, rhs=_of_steps(one.rhs, loop)) for one in before if one.tensor not in loop.step_of]
        after = [replace(one, rhs=_of_steps(one.rhs, loop)) for one in equations[steps.end :]]
        if equations[-1].tensor in loop.step_of:
            last = equations[-1].lhs
            after.append(Equation(equations[-1].tensor, equations[-1].indices, _of_steps(last, loop)))
        rolled = begun(loop, backward, self._name)
        found = with_totals((*kept, *rolled, *after))
        _see_order(found, {one.tensor for one in equations})
        self._made |= {one.tensor: key for one in rolled}
        return found

    def _tabled(self, loop: Recurrence) -> Recurrence:
        """The recurrence with tensors that hold the numbers of its tables."""
        names = renaming({name: self.table(numbers) for name, numbers in loop.tables.items()})
        return replace(loop, equations=tuple(replace(one, rhs=one.rhs.xreplace(names)) for one in loop.equations))

    def _name(self, called: str) -> str:
        """A new name; the same ones in the same order each time, so that what has failed is known again."""
        known = next(self._given, "")
        if known and base(known) == called:
            return known
        self._names.append(self.fresh(called))
        return self._names[-1]

    def _letter(self, expr: Expr) -> str:
        used = self.taken | {index.name for index in indices_of(expr)}
        return next(letter for letter in chain(LETTERS, (f"t{n}" for n in range(10**9))) if letter not in used)


def _scattered(equations: Sequence[Equation], names: Collection[str]) -> list[str]:
    """The recurrences of which many steps are read one by one: nothing is won by them."""
    places = {(read.tensor, read.indices[0]) for one in equations for read in reads(one.rhs) if read.tensor in names}
    count = Counter(name for name, place in places if place.is_Integer)
    return [name for name, number in count.items() if number >= LEAST]


def _see_order(equations: Sequence[Equation], before: Collection[str]) -> None:
    """See that no loop is needed inside another, as by a table in which every entry needs those beside it.

    What is read of all that was defined before must be defined.
    """
    lost = set(before) - {one.tensor for one in equations}
    if any(lost & set(tensors_read(one.rhs)) for one in equations):
        raise UnlikeError
    try:
        schedule(equations)
    except UndefinedError:
        raise UnlikeError from None


def without_copies(equations: Sequence[Equation]) -> tuple[Equation, ...]:
    """The equations but for those, except the last, that say that a tensor is another one."""
    table: dict[str, str] = {}
    kept = []
    for place, old in enumerate(equations):
        equation = replace(old, rhs=old.rhs.xreplace(renaming(table)))
        if isinstance(equation.rhs, Read) and equation.rhs.indices == old.indices and place < len(equations) - 1:
            table[old.tensor] = equation.rhs.tensor
        else:
            kept.append(equation)
    return tuple(kept)


def _of_steps(expr: Expr, loop: Recurrence) -> Expr:
    """An expression that reads the recurrence in the place of its steps."""

    def change(read: Read) -> Expr:
        name, position = loop.step_of.get(read.tensor, ("", 0))
        return Read(name, sp.Integer(position), *read.indices) if name else read

    return with_reads(expr, change) if set(loop.step_of) & set(tensors_read(expr)) else expr


def with_totals(equations: Sequence[Equation]) -> tuple[Equation, ...]:
    """The equations with sums in the place of recurrences that only add up and of which the end alone is read."""
    found = {equation.tensor: equation for equation in equations}
    for name in list(found):
        equation, others = found[name], [one for one in found.values() if one.tensor != name]
        total = _total(equation, others)
        if total is not None:
            found = {one.tensor: _with_total(one, equation, total) for one in others}
    return tuple(found.values())


def _total(equation: Equation, others: Sequence[Equation]) -> Expr | None:
    """What a recurrence adds up, as a sum, if its end alone is read."""
    rest = added(equation)
    if rest is None:
        return None
    index = equation.indices[0]
    (before,) = (read for read in reads(equation.rhs) if read.tensor == equation.tensor)
    step = sp.expand(before.indices[0] - index)
    end = index.size - 1 if step == -1 else sp.S.Zero
    read = [one for other in others for one in reads(other.rhs) if one.tensor == equation.tensor]
    return Total(rest, index) if abs(step) == 1 and all(one.indices[0] == end for one in read) else None


def _with_total(equation: Equation, summed: Equation, total: Expr) -> Equation:
    def change(read: Read) -> Expr:
        if read.tensor != summed.tensor:
            return read
        return substitute(total, dict(zip(summed.indices[1:], read.indices[1:], strict=True)))

    if summed.tensor not in tensors_read(equation.rhs):
        return equation
    return replace(equation, rhs=collect(with_reads(equation.rhs, change), equation.indices))
