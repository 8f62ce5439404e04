"""Equations in any order → the order to compute them in: one after the other, or together in a loop over an index.

Equations that read one another are a strongly connected component. Such a component is a recurrence if round every
cycle one index moves the same way: `h[t]` reads `h[t - 1]`. It is then computed position by position; an adjoint, which
reads `h[t + 1]`, from the last to the first. Anything else has no order, and is refused with the cycle named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sympy as sp

from symbackprop.errors import UndefinedError
from symbackprop.expressions import Index, reads, tensors_read
from symbackprop.graph import Equation


@dataclass(frozen=True)
class Group:
    """Equations that are computed together.

    Attributes:
        equations: In the order of one position of the loop.
        loop: The index that is looped over, or `None` for a single equation that does not read itself.
        reverse: Whether from the last position to the first.
    """

    equations: tuple[Equation, ...]
    loop: Index | None = None
    reverse: bool = False


def schedule(equations: Sequence[Equation]) -> tuple[Group, ...]:
    """Put equations in an order in which each can be computed.

    Args:
        equations: Each tensor is defined once; the given order is kept wherever it can be.

    Raises:
        UndefinedError: Some equations read one another and no index orders them; the message names the cycle.
    """
    by_name = {equation.tensor: equation for equation in equations}
    return tuple(
        _loop([by_name[name] for name in component]) if _cyclic(component, by_name) else Group((by_name[component[0]],))
        for component in _components(by_name)
    )


def _cyclic(component: Sequence[str], by_name: dict[str, Equation]) -> bool:
    return len(component) > 1 or component[0] in tensors_read(by_name[component[0]].rhs)


def _components(by_name: dict[str, Equation]) -> list[list[str]]:
    """Strongly connected components, what is read before what reads it (Tarjan 1972, without recursion)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    result: list[list[str]] = []
    for root in by_name:
        if root in number:
            continue
        work: list[tuple[str, Iterator[str]]] = []

        def enter(name: str, work: list[tuple[str, Iterator[str]]] = work) -> None:
            number[name] = low[name] = len(number)
            stack.append(name)
            work.append((name, iter([read for read in tensors_read(by_name[name].rhs) if read in by_name])))

        enter(root)
        while work:
            name, pending = work[-1]
            following = next(pending, None)
            if following is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == number[name]:
                    start = stack.index(name)
                    result.append(sorted(stack[start:], key=list(by_name).index))
                    del stack[start:]
            elif following not in number:
                enter(following)
            elif following in stack:
                low[name] = min(low[name], number[following])
    return result


def _loop(component: list[Equation]) -> Group:
    """The loop of a recurrence: the index, the way it runs, and the order of equations at one position."""
    names = {equation.tensor for equation in component}
    for axis, index in enumerate(component[0].indices):
        if not all(len(e.indices) > axis and e.indices[axis].size == index.size for e in component):
            continue
        shifts = _shifts(component, names, axis)
        if shifts is None:
            continue
        moves = {shift > 0 for _, _, shift in shifts if shift}
        if len(moves) != 1:
            continue
        order = _order_at_one_position(component, [(a, b) for a, b, shift in shifts if shift == 0])
        if order is not None:
            loop = order[0].indices[axis]
            return Group(tuple(_with_index(e, axis, loop) for e in order), loop, reverse=moves == {True})
    cycle = " -> ".join([*(equation.tensor for equation in component), component[0].tensor])
    raise UndefinedError(
        f"these equations read one another and no index orders them: {cycle}",
        help="a recurrence reads itself at an earlier position of one index, such as h[t - 1, j]",
    )


def _shifts(component: list[Equation], names: set[str], axis: int) -> list[tuple[str, str, int]] | None:
    """For each read inside the component (reader, read, by how much the index moves); `None` if it is not a shift."""
    found = []
    for equation in component:
        for read in reads(equation.rhs):
            if read.tensor in names:
                shift = sp.expand(read.indices[axis] - equation.indices[axis])
                if not shift.is_Integer:
                    return None
                found.append((equation.tensor, read.tensor, int(shift)))
    return found


def _order_at_one_position(component: list[Equation], same: list[tuple[str, str]]) -> list[Equation] | None:
    order: list[Equation] = []
    remaining = list(component)
    while remaining:
        done = {equation.tensor for equation in order}
        ready = [e for e in remaining if all(b in done for a, b in same if a == e.tensor)]
        if not ready:
            return None
        order.append(ready[0])
        remaining.remove(ready[0])
    return order


def _with_index(equation: Equation, axis: int, loop: Index) -> Equation:
    """The equation with the loop's letter for its own."""
    own = equation.indices[axis]
    if own == loop:
        return equation
    moved = {own: loop, **({loop: own} if loop in equation.indices else {})}
    indices = tuple(moved.get(index, index) for index in equation.indices)
    return Equation(equation.tensor, indices, equation.rhs.xreplace(moved))
