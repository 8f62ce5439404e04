"""A rewrite through a template gives what the rewrite itself gives, and is made once for layers of one kind."""

import numpy as np
import pytest
import sympy as sp
from sympy import Symbol

import symbackprop as sb
from symbackprop import template
from symbackprop.contraction import collect
from symbackprop.expressions import Delta, Index, Read, Total, Where, Within, indices_of, tensors_read
from symbackprop.template import by_template

N = Symbol("N", integer=True, positive=True)


def contracted(exprs):
    (expr,) = exprs
    return (collect(expr, [i for i in expr.free_symbols if isinstance(i, Index)]),)


def layer(weights, inputs, rows, columns, samples=N):
    s, i, j, k = Index("s", samples), Index("i", columns), Index("j", rows), Index("k", columns)
    return Total(Delta(i, k) * Read(weights, j, i) * Read(inputs, s, i), i, j)


@pytest.mark.parametrize(
    "expr",
    [
        layer("W1", "x", 3, 2),
        layer("W2", "a1", 7, 3, 5),
        layer("W1", "W1", 3, 3),
        Total(Delta(Index("t", 4) * 2 + Index("p", 3), Index("u", 9)) * Read("x", Index("u", 9)), Index("u", 9)),
        Total(Delta(Index("t", 4) - 1, Index("u", 4)) * Read("y", Index("u", 4)), Index("u", 4)),
        Total(Delta(Index("i", 3), 2) * Read("x", Index("i", 3)), Index("i", 3)),
        Total(Delta(Index("i", 3), Index("k", 5)) * Read("x", Index("i", 3)), Index("i", 3)),
        Total(Delta(Index("i", 5), Index("k", 3)) * Read("x", Index("i", 5)), Index("i", 5)),
        Total(Read("x", Index("i", 3)), Index("i", 3), Index("j", 6)) * Delta(Index("m", 2), 1),
        Where(Read("c") > 0, Total(Read("x", Index("s", N)), Index("s", N)) / N, sp.S.Zero),
    ],
    ids=str,
)
def test_the_result_is_that_of_the_rewrite(expr):
    (found,) = by_template(contracted, (expr,))
    (expected,) = contracted((expr,))
    assert found == expected
    assert {(i.name, i.size) for i in indices_of(found)} == {(i.name, i.size) for i in indices_of(expected)}


def test_layers_of_one_kind_share_one_template():
    made = []

    def counted(exprs):
        made.append(exprs)
        return contracted(exprs)

    first = by_template(counted, (layer("V1", "v", 30, 20),))
    again = by_template(counted, (layer("V9", "h8", 31, 21, 6),))
    assert len(made) == 1
    assert set(tensors_read(first[0])) == {"V1", "v"}
    assert set(tensors_read(again[0])) == {"V9", "h8"}
    assert {index.size for index in indices_of(again[0])} == {31, 21, 6}


def test_what_differs_has_a_template_of_its_own():
    made = []

    def counted(exprs):
        made.append(exprs)
        return contracted(exprs)

    by_template(counted, (layer("U1", "u", 30, 20),))
    # A tensor read twice, or two axes of one size, are other equations.
    by_template(counted, (layer("U1", "U1", 30, 20),))
    by_template(counted, (layer("U1", "u", 20, 20),))
    assert len(made) == 3


def test_index_expressions_keep_sizes():
    """Whether 2 t + p stays in range depends on the numbers: two windows of two sizes are two templates."""

    def window(length):
        t, p, u = Index("t", 4), Index("p", 3), Index("u", length)
        return Total(Delta(2 * t + p, u) * Read("x", u) * Read("y", 2 * t), u)

    (inside,), (outside,) = by_template(contracted, (window(9),)), by_template(contracted, (window(8),))
    assert not inside.atoms(Within)
    assert outside.atoms(Within)


def test_options_are_part_of_the_key():
    def powered(exprs, exponent):
        return (exprs[0] ** exponent,)

    x = Read("x", Index("i", 3))
    assert by_template(powered, (x,), 2) == (x**2,)
    assert by_template(powered, (x,), 3) == (x**3,)


def test_several_expressions_share_their_names():
    def swapped(exprs):
        return exprs[::-1]

    i = Index("i", 3)
    pair = (Read("x", i) + Read("y", i), Read("y", i))
    assert by_template(swapped, pair) == pair[::-1]


@pytest.mark.parametrize("first", [None, lambda z: np.sum(np.eye(3)[np.argmax(z, axis=1)] * z**2)])
def test_no_result_depends_on_what_was_derived_before(first, monkeypatch):
    monkeypatch.setattr(template, "_MEMORY", {})
    if first is not None:
        sb.derive(first, z=("n", 3)).compile()
    text = str(sb.derive(balance, g=("n", 3)))
    assert text.splitlines()[-1] == "dg = np.full((n, 3), mu1 / n)"


def balance(g):
    k = np.argmax(g, axis=1)
    return np.sum(np.mean(np.eye(3)[k], axis=0) * np.mean(g, axis=0))
