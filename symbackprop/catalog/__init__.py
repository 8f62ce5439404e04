"""The catalogue: tables of layers, activations, losses, regularisers, optimizers, schedules and initialisers.

Each row is equations.
"""

from symbackprop.catalog.activations import ACTIVATIONS
from symbackprop.catalog.initializers import INITIALIZERS, Initializer
from symbackprop.catalog.layers import LAYERS
from symbackprop.catalog.losses import LOSSES, OF_CLASSES, SYNONYMS
from symbackprop.catalog.optimizers import OPTIMIZERS
from symbackprop.catalog.regularizers import REGULARIZER_SYNONYMS, REGULARIZERS
from symbackprop.catalog.rows import Activation, Layer, Loss, Optimizer, Option, Parameter, Regularizer, Schedule
from symbackprop.catalog.schedules import SCHEDULES

__all__ = [
    "ACTIVATIONS",
    "INITIALIZERS",
    "LAYERS",
    "LOSSES",
    "OF_CLASSES",
    "OPTIMIZERS",
    "REGULARIZERS",
    "REGULARIZER_SYNONYMS",
    "SCHEDULES",
    "SYNONYMS",
    "Activation",
    "Initializer",
    "Layer",
    "Loss",
    "Optimizer",
    "Option",
    "Parameter",
    "Regularizer",
    "Schedule",
]
