"""Recurrent layers: equations that read themselves one step before, starting from 0. They return every step.

`last` after one of them keeps the last step alone, as Keras' layers do without return_sequences.
"""

from symbackprop.catalog.rows import Layer, Option, Parameter

_UNITS = {"units": Option("size", help="how many numbers the state has")}
_SEQUENCE = {"x": ("T", "n")}
_RANGES = {"t": "T", "j": "units"}


def _gate(letter: str, bias: str = "zeros") -> tuple[Parameter, ...]:
    """What a gate learns: weights of the input, weights of the state, a bias."""
    return (
        Parameter(f"W{letter}", ("units", "n")),
        Parameter(f"U{letter}", ("units", "units"), initializer="glorot_uniform"),
        Parameter(f"b{letter}", ("units",), initializer=bias),
    )


def _gated(letter: str) -> str:
    """The preactivation of a gate."""
    return f"z{letter}[t, j] = sum(W{letter}[j, i] * x[t, i], i) + sum(U{letter}[j, k] * h[t - 1, k], k) + b{letter}[j]"


RECURRENT = (
    Layer(
        "simple_rnn",
        """
        z[t, j] = sum(W[j, i] * x[t, i], i) + sum(U[j, k] * h[t - 1, k], k) + b[j]
        h[t, j] = tanh(z[t, j])
        """,
        inputs=_SEQUENCE,
        parameters=(
            Parameter("W", ("units", "n"), key="weights"),
            Parameter("U", ("units", "units"), key="recurrent_weights"),
            Parameter("b", ("units",), key="bias", initializer="zeros"),
        ),
        options=_UNITS,
        ranges=_RANGES,
        activation=False,
        source="Elman, Cognitive Science 14 (1990), 179-211",
    ),
    Layer(
        "lstm",
        f"""
        {_gated("i")}
        {_gated("f")}
        {_gated("g")}
        {_gated("o")}
        i[t, j] = sigmoid(zi[t, j])
        f[t, j] = sigmoid(zf[t, j])
        g[t, j] = tanh(zg[t, j])
        o[t, j] = sigmoid(zo[t, j])
        c[t, j] = f[t, j] * c[t - 1, j] + i[t, j] * g[t, j]
        h[t, j] = o[t, j] * tanh(c[t, j])
        """,
        inputs=_SEQUENCE,
        parameters=(*_gate("i"), *_gate("f", bias="ones"), *_gate("g"), *_gate("o")),
        options=_UNITS,
        ranges=_RANGES,
        activation=False,
        source="Hochreiter & Schmidhuber, Neural Computation 9 (1997), with the forget gate of Gers et al., 12 (2000)",
    ),
    Layer(
        "gru",
        f"""
        {_gated("u")}
        {_gated("r")}
        u[t, j] = sigmoid(zu[t, j])
        r[t, j] = sigmoid(zr[t, j])
        q[t, j] = sum(Ug[j, k] * h[t - 1, k], k) + cg[j]
        zg[t, j] = sum(Wg[j, i] * x[t, i], i) + r[t, j] * q[t, j] + bg[j]
        g[t, j] = tanh(zg[t, j])
        h[t, j] = (1 - u[t, j]) * g[t, j] + u[t, j] * h[t - 1, j]
        """,
        inputs=_SEQUENCE,
        parameters=(*_gate("u"), *_gate("r"), *_gate("g"), Parameter("cg", ("units",), initializer="zeros")),
        options=_UNITS,
        ranges=_RANGES,
        activation=False,
        source="Cho et al., EMNLP (2014), with the reset gate after the product: Keras' reset_after = True",
    ),
    Layer(
        "gru_reset_before",
        f"""
        {_gated("u")}
        {_gated("r")}
        u[t, j] = sigmoid(zu[t, j])
        r[t, j] = sigmoid(zr[t, j])
        q[t, j] = r[t, j] * h[t - 1, j]
        zg[t, j] = sum(Wg[j, i] * x[t, i], i) + sum(Ug[j, k] * q[t, k], k) + bg[j]
        g[t, j] = tanh(zg[t, j])
        h[t, j] = (1 - u[t, j]) * g[t, j] + u[t, j] * h[t - 1, j]
        """,
        inputs=_SEQUENCE,
        parameters=(*_gate("u"), *_gate("r"), *_gate("g")),
        options=_UNITS,
        ranges=_RANGES,
        activation=False,
        source="Cho et al., EMNLP (2014), equations 5 to 8: Keras' reset_after = False",
    ),
)
