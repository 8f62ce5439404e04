"""Normalisation: subtract a mean, divide by a root, scale and shift; what the mean runs over makes the difference.

Batch normalisation names the sample index s, so it mixes samples; the others speak of one sample.
"""

from symbackprop.catalog.rows import Layer, Option, Parameter

_GAMMA = Parameter("gamma", ("n",), initializer="ones", neutral=1)
_BETA = Parameter("beta", ("n",), initializer="zeros")
_OPTIONS = {"epsilon": Option("number", 0.001, help="keeps the root away from 0")}


def _batch(suffix: str, places: str, axes: tuple[str, ...]) -> Layer:
    """Statistics of each feature j over samples and places."""
    at, over = (f"s, {places}j", f"s{', ' if places else ''}{places[:-2]}") if places else ("s, j", "s")
    return Layer(
        f"batch_normalization{suffix}",
        f"""
        mu[j] = mean(x[{at}], {over})
        var[j] = mean((x[{at}] - mu[j])**2, {over})
        sigma[j] = sqrt(var[j] + epsilon)
        xhat[{at}] = (x[{at}] - mu[j]) / sigma[j]
        y[{at}] = gamma[j] * xhat[{at}] + beta[j]
        """,
        inputs={"x": (*axes, "n")},
        parameters=(_GAMMA, _BETA),
        options=_OPTIONS,
        activation=False,
        source="Ioffe & Szegedy, ICML (2015), algorithm 1, with the statistics of the batch",
    )


NORMALIZATION = (
    _batch("", "", ()),
    _batch("1d", "t, ", ("T",)),
    _batch("2d", "p, q, ", ("height", "width")),
    Layer(
        "layer_normalization",
        """
        mu = mean(x[i], i)
        var = mean((x[i] - mu)**2, i)
        sigma = sqrt(var + epsilon)
        xhat[i] = (x[i] - mu) / sigma
        y[i] = gamma[i] * xhat[i] + beta[i]
        """,
        inputs={"x": ("n",)},
        parameters=(_GAMMA, _BETA),
        options=_OPTIONS,
        activation=False,
        source="Ba, Kiros & Hinton, arXiv 1607.06450 (2016)",
    ),
    Layer(
        "rms_normalization",
        """
        sigma = sqrt(mean(x[i]**2, i) + epsilon)
        xhat[i] = x[i] / sigma
        y[i] = gamma[i] * xhat[i]
        """,
        inputs={"x": ("n",)},
        parameters=(_GAMMA,),
        options={"epsilon": Option("number", 0.000001, help="keeps the root away from 0")},
        activation=False,
        source="Zhang & Sennrich, NeurIPS (2019), equation 4",
    ),
    Layer(
        "group_normalization",
        """
        mu[g] = mean(x[p, q, depth * g + k], p, q, k)
        var[g] = mean((x[p, q, depth * g + k] - mu[g])**2, p, q, k)
        sigma[g] = sqrt(var[g] + epsilon)
        xhat[p, q, g, k] = (x[p, q, depth * g + k] - mu[g]) / sigma[g]
        y[p, q, j] = gamma[j] * sum(where(j == depth * g + k, xhat[p, q, g, k], 0), g, k) + beta[j]
        """,
        inputs={"x": ("height", "width", "n")},
        parameters=(_GAMMA, _BETA),
        options={"groups": Option("count", help="into how many parts the channels are divided"), **_OPTIONS},
        sizes={"depth": "n // groups"},
        ranges={"p": "height", "q": "width", "g": "groups", "k": "depth"},
        activation=False,
        source="Wu & He, ECCV (2018), equation 7",
    ),
)
