"""Several losses, targets by name, losses without a target, the user's own, and what is refused of them."""

import numpy as np
import pytest

from symbackprop.catalog import LOSSES
from symbackprop.errors import InputError
from symbackprop.network import Dense, Layer, Network, load
from symbackprop.network.losses import parts, target_shape

HEADS = {
    "inputs": 3,
    "layers": [
        {"type": "dense", "units": 4, "activation": "tanh", "name": "hidden"},
        {"type": "dense", "units": 2, "activation": "softmax", "name": "label"},
        {"type": "dense", "units": 3, "inputs": "hidden", "name": "copy"},
    ],
    "loss": [
        {"type": "cross_entropy", "output": "label", "target": "kind", "weight": 2},
        {"type": "mse", "output": "copy", "target": "x"},
    ],
}


def messages(table, **changes):
    with pytest.raises(InputError) as caught:
        load({**table, **changes})
    return [mistake.message for mistake in caught.value.mistakes]


def test_several_losses_each_with_its_output_and_target():
    net = load(HEADS)
    assert [spec.type for spec in net.loss_terms] == ["categorical_crossentropy", "mse"]
    assert [net.scored(spec) for spec in net.loss_terms] == [2, 3]
    assert net.targets_given == ("kind",)
    assert net.target_shapes() == {"kind": (2,)}
    assert load(net.as_table()) == net


def test_one_loss_may_stand_alone_or_in_a_list():
    one, several = (Network(2, Dense(2), loss=loss) for loss in ("mse", ["mse"]))
    assert one.loss_terms == several.loss_terms
    assert (one.loss.type, len(several.loss)) == ("mse", 1)
    assert several.as_table()["loss"] == [one.as_table()["loss"]]


def test_targets_of_a_sample_by_name():
    sample = {"x": [[1, 2, 3], [0, 1, 0]], "t": {"kind": [[1, 0], [0, 1]]}}
    net = load({**HEADS, "sample": sample})
    assert net.fact_of("kind") == "one_hot"
    assert net.sample.rows[1] == [{"kind": (1, 0)}, {"kind": (0, 1)}]
    single = load({**HEADS, "sample": {"x": [1, 2, 3], "t": {"kind": [0, 1]}}})
    assert single.sample.rows[1] == [{"kind": (0, 1)}]
    assert load({**HEADS, "sample": {"x": [1, 2, 3], "t": [0, 1]}}).fact_of("kind") == "one_hot"


@pytest.mark.parametrize(
    ("t", "message"),
    [
        ({"kind": [[1, 0]], "x": [[1, 2, 3]]}, "the sample has an unknown target 'x'"),
        ({}, "the sample has no target 'kind'"),
        ({"kind": [[1, 0, 0]]}, "each row of the sample's target kind needs 2 numbers, got 3 numbers"),
        ({"kind": [[1, 0], [0, 1]]}, "the sample has 1 rows of inputs and 2 rows of targets"),
    ],
)
def test_targets_that_do_not_fit(t, message):
    assert messages(HEADS, sample={"x": [[1, 2, 3]], "t": t}) == [message]


def test_a_sample_needs_the_target_that_the_loss_reads_and_no_other():
    plain = {"inputs": 2, "layers": [{"type": "dense", "units": 6}], "loss": "mse"}
    assert messages(plain, sample={"x": [1, 2]}) == ["'sample.t' is missing"]
    assert messages(plain, loss="triplet", sample={"x": [1, 2], "t": [1]}) == ["the sample has an unknown target 't'"]
    net = load({**plain, "loss": "triplet", "sample": {"x": [[1, 2], [3, 4]]}})
    assert (net.targets_given, net.sample.rows[1], net.fact_of("t")) == ((), [], None)
    assert load(net.as_table()) == net


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        ("msee", "unknown loss 'msee'"),
        ([], "'loss' must not be empty, got []"),
        (["mse", {"type": "huber", "epsilon": 1}], "unknown key 'epsilon' in loss huber"),
        ([{"type": "mse", "output": "hiden"}], "there is no layer 'hiden'"),
        ([{"type": "mse", "target": "1"}], "'1' cannot name a target"),
        ([{"type": "mse", "weight": "much"}], "'loss[1].weight' must be a number, got 'much'"),
        (
            {"type": "triplet", "output": "label"},
            "the loss triplet divides its output into 3 equal parts, which 2 numbers have not",
        ),
    ],
)
def test_what_is_refused_of_losses(loss, message):
    assert messages(HEADS, loss=loss) == [message]


def test_the_place_of_a_mistake_in_a_list(tmp_path):
    path = tmp_path / "heads.toml"
    path.write_text(
        'inputs = 2\nlayers = [{ type = "dense", units = 2 }]\n[[loss]]\ntype = "mse"\n[[loss]]\ntype = "mes"\n'
    )
    with pytest.raises(InputError) as caught:
        load(path)
    assert [(m.line, m.column) for m in caught.value.mistakes] == [(6, 8)]


def test_a_users_own_loss_with_options_sizes_and_several_statements():
    own = {
        "equations": "u[j] = y[m + j]\nE = scale * sum((y[j] - u[j] - t[j])**2, j)",
        "options": {"scale": 0.5},
        "sizes": {"m": "n // 2"},
        "ranges": {"j": "m"},
        "shape": ["m"],
    }
    net = Network(3, Dense(4), loss={"type": "mine", "scale": 2}, losses={"mine": own})
    row = net.loss_row
    assert (row.shape, row.sizes, str(net.loss.options["scale"])) == (("m",), {"m": "n // 2"}, "2")
    assert net.target_shapes() == {"t": (2,)}
    assert load(net.as_table()) == net


def test_a_users_own_loss_without_t_needs_no_target():
    net = Network(2, Dense(2), loss="small", losses={"small": "sum(y[j]**2, j)"})
    assert net.loss_row.shape is None
    assert net.as_table()["losses"] == {"small": "sum(y[j]**2, j)"}


@pytest.mark.parametrize("name", LOSSES)
def test_every_row_can_be_written_into_a_file(name):
    row = LOSSES[name]
    own = {
        "equations": row.equations,
        "options": {key: option.default for key, option in row.options.items()},
        "sizes": dict(row.sizes),
        "ranges": dict(row.ranges),
        **({"shape": list(row.shape)} if row.shape is not None else {}),
    }
    ours, theirs = (Network(3, Dense(6), loss=loss, losses={"mine": own}) for loss in (name, "mine"))
    from symbackprop.forward import forward

    assert forward(ours).equations == forward(theirs).equations
    assert theirs.loss_row.shape == row.shape


def test_shapes_and_parts():
    assert target_shape(LOSSES["contrastive"], (7, 8)) == (7, 1)
    assert target_shape(LOSSES["triplet"], (9,)) is None
    assert target_shape(LOSSES["mse"], None) is None
    assert [parts(LOSSES[name]) for name in ("mse", "gaussian_nll", "triplet")] == [1, 2, 3]


def test_data_of_several_targets(tmp_path):
    table = {**HEADS, "loss": [HEADS["loss"][0], {"type": "mse", "output": "copy", "target": "wanted"}]}
    (tmp_path / "d.csv").write_text("a,b,c,k,l,p,q,r\n1,2,3,0,1,4,5,6\n")
    data = {"file": "d.csv", "x": ["a", "b", "c"], "t": ["k", "l", "p", "q", "r"]}
    _, t = load({**table, "data": data}, base=tmp_path).read_data()
    assert {name: array.tolist() for name, array in t.items()} == {"kind": [[0, 1]], "wanted": [[4, 5, 6]]}
    np.savez(tmp_path / "d.npz", x=np.ones((2, 3)), k=np.eye(2), w=np.zeros((2, 3)))
    npz = load({**table, "data": {"file": "d.npz", "x": "x", "t": ["k", "w"]}}, base=tmp_path)
    assert [array.shape for array in npz.read_data()[1].values()] == [(2, 2), (2, 3)]
    short = load({**table, "data": {"file": "d.npz", "x": "x", "t": ["k"]}}, base=tmp_path)
    with pytest.raises(InputError, match="target wanted has no data"):
        short.read_data()
    few = load({**table, "data": {**data, "t": ["k", "l", "p"]}}, base=tmp_path)
    with pytest.raises(InputError, match=r"5 elements, but .* names 3 columns"):
        few.read_data()


def test_regularizers_of_layers_and_what_is_refused():
    net = Network(2, Dense(2, regularizer={"weights": "l2", "bias": {"type": "l1", "rate": 1}}), loss="mse")
    assert {key: spec.type for key, spec in net.layers[0].regularizer.items()} == {"weights": "l2", "bias": "l1"}
    assert load(net.as_table()) == net
    assert list(Network(2, Dense(2, regularizer="l2"), loss="mse").layers[0].regularizer) == ["weights"]
    for wrong, message in (
        ("l3", "unknown regularizer 'l3'"),
        ({"weigths": "l2"}, "unknown parameter 'weigths' in the regularizer of layer 1 (dense)"),
        ({"type": "l2", "l1": 3}, "unknown key 'l1' in regularizer l2"),
    ):
        with pytest.raises(InputError) as caught:
            Network(2, Layer("dense", units=2, regularizer=wrong), loss="mse")
        assert [mistake.message for mistake in caught.value.mistakes] == [message]


def test_schedules_and_what_is_refused():
    table = {"inputs": 2, "layers": [{"type": "dense", "units": 2}], "loss": "mse"}
    rate = {"type": "cosine", "initial_learning_rate": 0.5}
    net = load({**table, "training": {"optimizer": {"type": "adam", "learning_rate": rate}}})
    optimizer = net.training.optimizer
    assert (optimizer.schedule.type, str(optimizer.options["learning_rate"])) == ("cosine", "0.5")
    assert load(net.as_table()) == net
    for wrong, message in (
        ({"type": "cosin"}, "unknown schedule 'cosin'"),
        (
            {"type": "step", "decay_steps": 0.5},
            "'decay_steps' of schedule step must be a whole number of 1 or more, got 0.5",
        ),
        ({}, "'training.optimizer.learning_rate.type' is missing"),
    ):
        assert messages(table, training={"optimizer": {"type": "adam", "learning_rate": wrong}}) == [message]


def test_a_loss_whose_targets_are_classes_elsewhere_is_answered_with_ours():
    with pytest.raises(InputError) as caught:
        Network(2, Dense(3, "softmax"), loss="sparse_categorical_crossentropy")
    assert caught.value.mistakes[0].help.startswith("take 'categorical_crossentropy', with a target such as [0, 0, 1]")
