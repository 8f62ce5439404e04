"""Losses as engineers write them: right, in the precision of the parameters, and proven, in both styles."""

import numpy as np
import pytest

from symbackprop import derive
from symbackprop.emit.document import Choices
from symbackprop.emitters import EMITTERS, Findings
from symbackprop.proofreading import reader_of
from symbackprop.verify import Report

RNG = np.random.default_rng(3)
Z, LABELS = RNG.standard_normal((3, 3)), np.array([0, 1, 2])
KNOWN = np.array([True, False, True])


def log_softmax(z):
    return z - np.log(np.exp(z).sum(1, keepdims=True))


def triplet(z, t):
    distance = ((z[:, None] - z[None]) ** 2).sum(-1)
    same = t[:, None] == t[None]
    far, near = np.where(same, distance, -np.inf).max(1), np.where(same, np.inf, distance).min(1)
    return np.maximum(far - near + 1, 0).mean()


def ignored(z, t):
    k = np.where(t == -100, 0, t)
    return -np.sum((t != -100) * log_softmax(z)[np.arange(3), k])


def focal(z, t):
    p = np.take_along_axis(np.exp(z) / np.exp(z).sum(1, keepdims=True), t[:, None], 1)[:, 0]
    return -np.mean((1 - p) ** 2 * np.log(p))


def hinge(z, t):
    margins = np.maximum(0, 1 + z - z[np.arange(3), t][:, None])
    return np.sum(margins * (np.arange(3) != t[:, None]))


def hardest(z, t):
    w = (z - 5 * np.eye(3)[t]).max(axis=1)
    return np.sum(np.maximum(0, 1 + w - z[np.arange(3), t]))


LOSSES = {
    "the largest of what has a name": hardest,
    "two maxima": lambda z, t: np.sum(np.where(np.tril(np.ones((3, 3))) > 0, z, -1e9).max(1) + z.max(1)),
    "a known mask": lambda z, t: np.sum(z * KNOWN) + np.sum(np.where(KNOWN, z, 0.0) ** 2),
    "hard negatives": lambda z, t: np.sum(
        np.where(np.arange(3) == t[:, None], -9.0, z).max(axis=1) - z[np.arange(3), t]
    ),
    "scores that are masked by -inf": lambda z, t: np.sum(
        np.exp(log_softmax(np.where(np.tril(np.ones((3, 3))) > 0, z, -np.inf))) @ z[0] ** 2
    ),
    "labels in one line of all": lambda z, t: -np.sum(log_softmax(z).ravel()[np.arange(3) * 3 + t]),
    "columns of a wider one-hot": lambda z, t: -np.sum(np.eye(4)[t][:, :2] * log_softmax(z[:, :2])),
    "a one-hot of fewer columns": lambda z, t: -np.sum(np.eye(3, 2)[t] * log_softmax(z[:, :2])),
    "totals of classes": lambda z, t: -np.sum(np.sum(np.eye(3)[t] * log_softmax(z), axis=0) ** 2),
    "triplets": triplet,
    "triplets of known labels": lambda z, t: triplet(z, np.array([0, 0, 1])),
    "labels in one line": lambda z, t: np.sum(z[t[:, None].reshape(-1)] ** 2),
    "the largest": lambda z, t: z.max(),
    "the largest of each": lambda z, t: np.sum(z.max(axis=1)),
    "rows several times": lambda z, t: np.sum(z[[0, 0, 1, 2, 2]] ** 3),
    "focal": focal,
    "one-hot": lambda z, t: (np.eye(3)[t] * z).sum(),
    "transitions": lambda z, t: z[t[:-1], t[1:]].sum(),
    "rows": lambda z, t: z[t].sum() + np.sum(z[::2]),
    "pairs that agree": lambda z, t: (np.logical_and(t[:, None] == t, ~np.eye(3, dtype=bool)) * z).sum(),
    "smoothed labels": lambda z, t: -np.sum((0.9 * np.eye(3)[t] + 0.1 / 3) * log_softmax(z)),
    "rows and squares": lambda z, t: z[t].sum() + (z**2).sum(),
    "a mean with counts": lambda z, t: np.sum(z * t) / t.sum(),
    "standardised": lambda z, t: np.sum(((z - z.mean()) / z.std(ddof=1)) ** 3),
    "hinge": hinge,
    "ignored labels": ignored,
    "labels kept in range": lambda z, t: np.sum(z[np.arange(3), np.clip(t, 0, 2)] ** 2),
    "labels under a mask": lambda z, t: np.sum(z[np.arange(3), t * (t != -100)] ** 2),
    "conditions with & and ~": lambda z, t: np.sum(np.where((z > 0) & ~(z > 1), z, 0) ** 2),
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_as_engineers_write_it(name):
    function = LOSSES[name]
    d = derive(function, z=(3, 3), t=3, integers="t", wrt="z")
    for style in ("readable", "fast"):
        module = d.compile(style)
        data = {"t": LABELS} if "t" in module.DATA else {}
        for kind, tolerance in ((np.float64, 1e-6), (np.float32, 1e-4)):
            loss, gradients = module.loss_and_grad({"z": Z.astype(kind)}, **data)
            assert loss == pytest.approx(function(Z, LABELS), rel=tolerance)
            assert gradients["z"] == pytest.approx(slope(function), rel=1e-4, abs=1e-4)
            assert gradients["z"].dtype == kind
    assert d.verify().passed


@pytest.mark.parametrize("name", LOSSES)
def test_every_relation_of_its_documents_holds(name):
    stages = derive(LOSSES[name], z=(3, 3), t=3, integers="t", wrt="z").stages
    for kind in ("latex", "html"):
        found = reader_of(stages).document(EMITTERS[kind].make(stages, Findings(Report("", ()), choices=Choices())))
        assert (found.faults, found.unread) == ((), ())
        assert found.held > 3


def slope(function, step=1e-6):
    found = np.zeros_like(Z)
    for place in np.ndindex(Z.shape):
        change = np.zeros_like(Z)
        change[place] = step
        found[place] = (function(Z + change, LABELS) - function(Z - change, LABELS)) / (2 * step)
    return found


def test_whole_numbers_that_are_computed_with_take_the_precision_of_the_parameters():
    d = derive(lambda w, x: np.sum((x * w) ** 2), w=3, x=3, wrt="w")
    for style in ("readable", "fast"):
        _, gradients = d.compile(style).loss_and_grad({"w": np.ones(3, np.float32)}, np.array([1, 2, 3]))
        assert gradients["w"].dtype == np.float32 and gradients["w"].tolist() == [2, 8, 18]


def test_an_index_has_a_letter_that_no_size_has():
    a = np.arange(6.0).reshape(3, 2)
    d = derive(lambda a, b: np.sum(np.einsum("nd,nd->n", a, b) ** 2), a=("n", 2), b=("n", 2))
    loss, _ = d.native().loss_and_grad({"a": a, "b": a})
    assert loss == pytest.approx(np.sum(np.einsum("nd,nd->n", a, a) ** 2))


def test_labels_that_are_computed_are_drawn_where_they_point():
    assert derive(lambda A, i: np.sum(A[i - 1] ** 2), A=3, i=2, integers="i", wrt="A").verify().passed


def second(code, *given):
    module = {}
    exec(compile(code, "second", "exec"), module)
    (found,) = module["second"](*given).values()
    return found


@pytest.mark.parametrize("size", [4, "n"])
@pytest.mark.parametrize(
    "function",
    [
        lambda z: z.max() ** 2,
        lambda z: np.sum((z / np.max(z)) ** 2),
        lambda z: z.max() * z.min(),
        lambda z: np.mean(z**3),
    ],
)
def test_second_derivatives_of_maxima_and_over_sizes_that_parameters_alone_have(function, size):
    z, v = np.array([3.0, 1.0, 2.0, 0.3]), np.arange(4.0)
    d = derive(function, z=size, wrt=["z"])
    expected = hessian(function, z)
    assert second(d.hessian("z", "z").code, {"z": z}) == pytest.approx(expected, abs=1e-5)
    assert second(d.hvp().code, {"z": z}, {"z": v}) == pytest.approx(expected @ v, abs=1e-5)


def hessian(function, z, step=1e-4):
    places = np.eye(z.size) * step
    return np.array(
        [
            [
                function(z + a + b) - function(z + a - b) - function(z - a + b) + function(z - a - b)
                for a in places
            ]
            for b in places
        ]
    ) / (4 * step**2)  # fmt: skip


def test_second_derivatives_of_maxima_over_rows_read_whole_places():
    d = derive(lambda z: np.sum(z.reshape(2, 2).max(axis=1) ** 2), z=4, wrt=["z"])
    found = second(d.hvp().code, {"z": np.array([3.0, 1.0, 2.0, 0.3])}, {"z": np.arange(4.0)})
    assert found.tolist() == [0, 0, 4, 0]


def test_lines_of_a_slice():
    lines = list(derive(lambda z: np.sum(np.tanh(z)[:-1] ** 2), z=3, wrt=["z"]).lines())
    assert lines[-1].endswith("= 0") and len(lines) == 3


def test_gradients_of_numbers_that_are_known_have_the_precision_of_the_parameters():
    d = derive(lambda u, v: np.sum(u * np.arange(3)) + np.average(v**2, weights=[1.0, 2.0, 3.0]), u=3, v=3)
    for style in ("readable", "fast"):
        _, gradients = d.compile(style).loss_and_grad({"u": np.ones(3, np.float32), "v": np.ones(3, np.float32)})
        assert {gradient.dtype for gradient in gradients.values()} == {np.dtype(np.float32)}


def test_computed_labels_in_the_array_api(tmp_path):
    strict = pytest.importorskip("array_api_strict")
    d = derive(lambda z, t: -np.mean(z[np.arange(3), np.where(t == -100, 0, t)]), z=(3, 3), t=3, integers="t", wrt="z")
    d.write(tmp_path, ["array_api"])
    module = {}
    exec(compile((tmp_path / "gradients_array_api.py").read_text(encoding="utf-8"), "module", "exec"), module)
    loss, _ = module["loss_and_grad"]({"z": strict.asarray(Z)}, strict.asarray(np.array([0, -100, 2])))
    assert float(loss) == pytest.approx(-(Z[0, 0] + Z[1, 0] + Z[2, 2]) / 3)
