"""Attention, what it needs to know of positions, and the block that transformers repeat.

A mask puts -10^9 in place of a score, so that its weight is exactly 0 in floating-point numbers.
"""

from symbackprop.catalog.rows import Layer, Option, Parameter

_VASWANI = "Vaswani et al., NeurIPS (2017)"
_CAUSAL = Option("flag", False, help="whether a position sees only itself and those before it")
_HEADS = {
    "num_heads": Option("size", help="how many times attention is done side by side"),
    "key_dim": Option("size", help="how many numbers a head compares"),
    "causal": _CAUSAL,
}
_PROJECTIONS = tuple(
    parameter
    for letter in "qkv"
    for parameter in (
        Parameter(f"W{letter}", ("num_heads", "key_dim", "n")),
        Parameter(f"b{letter}", ("num_heads", "key_dim"), initializer="zeros"),
    )
)
_LEARNT = (
    *_PROJECTIONS,
    Parameter("Wo", ("n", "num_heads", "key_dim")),
    Parameter("bo", ("n",), initializer="zeros"),
)


def _normed(letter: str, of: str, to: str) -> str:
    """Layer normalisation of `of` at each position."""
    return f"""
        mu_{letter}[t] = mean({of}[t, i], i)
        var_{letter}[t] = mean(({of}[t, i] - mu_{letter}[t])**2, i)
        sigma_{letter}[t] = sqrt(var_{letter}[t] + epsilon)
        xhat_{letter}[t, i] = ({of}[t, i] - mu_{letter}[t]) / sigma_{letter}[t]
        {to}[t, i] = gamma_{letter}[i] * xhat_{letter}[t, i] + beta_{letter}[i]"""


def _heads(of: str) -> str:
    """What each head gets out of a sequence: queries, keys, values, scores, weights, and weighted values."""
    return f"""
        Q[a, t, k] = sum(Wq[a, k, i] * {of}[t, i], i) + bq[a, k]
        K[a, t, k] = sum(Wk[a, k, i] * {of}[t, i], i) + bk[a, k]
        V[a, t, k] = sum(Wv[a, k, i] * {of}[t, i], i) + bv[a, k]
        S[a, t, u] = where(causal == 0 or u <= t, sum(Q[a, t, k] * K[a, u, k], k) / sqrt(key_dim), -1000000000)
        P[a, t, u] = exp(S[a, t, u]) / sum(exp(S[a, t, w]), w)
        O[a, t, k] = sum(P[a, t, u] * V[a, u, k], u)"""


def _scaled(name: str, condition: str, source: str, options: dict[str, Option]) -> Layer:
    score = "sum(q[t, i] * k[u, i], i) / sqrt(d)"
    return Layer(
        name,
        f"""
        S[t, u] = where({condition}, {score}, -1000000000)
        P[t, u] = exp(S[t, u]) / sum(exp(S[t, w]), w)
        y[t, j] = sum(P[t, u] * v[u, j], u)
        """,
        inputs={"q": ("T", "d"), "k": ("L", "d"), "v": ("L", "m")},
        options=options,
        activation=False,
        source=source,
    )


ATTENTION = (
    _scaled("attention", "causal == 0 or u <= t", f"{_VASWANI}, equation 1", {"causal": _CAUSAL}),
    _scaled("causal_attention", "u <= t", f"{_VASWANI}, equation 1 with the mask of section 3.2.3", {}),
    Layer(
        "multi_head_attention",
        f"""{_heads("x")}
        y[t, j] = sum(Wo[j, a, k] * O[a, t, k], a, k) + bo[j]
        """,
        inputs={"x": ("T", "n")},
        parameters=_LEARNT,
        options=_HEADS,
        activation=False,
        source=f"{_VASWANI}, section 3.2.2, a sequence attending to itself",
    ),
    Layer(
        "positional_encoding",
        "y[t, k] = x[t, k] + where(k % 2 == 0, sin(t / 10000**(k / n)), cos(t / 10000**((k - 1) / n)))",
        inputs={"x": ("T", "n")},
        activation=False,
        source=f"{_VASWANI}, section 3.5",
    ),
    Layer(
        "position_embedding",
        "y[t, j] = x[t, j] + W[t, j]",
        inputs={"x": ("T", "n")},
        parameters=(Parameter("W", ("sequence_length", "n"), key="embeddings", initializer="random_normal"),),
        options={"sequence_length": Option("size", help="how many positions are learnt")},
        ranges={"t": "T"},
        activation=False,
        source="Gehring et al., ICML (2017), section 3.1; learnt positions, as in GPT-2",
    ),
    Layer(
        "transformer_block",
        f"""{_normed("a", "x", "u")}{_heads("u")}
        r[t, j] = x[t, j] + sum(Wo[j, a, k] * O[a, t, k], a, k) + bo[j]{_normed("b", "r", "v")}
        z[t, m] = sum(Wf[m, i] * v[t, i], i) + bf[m]
        g[t, m] = where(approximate == 1, gelu_tanh(z[t, m]), gelu(z[t, m]))
        y[t, j] = r[t, j] + sum(Wp[j, m] * g[t, m], m) + bp[j]
        """,
        inputs={"x": ("T", "n")},
        parameters=(
            Parameter("gamma_a", ("n",), initializer="ones", neutral=1),
            Parameter("beta_a", ("n",), initializer="zeros"),
            *_LEARNT,
            Parameter("gamma_b", ("n",), initializer="ones", neutral=1),
            Parameter("beta_b", ("n",), initializer="zeros"),
            Parameter("Wf", ("hidden", "n")),
            Parameter("bf", ("hidden",), initializer="zeros"),
            Parameter("Wp", ("n", "hidden")),
            Parameter("bp", ("n",), initializer="zeros"),
        ),
        options={
            **_HEADS,
            "hidden": Option("size", help="how many neurons lie between the two dense layers"),
            "epsilon": Option("number", 0.00001, help="keeps the roots away from 0"),
            "approximate": Option("flag", False, help="whether gelu is approximated with tanh"),
        },
        activation=False,
        source="Radford et al., Language models are unsupervised multitask learners (2019): normalisation comes first",
    ),
)
