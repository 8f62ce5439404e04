import numpy as np
import pytest

from symbackprop.expressions import Index, Read, Total
from symbackprop.simplify.cost import cost
from symbackprop.simplify.fusion import fuse, multiply_out, put_in
from symbackprop.verify.evaluate import evaluate

I, J, K = (Index(letter, 3) for letter in "ijk")
RNG = np.random.default_rng(6)
VALUES = {
    "a": RNG.dirichlet(np.ones(3)),
    "t": RNG.dirichlet(np.ones(3)),
    "W": RNG.normal(size=(3, 3)),
    "c": RNG.normal(),
}
a = lambda index: Read("a", index)  # noqa: E731
t = lambda index: Read("t", index)  # noqa: E731


def test_putting_in_moves_the_indices_and_captures_nothing():
    """The inner sum runs over the letter at which it is read."""
    rhs = Total(Read("W", J, K) * t(K), K)
    found = put_in(Read("d", K) * t(K) + Total(Read("d", I), I), Read("d", J), rhs)
    d = VALUES["W"] @ VALUES["t"]
    np.testing.assert_allclose(evaluate(found, (K,), VALUES, {}), d * VALUES["t"] + d.sum())


def test_putting_in_a_fixed_place():
    assert put_in(Read("d", 2), Read("d", J), a(J) * J) == 2 * a(2)


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (a(J) * (-t(J) / a(J)), -t(J)),
        (-(t(J) / a(J) - (1 - t(J)) / (1 - a(J))) * a(J) * (1 - a(J)), a(J) - t(J)),
        (Total(a(K) * t(J) * t(K) / a(K), K), t(J) * Total(t(K), K)),
        (-a(J) * Total(-t(K), K) - t(J), a(J) * Total(t(K), K) - t(J)),
    ],
    ids=str,
)
def test_what_cancels(expr, expected):
    assert multiply_out(expr) == expected


@pytest.mark.parametrize(
    "expr",
    [
        Total((a(K) - t(K)) * (t(K) / a(K) + a(J)), K) * Read("c"),
        (a(J) / t(J) + Read("c") / a(J)) * a(J) * t(J),
        Total(Total(a(I) * t(K), I) / a(K) * a(J), K),
        (Read("c") + a(J)) ** 3 / (1 + Read("c") ** 2),
        Total(Read("c") * (a(J) - 1), K),
    ],
    ids=str,
)
def test_multiplying_out_keeps_the_value(expr):
    expected = evaluate(expr, (J,), VALUES, {})
    np.testing.assert_allclose(evaluate(multiply_out(expr), (J,), VALUES, {}), expected, rtol=1e-9)


def test_fusing_only_where_it_is_no_dearer():
    delta, da = Read("delta", J), Read("da", J)
    cheap = (delta, Read("da", J) * a(J), da, -t(J) / a(J))
    plain, cancelled = fuse(cheap)
    assert cancelled == -t(J)
    assert plain in (-t(J), a(J) * (-t(J) / a(J)))
    back = Total(Read("W", K, J) * Read("next", K), K)
    mixed = Total(Read("W", J, K) * Read("da", K), K)
    assert fuse((delta, mixed, da, back)) == (mixed, mixed)
    assert cost(put_in(mixed, da, back)) > cost(mixed) + cost(back)
