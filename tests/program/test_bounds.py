"""What a length is never below."""

import pytest
import sympy as sp

from symbackprop.program.bounds import least

N = sp.Symbol("n", integer=True, positive=True)


@pytest.mark.parametrize("expr", [sp.floor(N / 2), N - 2 * sp.floor(N / 2), 3 * sp.floor((N + 2) / 3) - N, N - 1])
def test_never_below_and_reached(expr):
    differences = [(expr - least(expr)).subs(N, length) for length in range(1, 13)]
    assert min(differences) == 0


def test_what_is_not_known_is_left():
    half = sp.floor(sp.sqrt(N))
    assert least(half) == half and least(-half) == -sp.sqrt(N)
