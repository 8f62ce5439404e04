"""Layers in which one part decides how much of another passes: learnt slopes, gates, the best of several pieces."""

from symbackprop.catalog.rows import Layer, Option, Parameter

_UNITS = Option("size", help="how many neurons the layer has")
_HALF = {"half": "n // 2"}

GATES = (
    Layer(
        "prelu",
        "y[i] = where(x[i] > 0, x[i], alpha[i] * x[i])",
        inputs={"x": ("n",)},
        parameters=(Parameter("alpha", ("n",), initializer="zeros"),),
        activation=False,
        source="He et al., ICCV (2015), equation 1; slope alpha at x = 0",
    ),
    Layer(
        "glu",
        "y[j] = x[j] * sigmoid(x[half + j])",
        inputs={"x": ("n",)},
        sizes=_HALF,
        ranges={"j": "half"},
        activation=False,
        source="Dauphin et al., ICML (2017); torch.nn.GLU: the second half of the features opens the first",
    ),
    Layer(
        "swiglu",
        "y[j] = silu(x[j]) * x[half + j]",
        inputs={"x": ("n",)},
        sizes=_HALF,
        ranges={"j": "half"},
        activation=False,
        source="Shazeer, arXiv 2002.05202 (2020), equation 5, with Swish(xW) and xV side by side in x",
    ),
    Layer(
        "maxout",
        """
        z[j, p] = sum(W[j, p, i] * x[i], i) + b[j, p]
        y[j] = max(z[j, p], p)
        """,
        inputs={"x": ("n",)},
        parameters=(
            Parameter("W", ("units", "pieces", "n"), key="weights"),
            Parameter("b", ("units", "pieces"), key="bias", initializer="zeros"),
        ),
        options={"units": _UNITS, "pieces": Option("size", help="of how many linear pieces the largest is taken")},
        activation=False,
        source="Goodfellow et al., ICML (2013); a tie goes to the first piece",
    ),
    Layer(
        "mixture_of_experts",
        """
        q[e] = sum(G[e, i] * x[i], i)
        g[e] = exp(q[e]) / sum(exp(q[f]), f)
        h[e, j] = sum(W[e, j, i] * x[i], i) + b[e, j]
        z[j] = sum(g[e] * h[e, j], e)
        """,
        inputs={"x": ("n",)},
        parameters=(
            Parameter("G", ("experts", "n"), key="gate"),
            Parameter("W", ("experts", "units", "n"), key="weights"),
            Parameter("b", ("experts", "units"), key="bias", initializer="zeros"),
        ),
        options={"units": _UNITS, "experts": Option("size", help="how many dense layers the gate weighs")},
        source="Jacobs et al., Neural Computation 3 (1991), 79-87, section 2",
    ),
)
