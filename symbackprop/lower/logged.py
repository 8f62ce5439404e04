"""Sums of exponentials that overflow → their logarithms under a name, where both are read.

Where s = exp(u) + exp(v) and l = log(s) - d, the gradients hold 1/s beside exp(u), and both overflow. With λ = log(s)
they are exp(u - λ), which is at most 1: the form in which a soft minimum, a forward algorithm or a chain of logarithms
of sums is propagated back in print.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import sympy as sp
from sympy import Expr

from symbackprop.expressions import Delta, Index, Read, Total, parts_of, tensors_read
from symbackprop.graph import LOG_SUFFIX, Equation
from symbackprop.lower.stability import stable


def logged(equations: Sequence[Equation]) -> tuple[Equation, ...]:
    """Name the logarithms of sums of exponentials, and divide by the sums in the form exp(-log s).

    Args:
        equations: In the order in which they are computed.

    Returns:
        The same tensors, and after each sum whose logarithm is read somewhere that logarithm.

    Example:
        >>> u, s = Read("u"), Read("s")
        >>> found = logged([Equation("s", (), 1 + sp.exp(u)), Equation("E", (), sp.log(s)), Equation("g", (), 1 / s)])
        >>> [str(equation) for equation in found]
        ['s = exp(u) + 1', 's_log = softplus(u)', 'E = s_log', 'g = exp(-s_log)']
    """
    names = {name: name + LOG_SUFFIX for name in _with_names(equations)}
    return tuple(one for equation in equations for one in _with_logarithm(equation, names))


def _with_names(equations: Sequence[Equation]) -> set[str]:
    """The tensors whose logarithms are read, and those that these are copies of, so far as all of them are sums."""
    by = {equation.tensor: equation for equation in equations}
    due = [
        node.args[0].tensor
        for equation in equations
        for node in parts_of(equation.rhs)
        if isinstance(node, sp.log) and isinstance(node.args[0], Read)
    ]
    taken = by.keys() | {name for equation in equations for name in tensors_read(equation.rhs)}
    found: set[str] = set()
    while due:
        name = due.pop()
        if name in by and name not in found and name + LOG_SUFFIX not in taken:
            found.add(name)
            due += [read.tensor for read in _begun(by[name].rhs)]
    sums = {name for name in found if _is_of_exponentials(by[name].rhs) and name not in tensors_read(by[name].rhs)}
    copies = {name: {read.tensor for read in _begun(by[name].rhs)} for name in found - sums}
    while copies and (left := {n for n, parts in copies.items() if not parts or not parts <= sums | copies.keys()}):
        copies = {name: parts for name, parts in copies.items() if name not in left}
    return sums | copies.keys()


def _begun(rhs: Expr) -> list[Read]:
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


def _with_logarithm(equation: Equation, names: dict[str, str]) -> Iterator[Equation]:
    yield replace(equation, rhs=_in_logarithms(equation.rhs, names))
    if equation.tensor in names:
        of = {read: Read(names[read.tensor], *read.indices) for read in _begun(equation.rhs)}
        rhs = equation.rhs.xreplace(of) if of else stable(sp.log(equation.rhs))
        yield Equation(names[equation.tensor], equation.indices, rhs)


def _in_logarithms(rhs: Expr, names: dict[str, str]) -> Expr:
    table: dict[Expr, Expr] = {}
    for node in parts_of(rhs):
        inside = node.args[0] if isinstance(node, sp.log | sp.Pow) else None
        if isinstance(inside, Read) and inside.tensor in names:
            logarithm = Read(names[inside.tensor], *inside.indices)
            if isinstance(node, sp.log):
                table[node] = logarithm
            elif node.exp.is_negative:
                table[node] = sp.exp(node.exp * logarithm)
    return rhs.xreplace(table) if table else rhs


def _is_of_exponentials(expr: Expr) -> bool:
    """Whether it is positive, being made of exponentials and positive numbers alone."""
    if isinstance(expr, sp.exp):
        return True
    if isinstance(expr, Total):
        return _is_of_exponentials(expr.body)
    return bool(expr.is_positive) or ((expr.is_Add or expr.is_Mul) and all(map(_is_of_exponentials, expr.args)))
