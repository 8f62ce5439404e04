"""Sizes print as Python that computes them, and bind as tightly as they say."""

import pytest
import sympy as sp

from symbackprop.emit.numbers import ATOM, PRODUCT, SUM, bracket, number_code
from symbackprop.expressions import Index

N, K = (sp.Symbol(name, integer=True, positive=True) for name in "NK")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (sp.floor((N - K) / 2) + 1, "(N - K) // 2 + 1"),
        (3 * sp.floor((N - 1) / K), "3 * ((N - 1) // K)"),
        (sp.floor(N / 2) * sp.floor(K / 3), None),
        (sp.floor((N + 2 * K - 3) / 4) - N, None),
        (N - 1, "N - 1"),
        (-N, "-1 * N"),
        (1 - N, "1 - N"),
        (K - 2 * N + 7, "K + 7 - 2 * N"),
        (N / K, "N / K"),
        (1 / (N * K), None),
        ((N + 1) * (K - 1), None),
        (1 / (N + 1), "1 / (N + 1)"),
        (sp.sqrt(2) / 2, None),
        (sp.Rational(-1, 3), "-1 / 3"),
        (Index("t", 4) - 1, "t - 1"),
    ],
)
def test_sizes_are_computed(value, code):
    text, _ = number_code(value)
    assert code is None or text == code
    for n, k in ((9, 2), (10, 3), (7, 5)):
        expected = value.subs({N: n, K: k, Index("t", 4): 2})
        assert eval(text, {"N": n, "K": k, "t": 2}) == pytest.approx(float(expected), rel=1e-15)
        assert eval(f"2 * {bracket(number_code(value), PRODUCT + 1)}", {"N": n, "K": k, "t": 2}) == pytest.approx(
            2 * float(expected), rel=1e-15
        )


def test_code_says_how_tightly_it_binds():
    assert number_code(N)[1] == ATOM
    assert number_code(N + 1)[1] == SUM
    assert number_code(sp.floor(N / 2))[1] == PRODUCT
    assert bracket(("N + 1", SUM), PRODUCT) == "(N + 1)"
    assert bracket(("N + 1", SUM), SUM) == "N + 1"
