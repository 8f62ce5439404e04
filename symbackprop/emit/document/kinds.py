"""What the catalogue's layers are called in a document, and what is worth saying of each, forwards and backwards.

A layer that is not listed, such as a user's own, is called by the name of its row, and its equations speak for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from symbackprop.emit.document.layers import Layer


@dataclass(frozen=True)
class Kind:
    """One kind of layer in words.

    Attributes:
        title: What it is called in a heading.
        short: What it is called in a box of the drawing.
        forward: A sentence before its equations.
        backward: A sentence before what comes back through it.
    """

    title: str
    short: str = ""
    forward: str = ""
    backward: str = ""


_RECURRENT = (
    "The state of one step is read by the next, so the error of a step comes back from its own output and from the "
    "step after it. This is computed backwards in time, from the last step to the first."
)
_WINDOWS = (
    "One set of weights, the kernel, is laid on every window of the input; each place of the output sees one window."
)
_BACK_THROUGH_WINDOWS = (
    "An input lies in several windows, so it collects the error signals of all of them: the kernel is run over the "
    "error signals with its indices reversed, a full correlation with the flipped kernel. The kernel itself is used at "
    "every place, so its gradient is a sum over all places."
)
_ATTENTION = (
    "Every position asks with a query, every position offers a key and a value: the scores are scaled products of "
    "queries and keys, a softmax turns the scores of a position into weights, and these mix the values."
)
_BACK_THROUGH_ATTENTION = (
    "Four equations, read backwards: from the output to the values and to the weights, through the softmax to the "
    "scores, and from the scores to queries and keys."
)
_MAXIMUM = "Each window hands on its largest value."
_BACK_THROUGH_MAXIMUM = (
    "Only the place that holds the largest value of a window gets that window's error; the brackets are 1 there and 0 "
    "elsewhere. Of equal values the first counts as the largest."
)
_NORMALISED = "Values are shifted to mean 0 and scaled to variance 1, then scaled and shifted by parameters."
_BACK_THROUGH_NORMALISED = (
    "Mean and variance depend on every value they are taken over, so the error comes back to each value along three "
    "ways: directly, through the mean, and through the variance."
)
_GRU = Kind("gated recurrent unit", "GRU", "Two gates between 0 and 1 decide how much of the state is new.", _RECURRENT)
_LARGEST = Kind("maximum over all places", "global maximum")
_MEAN = Kind("mean over all places", "global mean")
_DENSE = Kind("dense layer", "dense", "Each neuron weighs its inputs and adds its bias.",
              "A weight multiplies one input, so its gradient is the error signal times that input.")  # fmt: skip

KINDS: Mapping[str, Kind] = {
    "dense": _DENSE,
    "dense_transpose": Kind("dense layer, transposed", "dense, transposed"),
    "bilinear": Kind("bilinear layer", "bilinear"),
    "embedding": Kind(
        "embedding", "embedding", "Every token is replaced by its row of the table.",
        "A row of the table collects the error of every place where its token stands; the bracket picks those places.",
    ),
    "conv1d": Kind("convolution in one dimension", "convolution", _WINDOWS, _BACK_THROUGH_WINDOWS),
    "conv2d": Kind("convolution in two dimensions", "convolution", _WINDOWS, _BACK_THROUGH_WINDOWS),
    "conv2d_transpose": Kind("transposed convolution", "transposed conv."),
    "max_pooling1d": Kind("maximum of windows", "max pooling", _MAXIMUM, _BACK_THROUGH_MAXIMUM),
    "max_pooling2d": Kind("maximum of windows", "max pooling", _MAXIMUM, _BACK_THROUGH_MAXIMUM),
    "average_pooling1d": Kind("mean of windows", "mean pooling"),
    "average_pooling2d": Kind("mean of windows", "mean pooling"),
    "global_max_pooling1d": _LARGEST,
    "global_max_pooling2d": _LARGEST,
    "global_average_pooling1d": _MEAN,
    "global_average_pooling2d": _MEAN,
    "flatten": Kind(
        "flattening", "flatten", "The axes are joined to one: the bracket is 1 where the two counts meet.",
        "Flattening computes nothing, so the error goes back to the place its value came from.",
    ),
    "flatten2d": Kind("flattening", "flatten"),
    "last": Kind(
        "last step", "last step", "Only the last step of the sequence is handed on.",
        "Only the last step gets an error from here; the bracket says so.",
    ),
    "batch_normalization": Kind("batch normalisation", "batch norm.", _NORMALISED, _BACK_THROUGH_NORMALISED),
    "batch_normalization1d": Kind("batch normalisation", "batch norm.", _NORMALISED, _BACK_THROUGH_NORMALISED),
    "batch_normalization2d": Kind("batch normalisation", "batch norm.", _NORMALISED, _BACK_THROUGH_NORMALISED),
    "layer_normalization": Kind("layer normalisation", "layer norm.", _NORMALISED, _BACK_THROUGH_NORMALISED),
    "rms_normalization": Kind("RMS normalisation", "RMS norm."),
    "group_normalization": Kind("group normalisation", "group norm.", _NORMALISED, _BACK_THROUGH_NORMALISED),
    "simple_rnn": Kind(
        "recurrent layer", "recurrent", "At every step the input and the state of the step before make the new state.",
        _RECURRENT,
    ),
    "lstm": Kind(
        "long short-term memory", "LSTM",
        "Three gates between 0 and 1 decide what enters the memory c (i), what stays in it (f) and what leaves it (o).",
        _RECURRENT,
    ),
    "gru": _GRU,
    "gru_reset_before": _GRU,
    "attention": Kind("attention", "attention", _ATTENTION, _BACK_THROUGH_ATTENTION),
    "causal_attention": Kind("causal attention", "attention", _ATTENTION, _BACK_THROUGH_ATTENTION),
    "multi_head_attention": Kind("attention of several heads", "attention", _ATTENTION, _BACK_THROUGH_ATTENTION),
    "positional_encoding": Kind(
        "positions", "positions", "A fixed pattern of waves is added, which tells positions apart."
    ),
    "position_embedding": Kind("learnt positions", "positions", "A learnt vector for each position is added."),
    "transformer_block": Kind(
        "transformer block", "transformer", "Attention and two dense layers, each behind a normalisation and inside a "
        "skip connection, which adds what came in to what comes out.",
        "What is added in a skip connection is read twice, so its error comes back along both ways and is added.",
    ),
    "add": Kind("sum of layers", "add", "The inputs are added: a skip connection.",
                "A sum hands its error on to each of its terms as it is."),
    "concatenate": Kind("layers side by side", "concatenate"),
    "dropout": Kind("dropout", "dropout"),
    "multiply": Kind("product of layers", "multiply"),
    "subtract": Kind("difference of layers", "subtract"),
    "lora": Kind("dense layer with a low-rank addition", "LoRA"),
    "graph_convolution": Kind("graph convolution", "graph conv."),
    "prelu": Kind("rectifier with learnt slopes", "PReLU"),
    "glu": Kind("gated linear unit", "GLU"),
    "swiglu": Kind("gated linear unit with swish", "SwiGLU"),
    "maxout": Kind("maximum of linear pieces", "maxout"),
    "mixture_of_experts": Kind("mixture of experts", "experts"),
}  # fmt: skip
# What a loss is called in its box.
LOSSES: Mapping[str, str] = {
    "categorical_crossentropy": "cross-entropy",
    "binary_crossentropy": "cross-entropy",
    "half_squared_error": "half square",
    "mse": "mean square",
    "sum": "sum of terms",
    "binary_focal_crossentropy": "focal loss",
    "categorical_focal_crossentropy": "focal loss",
    "binary_crossentropy_from_logits": "cross-entropy",
    "categorical_crossentropy_from_logits": "cross-entropy",
    "mae": "mean deviation",
    "huber": "Huber",
    "log_cosh": "log-cosh",
    "quantile": "quantile",
    "hinge": "hinge",
    "squared_hinge": "hinge, squared",
    "categorical_hinge": "hinge",
    "contrastive": "contrast",
    "triplet": "triplets",
    "kl_divergence": "divergence",
    "reverse_kl_divergence": "divergence",
    "gaussian_kl": "divergence",
    "gaussian_nll": "likelihood",
    "nll": "likelihood",
    "poisson": "Poisson",
    "cosine_similarity": "cosine",
    "dice": "overlap",
}


def kind(layer: Layer) -> Kind:
    """The kind of a layer in words."""
    if layer.kind == "dense" and not layer.equations[0].rhs.is_Add:
        return replace(_DENSE, forward="Each neuron weighs its inputs; there is no bias.")
    return KINDS.get(layer.kind) or Kind(layer.kind.replace("_", " "), layer.kind.replace("_", " "))
