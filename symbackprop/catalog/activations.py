"""The activations, as formulas."""

from symbackprop.catalog.rows import Activation

ACTIVATIONS = {
    row.name: row
    for row in (
        Activation("linear", "z", source="identity"),
        Activation(
            "sigmoid",
            "1 / (1 + exp(-z))",
            symbol=r"\sigma",
            source="Verhulst, Nouveaux Mémoires de l'Académie Royale de Bruxelles 18 (1845)",
        ),
        Activation("tanh", "tanh(z)", symbol=r"\tanh", source="LeCun et al., Efficient BackProp (1998), section 4.4"),
        Activation(
            "relu",
            "where(z > 0, z, 0)",
            symbol=r"\operatorname{relu}",
            source="Nair & Hinton, ICML (2010); slope 0 at z = 0",
        ),
        Activation(
            "softmax",
            "exp(z[j]) / sum(exp(z[k]), k)",
            symbol=r"\operatorname{softmax}",
            source="Bridle, Neurocomputing (1990), 227-236",
        ),
    )
}
