"""How first values of a parameter are drawn: Keras' names, their distribution and its scale.

For a matrix of shape (outputs, inputs) fan_in is the number of inputs and fan_out that of outputs; a vector has
fan_in = fan_out = its length.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Initializer:
    """A distribution and its scale: a formula in fan_in and fan_out.

    Attributes:
        distribution: `"uniform"` on (-scale, scale), `"normal"` with that standard deviation, `"truncated_normal"`
            (cut at two standard deviations and widened again to that one), or `"constant"`.
        scale: A Python expression in `fan_in` and `fan_out`, written into emitted code as it stands here.
    """

    name: str
    distribution: str
    scale: str
    source: str


INITIALIZERS = {
    row.name: row
    for row in (
        Initializer("zeros", "constant", "0.0", "Keras, Zeros"),
        Initializer("ones", "constant", "1.0", "Keras, Ones"),
        Initializer("random_uniform", "uniform", "0.05", "Keras, RandomUniform"),
        Initializer("random_normal", "normal", "0.05", "Keras, RandomNormal"),
        Initializer("glorot_uniform", "uniform", "(6 / (fan_in + fan_out)) ** 0.5", "Glorot & Bengio, AISTATS (2010)"),
        Initializer(
            "glorot_normal", "truncated_normal", "(2 / (fan_in + fan_out)) ** 0.5", "Glorot & Bengio, AISTATS (2010)"
        ),
        Initializer("he_uniform", "uniform", "(6 / fan_in) ** 0.5", "He et al., ICCV (2015)"),
        Initializer("he_normal", "truncated_normal", "(2 / fan_in) ** 0.5", "He et al., ICCV (2015)"),
        Initializer("lecun_uniform", "uniform", "(3 / fan_in) ** 0.5", "LeCun et al., Efficient BackProp (1998)"),
        Initializer(
            "lecun_normal", "truncated_normal", "(1 / fan_in) ** 0.5", "LeCun et al., Efficient BackProp (1998)"
        ),
    )
}
