"""Tensors of whole numbers, such as labels and tokens → the ranges of places that these point to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import sympy as sp
from sympy import Expr

from symbackprop.expressions import (
    ArgPeak,
    Delta,
    Index,
    Read,
    Where,
    Within,
    indices_of,
    parts_of,
    places_read,
    reads,
    tensors_read,
)
from symbackprop.graph import Equation, Graph

MOST_TRIED = 12


class Places(NamedTuple):
    """Whole numbers from the lowest on, as many as the shortest of some axes is long; any number if there are none."""

    lowest: int
    lengths: tuple[Expr, ...]


def axes_pointed_into(graph: Graph) -> dict[str, Places]:
    """The lengths of the axes that each tensor of whole numbers points into, and the lowest number that does.

    Example:
        >>> import numpy as np
        >>> import symbackprop as sb
        >>> def loss(z, t):
        ...     return -np.log(np.exp(z[t - 1]) / np.sum(np.exp(z)))
        >>> derived = sb.derive(loss, z=10, t=(), integers="t")
        >>> axes_pointed_into(derived.stages.graph)
        {'t': Places(lowest=1, lengths=(10,))}
    """
    whole = [tensor for tensor in graph.tensors.values() if tensor.is_whole]
    found: dict[str, dict[Places, None]] = {
        tensor.name: {Places(0, (fact.below,)): None for fact in tensor.facts if fact.below is not None}
        for tensor in whole
    }
    for equation in graph.equations:
        for read in reads(equation.rhs):
            for size, place in zip(graph.tensors[read.tensor].shape, read.indices, strict=True):
                for name, places in _pointing(place, size):
                    found.get(name, {})[places] = None
    return {name: _common(list(places)) for name, places in found.items()}


def _pointing(place: Expr, size: Expr) -> list[tuple[str, Places]]:
    """The tensor that a place t, t + 1 or 2 - t is read from, and the numbers for which it lies in an axis."""
    if isinstance(place, Read):
        return [(place.tensor, Places(0, (size,)))]
    first, read = place.as_coeff_Add()
    sign, read = read.as_coeff_Mul()
    if not isinstance(read, Read) or abs(sign) != 1 or not first.is_Integer or not (sign == 1 or size.is_Integer):
        return []
    return [(read.tensor, Places(int(-first if sign == 1 else first - size + 1), (size,)))]


def _common(places: list[Places]) -> Places:
    """The numbers that lie in every range."""
    lowest = max((one.lowest for one in places), default=0)
    if all(one.lowest == lowest for one in places):
        return Places(lowest, tuple(dict.fromkeys(length for one in places for length in one.lengths)))
    ends = [one.lowest + length for one in places for length in one.lengths if length.is_Integer]
    return Places(lowest, (sp.Integer(max(min(ends) - lowest, 0)),) if ends else ())


def limits(graph: Graph) -> dict[str, Places]:
    """What the numbers of each such tensor must be among; any where a branch decides what one of them means.

    A tensor that is only computed with, such as counts in a weighted sum, is none of these.
    """
    decided = {read.tensor for one in _decisions(graph) for read in one.atoms(Read)}
    kept = decided | _behind_places(graph) | {t.name for t in graph.tensors.values() if any(f.below for f in t.facts)}
    found = {name: places for name, places in axes_pointed_into(graph).items() if name in kept}
    return {name: Places(0, ()) if name in decided else places for name, places in found.items()}


def ranges(graph: Graph) -> dict[str, tuple[int, int | None]]:
    """For each tensor of categories the lowest, and the number below which they are; `None` if any number may be one.

    Example:
        >>> import symbackprop as sb
        >>> d = sb.derive(lambda w, t: (w[t - 1] ** 2).sum(), w=3, t=2, integers="t")
        >>> ranges(d.stages.graph)
        {'t': (1, 4)}
    """
    found: dict[str, tuple[int, int | None]] = {}
    for name, places in limits(graph).items():
        known = [size.subs(graph.sizes) for size in places.lengths]
        lengths = [int(size) for size in known if size.is_Integer]
        found[name] = places.lowest, places.lowest + min(lengths) if lengths else None
    return found


def _decisions(graph: Graph) -> list[sp.Basic]:
    """The comparisons that decide branches, but for those of places alone."""
    wheres = [node for one in graph.equations for node in parts_of(one.rhs) if isinstance(node, Where)]
    conditions = [node for where in wheres for node in where.condition.atoms(sp.core.relational.Relational)]
    return [one for one in conditions if not _of_places(one)]


def _behind_places(graph: Graph) -> set[str]:
    """The tensors that are places in others, and those that these are computed from."""
    found = {name for equation in graph.equations for name in places_read(equation.rhs)}
    for equation in reversed(graph.equations):
        if equation.tensor in found:
            found |= set(tensors_read(equation.rhs))
    return found


def computed_places(graph: Graph) -> tuple[tuple[Equation, ...], dict[str, tuple[Expr, ...]]]:
    """What data alone computes to be places in axes: the equations of it, and the sizes that each of it stays below.

    Left out is what a condition looks at, which may leave out the entries that are none.

    Example:
        >>> import numpy as np
        >>> import symbackprop as sb
        >>> derived = sb.derive(lambda z, t: np.sum(z[2 * t] ** 2), z=6, t="n", integers="t")
        >>> (equation,), ends = computed_places(derived.stages.graph)
        >>> print(equation, ends)
        place1[i] = 2*t[i] {'place1': (6,)}
    """
    known = {tensor.name for tensor in graph.with_role("input", "target", "constant")}
    defined: dict[str, Equation] = {}
    for equation in graph.equations:
        if known.issuperset(tensors_read(equation.rhs)):
            known.add(equation.tensor)
            defined[equation.tensor] = equation
    decided = {name for one in _decisions(graph) for name in tensors_read(one)}
    ends: dict[str, tuple[Expr, ...]] = {}
    for place, size in _computed(graph):
        read = set(tensors_read(place))
        if not read <= known or read & decided:
            continue
        name = place.tensor if isinstance(place, Read) else f"place{len(ends) + 1}"
        if name not in defined:
            defined[name] = Equation(name, tuple(i for i in indices_of(place) if i in place.free_symbols), place)
        ends[name] = (*ends.get(name, ()), size)
    needed = set(ends)
    for equation in reversed(defined.values()):
        if equation.tensor in needed:
            needed |= set(tensors_read(equation.rhs))
    return tuple(equation for name, equation in defined.items() if name in needed), ends


def drawn_among(graph: Graph) -> dict[str, Places]:
    """Numbers of which each tensor of whole numbers can be drawn: places that are computed from them fit as well.

    Example:
        >>> import numpy as np
        >>> import symbackprop as sb
        >>> derived = sb.derive(lambda z, t: np.sum(z[7 - 2 * t] ** 2), z=6, t="n", integers="t")
        >>> drawn_among(derived.stages.graph)
        {'t': Places(lowest=1, lengths=(3,))}
    """
    found = axes_pointed_into(graph)
    equations, ends = computed_places(graph)
    rules = {equation.tensor: equation.rhs for equation in equations}
    for name in found:
        fits = [n for n in range(MOST_TRIED) if all(_fits(_value(one, n, name, rules), ends[one]) for one in ends)]
        run = [n for place, n in enumerate(fits) if n - place == fits[0]]
        if run and len(fits) < MOST_TRIED:
            found[name] = _common([found[name], Places(run[0], (sp.Integer(len(run)),))])
    return found


def least_sizes(graph: Graph) -> dict[sp.Symbol, int]:
    """How long symbolic axes are at least into which known whole numbers point.

    Example:
        >>> import symbackprop as sb
        >>> least_sizes(sb.derive(lambda w: np.sum(w[np.array([4, 1, 1])] ** 2), w="n").stages.graph)
        {n: 5}
    """
    found: dict[sp.Symbol, int] = {}
    for name, places in axes_pointed_into(graph).items():
        value = graph.tensors[name].value
        for size in places.lengths if value is not None else ():
            if isinstance(size, sp.Symbol):
                found[size] = max(found.get(size, 0), int(np.max(value)) - places.lowest + 1)
    return found


def _value(name: str, number: int, among: str, rules: Mapping[str, Expr]) -> Expr | None:
    """An entry of a tensor where all entries of another are one number; `None` if it depends on others."""
    if name == among:
        return sp.Integer(number)
    if name not in rules:
        return None
    table = {read: _value(read.tensor, number, among, rules) for read in rules[name].atoms(Read)}
    return None if None in table.values() else rules[name].xreplace(table)


def _fits(value: Expr | None, sizes: tuple[Expr, ...]) -> bool:
    """Whether a number is a place in axes; a symbolic one may have no more than two. What is not known may be one."""
    least = min(int(size) if size.is_Integer else 2 for size in sizes)
    return value is None or not value.is_Integer or 0 <= value < least


def _computed(graph: Graph) -> Iterator[tuple[Expr, Expr]]:
    """Places that are more than an index or a given number moved by so many, and the lengths of their axes."""
    given = {tensor.name for tensor in graph.with_role("input", "target", "constant", "parameter")}
    seen = set()
    for equation in graph.equations:
        for read in reads(equation.rhs):
            for size, place in zip(graph.tensors[read.tensor].shape, read.indices, strict=True):
                plain = all(isinstance(at, Index | sp.Integer) for one in place.atoms(Read) for at in one.indices)
                if any(name in given for name, _ in _pointing(place, size)):
                    continue
                if isinstance(place, Read):
                    place = graph.equation(place.tensor).lhs
                elif not plain or not tensors_read(place) or isinstance(place, ArgPeak):
                    continue
                if (place, size) not in seen:
                    seen.add((place, size))
                    yield place, size


def with_places(graph: Graph) -> Graph:
    """The same graph, knowing which given numbers are places: conditions that hold for all of them are left out.

    Those tensors are marked whose numbers print counts from 1, as it counts indices: whole numbers that are nothing but
    places, so that a formula has p_{i,t_i}, as books have. Numbers that are computed with, compared with a number or
    known keep what they are, and their formula has p_{i,t_i+1}.
    """
    classes = limits(graph)
    equations = tuple(replace(one, rhs=within_classes(one.rhs, classes)) for one in graph.equations)
    graph = replace(graph, equations=equations)
    pointing = {name for name, places in axes_pointed_into(graph).items() if places.lengths} | _compared(graph)
    given = graph.with_role("input", "target", "constant")
    counted = {one.name for one in given if one.name in pointing and one.value is None}
    counted -= {name for equation in graph.equations for name in _computed_with(equation.rhs)}
    marked = {name: replace(one, from_one=name in counted) for name, one in graph.tensors.items()}
    return replace(graph, tensors=marked)


def _compared(graph: Graph) -> set[str]:
    """The tensors of whole numbers that are compared with indices."""
    conditions = [node for one in graph.equations for node in one.rhs.atoms(sp.core.relational.Relational, Delta)]
    sides = [node.args for node in conditions if any(isinstance(side, Index) for side in node.args)]
    names = {side.tensor for pair in sides for side in pair if isinstance(side, Read)}
    return {name for name in names if name in graph.tensors and graph.tensors[name].is_whole}


def _of_places(condition: sp.Basic) -> bool:
    """Whether nothing but places is compared."""
    return all(isinstance(side, Read | Index | ArgPeak) for side in condition.args)


def _computed_with(expr: sp.Basic, is_place: bool = False) -> Iterator[str]:
    """The tensors of which more is asked than which place their numbers are."""
    if isinstance(expr, Read) and not is_place:
        yield expr.tensor
    parts: tuple[sp.Basic, ...] = expr.indices if isinstance(expr, Read) else expr.args
    are_places = isinstance(expr, Read | Within)
    if isinstance(expr, Delta | sp.Eq | sp.Ne):
        are_places = _of_places(expr)
    for part in parts[:1] if isinstance(expr, Within) else parts:
        yield from _computed_with(part, are_places)


def within_classes(expr: Expr, classes: Mapping[str, Places]) -> Expr:
    """An expression without its conditions [0 <= t < n] that hold for all numbers that a tensor may hold.

    Example:
        >>> t, n = Read("t"), sp.Integer(5)
        >>> within_classes(Within(t, n) * Read("h", t), {"t": Places(0, (n,))})
        h[t]
    """
    return expr.xreplace({node: sp.S.One for node in expr.atoms(Within) if _holds(node, classes)})


def _holds(within: Within, classes: Mapping[str, Places]) -> bool:
    value, size = within.args
    first, read = value.as_coeff_Add()
    places = classes.get(read.tensor) if isinstance(read, Read) else None
    return places is not None and size in places.lengths and places.lowest == -first
