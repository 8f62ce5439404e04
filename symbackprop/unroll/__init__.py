"""Derivation → scalar equations under the user's names: what a person works through by hand, for small networks.

The sizes are put in, each sum is written out, and each element becomes a symbol such as `w5` or `a1_2`. The result
holds the equations of the index form, not formulas in weights alone: its length grows with the number of weights only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import prod

import sympy as sp
from sympy import Expr, Symbol

from symbackprop.errors import TooLargeError, UnsupportedError
from symbackprop.expressions import ArgPeak, Delta, Index, Peak, Total
from symbackprop.forward import SAMPLES
from symbackprop.graph import Derivation, Equation, Partial
from symbackprop.unroll.closed import chain, closed_form
from symbackprop.unroll.instances import Compiler, concrete
from symbackprop.unroll.names import elements
from symbackprop.unroll.records import Place, ScalarEquation, Scalars
from symbackprop.unroll.step import Variant, Worked, update_rule, work
from symbackprop.unroll.values import gradients, numbers, values

__all__ = [
    "ScalarEquation",
    "Scalars",
    "Variant",
    "Worked",
    "chain",
    "closed_form",
    "gradients",
    "numbers",
    "unroll",
    "update_rule",
    "values",
    "work",
]

BUDGET = 20_000
# A term costs about 10 microseconds, so that the largest unrolling that is not refused takes a few seconds.
TERMS_PER_EQUATION = 20
# One of the values that a maximum is taken of becomes a branch of comparisons, which costs as much as many terms.
TERMS_PER_BRANCH = 30


def unroll(derivation: Derivation, *, budget: int = BUDGET) -> Scalars:
    """Write the index form out as scalar equations.

    Args:
        derivation: What `simplify` returned. Where the number of samples is unknown, the result is for one sample.
        budget: The largest number of scalar equations that is not refused.

    Returns:
        The forward pass, the backward pass, and the local derivatives, as SymPy expressions in ordinary symbols.

    Raises:
        TooLargeError: There would be more equations than the budget; nothing was computed.
        UnsupportedError: A size is a symbol.

    Example:
        >>> from symbackprop.network import load
        >>> from symbackprop.forward import forward
        >>> from symbackprop.backward import backward
        >>> from symbackprop.simplify import simplify
        >>> scalars = unroll(simplify(backward(forward(load("mazur")))))
        >>> print(scalars.forward[0], *(one for one in scalars.adjoints if one.symbol.name == "dw4"), sep=" and ")
        z1_1 = b1 + w1*x1 + w2*x2 and dw4 = delta1_2*x2
    """
    graph = derivation.graph
    sizes = {SAMPLES: 1, **graph.sizes}

    def size(expr: Expr) -> int:
        return concrete(expr, sizes)

    _refuse_above(budget, derivation, size)
    tensors = {**graph.tensors, **derivation.tensors}
    shapes = {name: tuple(size(length) for length in tensor.shape) for name, tensor in tensors.items()}
    # Without a size of its own, the sample axis stands for the one sample at hand and needs no number in a name.
    samples = {n: graph.sizes.get(SAMPLES, 1) for n, t in tensors.items() if t.shape and t.shape[0] == SAMPLES}
    symbols = elements(derivation, shapes, samples)
    compiler = Compiler(symbols, size)
    loss = graph.loss.name
    return Scalars(
        loss=symbols[loss][()],
        elements=symbols,
        given={t.name: t.value for t in graph.tensors.values() if t.value is not None},
        forward=_in_order([one for equation in graph.equations for one in _instances(equation, compiler)]),
        adjoints=_in_order([one for equation in derivation.adjoints for one in _instances(equation, compiler)]),
        adjoint_of={
            symbol: symbols[new][at]
            for old, new in derivation.adjoint_of.items()
            for at, symbol in symbols[old].items()
        },
        partials={key: value for local in derivation.partials.values() for key, value in _edges(local, compiler)},
    )


def _refuse_above(budget: int, derivation: Derivation, size: Callable[[Expr], int]) -> None:
    equations = terms = 0
    for equation in (*derivation.graph.equations, *derivation.adjoints):
        count = prod(size(index.size) for index in equation.indices)
        equations += count
        terms += count * _terms(equation.rhs, size)
    if equations > budget or terms > TERMS_PER_EQUATION * budget:
        raise TooLargeError(
            f"the scalar form would have {equations:,} equations with {terms:,} terms; "
            f"the limit is {budget:,} equations",
            help="use the index form, d[...].indexed, or the matrix form: their length does not grow with the network",
        )


def _terms(expr: Expr, size: Callable[[Expr], int]) -> int:
    inner = sum(_terms(arg, size) for arg in expr.args if arg.args)
    if isinstance(expr, Total | Peak | ArgPeak):
        branches = 1 if isinstance(expr, Total) else TERMS_PER_BRANCH
        return branches * prod(size(index.size) for index in expr.bound) * max(inner, 1)
    return max(inner, 1)


def _instances(equation: Equation, compiler: Compiler) -> Iterator[ScalarEquation]:
    rhs = compiler(equation.rhs)
    names = [index.name for index in equation.indices]
    for at in product(*compiler.ranges(equation.indices)):
        values = dict(zip(names, at, strict=True))
        value = rhs(values)
        exact = sp.Integer(value) if isinstance(value, int) else value
        yield ScalarEquation(compiler.elements[equation.tensor][at], exact, equation.tensor, at)


def _in_order(equations: list[ScalarEquation]) -> tuple[ScalarEquation, ...]:
    """The equations so that each reads what stands before it: a recurrence goes through its tensors step by step."""
    place = {equation.symbol: n for n, equation in enumerate(equations)}
    reads = [sorted(place[read] for read in one.rhs.free_symbols if read in place) for one in equations]
    if all(not read or read[-1] < n for n, read in enumerate(reads)):
        return tuple(equations)
    done: dict[int, None] = {}
    for start in range(len(equations)):
        pending = [start]
        while pending:
            here = pending[-1]
            missing = [n for n in reads[here] if n not in done]
            if here in done or not missing:
                done.setdefault(pending.pop())
            else:
                pending += missing[::-1]
            if len(pending) > len(equations) ** 2:
                raise UnsupportedError(f"the value of {equations[here].symbol} depends on itself")
    return tuple(equations[n] for n in done)


def _edges(local: Partial, compiler: Compiler) -> Iterator[tuple[tuple[Symbol, Symbol], Expr]]:
    """The local derivatives of one equation; a delta that fixes where it is taken saves the search for it."""
    found: dict[tuple[Place, Place], Expr] = {}
    for addend in sp.Add.make_args(local.value):
        moves = _fixed(addend, local)
        at = tuple(moves.get(index, index) for index in local.at)
        free = tuple(dict.fromkeys((*local.indices, *(index for index in at if index in local.at))))
        value = compiler(addend.xreplace(moves))
        names = [index.name for index in free]
        for position in product(*compiler.ranges(free)):
            values = dict(zip(names, position, strict=True))
            expr = value(values)
            if expr != 0:
                key = (tuple(values[i.name] for i in local.indices), tuple(values[i.name] for i in at))
                found[key] = found.get(key, sp.S.Zero) + expr
    defined, read = compiler.elements[local.tensor], compiler.elements[local.wrt]
    for (here, there), expr in found.items():
        if expr != 0:
            yield (defined[here], read[there]), expr


def _fixed(addend: Expr, local: Partial) -> dict[Index, Index]:
    """The indices of the tensor read that a delta makes equal to one of the tensor defined."""
    moves: dict[Index, Index] = {}
    for factor in sp.Mul.make_args(addend):
        if isinstance(factor, Delta):
            for here, there in (factor.args, factor.args[::-1]):
                if there in local.at and here in local.indices and there not in moves and here.size == there.size:
                    moves[there] = here
                    break
    return moves
