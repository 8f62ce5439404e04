"""The layers, as equations with the shapes of their parameters, one module for each family.

A row is written for one sample and for the axes it speaks of; leading axes pass through. Two inputs at most are added,
multiplied or joined by one layer: more by one layer after the other.
"""

from itertools import chain

from symbackprop.catalog.layers.attention import ATTENTION
from symbackprop.catalog.layers.convolution import CONVOLUTION
from symbackprop.catalog.layers.core import CORE
from symbackprop.catalog.layers.gates import GATES
from symbackprop.catalog.layers.merging import MERGING
from symbackprop.catalog.layers.normalization import NORMALIZATION
from symbackprop.catalog.layers.pooling import POOLING
from symbackprop.catalog.layers.recurrent import RECURRENT
from symbackprop.catalog.layers.reshaping import RESHAPING

LAYERS = {
    row.name: row
    for row in chain(CORE, GATES, MERGING, RESHAPING, CONVOLUTION, POOLING, NORMALIZATION, RECURRENT, ATTENTION)
}

__all__ = ["LAYERS"]
