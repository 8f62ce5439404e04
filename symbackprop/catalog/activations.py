"""The activations, as formulas in z: a kink is a `where` with a strict condition, with the slope of the other branch.

A formula may call the rows above it. Defaults of options are Keras'.
"""

from symbackprop.catalog.rows import Activation, Option

_KERAS = "Keras 3, keras.activations"

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
        Activation("exponential", "exp(z)", symbol=r"\exp", source=_KERAS),
        Activation("softplus", "log(1 + exp(z))", source="Dugas et al., NIPS (2000), 472-478"),
        Activation("softsign", "z / (1 + abs(z))", source="Bergstra et al., technical report 1337, Montreal (2009)"),
        Activation("log_sigmoid", "-log(1 + exp(-z))", source=_KERAS),
        Activation(
            "relu",
            "where(z > 0, z, 0)",
            symbol=r"\operatorname{relu}",
            source="Nair & Hinton, ICML (2010); slope 0 at z = 0",
        ),
        Activation(
            "relu6",
            "where(z > 0, where(z < 6, z, 6), 0)",
            domain=(-3.0, 9.0),
            source="Krizhevsky, Convolutional deep belief networks on CIFAR-10 (2010); slope 0 at z = 0 and z = 6",
        ),
        Activation(
            "leaky_relu",
            "where(z > 0, z, negative_slope * z)",
            options={"negative_slope": Option("number", 0.2, help="the slope below 0, and at 0")},
            source="Maas, Hannun & Ng, ICML workshop (2013)",
        ),
        Activation(
            "elu",
            "where(z > 0, z, alpha * (exp(z) - 1))",
            options={"alpha": Option("number", 1, help="minus the limit far below 0")},
            source="Clevert, Unterthiner & Hochreiter, ICLR (2016)",
        ),
        Activation(
            "celu",
            "where(z > 0, z, alpha * (exp(z / alpha) - 1))",
            options={"alpha": Option("number", 1, help="minus the limit far below 0")},
            source="Barron, arXiv 1704.07483 (2017)",
        ),
        Activation(
            "selu",
            "where(z > 0, scale * z, scale * alpha * (exp(z) - 1))",
            options={
                "alpha": Option("number", "1.67326324235437728481704", help="chosen so that variances are kept"),
                "scale": Option("number", "1.05070098735548049341933", help="chosen so that variances are kept"),
            },
            source="Klambauer et al., NeurIPS (2017), equation 2",
        ),
        Activation(
            "gelu",
            "z * (1 + erf(z / sqrt(2))) / 2",
            source="Hendrycks & Gimpel, arXiv 1606.08415 (2016)",
        ),
        Activation(
            "gelu_tanh",
            "z * (1 + tanh(sqrt(2 / pi) * (z + 0.044715 * z**3))) / 2",
            source="Hendrycks & Gimpel, arXiv 1606.08415 (2016), the approximation with tanh",
        ),
        Activation("silu", "z / (1 + exp(-z))", source="Elfwing, Uchibe & Doya, Neural Networks 107 (2018), 3-11"),
        Activation(
            "swish",
            "z / (1 + exp(-beta * z))",
            options={"beta": Option("number", 1, help="how fast the gate opens")},
            source="Ramachandran, Zoph & Le, arXiv 1710.05941 (2017)",
        ),
        Activation("mish", "z * tanh(log(1 + exp(z)))", source="Misra, BMVC (2020)"),
        Activation(
            "hard_sigmoid",
            "where(z > -3, where(z < 3, z / 6 + 1 / 2, 1), 0)",
            domain=(-5.0, 5.0),
            source=f"{_KERAS}.hard_sigmoid: slope 1/6 between -3 and 3, 0 at both (Keras 2 has slope 0.2)",
        ),
        Activation(
            "hard_tanh",
            "where(z > -1, where(z < 1, z, 1), -1)",
            source="Collobert, thesis (2004); slope 0 at z = -1 and z = 1",
        ),
        Activation(
            "hard_swish",
            "z * where(z > -3, where(z < 3, z / 6 + 1 / 2, 1), 0)",
            domain=(-5.0, 5.0),
            source="Howard et al., MobileNetV3, ICCV (2019)",
        ),
        Activation(
            "softmax",
            "exp(z[j]) / sum(exp(z[k]), k)",
            symbol=r"\operatorname{softmax}",
            source="Bridle, Neurocomputing (1990), 227-236",
        ),
        Activation("log_softmax", "z[j] - log(sum(exp(z[k]), k))", source=_KERAS),
    )
}
