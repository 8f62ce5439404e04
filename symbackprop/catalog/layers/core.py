"""Layers that multiply what they read by weights: dense and its relatives, embeddings, graphs."""

from symbackprop.catalog.rows import Layer, Option, Parameter

_UNITS = Option("size", help="how many neurons the layer has")
_BIAS = Parameter("b", ("units",), key="bias", initializer="zeros")

CORE = (
    Layer(
        "dense",
        "z[j] = sum(W[j, i] * x[i], i) + b[j]",
        inputs={"x": ("n",)},
        parameters=(Parameter("W", ("units", "n"), key="weights"), _BIAS),
        options={"units": _UNITS},
        source="Rumelhart, Hinton & Williams, Nature 323 (1986), equation 1",
    ),
    Layer(
        "dense_transpose",
        "z[i] = sum(W[j, i] * x[j], j) + b[i]",
        inputs={"x": ("n",)},
        parameters=(Parameter("W", ("n", "units"), key="weights"), _BIAS),
        options={"units": _UNITS},
        source="Vincent et al., JMLR 11 (2010), 3371-3408, section 2.2: the decoder whose weights may be the encoder's",
    ),
    Layer(
        "bilinear",
        "z[k] = sum(W[k, i, j] * x[i] * y[j], i, j) + b[k]",
        inputs={"x": ("n",), "y": ("m",)},
        parameters=(Parameter("W", ("units", "n", "m"), key="weights"), _BIAS),
        options={"units": _UNITS},
        source="Tenenbaum & Freeman, Neural Computation 12 (2000), 1247-1283; torch.nn.Bilinear",
    ),
    Layer(
        "embedding",
        "y[t, j] = W[token[t], j]",
        inputs={"token": ("T",)},
        parameters=(Parameter("W", ("input_dim", "output_dim"), key="embeddings", initializer="random_uniform"),),
        options={
            "input_dim": Option("size", help="how many different tokens there are, numbered from 0"),
            "output_dim": Option("size", help="how many numbers stand for a token"),
        },
        activation=False,
        source="Bengio et al., JMLR 3 (2003), 1137-1155",
    ),
    Layer(
        "lora",
        """
        u[r] = sum(A[r, i] * x[i], i)
        z[j] = sum(W[j, i] * x[i], i) + alpha / rank * sum(B[j, r] * u[r], r) + b[j]
        """,
        inputs={"x": ("n",)},
        parameters=(
            Parameter("W", ("units", "n"), key="weights"),
            Parameter("A", ("rank", "n"), initializer="he_uniform"),
            Parameter("B", ("units", "rank"), initializer="zeros"),
            _BIAS,
        ),
        options={
            "units": _UNITS,
            "rank": Option("size", help="the rank of the change of the weights"),
            "alpha": Option("number", 1, help="the change counts alpha / rank times"),
        },
        source="Hu et al., ICLR (2022), equation 3; W is frozen with trainable = ['A', 'B']",
    ),
    Layer(
        "graph_convolution",
        """
        h[u, j] = sum(W[j, i] * x[u, i], i)
        z[v, j] = sum(A[v, u] * h[u, j], u) + b[j]
        """,
        inputs={"x": ("nodes", "n"), "A": ("nodes", "nodes")},
        parameters=(Parameter("W", ("units", "n"), key="weights"), _BIAS),
        options={"units": _UNITS},
        source="Kipf & Welling, ICLR (2017), equation 2; A is the normalised adjacency matrix",
    ),
)
