import numpy as np
import pytest
import sympy as sp

from symbackprop.errors import UnsupportedError
from symbackprop.verify.differences import COMPLEX_STEP
from symbackprop.verify.fields import MPMATH_FUNCTIONS, NUMPY, mpmath_field


@pytest.mark.parametrize("kind", MPMATH_FUNCTIONS, ids=lambda kind: kind.__name__)
def test_functions_agree_between_fields_and_with_sympy(kind: type) -> None:
    expected = float(kind(sp.Rational(3, 8)).evalf(30)) if kind is not sp.acosh else float(sp.acosh(sp.Rational(11, 8)))
    argument = np.array([0.375 if kind is not sp.acosh else 1.375])
    assert NUMPY.function(kind)(argument)[0] == pytest.approx(expected, rel=1e-14)
    assert float(mpmath_field().function(kind)(mpmath_field().array(argument))[0]) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("kind", [k for k in MPMATH_FUNCTIONS if k not in (sp.floor, sp.acosh)])
def test_functions_carry_a_complex_step(kind: type) -> None:
    z = sp.Symbol("z")
    slope = float(sp.diff(kind(z), z).subs(z, sp.Rational(3, 8)).evalf(30))
    moved = np.array(0.375 + 1j * COMPLEX_STEP)
    assert NUMPY.function(kind)(moved).imag / COMPLEX_STEP == pytest.approx(slope, rel=1e-13)


def test_an_unknown_function_is_refused_by_name() -> None:
    for found in (NUMPY, mpmath_field()):
        with pytest.raises(UnsupportedError, match="Abs"):
            found.function(sp.Abs)


def test_numbers_have_the_digits_of_their_field() -> None:
    third = mpmath_field().number(sp.Rational(1, 3))
    assert abs(3 * third - 1) < 1e-48
    root = mpmath_field().number(sp.sqrt(2))
    assert abs(root**2 - 2) < 1e-48
    assert NUMPY.number(sp.pi) == np.pi


@pytest.mark.parametrize("exponent", [sp.Integer(3), sp.Integer(-1), sp.Integer(-2), sp.S.Half, sp.Rational(-3, 2)])
def test_powers(exponent: sp.Rational) -> None:
    expected = 2.5 ** float(exponent)
    assert NUMPY.power(np.array(2.5), exponent) == pytest.approx(expected, rel=1e-15)
    assert float(mpmath_field().power(np.array(2.5, dtype=object), exponent)) == pytest.approx(expected, rel=1e-15)


def test_undefined_values_are_nan_in_the_precise_field() -> None:
    found = mpmath_field()
    assert not found.finite(found.power(found.array([0.0, 1.0]), sp.Integer(-1)))
    assert found.finite(found.array([0.0, 1.0]))
    assert not found.finite(found.function(sp.log)(found.array([0.0])))


def test_the_callers_precision_is_left_alone() -> None:
    import mpmath

    before = mpmath.mp.dps
    mpmath_field(80)
    assert mpmath.mp.dps == before


def test_floor_forgives_the_rounding_of_a_quotient() -> None:
    data = np.array([49 * (1 / 49), 0.98])
    assert list(NUMPY.function(sp.floor)(data)) == [1, 0]
    assert list(map(float, mpmath_field().function(sp.floor)(mpmath_field().array(data)))) == [1, 0]
