"""Adjoint equations → one line of plain text for each element of a gradient, also where there are a hundred thousand.

No SymPy object is made for an element: an equation becomes a function that writes its text, called at every place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import sympy as sp
from sympy import Expr

from symbackprop.errors import UnsupportedError
from symbackprop.expressions import Delta, Index, Read, Total, Where, Within
from symbackprop.forward import SAMPLES
from symbackprop.graph import Derivation, Tensor
from symbackprop.substitution import substitute

Env = dict[Index, int]
Writer = Callable[[Env], str]
SUM, PRODUCT, ATOM = range(3)
Code = tuple[Writer, int]
RELATIONS = {"StrictGreaterThan": ">", "GreaterThan": ">=", "StrictLessThan": "<", "LessThan": "<="}
RELATIONS |= {"Equality": "==", "Unequality": "!="}


def gradient_lines(derivation: Derivation, names: Iterable[str] | None = None) -> Iterator[str]:
    """Write out the gradient of every element of some tensors, for one sample.

    Args:
        derivation: What `simplify` returned.
        names: The tensors; every parameter if left out.

    Yields:
        Lines such as `"dw5 = a1_1*delta2_1"`: the index form at one place, its sums written out. A name is the user's
        own, or is made of the tensor and the place.

    Raises:
        UnsupportedError: A size is a symbol, or a formula has a maximum in it.
    """
    graph = derivation.graph
    chosen = [p.name for p in graph.parameters if p.name in derivation.adjoint_of] if names is None else names
    writing = _Writing(derivation)
    for name in chosen:
        equation = derivation.adjoint(name)
        write = writing.code(equation.rhs)[0]
        own = writing.names(equation.tensor)
        ranges = [range(writing.size(index.size)) for index in equation.indices]
        env: Env = {}
        for place in product(*ranges):
            env.update(zip(equation.indices, place, strict=True))
            yield f"{own[place]} = {write(env)}"


class _Writing:
    """Turns expressions into functions that write them at a place."""

    def __init__(self, derivation: Derivation) -> None:
        self.tensors: Mapping[str, Tensor] = {**derivation.graph.tensors, **derivation.tensors}
        self.forward_of = {new: old for old, new in derivation.adjoint_of.items()}
        self._names: dict[str, dict[tuple[int, ...], str]] = {}

    def size(self, size: Expr) -> int:
        """The length of an axis; of samples there is one."""
        value = size.xreplace({SAMPLES: sp.S.One})
        if not value.is_Integer:
            raise UnsupportedError(f"the size {value} is a symbol: there is no line for each element")
        return int(value)

    def names(self, tensor: str) -> dict[tuple[int, ...], str]:
        """The name of each element."""
        if tensor not in self._names:
            record = self.tensors[tensor]
            shape = [self.size(length) for length in record.shape]
            samples = bool(record.shape) and record.shape[0] == SAMPLES
            self._names[tensor] = dict(self._named(tensor, shape, samples))
        return self._names[tensor]

    def _named(self, tensor: str, shape: Sequence[int], samples: bool) -> Iterator[tuple[tuple[int, ...], str]]:
        forward = self.forward_of.get(tensor, tensor)
        own: Any = self.tensors[forward].names
        rest = shape[1:] if samples else shape
        joiner = "" if all(size < 10 for size in rest) else "_"
        lead = tensor if tensor[-1].isdigit() or len(rest) != 1 else ""
        for place in product(*map(range, shape)):
            at = place[1:] if samples else place
            if own is not None:
                name: Any = own
                for position in at:
                    name = name[position]
                yield place, f"d{name}" if forward != tensor else str(name)
                continue
            inside = joiner.join([str(position + 1) for position in at])
            yield place, (f"{tensor}_{inside}" if lead and inside else f"{tensor}{inside}")

    def code(self, expr: Expr) -> Code:
        """The function that writes an expression, and how tightly its text binds."""
        if isinstance(expr, Read):
            return self._read(expr), ATOM
        if isinstance(expr, Total):
            return self._total(expr)
        if expr.is_Add:
            return self._sum(expr)
        if expr.is_Mul:
            return self._product(expr)
        if isinstance(expr, Where):
            then, otherwise = self.code(expr.then)[0], self.code(expr.otherwise)[0]
            condition = self._condition(expr.condition)
            return lambda env: f"where({condition(env)}, {then(env)}, {otherwise(env)})", ATOM
        if isinstance(expr, Delta | Within):
            return self._truth(expr), ATOM
        return self._plain(expr)

    def _plain(self, expr: Expr) -> Code:
        if expr.is_number or (expr.is_Symbol and not isinstance(expr, Index)):
            text = str(expr.xreplace({SAMPLES: sp.S.One}))
            return lambda env: text, ATOM if text.isalnum() else SUM
        if isinstance(expr, Index):
            return lambda env: str(env[expr]), ATOM
        if expr.is_Pow and not isinstance(expr, sp.exp):
            base, power = (self._bracketed(part, ATOM) for part in expr.args)
            return lambda env: f"{base(env)}**{power(env)}", PRODUCT
        if isinstance(expr, sp.Function) and not expr.atoms(sp.Max, sp.Min):
            arguments, name = [self.code(arg)[0] for arg in expr.args], expr.func.__name__
            return lambda env: f"{name}({', '.join([argument(env) for argument in arguments])})", ATOM
        raise UnsupportedError(f"{type(expr).__name__} is not written out: {expr}")

    def _bracketed(self, expr: Expr, least: int) -> Writer:
        write, strength = self.code(expr)
        return write if strength >= least else lambda env: f"({write(env)})"

    def _read(self, expr: Read) -> Writer:
        names = self.names(expr.tensor)
        indices = expr.indices
        free = [index for index in indices if not index.is_Integer]
        # Outside of its range a tensor is 0.
        if len(free) == 1 and isinstance(free[0], Index):
            (only,) = free
            at = indices.index(only)
            fixed = [(n, int(index)) for n, index in enumerate(indices) if index is not only]
            along = {place[at]: name for place, name in names.items() if all(place[n] == k for n, k in fixed)}
            return lambda env: along.get(env[only], "0")
        places = [self._place(index) for index in indices]
        return lambda env: names.get(tuple([place(env) for place in places]), "0")

    def _place(self, index: Expr) -> Callable[[Env], int]:
        if isinstance(index, Index):
            return lambda env: env[index]
        free = [symbol for symbol in index.free_symbols if isinstance(symbol, Index)]
        if index.atoms(Read):
            raise UnsupportedError(f"the place {index} is known with the data only")
        return lambda env: int(index.xreplace({symbol: sp.Integer(env[symbol]) for symbol in free}))

    def _total(self, expr: Total) -> Code:
        ranges = [range(self.size(index.size)) for index in expr.bound]
        bound = expr.bound
        if all(len(one) == 1 for one in ranges):
            return self.code(substitute(expr.body, dict.fromkeys(bound, sp.S.Zero)))
        body = self.code(expr.body)[0]

        def write(env: Env) -> str:
            terms = [body({**env, **dict(zip(bound, place, strict=True))}) for place in product(*ranges)]
            return " + ".join([term for term in terms if term != "0"]).replace(" + -", " - ") or "0"

        return write, SUM

    def _sum(self, expr: Expr) -> Code:
        ordered = sorted(expr.args, key=lambda term: (_negative(term), str(term)))
        terms = [self._bracketed(term, SUM) for term in ordered]
        return lambda env: " + ".join([term(env) for term in terms]).replace(" + -", " - "), SUM

    def _product(self, expr: Expr) -> Code:
        number, rest = expr.as_coeff_Mul()
        # One sample: whatever is divided by their number stays as it is.
        factors = [factor for factor in sp.Mul.make_args(rest) if factor not in (1 / SAMPLES, SAMPLES)]
        writers = [self._bracketed(factor, PRODUCT) for factor in sorted(factors, key=_factor_rank)]
        before = "" if number == 1 else "-" if number == -1 else f"{number}*"

        def write(env: Env) -> str:
            parts = [text for writer in writers if (text := writer(env)) != "1"]
            return "0" if "0" in parts else before + ("*".join(parts) or "1")

        return write, PRODUCT if not before.startswith("-") else SUM

    def _truth(self, expr: Expr) -> Writer:
        places = [self._place(part) for part in expr.args]
        if isinstance(expr, Delta):
            return lambda env: "1" if places[0](env) == places[1](env) else "0"
        return lambda env: "1" if 0 <= places[0](env) < places[1](env) else "0"

    def _condition(self, condition: Any) -> Writer:
        sign = RELATIONS.get(type(condition).__name__)
        if sign is None:
            raise UnsupportedError(f"the condition {condition} is not written out")
        left, right = (self.code(side)[0] for side in condition.args)
        return lambda env: f"{left(env)} {sign} {right(env)}"


def _negative(term: Expr) -> bool:
    return bool(term.could_extract_minus_sign())


def _factor_rank(factor: Expr) -> tuple[bool, str]:
    return not isinstance(factor, Read), str(factor)
