"""Every loss against NumPy, and its gradient through a layer against a complex step on the graph."""

import numpy as np
import pytest
from scipy import special

from symbackprop.backward import backward
from symbackprop.catalog import LOSSES, SYNONYMS
from symbackprop.catalog.sizes import Whole, size_value
from symbackprop.forward import forward
from symbackprop.language import parse_equations
from symbackprop.network import Dense, Network
from symbackprop.simplify import simplify
from symbackprop.verify.equations import evaluate_adjoints, evaluate_graph
from symbackprop.verify.fields import mpmath_field

N, J = 3, 6
OUTPUTS = {
    "any": "linear",
    "positive": "exponential",
    "probability": "sigmoid",
    "distribution": "softmax",
    "log_distribution": "log_softmax",
}


def softplus(z):
    return np.logaddexp(0, z)


def huber(y, t, delta=1.0):
    r = np.abs(y - t)
    return np.where(r <= delta, r**2 / 2, delta * (r - delta / 2)).mean(1)


def binary(y, t, weight=1.0, smoothing=0.0):
    t = t * (1 - smoothing) + smoothing / 2
    return -(weight * t * np.log(y) + (1 - t) * np.log1p(-y)).mean(1)


def categorical(y, t, smoothing=0.0):
    return -((t * (1 - smoothing) + smoothing / J) * np.log(y)).sum(1)


def focal(y, t, gamma=2.0, weight=1.0):
    positive = -weight * (1 - y) ** gamma * np.log(y)
    negative = -(y**gamma) * np.log1p(-y)
    return np.where(t == 1, positive, negative).mean(1)


def gaussian(y, t):
    mean, log_variance = y[:, :3], y[:, 3:]
    return ((t - mean) ** 2 / np.exp(log_variance) + log_variance).mean(1) / 2


def triplet(y, margin=0.2):
    anchor, positive, negative = y[:, :2], y[:, 2:4], y[:, 4:]
    near, far = ((anchor - positive) ** 2).sum(1), ((anchor - negative) ** 2).sum(1)
    return np.maximum(near - far + margin, 0)


def contrastive(y, t, margin=1.0):
    distance = np.linalg.norm(y[:, :3] - y[:, 3:], axis=1)
    return ((1 - t[:, 0]) * distance**2 + t[:, 0] * np.maximum(margin - distance, 0) ** 2) / 2


def quantile(y, t, q=0.5):
    return np.maximum(q * (t - y), (q - 1) * (t - y)).mean(1)


EXPECTED = {
    "half_squared_error": lambda y, t: ((t - y) ** 2).sum(1) / 2,
    "mse": lambda y, t: ((t - y) ** 2).mean(1),
    "mae": lambda y, t: np.abs(t - y).mean(1),
    "huber": huber,
    "log_cosh": lambda y, t: np.log(np.cosh(y - t)).mean(1),
    "quantile": quantile,
    "binary_crossentropy": binary,
    "binary_crossentropy_from_logits": lambda y, t: binary(special.expit(y), t),
    "categorical_crossentropy": categorical,
    "categorical_crossentropy_from_logits": lambda y, t: categorical(special.softmax(y, axis=1), t),
    "nll": lambda y, t: categorical(np.exp(y), t),
    "kl_divergence": lambda y, t: special.rel_entr(t, y).sum(1),
    "reverse_kl_divergence": lambda y, t: special.rel_entr(y, t).sum(1),
    "hinge": lambda y, t: np.maximum(1 - t * y, 0).mean(1),
    "squared_hinge": lambda y, t: (np.maximum(1 - t * y, 0) ** 2).mean(1),
    "categorical_hinge": lambda y, t: np.maximum(1 + ((1 - t) * y).max(1) - (t * y).sum(1), 0),
    "binary_focal_crossentropy": focal,
    "categorical_focal_crossentropy": lambda y, t: -(0.25 * (1 - y) ** 2 * t * np.log(y)).sum(1),
    "poisson": lambda y, t: (y - t * np.log(y)).mean(1),
    "gaussian_nll": gaussian,
    "gaussian_kl": lambda y: (np.exp(y[:, 3:]) + y[:, :3] ** 2 - 1 - y[:, 3:]).sum(1) / 2,
    "cosine_similarity": lambda y, t: -(y * t).sum(1) / np.linalg.norm(y, axis=1) / np.linalg.norm(t, axis=1),
    "triplet": triplet,
    "contrastive": contrastive,
    "dice": lambda y, t: 1 - 2 * (y * t).sum(1) / (y.sum(1) + t.sum(1)),
}
# With options: what they are set to, and the same loss by NumPy.
SET = {
    "huber": ({"delta": 0.3}, lambda y, t: huber(y, t, 0.3)),
    "quantile": ({"quantile": 0.9}, lambda y, t: quantile(y, t, 0.9)),
    "binary_crossentropy": (
        {"positive_weight": 3, "label_smoothing": 0.2},
        lambda y, t: binary(y, t, 3, 0.2),
    ),
    "binary_crossentropy_from_logits": (
        {"positive_weight": 3, "label_smoothing": 0.2, "temperature": 2},
        lambda y, t: binary(special.expit(y / 2), t, 3, 0.2),
    ),
    "categorical_crossentropy": ({"label_smoothing": 0.1}, lambda y, t: categorical(y, t, 0.1)),
    "categorical_crossentropy_from_logits": (
        {"label_smoothing": 0.1, "temperature": 3},
        lambda y, t: categorical(special.softmax(y / 3, axis=1), t, 0.1),
    ),
    "binary_focal_crossentropy": ({"gamma": 0.5, "positive_weight": 4}, lambda y, t: focal(y, t, 0.5, 4)),
    "categorical_focal_crossentropy": (
        {"gamma": 1, "alpha": 2},
        lambda y, t: -(2 * (1 - y) * t * np.log(y)).sum(1),
    ),
    "triplet": ({"margin": 5}, lambda y: triplet(y, 5)),
    "contrastive": ({"margin": 3}, lambda y, t: contrastive(y, t, 3)),
    "dice": ({"smooth": 1}, lambda y, t: 1 - (2 * (y * t).sum(1) + 1) / (y.sum(1) + t.sum(1) + 1)),
}


def network(name, activation=None, layers=(), **options):
    row = LOSSES[name]
    last = Dense(J, OUTPUTS[row.output] if activation is None else activation)
    loss = {"type": name, "reduction": "sum", **options}
    return Network(4, *layers, last, loss=loss, targets="distribution" if row.target == "distribution" else "any")


def target(row, rng):
    """Targets of every kind that a row may state; an entry 0 where that is one of them."""
    if row.shape is None:
        return {}
    width = [size_value(row.sizes.get(size, size), {"n": J}, Whole()) for size in row.shape]
    t = rng.uniform(0.1, 0.9, (N, *width))
    if row.target == "sign":
        t = np.sign(t - 0.5)
    if row.target == "distribution":
        t = rng.dirichlet(np.ones(J), N)
        t[0] = np.eye(J)[2]
    if row.name.startswith("binary_focal") or row.name == "contrastive":
        t = np.round(t)
    if row.name == "reverse_kl_divergence":
        t[0] = 1 / J
    return {"t": t}


def point(graph, row, seed, scale=1.0):
    rng = np.random.default_rng(seed)
    values = {p.name: scale * rng.normal(size=tuple(map(int, p.shape))) for p in graph.parameters}
    return values | {"x": rng.normal(size=(N, 4))} | target(row, rng)


def by_complex_step(graph, values, name):
    found = np.zeros(values[name].shape)
    for at in np.ndindex(found.shape):
        moved = values[name].astype(complex)
        moved[at] += 1e-30j
        found[at] = evaluate_graph(graph, {**values, name: moved})["E"].imag / 1e-30
    return found


def check_gradient(net, row, seed):
    graph = forward(net)
    derivation = simplify(backward(graph))
    values = point(graph, row, seed)
    adjoints = evaluate_adjoints(derivation, values)
    for parameter in graph.parameters:
        expected = by_complex_step(graph, values, parameter.name)
        assert np.abs(expected).max() > 1e-6
        found = adjoints[derivation.adjoint_of[parameter.name]]
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-13, err_msg=parameter.name)


def test_every_loss_is_tested():
    assert list(EXPECTED) == list(LOSSES)
    assert {name for name, row in LOSSES.items() if row.options} == set(SET)
    assert all(set(SET[name][0]) == set(LOSSES[name].options) for name in SET)


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [(name, {}, expected) for name, expected in EXPECTED.items()] + [(name, *rest) for name, rest in SET.items()],
)
def test_value(name, options, expected):
    graph = forward(network(name, **options))
    values = point(graph, LOSSES[name], 4)
    everything = evaluate_graph(graph, values)
    y = next(everything[t.name] for t in graph.tensors.values() if t.role == "prediction")
    arguments = [y] if LOSSES[name].shape is None else [y, values["t"]]
    np.testing.assert_allclose(everything["E"], expected(*arguments).sum(), rtol=1e-12)


@pytest.mark.parametrize("name", LOSSES)
def test_gradient_through_its_output(name):
    check_gradient(network(name), LOSSES[name], 5)


@pytest.mark.parametrize("name", LOSSES)
def test_gradient_through_a_layer_more_with_its_options(name):
    options = SET.get(name, ({},))[0]
    activation = {"any": "tanh", "positive": "softplus"}.get(LOSSES[name].output)
    check_gradient(network(name, activation, [Dense(5, "tanh")], **options), LOSSES[name], 6)


@pytest.mark.parametrize("name", LOSSES)
def test_far_out(name):
    """Where pre-activations reach 1000 loss and gradient are numbers, in arithmetic that does not overflow."""
    graph = forward(network(name))
    derivation = simplify(backward(graph))
    field = mpmath_field()
    values = point(graph, LOSSES[name], 7, scale=500.0)
    everything = evaluate_graph(graph, {key: field.array(value) for key, value in values.items()}, field)
    assert np.abs(everything["z1"].astype(float)).max() > 1000
    # A sigmoid is 1 - exp(-1000) there, which 50 digits do not tell from 1.
    if LOSSES[name].output not in ("probability", "distribution"):
        assert field.finite(everything["E"])
        assert all(map(field.finite, evaluate_adjoints(derivation, everything, field).values()))


def test_rows_and_synonyms():
    assert set(SYNONYMS.values()) <= set(LOSSES)
    assert not set(SYNONYMS) & set(LOSSES)
    for name, row in LOSSES.items():
        assert row.name == name and row.source
        assert row.output in OUTPUTS
        assert row.target in ("any", "positive", "probability", "distribution", "sign")
        *_, last = parse_equations(row.equations)
        assert last.tensor == "E" and not last.indices
