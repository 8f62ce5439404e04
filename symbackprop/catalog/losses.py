"""The losses of one sample; how samples are combined is the network's `reduction`."""

from symbackprop.catalog.rows import Loss

LOSSES = {
    row.name: row
    for row in (
        Loss(
            "half_squared_error",
            "E = sum((t[j] - y[j])**2 / 2, j)",
            source="Rumelhart, Hinton & Williams, Nature 323 (1986), equation 3",
        ),
        Loss("mse", "E = mean((t[j] - y[j])**2, j)", source="Keras, mean_squared_error"),
        Loss(
            "binary_crossentropy",
            "E = -mean(t[j] * log(y[j]) + (1 - t[j]) * log(1 - y[j]), j)",
            source="Keras, binary_crossentropy: the mean over the outputs",
            output="probability",
            target="probability",
        ),
        Loss(
            "categorical_crossentropy",
            "E = -sum(t[j] * log(y[j]), j)",
            source="Keras, categorical_crossentropy",
            output="distribution",
            target="distribution",
        ),
    )
}

SYNONYMS = {
    "cross_entropy": "categorical_crossentropy",
    "mean_squared_error": "mse",
    "bce": "binary_crossentropy",
}
