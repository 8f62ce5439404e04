"""Cross-entropy of labels gives p - [t = k], however it is written, where every label is a class."""

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.display import build, text
from symbackprop.simplify import CLASSES


def log_softmax(z):
    return z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))


def by_rows(z, t):
    return -np.sum(log_softmax(z)[np.arange(z.shape[0]), t])


def along_an_axis(z, t):
    return -np.sum(np.take_along_axis(log_softmax(z), t[:, None], axis=1))


def one_hot(z, t):
    return -np.sum(np.eye(z.shape[1])[t] * log_softmax(z))


def from_one(z, t):
    return -np.sum(log_softmax(z)[np.arange(z.shape[0]), t - 1])


@pytest.mark.parametrize("shape", [(4, 3), ("n", "k")])
@pytest.mark.parametrize("loss", [by_rows, along_an_axis, one_hot, from_one])
def test_what_is_left_is_what_is_predicted_less_the_label(loss, shape):
    derived = sb.derive(loss, z=shape, t=shape[0], integers="t", wrt="z")
    (adjoint,) = derived.stages.derivation.adjoints[-1:]
    printed = text(build(adjoint.rhs, derived.stages.reader))
    # The letter k is a size's, in one of the shapes.
    assert printed.replace("ₕ", "ₖ") in ("exp(hᵢⱼ) - [tᵢ = j]", "exp(zᵢⱼ)/(Σₖ exp(zᵢₖ)) - [tᵢ = j]")
    assert CLASSES in [step.rule for step in derived.stages.derivation.steps[adjoint.tensor]]
    assert derived.verify().passed
    module, t = derived.compile(), np.array([1, 2, 2, 1])
    _, gradients = module.loss_and_grad({"z": np.zeros((4, 3))}, t)
    own = t - 1 if loss is from_one else t
    assert gradients["z"] == pytest.approx(1 / 3 - np.eye(3)[own])
    with pytest.raises(ValueError, match="t holds 4, but should hold whole numbers"):
        module.loss_and_grad({"z": np.zeros((4, 3))}, np.array([1, 2, 4, 1]))


def test_numbers_that_may_be_no_class_keep_their_condition():
    def loss(z, t):
        return -np.sum((t[:, None] == np.arange(3)) * log_softmax(z))

    derived = sb.derive(loss, z=(2, 3), t=2, integers="t", wrt="z")
    steps = derived.stages.derivation.steps
    assert CLASSES not in [step.rule for several in steps.values() for step in several]
    _, gradients = derived.compile().loss_and_grad({"z": np.zeros((2, 3))}, np.array([1, -100]))
    assert gradients["z"] == pytest.approx(np.array([[1 / 3, -2 / 3, 1 / 3], [0, 0, 0]]))
