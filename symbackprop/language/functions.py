"""The names that a formula may call, and what each is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import sympy as sp
from sympy import Expr
from sympy.logic.boolalg import Boolean

from symbackprop.expressions import Index, Peak, Total, Where
from symbackprop.language.syntax import MAX_EXPONENT

Function: TypeAlias = Callable[..., Expr]
Reduction: TypeAlias = Callable[[Expr, tuple[Index, ...]], Expr]


def absolute(value: Expr) -> Expr:
    """|value|, with slope 0 where the value is 0."""
    return Where(sp.Gt(value, 0), value, Where(sp.Lt(value, 0), -value, sp.S.Zero))


def exponential(value: Expr) -> Expr:
    """exp(value), within the limit of exponents: SymPy computes exp(n log 2) = 2**n at once, however large n is."""
    for addend in sp.Add.make_args(value):
        number, rest = addend.as_coeff_Mul()
        if rest.has(sp.log) and abs(number) > MAX_EXPONENT:
            raise ValueError(f"an exponent may be {MAX_EXPONENT} at most")
    return sp.exp(value)


def _fold(relation: Callable[[Expr, Expr], Boolean]) -> Function:
    """The extreme of several values; a tie goes to the last, as in `where(a > b, a, b)`.

    Two halves are compared, and not each value with the rest: a branch is written twice, and so on inside it.
    """

    def choose(*values: Expr) -> Expr:
        if len(values) == 1:
            return values[0]
        half = len(values) // 2
        left, right = choose(*values[:half]), choose(*values[half:])
        return Where(relation(left, right), left, right)

    return choose


def _nest(node: Callable[[Expr, Index], Expr], body: Expr, over: tuple[Index, ...]) -> Expr:
    for index in reversed(over):
        body = node(body, index)
    return body


FUNCTIONS: Mapping[str, Function] = {
    "exp": exponential,
    "log": sp.log,
    "sqrt": sp.sqrt,
    "sin": sp.sin,
    "cos": sp.cos,
    "tan": sp.tan,
    "sinh": sp.sinh,
    "cosh": sp.cosh,
    "tanh": sp.tanh,
    "arcsin": sp.asin,
    "arccos": sp.acos,
    "arctan": sp.atan,
    "arcsinh": sp.asinh,
    "arccosh": sp.acosh,
    "arctanh": sp.atanh,
    "asin": sp.asin,
    "acos": sp.acos,
    "atan": sp.atan,
    "asinh": sp.asinh,
    "acosh": sp.acosh,
    "atanh": sp.atanh,
    "log1p": lambda value: sp.log(1 + value),
    "log2": lambda value: sp.log(value) / sp.log(2),
    "log10": lambda value: sp.log(value) / sp.log(10),
    "expm1": lambda value: exponential(value) - 1,
    "erf": sp.erf,
    "lgamma": sp.loggamma,
    "erfc": lambda value: 1 - sp.erf(value),
    "abs": absolute,
    "max": _fold(sp.Gt),
    "min": _fold(sp.Lt),
}
REDUCTIONS: Mapping[str, Reduction] = {
    "sum": lambda body, over: Total(body, *over),
    "mean": lambda body, over: Total(body, *over) / sp.Mul(*(index.size for index in over)),
    "max": lambda body, over: _nest(Peak, body, over),
    "min": lambda body, over: -_nest(Peak, -body, over),
    "logsumexp": lambda body, over: sp.log(Total(sp.exp(body), *over)),
    "norm": lambda body, over: sp.sqrt(Total(body**2, *over)),
}
CONSTANTS: Mapping[str, Expr] = {"pi": sp.pi}
