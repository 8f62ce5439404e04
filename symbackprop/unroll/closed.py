"""Scalar equations → the gradient by one of them, in weights, inputs and targets alone or as the chain rule has it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import sympy as sp
from sympy import Expr, Symbol

from symbackprop.errors import TooLargeError
from symbackprop.unroll.records import Scalars

OPERATIONS = 5000


def closed_form(scalars: Scalars, name: str, budget: int = OPERATIONS) -> Expr:
    """∂E/∂name in weights, inputs and targets alone.

    Args:
        scalars: What `unroll` returned.
        name: A scalar such as `"w5"`; neurons (`"a1_2"`) are as good as weights.
        budget: The largest number of operations that is not refused. They are counted before anything is substituted.

    Raises:
        TooLargeError: The formula would be longer.
        UnknownNameError: There is no such scalar, or the loss does not depend on it.

    Example:
        >>> from symbackprop.network import Dense, Network
        >>> from symbackprop.forward import forward
        >>> from symbackprop.backward import backward
        >>> from symbackprop.unroll import unroll
        >>> net = Network(1, Dense(1, bias=False), loss="half_squared_error", sample={"x": [1], "t": [2]})
        >>> closed_form(unroll(backward(forward(net))), "W1_11")
        x1*(W1_11*x1 - t1)
    """
    target = scalars.gradient(name)
    defined = {equation.symbol: equation.rhs for equation in (*scalars.forward, *scalars.adjoints)}
    order = [equation.symbol for equation in (*scalars.forward, *scalars.adjoints)]
    needed = _needed(target, defined)
    operations = _count([symbol for symbol in order if symbol in needed], defined)[target]
    if operations > budget:
        raise TooLargeError(
            f"the closed form of the gradient by {name} would have about {operations:,} operations; "
            f"the limit is {budget:,}",
            help="use the index form, .indexed, whose length does not grow with the network; or raise the budget",
        )
    closed: dict[Expr, Expr] = {}
    for symbol in order:
        if symbol in needed:
            closed[symbol] = defined[symbol].xreplace(closed)
    return closed[target]


def _needed(target: Symbol, defined: Mapping[Symbol, Expr]) -> set[Symbol]:
    found: set[Symbol] = set()
    pending = [target]
    while pending:
        symbol = pending.pop()
        if symbol in defined and symbol not in found:
            found.add(symbol)
            pending += defined[symbol].free_symbols
    return found


def _count(order: list[Symbol], defined: Mapping[Symbol, Expr]) -> dict[Symbol, int]:
    """How many operations each symbol's formula has once all are put in, from how often it reads which other."""
    counts: dict[Symbol, int] = {}

    def operations(expr: Expr) -> int:
        if not expr.args:
            return counts.get(expr, 0)
        return max(len(expr.args) - 1, 1) + sum(map(operations, expr.args))

    for symbol in order:
        counts[symbol] = operations(defined[symbol])
    return counts


def chain(scalars: Scalars, name: str) -> Expr:
    """∂E/∂name as the chain rule writes it: products of derivatives that are not carried out.

    A product follows the only way on, from the scalar to what reads it, until the ways part: ∂E/∂a stands for all of
    them from there. Ways that part at once are added.

    Args:
        scalars: What `unroll` returned.
        name: A scalar such as `"w5"`.

    Returns:
        A product of `Derivative` objects, or a sum of such products.

    Raises:
        UnknownNameError: There is no such scalar, or the loss does not depend on it.
    """
    start = scalars.symbol(name)
    scalars.gradient(name)
    readers: dict[Symbol, list[Symbol]] = {}
    for defined, read in scalars.partials:
        readers.setdefault(read, []).append(defined)
    paths = [_path(start, first, readers, scalars.loss) for first in readers[start]]
    products = [sp.Mul(*path, evaluate=False) for path in paths]
    return sp.Add(*products, evaluate=False) if len(products) > 1 else products[0]


def _path(start: Symbol, first: Symbol, readers: Mapping[Symbol, list[Symbol]], loss: Symbol) -> list[Expr]:
    nodes = [start, first]
    while len(readers.get(nodes[-1], ())) == 1 and nodes[-1] != loss:
        nodes.append(readers[nodes[-1]][0])
    if nodes[-1] != loss:
        nodes.append(loss)
    factors = [sp.Derivative(after, before, evaluate=False) for before, after in pairwise(nodes)]
    return factors[::-1]
