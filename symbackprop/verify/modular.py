"""Steps of a derivation → how many hold exactly: as identities of rational functions, modulo a large prime.

Every tensor of the forward pass gets independent random integers, and an adjoint what its equation makes of them. Two
different rational functions of degree d agree there with a probability of about d in 10^18: what agrees is the same
function. A step that uses what a tensor is, such as a = σ(z), or has a function that is not rational, is none of these,
and is left to the evaluation in 50 digits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from sympy import Expr, Symbol

from symbackprop.errors import SymbackpropError
from symbackprop.expressions import Index, indices_of
from symbackprop.graph import Derivation, Equation, Step, Tensor
from symbackprop.verify.evaluate import Evaluator
from symbackprop.verify.fields import Array, unsupported
from symbackprop.verify.grids import size_of

PRIME = 2**61 - 1


class ModularField:
    """Integers modulo a prime; what is no rational number is unsupported."""

    exact = True

    def array(self, data: Any) -> Array:
        """The data as integers in an object array."""
        return np.asarray(_reduced(np.asarray(data, dtype=object)), dtype=object)

    def number(self, expr: Expr) -> int:
        """A rational number."""
        if not expr.is_Rational:
            raise unsupported(type(expr))
        return int(expr.p) * pow(int(expr.q), -1, PRIME) % PRIME

    def zeros(self, shape: tuple[int, ...], like: Mapping[str, Array]) -> Array:
        """Zeros as an object array."""
        return np.full(shape, 0, dtype=object)

    def function(self, kind: type) -> Callable[[Array], Array]:
        """There is none."""
        raise unsupported(kind)

    def power(self, base: Array, exponent: Expr | Array) -> Array:
        """Whole powers; `ZeroDivisionError` where there is none."""
        if not isinstance(exponent, Expr) or not exponent.is_Integer:
            raise unsupported(type(exponent))
        return np.asarray(np.frompyfunc(lambda one: _power(one, int(exponent)), 1, 1)(base), dtype=object)

    def real(self, data: Array) -> Array:
        """The integers themselves: a condition decides both sides of a step alike."""
        return self.array(data)

    def finite(self, data: Array) -> bool:
        """Always."""
        return True


_reduced = np.frompyfunc(lambda one: int(one) % PRIME, 1, 1)


def _power(base: Any, exponent: int) -> int:
    if exponent < 0 and int(base) % PRIME == 0:
        raise ZeroDivisionError
    return pow(int(base), exponent, PRIME)


def exact_steps(derivation: Derivation, sizes: Mapping[Symbol, int], seed: int = 0) -> int:
    """How many steps are identities of rational functions in the tensors of the forward pass.

    Args:
        derivation: Whose steps they are; its sizes should be small.
        sizes: Every symbolic size.
        seed: Of the random integers.
    """
    rng = np.random.default_rng(seed)
    values = {name: _drawn(tensor, sizes, rng) for name, tensor in derivation.graph.tensors.items()}
    evaluator = Evaluator(values, sizes, ModularField())
    last = [
        Equation(name, derivation.tensors[name].indices, lines[-1].after)
        for name, lines in derivation.steps.items()
        if lines
    ]
    for equation in dict.fromkeys((*last, *derivation.adjoints)):
        if equation.tensor not in values:
            found = _attempt(evaluator, equation.rhs, equation.indices)
            # What is no rational function is as free as the tensors are.
            free = _drawn(derivation.tensors[equation.tensor], sizes, rng)
            values[equation.tensor] = free if found is None else found
    steps = [step for several in derivation.steps.values() for step in several]
    steps += [step for partial in derivation.partials.values() for step in partial.steps]
    return sum(_same(step, evaluator) for step in steps)


def _drawn(tensor: Tensor, sizes: Mapping[Symbol, int], rng: np.random.Generator) -> Array:
    """Random integers that satisfy the facts about a tensor."""
    shape = tuple(size_of(index, sizes) for index in tensor.indices)
    drawn = np.empty(shape, dtype=object)
    for place in np.ndindex(shape):
        drawn[place] = int(rng.integers(1, 2**60))
    for fact in tensor.facts:
        if fact.kind == "integer":
            return np.asarray(rng.integers(0, 2, shape), dtype=object)
        if fact.kind in ("sums_to_one", "one_hot"):
            moved = np.moveaxis(drawn, fact.axis, -1)
            moved[..., -1] = (1 - moved[..., :-1].sum(axis=-1)) % PRIME
    return drawn


def _attempt(evaluator: Evaluator, expr: Expr, indices: Sequence[Index]) -> Array | None:
    """The values of an expression; nothing if it is no rational function, or divides by 0 here."""
    try:
        return evaluator.array(expr, indices)
    except (SymbackpropError, KeyError, ZeroDivisionError, TypeError, ValueError, OverflowError):
        return None


def _same(step: Step, evaluator: Evaluator) -> bool:
    free = step.before.free_symbols | step.after.free_symbols
    indices = [one for one in dict.fromkeys(indices_of(step.before) + indices_of(step.after)) if one in free]
    before, after = (_attempt(evaluator, side, indices) for side in (step.before, step.after))
    return before is not None and after is not None and bool(np.all(_reduced(before - after) == 0))
