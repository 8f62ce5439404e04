"""Modules of second derivatives: they run by themselves, and say what they compute."""

import ast

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.pipeline import loaded


@pytest.fixture(scope="module")
def product():
    return sb.derive("2 -> 3 sigmoid -> 1, loss=half_squared_error").hvp()


def test_the_module_imports_numpy_alone(product):
    imports = [node for node in ast.walk(ast.parse(product.code)) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names}
    assert names == {"numpy", "numpy.typing"}


def test_helpers_are_emitted_where_they_are_used(product):
    assert "def sigmoid(" in product.code
    assert "def softmax(" not in product.code


def test_the_text_computes_by_itself(product):
    rng = np.random.default_rng(0)
    params = {"W1": rng.normal(size=(3, 2)), "b1": rng.normal(size=3), "W2": rng.normal(size=(1, 3)), "b2": np.zeros(1)}
    x, t = rng.normal(size=(4, 2)), rng.normal(size=(4, 1))
    zero = {name: np.zeros_like(value) for name, value in params.items()}
    second = loaded(product.code, "again").second
    assert all(not found.any() for found in second(params, zero, x, t).values())
    # E is quadratic in the bias of a linear layer, with second derivative 1 for every sample; E is their mean.
    assert second(params, zero | {"b2": np.ones(1)}, x, t)["b2"] == pytest.approx([1.0])
