"""Two passes as they are derived → two passes that overflow nowhere, as far as a way is known."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple, TypeAlias

import sympy as sp

from symbackprop.expressions import Index, parts_of
from symbackprop.graph import BY_LOG_SUFFIX, Equation, needed
from symbackprop.lower.exponentials import Stable
from symbackprop.lower.hazards import hazards
from symbackprop.lower.homogeneous import is_exponential, rescaled
from symbackprop.lower.logged import logged
from symbackprop.lower.opened import Computable, examined, unread
from symbackprop.lower.risks import Unit

Equations: TypeAlias = "tuple[Equation, ...]"


def without_overflow(
    first: Sequence[Equation], then: Sequence[Equation], wanted: Collection[str], every: bool = False
) -> tuple[Equations, Equations]:
    """Two passes in stable forms.

    Args:
        first: The forward pass.
        then: What follows it.
        wanted: The tensors that are computed for their own sake.
        every: Whether to keep what none of them needs; of the first pass no exponentials are kept otherwise that were
            read only in the written forms.
    """
    written, found = _least((*first, *then), frozenset(wanted))
    later = {equation.tensor + suffix for equation in then for suffix in ("", BY_LOG_SUFFIX)}
    number = next((place for place, equation in enumerate(found) if equation.tensor in later), len(found))
    idle = set() if every else unread(found[:number], written, found)
    if len(found) > len(first) + len(then) and not every:
        idle |= {equation.tensor for equation in found} - _needed(found, wanted)
    forward, backward = (tuple(e for e in part if e.tensor not in idle) for part in (found[:number], found[number:]))
    return forward, backward


def to_derive(equations: Sequence[Equation], wanted: Collection[str]) -> Equations:
    """The equations in forms that do not overflow, or as they are, if largest exponents are taken out of them later."""
    written, found = _least(tuple(equations), frozenset(wanted))
    return found if len(written) == len(equations) else tuple(equations)


# Asked for once by code with arrays and once by code with single numbers.
@lru_cache(maxsize=4)
def _least(written: Equations, wanted: frozenset[str]) -> tuple[Equations, Equations]:
    """The equations as they are written, or with more of them, and their forms with the least trouble."""
    plain = named = _tried(written, {}, wanted)
    if plain.trouble and len(more := logged(written)) > len(written):
        named = _tried(more, {}, wanted)
    if not named.trouble:
        return named.written, named.found
    best, units = _rescaled(plain, wanted)
    if best is not plain and best.trouble and len(more := logged(best.written)) > len(best.written):
        named = _tried(more, units, wanted)
    best = min(best, named, key=_troubled)
    if best.trouble:
        more, best = best.written, _tried(written, {}, wanted, thorough=True)
        if best.trouble and more != written:
            best = min(best, _tried(more, units, wanted, thorough=True), key=_troubled)
    return best.written, best.found


class _Trial(NamedTuple):
    """Equations as they are written, or with more of them, their stable forms, and how much trouble is left."""

    written: Equations
    found: Equations
    trouble: int


_troubled = attrgetter("trouble")


def _tried(written: Equations, units: Mapping[str, Unit], wanted: Collection[str], *, thorough: bool = False) -> _Trial:
    found = examined(written, units, thorough=thorough)
    return _Trial(written, found.equations, _trouble(written, found, wanted))


def _rescaled(best: _Trial, wanted: Collection[str]) -> tuple[_Trial, dict[str, Unit]]:
    """Largest exponents taken out of exponentials, one after the other, as long as this is of use."""
    units: dict[str, Unit] = {}
    for name in list(_exponentials(best.written, wanted)):
        for scaled in rescaled(best.written, name):
            trial = _tried(scaled.equations, {**units, scaled.name: scaled.unit}, wanted)
            if trial.trouble < best.trouble:
                best = trial
                units[scaled.name] = scaled.unit
                break
    return best, units


def _trouble(written: Sequence[Equation], found: Computable, wanted: Collection[str]) -> int:
    """How many risks are left in what is computed, and how many exponentials have more axes than were written."""
    if not any(found.risks.values()) and not found.changed:
        return 0
    due = _needed(found.equations, wanted)
    most = [_axes(equation) for equation in found.equations if equation.tensor in due & found.changed]
    axes = max(_axes(equation) for equation in written) if any(most) else 0
    wide = sum(number > axes for number in most)
    return wide + sum(number for tensor, number in found.risks.items() if tensor in due)


def _needed(equations: Sequence[Equation], wanted: Collection[str]) -> set[str]:
    return needed({equation.tensor: equation for equation in equations}, wanted)


def _axes(equation: Equation) -> int:
    """The most axes that what an exponential is computed of has."""
    nodes = [node for node in parts_of(equation.rhs) if isinstance(node, sp.exp | Stable)]
    return max((sum(isinstance(symbol, Index) for symbol in node.free_symbols) for node in nodes), default=0)


def _exponentials(written: Sequence[Equation], wanted: Collection[str]) -> Iterator[str]:
    """The tensors that are an exponential and what stands beside it."""
    due = _needed(written, wanted)
    for equation in written:
        if equation.tensor in due and hazards(equation.rhs).overflowing and is_exponential(equation.rhs):
            yield equation.tensor
