"""Straight-line code has the values and the gradients of the arrays that it was made from."""

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.emit.scalar import Language, scalar_code
from symbackprop.errors import UnsupportedError
from symbackprop.forward import SAMPLES
from symbackprop.lower.straight import straight_line, update_line
from symbackprop.program.scalar import Name, within

SMALL = ("mazur", "xor", "logistic_regression", "line", "autoencoder")


@pytest.mark.parametrize("name", SMALL)
def test_each_name_is_defined_once_and_before_it_is_read(name):
    straight = sb.derive(name).stages.straight
    given = {n for array, places in straight.names.items() for n in places.values()}
    lets = (*straight.forward, *straight.backward)
    done = given - {let.name for let in lets}
    for let in lets:
        assert {node.name for node in within(let.value) if isinstance(node, Name)} <= done, let
        assert let.name not in done
        done.add(let.name)
    assert straight.loss in {let.name for let in straight.forward}


def test_sizes_must_be_known():
    d = sb.derive("n -> 2 sigmoid, loss=mse")
    with pytest.raises(UnsupportedError, match="needs a number"):
        straight_line(d.stages.program, {}, {SAMPLES: 1})


def test_elements_without_names_get_one_from_their_place():
    d = sb.derive("2 -> 1, loss=half_squared_error")
    shapes = {**d.stages.program.parameters, **d.stages.program.data}
    sizes = {SAMPLES: 1}
    names = {
        name: {at: "_".join(map(str, (name, *at))) for at in np.ndindex(*(int(a.size.subs(sizes)) for a in axes))}
        for name, axes in shapes.items()
    }
    straight = straight_line(d.stages.program, names, sizes)
    assert "z1_1_1" in [let.name for let in straight.forward]


@pytest.mark.parametrize("name", ["sgd", "momentum", "adam", "adagrad"])
def test_update_of_one_element(name):
    net = sb.Network(1, sb.Dense(1), loss="mse", training={"optimizer": name})
    training = sb.derive(net).stages.training
    lets = update_line(training)
    assert lets[-1].name == "w" and all(let.tensor for let in lets)
    read = {node.name for let in lets for node in within(let.value) if isinstance(node, Name)}
    assert {"w", "g"} <= read and read <= {"w", "g", "step", *training.settings, *(let.name for let in lets)}


def test_a_readable_line():
    lets = {let.name: let.value for let in sb.derive("mazur").stages.straight.backward}
    assert scalar_code(lets["delta2_1"], Language({}, "", {})) == "a2_1 * (1 - a2_1) * part1"


def test_lines_that_would_be_too_long_are_refused_before_they_are_written():
    def transport(C, t):
        f = np.zeros(4)
        for _ in range(2):
            g = -np.log(np.sum(np.exp(f[:, None] - C) / 4, axis=0))
            f = -np.log(np.sum(np.exp(g - C) / 4, axis=1))
        return (t * (f[:, None] + g)).sum()

    stages = sb.derive(transport, C=(4, 4), t=(4, 4), wrt=["C"]).stages
    with pytest.raises(UnsupportedError, match="too many operations"):
        _ = stages.straight
    assert stages.few is None
