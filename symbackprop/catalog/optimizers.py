"""The optimizers, as update equations of one element w of a parameter with gradient g, by torch.optim's conventions.

What a rule keeps starts at the value that `state` gives, and `step` counts updates from 1. Weight decay, where a rule
has it, moves w itself; a penalty that enters the gradient is a regulariser.
"""

from symbackprop.catalog.rows import NOT_NEGATIVE, PART, SHARE, Optimizer, Option

_TORCH = "torch.optim"
_KINGMA = "Kingma & Ba, Adam, ICLR (2015)"


def _rate(default: float) -> Option:
    return Option("number", default, help="eta, the length of the step", interval=NOT_NEGATIVE)


_MOMENTUM = Option("number", 0.9, help="how much of the last velocity is kept", interval=PART)
_EPSILON = Option("number", 1e-8, help="keeps the divisor away from 0", interval=NOT_NEGATIVE)
_BETA1 = Option("number", 0.9, help="how much of the mean of gradients is kept", interval=SHARE)
_BETA2 = Option("number", 0.999, help="how much of the mean of their squares is kept", interval=SHARE)
_ADAM = {"learning_rate": _rate(0.001), "beta1": _BETA1, "beta2": _BETA2, "epsilon": _EPSILON}

OPTIMIZERS = {
    row.name: row
    for row in (
        Optimizer(
            "sgd",
            "w = w - learning_rate * g",
            options={"learning_rate": _rate(0.01)},
            source="Cauchy, Comptes Rendus 25 (1847), 536-538",
        ),
        Optimizer(
            "momentum",
            """
            v = momentum * v + g
            w = w - learning_rate * v
            """,
            state={"v": 0},
            options={"learning_rate": _rate(0.01), "momentum": _MOMENTUM},
            source=f"Polyak, USSR Computational Mathematics 4 (1964), 1-17; {_TORCH}.SGD(momentum=...)",
        ),
        Optimizer(
            "nesterov",
            """
            v = momentum * v + g
            w = w - learning_rate * (g + momentum * v)
            """,
            state={"v": 0},
            options={"learning_rate": _rate(0.01), "momentum": _MOMENTUM},
            source=f"Nesterov, Doklady 269 (1983), 543-547; {_TORCH}.SGD(nesterov=True)",
        ),
        Optimizer(
            "adagrad",
            """
            v = v + g**2
            w = w - learning_rate * g / (sqrt(v) + epsilon)
            """,
            state={"v": 0},
            options={
                "learning_rate": _rate(0.01),
                "epsilon": Option("number", 1e-10, help=_EPSILON.help, interval=NOT_NEGATIVE),
            },
            source=f"Duchi, Hazan & Singer, JMLR 12 (2011), 2121-2159; {_TORCH}.Adagrad",
        ),
        Optimizer(
            "rmsprop",
            """
            v = alpha * v + (1 - alpha) * g**2
            w = w - learning_rate * g / (sqrt(v) + epsilon)
            """,
            state={"v": 0},
            options={
                "learning_rate": _rate(0.01),
                "alpha": Option("number", 0.99, help=_BETA2.help, interval=SHARE),
                "epsilon": _EPSILON,
            },
            source=f"Tieleman & Hinton, Coursera lecture 6.5 (2012); {_TORCH}.RMSprop: epsilon outside the root",
        ),
        Optimizer(
            "adadelta",
            """
            v = rho * v + (1 - rho) * g**2
            d = sqrt((u + epsilon) / (v + epsilon)) * g
            u = rho * u + (1 - rho) * d**2
            w = w - learning_rate * d
            """,
            state={"v": 0, "u": 0},
            options={
                "learning_rate": _rate(1),
                "rho": Option("number", 0.9, help="how much of both means is kept", interval=SHARE),
                "epsilon": Option(
                    "number", 1e-6, help="keeps the divisor away from 0, and the first step too", interval=NOT_NEGATIVE
                ),
            },
            source=f"Zeiler, arXiv 1212.5701 (2012), algorithm 1; {_TORCH}.Adadelta",
        ),
        Optimizer(
            "adam",
            """
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * g**2
            w = w - learning_rate * m / (1 - beta1**step) / (sqrt(v / (1 - beta2**step)) + epsilon)
            """,
            state={"m": 0, "v": 0},
            options=_ADAM,
            source=f"{_KINGMA}, algorithm 1; {_TORCH}.Adam",
        ),
        Optimizer(
            "adamw",
            """
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * g**2
            d = m / (1 - beta1**step) / (sqrt(v / (1 - beta2**step)) + epsilon)
            w = w - learning_rate * (d + weight_decay * w)
            """,
            state={"m": 0, "v": 0},
            options={
                **_ADAM,
                "weight_decay": Option("number", 0.01, help="how fast w itself shrinks", interval=NOT_NEGATIVE),
            },
            source=f"Loshchilov & Hutter, ICLR (2019), algorithm 2; {_TORCH}.AdamW",
        ),
        Optimizer(
            "amsgrad",
            """
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * g**2
            u = max(u, v)
            w = w - learning_rate * m / (1 - beta1**step) / (sqrt(u / (1 - beta2**step)) + epsilon)
            """,
            state={"m": 0, "v": 0, "u": 0},
            options=_ADAM,
            source=f"Reddi, Kale & Kumar, ICLR (2018), algorithm 2; {_TORCH}.Adam(amsgrad=True)",
        ),
        Optimizer(
            "nadam",
            """
            mu = beta1 * (1 - 0.96**(step * momentum_decay) / 2)
            next_mu = beta1 * (1 - 0.96**((step + 1) * momentum_decay) / 2)
            p = p * mu
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * g**2
            d = (1 - mu) * g / (1 - p) + next_mu * m / (1 - p * next_mu)
            w = w - learning_rate * d / (sqrt(v / (1 - beta2**step)) + epsilon)
            """,
            state={"m": 0, "v": 0, "p": 1},
            options={
                **_ADAM,
                "learning_rate": _rate(0.002),
                "momentum_decay": Option(
                    "number", 0.004, help="how fast the momentum reaches beta1", interval=NOT_NEGATIVE
                ),
            },
            source=f"Dozat, ICLR workshop (2016); {_TORCH}.NAdam",
        ),
        Optimizer(
            "adamax",
            """
            m = beta1 * m + (1 - beta1) * g
            d = abs(g) + epsilon
            u = max(beta2 * u, d)
            w = w - learning_rate / (1 - beta1**step) * m / u
            """,
            state={"m": 0, "u": 0},
            options={**_ADAM, "learning_rate": _rate(0.002)},
            source=f"{_KINGMA}, algorithm 2; {_TORCH}.Adamax",
        ),
        Optimizer(
            "lion",
            """
            c = beta1 * m + (1 - beta1) * g
            m = beta2 * m + (1 - beta2) * g
            w = w - learning_rate * (where(c > 0, 1, where(c < 0, -1, 0)) + weight_decay * w)
            """,
            state={"m": 0},
            options={
                "learning_rate": _rate(0.0001),
                "beta1": _BETA1,
                "beta2": Option("number", 0.99, help=_BETA1.help, interval=SHARE),
                "weight_decay": Option("number", 0, help="how fast w itself shrinks", interval=NOT_NEGATIVE),
            },
            source="Chen et al., NeurIPS (2023), algorithm 2",
        ),
    )
}
