"""The catalogue: tables of layers, activations, losses, optimizers and initialisers, each row being equations."""

from symbackprop.catalog.activations import ACTIVATIONS
from symbackprop.catalog.initializers import INITIALIZERS, Initializer
from symbackprop.catalog.layers import LAYERS
from symbackprop.catalog.losses import LOSSES, SYNONYMS
from symbackprop.catalog.optimizers import OPTIMIZERS
from symbackprop.catalog.rows import Activation, Layer, Loss, Optimizer, Option, Parameter

__all__ = [
    "ACTIVATIONS",
    "INITIALIZERS",
    "LAYERS",
    "LOSSES",
    "OPTIMIZERS",
    "SYNONYMS",
    "Activation",
    "Initializer",
    "Layer",
    "Loss",
    "Optimizer",
    "Option",
    "Parameter",
]
