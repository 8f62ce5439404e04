import pytest

import symbackprop as sb
from symbackprop.catalog import LAYERS, Layer, Option, Parameter
from symbackprop.errors import ShapeError
from symbackprop.network.shapes import output_sizes


def row(equations, **fields):
    return Layer("own", equations, inputs=fields.pop("inputs", {"x": ("n",)}), source="", **fields)


@pytest.mark.parametrize(
    ("layer", "sizes", "shape"),
    [
        (LAYERS["dense"], {"units": "m", "n": 4}, ("m",)),
        (LAYERS["dense"], {"n": 4}, None),
        (row("y[i] = x[i]"), {"n": 4}, (4,)),
        (row("y[s, i] = x[s, i] - sum(x[r, i], r)"), {"n": 4}, (4,)),
        (row("g[j] = sum(V[j, i] * x[i], i)\ny[j] = g[j]", parameters=(Parameter("V", ("5", "n")),)), {"n": 4}, (5,)),
        (row("y[t] = x[2 * t]", ranges={"t": "n // 2"}), {"n": 4}, (2,)),
        (row("y[t] = x[2 * t]", ranges={"t": "n // 2"}), {"n": "m"}, None),
        (row("y[t] = x[t + 1]", ranges={"t": "k"}, options={"k": Option("size")}), {"n": 4, "k": 3}, (3,)),
        (row("y[i] = x[i] * w[i]", parameters=(Parameter("w", ("k",)),)), {"n": 4, "k": 3}, None),
        (row("y = sum(x[i], i)"), {"n": 4}, ()),
        (row("y[t, j] = x[t, j]", inputs={"x": ("T", "n")}), {"n": 4, "T": 9}, (9, 4)),
    ],
)
def test_output_sizes(layer, sizes, shape):
    assert output_sizes(layer, sizes) == shape


@pytest.mark.parametrize(
    ("kind", "shape", "remedy"),
    [
        ({"type": "flatten"}, [4, 3], "flatten2d takes T x n; with one channel the shape is 4 x 3 x 1"),
        ({"type": "conv2d", "filters": 2, "kernel_size": 3}, [28, 28], "with one channel the shape is 28 x 28 x 1"),
        ({"type": "batch_normalization2d"}, [5], "batch_normalization takes n"),
        ({"type": "lstm", "units": 2}, [5], ""),
    ],
)
def test_an_input_of_too_few_axes_is_answered_with_what_takes_it(kind, shape, remedy):
    layers = [kind, {"type": "dense", "units": 2}]
    with pytest.raises(ShapeError, match=r"layer 1 needs an input of \d axes") as caught:
        sb.load({"name": "net", "inputs": {"x": {"shape": shape}}, "loss": "mse", "layers": layers})
    assert remedy in str(caught.value)
    assert ("help" in str(caught.value)) == bool(remedy)


def test_a_layer_after_an_embedding_or_one_in_arrays_is_not_given_the_samples_as_an_axis():
    embedding = {"type": "embedding", "input_dim": 10, "output_dim": 4}
    rows = [{"type": "flatten"}, {"type": "dense", "units": 1}]
    with pytest.raises(ShapeError, match=r"layer 2 needs an input of 3 axes .*, got shape 5 x 4\n") as caught:
        sb.load({"inputs": {"k": {"shape": [5]}}, "loss": "mse", "layers": [embedding, *rows]})
    assert "flatten2d takes T x n" in str(caught.value)
    own = {"mine": {"inputs": {"x": ["T", "n"]}, "equations": "y = tanh(x)"}}
    network = {"inputs": {"x": {"shape": [5, 4]}}, "loss": "mse", "layers": [{"type": "mine"}, *rows]}
    with pytest.raises(ShapeError, match=r"layer 2 \(flatten\) needs an input with 3 axes .*, y1 has 2") as caught:
        assert sb.derive({**network, "layer_types": own}).stages.graph
    assert "flatten2d takes T x n" in str(caught.value)


def test_an_image_with_its_channels_first_is_said_to_be_read_otherwise():
    layers = [{"type": "conv2d", "filters": 8, "kernel_size": 3}, {"type": "flatten"}, {"type": "dense", "units": 2}]
    with pytest.raises(ShapeError, match="1 x 28 x 28 is read as height x width x channels"):
        sb.load({"inputs": {"x": {"shape": [1, 28, 28]}}, "loss": "mse", "layers": layers})
