"""Sums of exponentials that overflow → their logarithms under a name, where both are read.

Where s = exp(u) + exp(v) and l = log(s) - d, the gradients hold 1/s beside exp(u), and both overflow. With λ = log(s)
they are exp(u - λ), which is at most 1: the form in which a soft minimum, a forward algorithm or a chain of logarithms
of sums is propagated back in print.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace

import sympy as sp
from sympy import Basic, Expr

from symbackprop.expressions import Delta, Index, Read, Total, parts_of, tensors_read
from symbackprop.graph import BY_LOG_SUFFIX, LOG_SUFFIX, Equation
from symbackprop.lower.risks import read_outside
from symbackprop.lower.stability import stable
from symbackprop.simplify.fusion import put_in


def logged(equations: Sequence[Equation]) -> tuple[Equation, ...]:
    """Name the logarithms of sums of exponentials, and divide by the sums in the form exp(-log s).

    Args:
        equations: In the order in which they are computed.

    Returns:
        The same tensors; after each sum whose logarithm is read somewhere that logarithm, and in front of what divides
        a sum of gradients by it that sum.

    Example:
        >>> u, s = Read("u"), Read("s")
        >>> found = logged([Equation("s", (), 1 + sp.exp(u)), Equation("E", (), sp.log(s)), Equation("g", (), 1 / s)])
        >>> [str(equation) for equation in found]
        ['s = exp(u) + 1', 's_log = softplus(u)', 'E = s_log', 'g = exp(-s_log)']
    """
    taken = {equation.tensor for equation in equations}.union(*(tensors_read(e.rhs) for e in equations))
    names = _names(equations, taken)
    logarithms = {equation.tensor: equation for equation in _logarithms(equations, names)}
    below = {one.tensor: set(map(_divisor, parts_of(one.rhs))) for one in equations}
    divided = {n for n, by in below.items() if not by.isdisjoint(logarithms) and n + BY_LOG_SUFFIX not in taken}
    found: list[Equation] = []
    for equation in equations:
        found += _by_logarithm(replace(equation, rhs=_in_logarithms(equation.rhs, logarithms)), divided)
        if equation.tensor in names:
            found.append(Equation(names[equation.tensor], equation.indices, stable(sp.log(equation.rhs))))
    carried = logarithms.keys() - names.keys()
    return _at_next_step(found, [name for name, by in below.items() if not by.isdisjoint(carried)])


def _by_logarithm(equation: Equation, divided: Set[str]) -> Iterator[Equation]:
    """Where a sum of gradients is divided, the sum under a name: it is ∂E/∂log(s), which overflows nowhere."""
    sums = [
        part for part in sp.Mul.make_args(equation.rhs) if part.is_Add and not divided.isdisjoint(tensors_read(part))
    ]
    if equation.tensor in divided and equation.rhs.is_Mul and len(sums) == 1:
        whole = Equation(equation.tensor + BY_LOG_SUFFIX, equation.indices, sums[0])
        yield whole
        equation = replace(equation, rhs=equation.rhs / sums[0] * whole.lhs)
    yield equation


def _at_next_step(found: Sequence[Equation], divided: Sequence[str]) -> tuple[Equation, ...]:
    """What a loop divides by a sum that it carries, put into what reads it at the next step: exp(l[t]) / c[t + 1]."""
    by = {equation.tensor: equation for equation in found}
    for name in divided:
        for reader in [one for one in by.values() if one.tensor != name and name in tensors_read(one.rhs)]:
            if name not in read_outside(reader.rhs, by):
                by[reader.tensor] = replace(reader, rhs=put_in(reader.rhs, by[name].lhs, by[name].rhs))
    return tuple(by.values())


def _divisor(node: Basic) -> str:
    """The tensor that is divided by, if it is one."""
    power = isinstance(node, sp.Pow) and node.exp.is_negative and isinstance(node.base, Read)
    return node.base.tensor if power else ""


def _names(equations: Sequence[Equation], taken: Set[str]) -> dict[str, str]:
    """The sums of exponentials whose logarithms are read, if only as what a loop carries, and names for these."""
    nodes = (node for equation in equations for node in parts_of(equation.rhs) if isinstance(node, sp.log))
    due = {node.args[0].tensor for node in nodes if isinstance(node.args[0], Read)}
    due |= {read.tensor for equation in equations if equation.tensor in due for read in _carried(equation.rhs)}
    sums: set[str] = set()
    for equation in equations:
        if _is_of_exponentials(equation.rhs, sums):
            sums.add(equation.tensor)
    return {name: name + LOG_SUFFIX for name in sorted(sums & due) if name + LOG_SUFFIX not in taken}


def _logarithms(equations: Sequence[Equation], names: Mapping[str, str]) -> Iterator[Equation]:
    """For each tensor whose logarithm has a name, or is chosen among what has one, an equation with that."""
    for equation in equations:
        carried = _carried(equation.rhs)
        if equation.tensor in names:
            yield replace(equation, rhs=Read(names[equation.tensor], *equation.indices))
        elif carried and all(read.tensor in names for read in carried):
            own = {read: Read(names[read.tensor], *read.indices) for read in carried}
            yield replace(equation, rhs=equation.rhs.xreplace(own))


def _carried(rhs: Expr) -> list[Read]:
    """a and b in [t = 0] a + b[t - 1], of which there is one at each step; nothing in any other expression."""
    before = [term for term in sp.Add.make_args(rhs) if isinstance(term, Read) and term.indices]
    index = next((s for s in before[0].indices[0].free_symbols if isinstance(s, Index)), None) if before else None
    if len(before) != 1 or index is None or not (lag := index - before[0].indices[0]).is_Integer:
        return []
    outside = range(lag) if lag > 0 else [index.size - back for back in range(1, 1 - lag)]
    starts = [_at_step(term, index) for term in sp.Add.make_args(rhs) if term != before[0]]
    found = {step: read for step, read in starts if read is not None}
    return [*found.values(), *before] if len(found) == len(starts) and found.keys() == set(outside) else []


def _at_step(term: Expr, index: Index) -> tuple[Expr, Read | None]:
    """The step and the tensor in [t = step] a."""
    if len(term.args) == 2:
        for delta, read in (term.args, term.args[::-1]):
            if isinstance(delta, Delta) and isinstance(read, Read) and index in delta.args:
                return next(step for step in delta.args if step != index), read
    return sp.S.Zero, None


def _in_logarithms(rhs: Expr, logarithms: Mapping[str, Equation]) -> Expr:
    """An expression that reads logarithms where it took them, and where it divides."""
    table: dict[Expr, Expr] = {}
    for node in parts_of(rhs):
        inside = node.args[0] if isinstance(node, sp.log | sp.Pow) else None
        if isinstance(inside, Read) and inside.tensor in logarithms:
            known = logarithms[inside.tensor]
            logarithm = put_in(inside, known.lhs, known.rhs)
            if isinstance(node, sp.log):
                table[node] = logarithm
            elif node.exp.is_negative:
                table[node] = sp.exp(sp.expand(node.exp * logarithm))
    return rhs.xreplace(table) if table else rhs


def _is_of_exponentials(expr: Expr, sums: Set[str]) -> bool:
    """Whether it is positive, being made of exponentials, positive numbers and tensors that are."""
    if isinstance(expr, sp.exp):
        return True
    if isinstance(expr, Read):
        return expr.tensor in sums
    if isinstance(expr, Total):
        return _is_of_exponentials(expr.body, sums)
    return bool(expr.is_positive) or (
        (expr.is_Add or expr.is_Mul) and all(_is_of_exponentials(arg, sums) for arg in expr.args)
    )
