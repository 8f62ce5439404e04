"""Convolutions: an affine index shifts, strides, pads and dilates, and what it reads outside of the range is 0.

Kernels are square; `padding` is the number of zeros on each side, or "same" (as many as keep ceil(n / strides) places)
or "valid" (none).
"""

from symbackprop.catalog.rows import Layer, Option, Parameter

_OPTIONS = {
    "filters": Option("size", help="how many features each place gets"),
    "kernel_size": Option("size", help="how many places a window is long"),
    "strides": Option("count", 1, help="how far windows are apart"),
    "padding": Option("integer", 0, choices=("valid", "same"), help="zeros on each side"),
    "dilation_rate": Option("count", 1, help="how far the places of a window are apart"),
    "groups": Option("count", 1, help="into how many parts channels and filters are divided"),
}
_BIAS = Parameter("b", ("filters",), key="bias", initializer="zeros")


def _places(axis: str, size: str) -> dict[str, str]:
    """The number of windows along an axis, and the zeros before it: `steps_t` and `pad_t` for the axis t."""
    steps, pad = f"steps_{axis}", f"pad_{axis}"
    return {
        steps: f"same * (({size} - 1) // strides + 1) + (1 - same) * (({size} + 2 * padding - span) // strides + 1)",
        pad: f"padding + same * (max(({steps} - 1) * strides + span - {size}, 0) // 2)",
    }


_SIZES = {"span": "dilation_rate * (kernel_size - 1) + 1", "group": "filters // groups", "depth": "channels // groups"}

CONVOLUTION = (
    Layer(
        "conv1d",
        "z[t, o] = sum(W[o, p, k] * x[strides * t + dilation_rate * p - pad_t, o // group * depth + k], p, k) + b[o]",
        inputs={"x": ("length", "channels")},
        parameters=(Parameter("W", ("filters", "kernel_size", "depth"), key="weights"), _BIAS),
        options=_OPTIONS,
        sizes={**_SIZES, **_places("t", "length")},
        ranges={"t": "steps_t"},
        source="Waibel et al., IEEE Transactions ASSP 37 (1989), 328-339; Keras, Conv1D",
    ),
    Layer(
        "conv2d",
        "z[t, u, o] = sum(W[o, p, q, k] * x[strides * t + dilation_rate * p - pad_t, "
        "strides * u + dilation_rate * q - pad_u, o // group * depth + k], p, q, k) + b[o]",
        inputs={"x": ("height", "width", "channels")},
        parameters=(Parameter("W", ("filters", "kernel_size", "kernel_size", "depth"), key="weights"), _BIAS),
        options=_OPTIONS,
        sizes={**_SIZES, **_places("t", "height"), **_places("u", "width")},
        ranges={"t": "steps_t", "u": "steps_u"},
        source="LeCun et al., Neural Computation 1 (1989), 541-551; Keras, Conv2D",
    ),
    Layer(
        "conv2d_transpose",
        "z[t, u, o] = sum(W[o, t + padding - strides * p, u + padding - strides * q, k] * x[p, q, k], p, q, k) + b[o]",
        inputs={"x": ("height", "width", "channels")},
        parameters=(Parameter("W", ("filters", "kernel_size", "kernel_size", "channels"), key="weights"), _BIAS),
        options={
            **{key: _OPTIONS[key] for key in ("filters", "kernel_size", "strides")},
            "padding": Option("integer", 0, help="places cut off on each side"),
        },
        ranges={
            "t": "(height - 1) * strides + kernel_size - 2 * padding",
            "u": "(width - 1) * strides + kernel_size - 2 * padding",
        },
        source="Zeiler et al., CVPR (2010); torch.nn.ConvTranspose2d",
    ),
)
