"""Numbers, roots and signs in front of products, as readers expect them."""

from __future__ import annotations

import pytest
import sympy as sp

from symbackprop.display import HALF, text
from symbackprop.display.coefficients import exact, flipped, is_root, number_tree, rooted

A, T, Z = sp.symbols("a t z")


@pytest.mark.parametrize(
    ("value", "printed"),
    [("3", "3"), ("-2", "-2"), ("1/4", "¼"), ("0.044715", "0.044715"), ("1/5", "0.2"), ("1/3", "⅓"), ("11/8", "1.375")],
)
def test_numbers(value: str, printed: str) -> None:
    assert text(number_tree(sp.Rational(value))) == printed


def test_a_half_is_the_small_fraction() -> None:
    assert number_tree(sp.Rational(1, 2)) == HALF


def test_floats_are_named_by_their_shortest_decimal() -> None:
    assert exact(sp.Float(0.1)) == sp.Rational(1, 10)
    assert exact(Z) is Z


def test_roots_go_below() -> None:
    root = sp.sqrt(2)
    assert rooted(sp.Rational(1, 2), [root, Z], []) == (1, [Z], [root])
    assert rooted(sp.Rational(1, 3), [root, Z], []) == (sp.Rational(1, 3), [root, Z], [])
    assert is_root(root)
    assert not is_root(sp.sqrt(Z))


def test_a_sign_goes_into_a_difference_but_not_into_one_minus_a() -> None:
    assert flipped([A, T - A]) == ([A, A - T], True)
    assert flipped([1 - A, A]) == ([1 - A, A], False)
    assert flipped([T + A]) == ([T + A], False)
