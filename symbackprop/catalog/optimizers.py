"""The optimizers, as update equations of one parameter w with gradient g."""

from symbackprop.catalog.rows import Optimizer, Option

OPTIMIZERS = {
    row.name: row
    for row in (
        Optimizer(
            "sgd",
            "w = w - learning_rate * g",
            options={"learning_rate": Option("number", 0.01, help="eta, the length of the step")},
            source="Cauchy, Comptes Rendus 25 (1847), 536-538",
        ),
    )
}
