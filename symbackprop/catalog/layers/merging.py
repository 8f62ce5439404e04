"""Layers that put two tensors together, number by number or side by side: skip connections are made of them."""

from symbackprop.catalog.rows import Layer, Option

_KERAS = "Keras 3, keras.layers"

MERGING = (
    Layer("add", "z = x + y", inputs={"x": (), "y": ()}, source=f"{_KERAS}.Add; He et al., CVPR (2016), equation 1"),
    Layer("subtract", "z = x - y", inputs={"x": (), "y": ()}, source=f"{_KERAS}.Subtract"),
    Layer("multiply", "z = x * y", inputs={"x": (), "y": ()}, source=f"{_KERAS}.Multiply"),
    Layer(
        "concatenate",
        "z[k] = where(k < n, x[k], y[k - n])",
        inputs={"x": ("n",), "y": ("m",)},
        ranges={"k": "n + m"},
        source=f"{_KERAS}.Concatenate, along the last axis",
    ),
    Layer(
        "dropout",
        "y = mask * x / (1 - rate)",
        inputs={"x": (), "mask": ()},
        options={"rate": Option("number", 0.5, help="which part of the mask is 0")},
        activation=False,
        source="Srivastava et al., JMLR 15 (2014), 1929-1958; the mask of ones and zeros is given as an input",
    ),
)
