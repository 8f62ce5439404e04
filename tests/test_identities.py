"""Derivatives that The Matrix Cookbook prints, from functions of NumPy: the same formulas, and the right numbers."""

import numpy as np
import pytest

from symbackprop.facade import derive

# Function, shapes, variable, array code, matrix form; the number is that of the equation in The Matrix Cookbook (2012).
IDENTITIES = {
    "(70) aᵀXb": (
        lambda a, X, b: a @ X @ b,
        {"a": 2, "X": (2, 3), "b": 3},
        "np.outer(a, b)",
        r"\vect{a} \vect{b}\T",
    ),
    "(69) aᵀx": (lambda a, x: a @ x, {"x": 3, "a": 3}, "a", r"\vect{a}"),
    "(71) aᵀXᵀb": (
        lambda a, X, b: a @ X.T @ b,
        {"X": (2, 3), "a": 3, "b": 2},
        "np.outer(b, a)",
        r"\vect{b} \vect{a}\T",
    ),
    "(81) xᵀBx": (lambda x, B: x @ B @ x, {"x": 3, "B": (3, 3)}, "(B + B.T) @ x", r"(\mat{B} + \mat{B}\T)\,\vect{x}"),
    "(99) tr X": (lambda X: np.trace(2 * X), {"X": (3, 3)}, None, None),
    "(100) tr XA": (lambda X, A: np.trace(X @ A), {"X": (3, 2), "A": (2, 3)}, "A.T", r"\mat{A}\T"),
    "(101) tr AXB": (
        lambda A, X, B: np.trace(A @ X @ B),
        {"X": (3, 4), "A": (2, 3), "B": (4, 2)},
        "A.T @ B.T",
        r"\mat{A}\T \mat{B}\T",
    ),
    "(102) tr AXᵀB": (
        lambda A, X, B: np.trace(A @ X.T @ B),
        {"X": (4, 3), "A": (2, 3), "B": (4, 2)},
        "B @ A",
        r"\mat{B} \mat{A}",
    ),
    "(107) tr XXB": (
        lambda X, B: np.trace(X @ X @ B),
        {"X": (3, 3), "B": (3, 3)},
        "X.T @ B.T + B.T @ X.T",
        r"\mat{X}\T \mat{B}\T + \mat{B}\T \mat{X}\T",
    ),
    "(115) ||X||²": (lambda X: np.sum(X**2), {"X": (2, 3)}, "2 * X", r"2 \mat{X}"),
    "(57) ln |det X|": (
        lambda X: np.linalg.slogdet(X)[1],
        {"X": (3, 3)},
        "np.linalg.inv(X).T",
        r"\mat{X}^{-\mathsf{T}}",
    ),
    "(49) det X": (
        lambda X: 1 * np.linalg.det(X),
        {"X": (3, 3)},
        "np.linalg.det(X) * np.linalg.inv(X).T",
        r"\operatorname{det}(\mat{X})\,\mat{X}^{-\mathsf{T}}",
    ),
    "(61) aᵀX⁻¹b": (
        lambda a, X, b: a @ np.linalg.inv(X) @ b,
        {"X": (3, 3), "a": 3, "b": 3},
        "-np.outer(a @ np.linalg.inv(X), np.linalg.inv(X) @ b)",
        r"-\mat{X}^{-\mathsf{T}} \vect{a} (\mat{X}^{-1} \vect{b})\T",
    ),
    "(63) tr AX⁻¹B": (
        lambda A, X, B: np.trace(A @ np.linalg.inv(X) @ B),
        {"X": (3, 3), "A": (2, 3), "B": (3, 2)},
        "-((np.linalg.inv(X).T @ A.T) @ (B.T @ np.linalg.inv(X).T))",
        r"-\mat{X}^{-\mathsf{T}} \mat{A}\T \mat{B}\T \mat{X}^{-\mathsf{T}}",
    ),
    "(84) ||Xa - b||² by a": (
        lambda X, a, b: np.sum((X @ a - b) ** 2),
        {"a": 3, "X": (2, 3), "b": 2},
        "delta @ X",
        r"\mat{X}\T \vect{\delta}",
    ),
    "(129) ||x - a||": (
        lambda x, a: np.linalg.norm(x - a),
        {"x": 3, "a": 3},
        "(x - a) / np.sqrt(np.sum((x - a) ** 2))",
        None,
    ),
}


@pytest.mark.parametrize(("function", "shapes", "code", "latex"), IDENTITIES.values(), ids=list(IDENTITIES))
def test_a_derivative_is_printed_as_in_the_book_and_is_right(function, shapes, code, latex):
    d = derive(function, **shapes)
    variable = "x" if "x" in shapes and "X" not in shapes else "a" if code == "delta @ X" else "X"
    if code is not None:
        assert d[variable].code == code
    if latex is not None:
        assert d[variable].matrix.partition(" = ")[2] == latex
    report = d.verify()
    assert report.passed, report


def test_derivatives_by_the_symmetric_and_by_the_inverted_agree_with_differences_at_one_point():
    X = np.array([[2.0, 0.5, 0.1], [0.3, 1.5, -0.2], [-0.4, 0.2, 1.8]])
    d = derive(lambda X: np.sum(np.linalg.inv(X) ** 2) + np.linalg.det(X @ X), X=(3, 3))
    loss, gradient = d.compile().loss_and_grad({"X": X})
    step = 1e-6
    for place in np.ndindex(3, 3):
        moved = X.copy()
        moved[place] += step
        assert gradient["X"][place] == pytest.approx((d.compile().loss({"X": moved}) - loss) / step, rel=2e-4)
