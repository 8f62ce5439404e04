"""The gradient that is printed beside the derived one, found from the forward pass alone."""

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.verify.witness import witness


def test_it_agrees_with_the_published_gradients():
    found = witness(sb.derive("mazur").stages.graph)
    assert found["W2"] == pytest.approx(np.array([[0.082167041, 0.082667628], [-0.022602540, -0.022740242]]), abs=5e-10)
    assert found["b1"] == pytest.approx(0.018725609, abs=5e-10)


def test_it_needs_a_worked_sample():
    assert witness(sb.derive("mnist").stages.graph) is None
