"""What the network says of training becomes arguments, constants and draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from symbackprop.emit.functions import Functions
from symbackprop.emit.training import sample_values, shape_code, start_values, update_values
from symbackprop.expressions import Index
from symbackprop.graph import Tensor
from symbackprop.program import Training


def functions_of(parts: Any) -> Functions:
    return Functions(parts.derivation, parts.program, parts.training, lambda name: [])


def test_given_numbers_are_kept_as_typed(networks: Mapping[str, Any]) -> None:
    parts = networks["mazur"]
    found = start_values(functions_of(parts), parts.training)
    assert found["start"][:2] == ['"W1": [[0.15, 0.20], [0.25, 0.30]],', '"b1": 0.35,']
    assert found["draws"] == []
    assert found["trainable"] == ['TRAINABLE = ("W1", "W2")']


def test_the_rest_is_drawn_by_the_rules_of_the_network(networks: Mapping[str, Any]) -> None:
    parts = networks["relu"]
    found = start_values(functions_of(parts), parts.training)
    assert found["drawn"][0] == ("W1", "glorot_uniform(rng, (3, 2))")
    assert [draw["rule"] for draw in found["draws"]] == ["glorot_uniform", "zeros"]
    assert [draw["fans"] for draw in found["draws"]] == ["fan_in, fan_out", ""]


def test_symbolic_sizes_are_arguments(networks: Mapping[str, Any]) -> None:
    parts = networks["symbolic"]
    found = start_values(functions_of(parts), parts.training)
    assert found["concrete"][0] == ("W1", "(4, n)")
    assert found["initialize_arguments"] == "seed: int = 0, *, n: int"
    assert found["drawn"][0][1] == 'glorot_uniform(rng, shape["W1"])'


def test_a_sample_is_a_constant_if_there_is_one(networks: Mapping[str, Any]) -> None:
    assert sample_values(functions_of(networks["mazur"]))["samples"] == [
        "SAMPLE_X = np.array([0.05, 0.10])",
        "SAMPLE_T = np.array([0.01, 0.99])",
    ]
    assert sample_values(functions_of(networks["relu"])) == {"samples": [], "sample_names": []}


def test_the_optimizer_is_its_equations(networks: Mapping[str, Any]) -> None:
    parts = networks["mazur"]
    found = update_values(functions_of(parts), parts.training)
    assert found["update_rows"] == ["w = w - learning_rate * g"]
    assert found["settings"] == ["learning_rate: float = 0.5"]
    assert found["moved_head"] == ["def _moved(w: Array, g: Array, learning_rate: float) -> Array:"]
    assert (found["steps"], found["epochs"], found["tolerance"]) == (None, 10000, "None")


def test_memory_is_handed_on_only_where_there_is_any(networks: Mapping[str, Any]) -> None:
    parts = networks["mazur"]
    training = Training(**{**vars(parts.training), "state": {"v": 0.0}, "tolerance": "1E-5"})
    found = update_values(functions_of(parts), training)
    assert found["moved_call"] == ["moved[name] = _moved(w, g, state.setdefault(name, {}), learning_rate)"]
    assert found["state_update"] == "v=v"
    assert found["tolerance"] == "1e-5"


@pytest.mark.parametrize(("sizes", "code"), [((), "()"), ((3,), "(3,)"), ((3, 2), "(3, 2)")])
def test_shapes_are_tuples(sizes: tuple[int, ...], code: str) -> None:
    indices = tuple(Index(letter, size) for letter, size in zip("ij", sizes, strict=False))
    assert shape_code(Tensor("W", "parameter", indices)) == code
