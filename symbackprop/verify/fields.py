"""Numbers to compute with → the operations on arrays of them: float or complex NumPy, and mpmath at any precision.

Every operation is safe for a complex step: comparisons look at the real part, and nothing takes an absolute value. A
point where a function is undefined gives nan instead of an exception, since it may lie in a branch that is not taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import sympy as sp
from numpy.typing import NDArray
from sympy import Expr

from symbackprop.errors import UnsupportedError

Array = NDArray[Any]


class Field(Protocol):
    """The operations that the evaluator needs of a kind of number."""

    exact: bool  # whether rounding is far below that of the doubles it is compared with

    def array(self, data: Any) -> Array:
        """The data as an array of numbers of this field."""

    def number(self, expr: Expr) -> Any:
        """A SymPy number as a number of this field."""

    def zeros(self, shape: tuple[int, ...], like: Mapping[str, Array]) -> Array:
        """An array of zeros that can hold what is computed from these arrays."""

    def function(self, kind: type) -> Callable[[Array], Array]:
        """The elementwise function of a SymPy class such as `sympy.exp`; `UnsupportedError` if there is none."""

    def power(self, base: Array, exponent: Expr | Array) -> Array:
        """Base to a rational number, or to an array."""

    def real(self, data: Array) -> Array:
        """The real parts, which comparisons look at."""

    def finite(self, data: Array) -> bool:
        """Whether every number is finite."""


def unsupported(kind: type) -> UnsupportedError:
    """The error for a function that no field can compute."""
    return UnsupportedError(f"the verifier cannot evaluate {kind.__name__!r}")


class NumpyField:
    """Double precision, real or complex as the values are."""

    exact = False

    def array(self, data: Any) -> Array:
        """The data as float64, or complex128 if they are complex."""
        found = np.asarray(data)
        return found if found.dtype.kind in "fc" else found.astype(np.float64)

    def number(self, expr: Expr) -> float:
        """The nearest double."""
        return float(expr)

    def zeros(self, shape: tuple[int, ...], like: Mapping[str, Array]) -> Array:
        """Zeros, complex if one of the arrays is."""
        return np.zeros(shape, dtype=np.result_type(np.float64, *like.values()))

    def function(self, kind: type) -> Callable[[Array], Array]:
        """NumPy's function of that name, or SciPy's, which takes complex numbers."""
        if kind in SCIPY_FUNCTIONS:
            import scipy.special

            return getattr(scipy.special, SCIPY_FUNCTIONS[kind])
        if kind not in NUMPY_FUNCTIONS:
            raise unsupported(kind)
        return NUMPY_FUNCTIONS[kind]

    def power(self, base: Array, exponent: Expr | Array) -> Array:
        """Powers; small integer ones by multiplication and square roots by `sqrt`, which are exact to rounding."""
        if isinstance(exponent, Expr):
            if exponent == sp.S.Half:
                return np.sqrt(base)
            if exponent == -1:
                return np.divide(1.0, base)
            return np.power(base, int(exponent) if exponent.is_Integer and exponent > 0 else float(exponent))
        return np.power(base, exponent)

    def real(self, data: Array) -> Array:
        """The real parts."""
        return np.real(data)

    def finite(self, data: Array) -> bool:
        """Whether no number is inf or nan."""
        return bool(np.isfinite(data).all())


class MpmathField:
    """Real numbers of a given precision in a context of its own, so that the caller's mpmath settings stay as they are.

    Args:
        digits: Decimal digits of every operation.
    """

    exact = True

    def __init__(self, digits: int) -> None:
        from mpmath import MPContext

        self.context = MPContext()
        self.context.dps = digits
        self.digits = digits
        self._convert = np.frompyfunc(self.context.convert, 1, 1)
        self._real = np.frompyfunc(lambda value: self.context.convert(value).real, 1, 1)

    def array(self, data: Any) -> Array:
        """The data as an object array; doubles are taken exactly."""
        return np.asarray(self._convert(np.asarray(data)), dtype=object)

    def number(self, expr: Expr) -> Any:
        """The number to the field's precision."""
        if expr.is_Rational:
            return self.context.mpf(int(expr.p)) / int(expr.q)
        if not expr.is_finite:
            return self.context.convert(float(expr))
        return self.context.make_mpf(expr.evalf(self.digits + 5)._mpf_)

    def zeros(self, shape: tuple[int, ...], like: Mapping[str, Array]) -> Array:
        """Zeros as an object array."""
        return np.full(shape, self.context.mpf(0), dtype=object)

    def function(self, kind: type) -> Callable[[Array], Array]:
        """The function of that name in mpmath, elementwise."""
        if kind is sp.floor:
            return lambda data: self.array(_floor(np.asarray(data, dtype=np.float64)))
        name = MPMATH_FUNCTIONS.get(kind)
        if name is None:
            raise unsupported(kind)
        return self._elementwise(getattr(self.context, name))

    def power(self, base: Array, exponent: Expr | Array) -> Array:
        """Powers; integer and half-integer ones without logarithms."""
        if not isinstance(exponent, Expr):
            return np.asarray(np.frompyfunc(self._guarded(self.context.power), 2, 1)(base, exponent), dtype=object)
        if exponent == sp.S.Half:
            return self._elementwise(self.context.sqrt)(base)
        number = int(exponent) if exponent.is_Integer else self.number(exponent)
        return self._elementwise(lambda value: value**number)(base)

    def real(self, data: Array) -> Array:
        """The real parts."""
        return np.asarray(self._real(data), dtype=object)

    def finite(self, data: Array) -> bool:
        """Whether no number is inf or nan."""
        return all(self.context.isfinite(value) for value in np.asarray(data, dtype=object).flat)

    def _elementwise(self, function: Callable[[Any], Any]) -> Callable[[Array], Array]:
        apply = np.frompyfunc(self._guarded(function), 1, 1)
        return lambda data: np.asarray(apply(data), dtype=object)

    def _guarded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*values: Any) -> Any:
            try:
                return function(*map(self.context.convert, values))
            except (ZeroDivisionError, ValueError, OverflowError):
                return self.context.nan

        return guarded


def _floor(data: Array) -> Array:
    # 49 * (1/49) falls short of 1 in doubles; every quotient of integers that occurs is further from the next integer.
    floored: Array = np.floor(np.real(data) + 1e-9)
    return floored


NUMPY_FUNCTIONS: dict[type, Callable[[Array], Array]] = {
    sp.exp: np.exp,
    sp.log: np.log,
    sp.sin: np.sin,
    sp.cos: np.cos,
    sp.tan: np.tan,
    sp.sinh: np.sinh,
    sp.cosh: np.cosh,
    sp.tanh: np.tanh,
    sp.asin: np.arcsin,
    sp.acos: np.arccos,
    sp.atan: np.arctan,
    sp.asinh: np.arcsinh,
    sp.acosh: np.arccosh,
    sp.atanh: np.arctanh,
    sp.floor: _floor,
}

SCIPY_FUNCTIONS: dict[type, str] = {sp.erf: "erf", sp.loggamma: "loggamma", sp.digamma: "digamma"}
MPMATH_FUNCTIONS = {kind: kind.__name__ for kind in NUMPY_FUNCTIONS} | SCIPY_FUNCTIONS | {sp.log: "ln"}

NUMPY = NumpyField()


@lru_cache
def mpmath_field(digits: int = 50) -> MpmathField:
    """The field of real numbers with that many digits; making one takes milliseconds, hence the cache."""
    return MpmathField(digits)
