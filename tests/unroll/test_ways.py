"""The ways on which a scalar reaches the loss: their products add up to the gradient."""

from math import prod

import pytest
from sympy import Symbol

from symbackprop.errors import UnknownNameError
from symbackprop.network import load
from symbackprop.pipeline import Stages
from symbackprop.unroll import numbers
from symbackprop.unroll.values import evaluated
from symbackprop.unroll.ways import ways


@pytest.mark.parametrize("network", ["mazur", "xor", "line"])
def test_the_products_add_up_to_the_gradient(network):
    scalars = Stages(load(network)).scalars
    point = {Symbol(name): value for name, value in numbers(scalars).items()}
    for symbol, adjoint in scalars.adjoint_of.items():
        if symbol == scalars.loss:
            continue
        found = ways(scalars, symbol.name, 100)
        total = sum(prod(float(evaluated(scalars.partials[key], point)) for key in way) for way in found)
        assert total == pytest.approx(float(point[adjoint]), rel=1e-12, abs=1e-15)
        assert all(way[0][0] == scalars.loss and way[-1][1] == symbol for way in found)


def test_too_many_are_not_listed():
    scalars = Stages(load("mazur")).scalars
    assert len(ways(scalars, "w1", 2)) == 2
    assert ways(scalars, "w1", 1) is None


def test_what_is_not_there_is_refused():
    with pytest.raises(UnknownNameError, match="w99"):
        ways(Stages(load("mazur")).scalars, "w99", 5)
