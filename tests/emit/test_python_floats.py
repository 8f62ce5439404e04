"""Floats are written as floats."""

import math

import sympy as sp

from symbackprop.emit.python_floats import FUNCTIONS, OVERFLOWING, PYTHON, RESERVED, float_number
from symbackprop.emit.scalar import scalar_code
from symbackprop.program.algebra import add, compare, logical, neg
from symbackprop.program.scalar import ONE, Name, number


def test_whole_numbers_are_floats_too():
    assert scalar_code(add(ONE, neg(Name("a"))), PYTHON) == "1.0 - a"
    assert float_number(sp.Rational(1, 3))[0] == "0.3333333333333333" and float_number(sp.pi)[0] == repr(math.pi)


def test_conditions_are_words():
    inside = logical("and", compare("gt", Name("a"), number(0)), logical("not", compare("eq", Name("a"), Name("b"))))
    assert eval(scalar_code(inside, PYTHON), {"a": 1.0, "b": 2.0}) is True


def test_functions_are_those_of_math():
    assert all(hasattr(math, name) for name in FUNCTIONS.values() if name != "abs")
    assert set(OVERFLOWING) <= FUNCTIONS.keys() and {"exp", "inf", "params", "class", "print"} <= RESERVED
