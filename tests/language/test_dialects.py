"""Index notation and array notation are told apart by what is written."""

import pytest

from symbackprop.language import array_notation, index_notation


@pytest.mark.parametrize(
    ("line", "known", "index", "arrays"),
    [
        ("z[j] = sum(W[j, i] * x[i], i)", ("W", "x"), True, False),
        ("E = sum(r[i]**2, i)", ("r",), True, False),
        ("h[t, j] = h[t - 1, j]", (), True, False),
        ("e = W[token[s]]", ("W", "token"), True, False),
        ("h = x[1:n]", ("x", "n"), False, True),
        ("h = x[0] + x[-1]", ("x",), False, False),
        ("h = stack([x[i] for i in range(3)])", ("x",), False, True),
        ("h = x[np.newaxis]", ("x",), False, True),
        ("y = x[int(1)]", ("x",), False, False),
        ("y = W @ x", ("W", "x"), False, True),
        ("y = x.T", ("x",), False, True),
        ("y = mean(x, axis=0)", ("x",), False, True),
        ("E = sum((y - t)**2)", ("y", "t"), False, True),
        ("E = max(y, t)", ("y", "t"), False, False),
        ("p = softmax(z)", ("z",), False, True),
        ("y = exp(x)", ("x",), False, False),
    ],
)
def test_the_notation_of_a_statement(line, known, index, arrays):
    assert index_notation(line, known) is index
    if not index:
        assert array_notation(line) is arrays
