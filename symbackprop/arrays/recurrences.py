"""A recurrence → the same with its first step, from the other end, or with names for what stands before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import sympy as sp
from sympy import Basic, Expr

from symbackprop.arrays.alike import simple
from symbackprop.contraction import tidy
from symbackprop.expressions import Delta, Index, Read, parts_of, reads
from symbackprop.graph import Equation


@dataclass(frozen=True)
class Recurrence:
    """The equations of all steps.

    Attributes:
        index: The step.
        equations: With the index first; those of the step before are read at t - 1, where they are 0 before the first.
        begun: What stands in the place of a tensor before the first step, by its name and its place, -1 for the last.
        step_of: The tensors that were those of single steps, and their places.
        tables: Numbers that follow no rule, by the name under which they are read.
    """

    index: Index
    equations: tuple[Equation, ...]
    begun: Mapping[tuple[str, int], Expr]
    step_of: Mapping[str, tuple[str, int]]
    tables: Mapping[str, Sequence[Expr]] = field(default_factory=dict)


def base(name: str) -> str:
    """What a user called a tensor that was given a value again and again."""
    return name.partition("@")[0]


def with_reads(expr: Basic, change: Callable[[Read], Expr]) -> Basic:
    """An expression with other reads in it, those that stand in places of others included."""
    if not any(isinstance(node, Read) for node in parts_of(expr)):
        return expr
    new = expr.func(*(with_reads(arg, change) for arg in expr.args))
    return change(new) if isinstance(new, Read) else new


def taken_in(loop: Recurrence, before: Sequence[Equation], shapes: Mapping[str, Sequence[Expr]]) -> Recurrence | None:
    """The recurrence with the step before its first, which is written in another way since 0 stood in front of it.

    Args:
        loop: The recurrence.
        before: The equations before it.
        shapes: The shapes of all that it reads.

    Returns:
        One that begins with 0; `None` if the equations before are not those of such a step.
    """
    if any(place != -1 for _, place in loop.begun):
        return None
    known = {(one.indices, one.rhs): one.tensor for one in before}
    values: dict[str, Expr] = {}
    names: dict[str, str] = {}
    for equation in loop.equations:
        own, rhs = equation.indices[1:], _first(equation, loop, values)
        if (own, rhs) in known:
            names[known[own, rhs]] = equation.tensor
            values[equation.tensor] = Read(known[own, rhs], *own)
        elif rhs is not None and _is_there(rhs, shapes):
            # It is a tensor as it is, or was multiplied by 0.
            values[equation.tensor] = rhs
        else:
            return None
    # What has begun with 0 must be 0 after that step, as what has begun with something must be this.
    if not names or any(values[name] != loop.begun.get((name, -1), sp.S.Zero) for name in _carried(loop)):
        return None
    index = Index(loop.index.name, loop.index.size + 1)
    step_of = {name: (tensor, place + 1) for name, (tensor, place) in loop.step_of.items()}
    step_of |= {name: (tensor, 0) for name, tensor in names.items()}
    equations = (Equation(e.tensor, (index, *e.indices[1:]), _shifted(e.rhs, loop, index - 1)) for e in loop.equations)
    return Recurrence(index, tuple(equations), {}, step_of)


def _carried(loop: Recurrence) -> set[str]:
    """The tensors that are read at another step than that of the reader."""
    names = {one.tensor for one in loop.equations}
    found = {read for one in loop.equations for read in reads(one.rhs) if read.tensor in names}
    return {read.tensor for read in found if read.indices[0] != loop.index}


def _first(equation: Equation, loop: Recurrence, values: Mapping[str, Expr]) -> Expr | None:
    """What an equation says of the step before the first, where there is 0 before it."""
    names = {one.tensor: one.indices[1:] for one in loop.equations}

    def change(read: Read) -> Expr:
        if read.tensor not in names:
            return read
        if read.indices[0] != -1:
            return sp.S.Zero
        table = dict(zip(names[read.tensor], read.indices[1:], strict=True))
        return values[read.tensor].xreplace(table) if read.tensor in values else sp.nan

    rhs = with_reads(equation.rhs.xreplace({loop.index: sp.Integer(-1)}), change)
    return None if rhs.has(sp.nan) else tidy(rhs, equation.indices[1:])


def _is_there(rhs: Expr, shapes: Mapping[str, Sequence[Expr]]) -> bool:
    """Whether all places that it reads are there."""
    for read in reads(rhs):
        for place, size in zip(read.indices, shapes.get(read.tensor, [sp.S.Zero] * len(read.indices)), strict=True):
            if place.is_Integer and not (size.is_Integer and 0 <= place < size):
                return False
    return True


def _shifted(rhs: Expr, loop: Recurrence, step: Expr) -> Expr:
    """A right-hand side with another step for the index; its own tensors are read as many steps away as before."""
    names = {one.tensor for one in loop.equations}
    (new,) = (one for one in step.free_symbols if isinstance(one, Index))

    def change(read: Read) -> Expr:
        if read.tensor not in names:
            return read
        away = sp.expand(read.indices[0] - step) * step.coeff(new)
        return Read(read.tensor, new + away, *read.indices[1:])

    moved = rhs.xreplace({loop.index: step})
    powers = {node: _power(node) for node in parts_of(moved) if _is_power(node)}
    return with_reads(_rounded(moved.xreplace(powers)) if powers else moved, change)


def _rounded(rhs: Expr) -> Expr:
    """An expression whose products begin with fractions of small numbers, where rounding alone is the difference."""
    parts = [(node, *node.as_coeff_Mul()) for node in parts_of(rhs) if node.is_Mul]
    return rhs.xreplace({node: simple(number) * rest for node, number, rest in parts if simple(number) != number})


def _is_power(node: Basic) -> bool:
    return bool(node.is_Pow and node.base.is_Number and node.exp.free_symbols)


def _power(node: Expr) -> Expr:
    """0.9**(t - 1) is 0.9**t over 0.9, and 0.9**(-t) is (1/0.9)**t."""
    number, rest = node.exp.as_coeff_Add()
    sign, rest = rest.as_coeff_Mul()
    return node.base**number * (node.base**sign) ** rest


def turned(loop: Recurrence) -> tuple[Recurrence, bool]:
    """The recurrence from the last step to the first, if the places that it reads count down; and whether it is so."""
    names = {one.tensor for one in loop.equations}
    places = [p for e in loop.equations for read in reads(e.rhs) if read.tensor not in names for p in read.indices]
    slopes = {place.coeff(loop.index) for place in places} - {0}
    if slopes != {-1}:
        return loop, False
    last = loop.index.size - 1
    equations = (replace(one, rhs=_shifted(one.rhs, loop, last - loop.index)) for one in loop.equations)
    step_of = {name: (tensor, int(last) - place) for name, (tensor, place) in loop.step_of.items()}
    return Recurrence(loop.index, tuple(equations), loop.begun, step_of), True


def begun(loop: Recurrence, backward: bool, fresh: Callable[[str], str]) -> tuple[Equation, ...]:
    """The equations of a recurrence; what it reads of a step before, and in front of the first one, has a name."""
    own = {one.tensor: one.indices[1:] for one in loop.equations}
    found: dict[tuple[str, int], Equation] = {}

    def change(read: Read) -> Expr:
        if read.tensor not in own:
            return read
        lag = abs(int(sp.expand(read.indices[0] - loop.index)))
        known = {n: loop.begun[read.tensor, n] for n in range(-lag, 0) if (read.tensor, n) in loop.begun}
        if not known:
            return read
        start: Expr = sp.S.Zero
        for number, value in known.items():
            step = loop.index.size - 1 - (number + lag) if backward else sp.Integer(number + lag)
            start += Delta(loop.index, step) * value
        if _only_adds(loop, read):
            return read + start
        if (read.tensor, lag) not in found:
            axes = own[read.tensor]
            before = Read(read.tensor, loop.index + lag if backward else loop.index - lag, *axes)
            found[read.tensor, lag] = Equation(fresh(base(read.tensor)), (loop.index, *axes), before + start)
        return Read(found[read.tensor, lag].tensor, loop.index, *read.indices[1:])

    equations = [replace(one, rhs=with_reads(one.rhs, change)) for one in loop.equations]
    return *found.values(), *equations


def _only_adds(loop: Recurrence, read: Read) -> bool:
    """Whether a tensor is read at a step before by the equation alone that adds something to it."""
    readers = [one for one in loop.equations if any(two.tensor == read.tensor for two in reads(one.rhs))]
    (equation,) = (one for one in loop.equations if one.tensor == read.tensor)
    return readers == [equation] and not equation.indices[1:] and added(equation) is not None


def added(equation: Equation) -> Expr | None:
    """What a recurrence adds to what it was at the step before, if it does nothing else."""
    own = [read for read in reads(equation.rhs) if read.tensor == equation.tensor]
    if len(own) != 1 or own[0].indices[1:] != equation.indices[1:]:
        return None
    rest = equation.rhs - own[0]
    return None if own[0] in reads(rest) else rest
