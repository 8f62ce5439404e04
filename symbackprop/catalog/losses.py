"""The losses of one sample, as equations for E in the prediction y and the target t; `reduction` combines samples.

A loss that compares several vectors, or reads more than one number for each target, finds them side by side along the
last axis of y: size n of y is divided into parts, and t has the size that the equations need.
"""

from symbackprop.catalog.rows import NOT_NEGATIVE, PART, POSITIVE, Loss, Option

_KERAS = "Keras 3, keras.losses"
_SMOOTHED = "how much of the target is spread evenly over all classes, from 0 to 1"
_SMOOTHING = Option("number", 0, help=_SMOOTHED, interval=PART)
_TEMPERATURE = Option("number", 1, help="what logits are divided by", interval=POSITIVE)
_POSITIVE = Option("number", 1, help="the weight of positive targets", interval=NOT_NEGATIVE)
_GAMMA = Option("number", 2, help="how little a sample counts that is classified well already", interval=NOT_NEGATIVE)

LOSSES = {
    row.name: row
    for row in (
        Loss(
            "half_squared_error",
            "E = sum((t[j] - y[j])**2 / 2, j)",
            source="Rumelhart, Hinton & Williams, Nature 323 (1986), equation 3",
        ),
        Loss("mse", "E = mean((t[j] - y[j])**2, j)", source="Keras, mean_squared_error"),
        Loss("mae", "E = mean(abs(t[j] - y[j]), j)", source=f"{_KERAS}, mean_absolute_error; slope 0 at y = t"),
        Loss(
            "huber",
            """
            r[j] = y[j] - t[j]
            E = mean(where(r[j] > delta, delta * (r[j] - delta / 2), \
where(r[j] < -delta, -delta * (r[j] + delta / 2), r[j]**2 / 2)), j)
            """,
            options={
                "delta": Option("number", 1, help="where the parabola becomes a straight line", interval=POSITIVE)
            },
            source="Huber, Annals of Mathematical Statistics 35 (1964), 73-101",
        ),
        Loss(
            "log_cosh",
            "E = mean(log(cosh(y[j] - t[j])), j)",
            source=f"{_KERAS}, log_cosh",
        ),
        Loss(
            "quantile",
            """
            r[j] = t[j] - y[j]
            E = mean(where(r[j] > 0, quantile * r[j], (quantile - 1) * r[j]), j)
            """,
            options={
                "quantile": Option(
                    "number", 0.5, help="which quantile of t is to be predicted, from 0 to 1", interval=PART
                ),
            },
            source="Koenker & Bassett, Econometrica 46 (1978), 33-50; at y = t the slope of y > t",
        ),
        Loss(
            "binary_crossentropy",
            "E = -mean(positive_weight * (t[j] * (1 - label_smoothing) + label_smoothing / 2) * log(y[j]) \
+ (1 - t[j] * (1 - label_smoothing) - label_smoothing / 2) * log(1 - y[j]), j)",
            options={"positive_weight": _POSITIVE, "label_smoothing": _SMOOTHING},
            source="Keras, binary_crossentropy: the mean over the outputs",
            output="probability",
            target="probability",
        ),
        Loss(
            "binary_crossentropy_from_logits",
            "E = mean((1 + (positive_weight - 1) * (t[j] * (1 - label_smoothing) + label_smoothing / 2)) \
* log(1 + exp(y[j] / temperature)) \
- positive_weight * (t[j] * (1 - label_smoothing) + label_smoothing / 2) * y[j] / temperature, j)",
            options={"positive_weight": _POSITIVE, "label_smoothing": _SMOOTHING, "temperature": _TEMPERATURE},
            source="Keras, binary_crossentropy(from_logits=True); weight as in torch, BCEWithLogitsLoss",
            target="probability",
        ),
        Loss(
            "categorical_crossentropy",
            "E = -(1 - label_smoothing) * sum(t[j] * log(y[j]), j) - label_smoothing * mean(log(y[j]), j)",
            options={"label_smoothing": _SMOOTHING},
            source="Keras, categorical_crossentropy",
            output="distribution",
            target="distribution",
        ),
        Loss(
            "categorical_crossentropy_from_logits",
            "E = -sum((t[j] * (1 - label_smoothing) + label_smoothing / n) \
* (y[j] / temperature - logsumexp(y[k] / temperature, k)), j)",
            options={"label_smoothing": _SMOOTHING, "temperature": _TEMPERATURE},
            source="Keras, categorical_crossentropy(from_logits=True); temperature: Hinton, Vinyals & Dean (2015)",
            target="distribution",
        ),
        Loss(
            "nll",
            "E = -sum(t[j] * y[j], j)",
            source="torch, NLLLoss, for targets as distributions: y holds logarithms of probabilities",
            output="log_distribution",
            target="distribution",
        ),
        Loss(
            "kl_divergence",
            "E = sum(t[j] * (log(where(t[j] > 0, t[j], 1)) - log(y[j])), j)",
            source="Kullback & Leibler, Annals of Mathematical Statistics 22 (1951); Keras, kl_divergence",
            output="distribution",
            target="distribution",
        ),
        Loss(
            "reverse_kl_divergence",
            "E = sum(y[j] * (log(y[j]) - log(t[j])), j)",
            source="Kullback & Leibler, Annals of Mathematical Statistics 22 (1951), y and t exchanged; needs t > 0",
            output="distribution",
            target="distribution",
        ),
        Loss(
            "hinge",
            "E = mean(where(t[j] * y[j] < 1, 1 - t[j] * y[j], 0), j)",
            source=f"{_KERAS}, hinge: targets -1 and 1; slope 0 at t y = 1",
            target="sign",
        ),
        Loss(
            "squared_hinge",
            "E = mean(where(t[j] * y[j] < 1, (1 - t[j] * y[j])**2, 0), j)",
            source=f"{_KERAS}, squared_hinge: targets -1 and 1",
            target="sign",
        ),
        Loss(
            "categorical_hinge",
            """
            r = 1 + max((1 - t[j]) * y[j], j) - sum(t[j] * y[j], j)
            E = where(r > 0, r, 0)
            """,
            source=f"{_KERAS}, categorical_hinge: one-hot targets; slope 0 where the margin is kept exactly",
            target="distribution",
        ),
        Loss(
            "binary_focal_crossentropy",
            """
            q[j] = t[j] * (1 - y[j]) + (1 - t[j]) * y[j]
            E = -mean(q[j]**gamma * (positive_weight * t[j] * log(y[j]) + (1 - t[j]) * log(1 - y[j])), j)
            """,
            options={"gamma": _GAMMA, "positive_weight": _POSITIVE},
            source="Lin et al., ICCV (2017), equation 4; Keras, binary_focal_crossentropy",
            output="probability",
            target="probability",
        ),
        Loss(
            "categorical_focal_crossentropy",
            "E = -sum(alpha * (1 - y[j])**gamma * t[j] * log(y[j]), j)",
            options={
                "gamma": _GAMMA,
                "alpha": Option("number", 0.25, help="the weight of every class", interval=NOT_NEGATIVE),
            },
            source="Lin et al., ICCV (2017), equation 5; Keras, categorical_focal_crossentropy",
            output="distribution",
            target="distribution",
        ),
        Loss(
            "poisson",
            "E = mean(y[j] - t[j] * log(y[j]), j)",
            source=f"{_KERAS}, poisson: without the part that no y enters",
            output="positive",
            target="positive",
        ),
        Loss(
            "gaussian_nll",
            """
            mu[j] = y[j]
            u[j] = y[m + j]
            E = mean((u[j] + (t[j] - mu[j])**2 * exp(-u[j])) / 2, j)
            """,
            sizes={"m": "n // 2"},
            ranges={"j": "m"},
            shape=("m",),
            source="Nix & Weigend, ICNN (1994): y holds m means, then m logarithms of variances; without log(2 pi) / 2",
        ),
        Loss(
            "gaussian_kl",
            """
            mu[j] = y[j]
            u[j] = y[m + j]
            E = sum(mu[j]**2 + exp(u[j]) - u[j] - 1, j) / 2
            """,
            sizes={"m": "n // 2"},
            ranges={"j": "m"},
            shape=None,
            source="Kingma & Welling, ICLR (2014), appendix B: of N(mean, variance), as in gaussian_nll, from N(0, 1)",
        ),
        Loss(
            "cosine_similarity",
            "E = -sum(t[j] * y[j], j) / (norm(t[j], j) * norm(y[j], j))",
            source=f"{_KERAS}, cosine_similarity: -1 where y and t have one direction",
        ),
        Loss(
            "triplet",
            """
            u[j] = y[j]
            v[j] = y[m + j]
            w[j] = y[2 * m + j]
            r = margin + sum((u[j] - v[j])**2 - (u[j] - w[j])**2, j)
            E = where(r > 0, r, 0)
            """,
            options={"margin": Option("number", 0.2, help="how much farther the negative must be")},
            sizes={"m": "n // 3"},
            ranges={"j": "m"},
            shape=None,
            source="Schroff et al., FaceNet, CVPR (2015), equation 3: y holds anchor, positive and negative, m each",
        ),
        Loss(
            "contrastive",
            """
            d[j] = y[j] - y[m + j]
            r = sum(d[j]**2, j)
            E = (1 - t[0]) * r / 2 + t[0] * where(r < margin**2, (margin - sqrt(r))**2, 0) / 2
            """,
            options={"margin": Option("number", 1, help="how far apart different ones must be")},
            sizes={"m": "n // 2"},
            ranges={"j": "m"},
            shape=("1",),
            source="Hadsell, Chopra & LeCun, CVPR (2006), equation 4: y holds two vectors, t is 1 for different ones",
        ),
        Loss(
            "dice",
            "E = 1 - (2 * sum(t[j] * y[j], j) + smooth) / (sum(t[j], j) + sum(y[j], j) + smooth)",
            options={"smooth": Option("number", 0, help="added to both sides of the fraction", interval=NOT_NEGATIVE)},
            source=f"{_KERAS}, dice",
            output="probability",
            target="probability",
        ),
    )
}

# Names that others give to losses whose targets are numbers of classes; ours are one-hot.
OF_CLASSES = {
    "sparse_categorical_crossentropy": "categorical_crossentropy",
    "sparse_categorical_crossentropy_from_logits": "categorical_crossentropy_from_logits",
    "nll_loss": "categorical_crossentropy",
}

SYNONYMS = {
    "bce": "binary_crossentropy",
    "cross_entropy": "categorical_crossentropy",
    "focal": "binary_focal_crossentropy",
    "kl": "kl_divergence",
    "logcosh": "log_cosh",
    "mean_absolute_error": "mae",
    "mean_squared_error": "mse",
    "multiclass_hinge": "categorical_hinge",
    "reverse_kl": "reverse_kl_divergence",
}
