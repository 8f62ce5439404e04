"""The layers, as equations with the shapes of their parameters."""

from symbackprop.catalog.rows import Layer, Option, Parameter

LAYERS = {
    row.name: row
    for row in (
        Layer(
            "dense",
            "z[j] = sum(W[j, i] * x[i], i) + b[j]",
            inputs={"x": ("n",)},
            parameters=(
                Parameter("W", ("units", "n"), key="weights"),
                Parameter("b", ("units",), key="bias", initializer="zeros"),
            ),
            options={"units": Option("size", help="how many neurons the layer has")},
            source="Rumelhart, Hinton & Williams, Nature 323 (1986), equation 1",
        ),
    )
}
