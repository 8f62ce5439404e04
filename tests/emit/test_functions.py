"""The bodies of the emitted functions compute what is needed and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from symbackprop.emit.functions import RESERVED, Functions


def functions_of(parts: Any) -> Functions:
    return Functions(parts.derivation, parts.program, parts.training, lambda name: [name])


def test_the_loss_takes_what_it_needs_and_no_more(networks: Mapping[str, Any]) -> None:
    functions = functions_of(networks["relu"])
    assert functions.loss() == [
        'W1 = params["W1"]',
        'b1 = params["b1"]',
        'W2 = params["W2"]',
        'b2 = params["b2"]',
        "N = x.shape[0]",
        "z1 = x @ W1.T + b1",
        "a1 = np.maximum(z1, 0)",
        "z2 = a1 @ W2.T + b2",
        "E = -np.sum(t * log_softmax(z2)) / N",
    ]
    assert not any("N =" in row for row in functions.forward())
    assert functions.forward()[-1] == 'return a2, {"z1": z1, "a1": a1, "z2": z2, "a2": a2}'


def test_a_gradient_of_a_scalar_is_an_array(networks: Mapping[str, Any]) -> None:
    items = dict(functions_of(networks["mazur"]).gradient_items())
    assert items == {"W1": "dW1", "b1": "np.asarray(db1)", "W2": "dW2", "b2": "np.asarray(db2)"}


def test_layers_move_before_their_new_weights_are_used(networks: Mapping[str, Any]) -> None:
    rows = [row for row in functions_of(networks["mazur"]).sequential() if not row.startswith("#")]
    order = [row.split(" = ")[0] for row in rows]
    moved = rows.index("W2 = _moved(W2, dW2, learning_rate)")
    assert order[moved - 1 : moved + 4] == ["dW2", "W2", "delta1", "dW1", "W1"]
    assert functions_of(networks["mazur"]).sequential_result() == ['return float(E), {**params, "W1": W1, "W2": W2}']


def test_names_of_functions_are_kept_from_arrays(networks: Mapping[str, Any]) -> None:
    assert {"loss", "np", "params", "sigmoid", "window"} <= RESERVED
    functions = functions_of(networks["named"])
    assert functions.data == ["loss_", "t"]
    assert functions.forward()[2] == "z1 = loss_ @ W1.T + b1"


def test_a_loop_does_not_take_the_name_of_an_array(networks: Mapping[str, Any]) -> None:
    rows = functions_of(networks["recurrent"]).gradients()
    assert "for tau in range(T):" in rows
    assert "for tau in reversed(range(T)):" in rows


@pytest.mark.parametrize(("name", "codes"), [("relu", ["np.ravel(z1)"]), ("pooling", []), ("mazur", [])])
def test_margins_are_what_decides_branches(networks: Mapping[str, Any], name: str, codes: list[str]) -> None:
    assert functions_of(networks[name]).margins()[1] == codes


@pytest.mark.parametrize(("name", "batched"), [("mazur", False), ("single", False), ("xor", True), ("recurrent", True)])
def test_a_single_sample_has_no_axis_for_samples(networks: Mapping[str, Any], name: str, batched: bool) -> None:
    assert functions_of(networks[name]).batched is batched
