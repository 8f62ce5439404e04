"""Layers that lay numbers out anew: in rows one after the other, or the last step alone."""

from symbackprop.catalog.rows import Layer

_FLATTEN = "Keras 3, keras.layers.Flatten: row-major, the last axis moves fastest"

RESHAPING = (
    Layer(
        "flatten",
        "y[i] = sum(where(i == (h * width + w) * channels + c, x[h, w, c], 0), h, w, c)",
        inputs={"x": ("height", "width", "channels")},
        ranges={"i": "height * width * channels"},
        activation=False,
        source=_FLATTEN,
    ),
    Layer(
        "flatten2d",
        "y[i] = sum(where(i == t * n + j, x[t, j], 0), t, j)",
        inputs={"x": ("T", "n")},
        ranges={"i": "T * n"},
        activation=False,
        source=_FLATTEN,
    ),
    Layer(
        "last",
        "y[j] = x[T - 1, j]",
        inputs={"x": ("T", "n")},
        ranges={"j": "n"},
        activation=False,
        source="the last step of a sequence: Keras' recurrent layers with return_sequences = False",
    ),
)
