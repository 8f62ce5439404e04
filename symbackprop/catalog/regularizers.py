"""The regularisers, as formulas in one element w of a parameter; the loss gains their sum over the whole parameter."""

from symbackprop.catalog.rows import Option, Regularizer

_RATE = Option("number", 0.01, help="how much it weighs beside the loss")

REGULARIZERS = {
    row.name: row
    for row in (
        Regularizer(
            "l1",
            "rate * abs(w)",
            options={"rate": _RATE},
            source="Tibshirani, Journal of the Royal Statistical Society B 58 (1996), 267-288; slope 0 at w = 0",
        ),
        Regularizer(
            "l2",
            "rate * w**2",
            options={"rate": _RATE},
            source="Hoerl & Kennard, Technometrics 12 (1970), 55-67; Keras, L2: without a factor 1/2",
        ),
        Regularizer(
            "l1_l2",
            "l1 * abs(w) + l2 * w**2",
            options={
                "l1": Option("number", 0.01, help="the weight of absolute values"),
                "l2": Option("number", 0.01, help="the weight of squares"),
            },
            source="Zou & Hastie, Journal of the Royal Statistical Society B 67 (2005), 301-320; Keras, L1L2",
        ),
    )
}

REGULARIZER_SYNONYMS = {"elastic_net": "l1_l2"}
