"""Inverses and determinants as NumPy code, run against NumPy."""

import numpy as np
import pytest

from symbackprop.emit.array_api import ArrayApi
from symbackprop.emit.numpy import numpy_code
from symbackprop.expressions import Index
from symbackprop.program import Det, Inverted, Leaf

B, R, C, P, Q = Index("b", 2), *(Index(letter, 3) for letter in "rcpq")
X = np.random.default_rng(0).standard_normal((2, 3, 3))


@pytest.mark.parametrize(
    ("node", "order", "code", "value"),
    [
        (Inverted(Leaf("X", (B, R, C)), R, C, (P, Q)), (B, P, Q), "np.linalg.inv(X)", np.linalg.inv(X)),
        (Inverted(Leaf("X", (B, R, C)), R, C, (P, Q)), (B, Q, P), "np.linalg.inv(X).mT", np.linalg.inv(X).mT),
        (Det(Leaf("X", (B, R, C)), R, C), (B,), "np.linalg.det(X)", np.linalg.det(X)),
        (Det(Leaf("X", (B, R, C)), R, C, True), (B,), "np.linalg.slogdet(X)[1]", np.linalg.slogdet(X)[1]),
    ],
)
def test_a_matrix_function_has_its_code_and_its_value(node, order, code, value):
    assert numpy_code(node, order) == code
    np.testing.assert_allclose(eval(code, {"np": np, "X": X}), value)


@pytest.mark.parametrize(
    ("node", "order", "code", "needed"),
    [
        (Inverted(Leaf("X", (B, R, C)), R, C, (P, Q)), (B, P, Q), "xp.linalg.inv(X)", "linalg.inv"),
        (
            Inverted(Leaf("X", (B, R, C)), C, R, (P, Q)),
            (B, P, Q),
            "xp.linalg.inv(xp.matrix_transpose(X))",
            "linalg.inv",
        ),
        (Det(Leaf("X", (R, B, C)), R, C), (B,), "xp.linalg.det(xp.permute_dims(X, (1, 0, 2)))", "linalg.det"),
        (Det(Leaf("X", (B, R, C)), R, C, True), (B,), "xp.linalg.slogdet(X)[1]", "linalg.slogdet"),
    ],
)
def test_the_array_api_standard_has_an_extension_for_them(node, order, code, needed):
    printer = ArrayApi({}, frozenset(), {})
    assert printer.code(node, order)[0] == code
    assert printer.helpers == {needed}
