"""Programs as people write them, in array notation: what is derived passes every check."""

import pytest

from symbackprop.arrays.program import lift
from symbackprop.errors import LanguageError
from symbackprop.facade import derive
from symbackprop.network import Equations

PROGRAMS = {
    "heads": (
        {"X": (4, 6), "W": (6, 6), "G": (4, 6)},
        """
        Q = reshape(X @ W, 4, 2, 3)
        S = einsum('ihd,jhd->hij', Q, Q) / sqrt(3)
        O = einsum('hij,jhd->ihd', softmax(S), Q)
        E = sum(G * reshape(O, 4, 6))
        """,
    ),
    "convolutions": (
        {"x": (1, 6, 6), "w": (2, 1, 3, 3), "b": 2, "v": 8},
        "p = maxpool2d(tanh(conv2d(x, w, b)), 2, 2)\nE = v @ reshape(p, 8) + sum(avgpool2d(p, 2, 1)**2)",
    ),
    "group norm": (
        {"x": (4, 3, 3), "g": 4, "C": (4, 3, 3)},
        """
        y = reshape(x, 2, 2, 9)
        c = y - mean(y, (1, 2), True)
        n = reshape(c / sqrt(mean(c**2, (1, 2), True) + 1e-5), 4, 3, 3)
        E = sum(C * n * reshape(g, 4, 1, 1))
        """,
    ),
    "Gaussian process": (
        {"x": 4, "y": 4, "l": ()},
        """
        K = exp(-((reshape(x, 4, 1) - x)**2) / (2 * l**2)) + eye(4) / 10
        E = (y @ inv(K) @ y + logabsdet(K)) / 2
        """,
    ),
    "Student's t": (
        {"x": 5, "m": (), "n": ()},
        "E = -sum(lgamma((n + 1) / 2) - lgamma(n / 2) - log(n) / 2 - (n + 1) / 2 * log1p((x - m)**2 / n))",
    ),
    "axes of length 1": (
        {"x": (3, 1), "y": (1, 4), "A": (1, 3), "B": (2, 1)},
        "E = sum(squeeze(x, 1)) * sum(y[0]**2) + sum(x * y) + sum((B @ A @ x)**2)",
    ),
    "products": ({"x": 4, "w": 4}, "E = log(prod(exp(w * x)) + 1) + sum(cumsum(x) * cumprod(w))"),
    "the same everywhere": ({"x": (3, 2), "y": 4}, "E = sum(x)**2 * sum(y) + mean(y)"),
    "pieces": (
        {"x": 5, "A": (3, 4)},
        """
        a, b = x[1:] * x[:-1], concat([x[::2], A[-1, ::-1]])
        a = stack([a, b[:4]], 1)
        E = sum(tanh(a)**2) + sum(stack([x[i] * A[i, j] for i in range(3) for j in range(4) if i < j])**3)
        """,
    ),
    "a mask of -inf": (
        {"S": (4, 4), "V": (4, 2)},
        "E = sum((softmax(where(tril(4) > 0, S, -inf)) @ V)**2)",
    ),
    "a table of 0 and 1": (
        {"Z": (4, 3)},
        """
        S = Z @ Z.T - 1e9 * eye(4)
        E = -sum(log_softmax(S, 1) * arr([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]))
        """,
    ),
    "extremes": ({"x": (3, 4)}, "E = sum(amax(x, 0)) - sum(amax(-x, 1)) + amax(amax(x, 1)) + sum(amax(x, 0))"),
    "slices below a fraction line": (
        {"z": 6, "t": ()},
        """
        m, s = z[2:4], exp(z[int(4):])
        E = -logsumexp(log_softmax(z[:2]) - log(s) - ((t - m) / s)**2 / 2)
        """,
    ),
    "sizes as symbols": (
        {"X": ("N", "d"), "W": ("h", "d"), "V": ("k", "h"), "Y": ("N", "k")},
        "E = -mean(sum(Y * log_softmax(relu(X @ W.T) @ V.T), 1))",
    ),
}


@pytest.mark.parametrize(("shapes", "text"), PROGRAMS.values(), ids=list(PROGRAMS))
def test_the_derivative_of_a_program_passes_every_check(shapes, text):
    report = derive({"shapes": shapes, "equations": text}).verify()
    assert report.passed, report


@pytest.mark.parametrize("first", ["n = w * x", "n[i] = w[i] * x[i]"])
def test_a_tensor_named_like_a_size_is_refused(first):
    network = Equations(shapes={"w": "n", "x": "n"}, equations=f"{first}\nE = n @ n")
    with pytest.raises(LanguageError, match="the tensor 'n' has the name of the size 'n'"):
        lift(network)


def test_a_matrix_of_zeros_without_inverse_is_no_tie_to_check():
    network = Equations(shapes={"X": ("n", "n")}, equations="E = log(abs(det(X)))")
    assert derive(network).verify().passed


@pytest.mark.parametrize(
    "loss",
    ["logabsdet(X)", "log(abs(det(X)))", "log(det(X))", "sum(inv(X)**2)"],
    ids=["logabsdet", "abs", "det", "inv"],
)
def test_documents_with_inverses_are_read_back(loss, tmp_path):
    network = Equations(shapes={"X": ("n", "n")}, equations=f"E = {loss}")
    report = derive(network).write(tmp_path, ["latex", "html", "expressions"])
    assert report.passed, str(report)
