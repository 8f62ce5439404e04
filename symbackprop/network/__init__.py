"""What the user wrote → a validated `Network`, or every mistake at once with file, line and column.

No SymPy here: reading and checking a description takes a tenth of a second.
"""

from __future__ import annotations

from typing import Any

from symbackprop.network.equations import Equations
from symbackprop.network.factories import FACTORIES, Layer
from symbackprop.network.layers import LayerSpec, LayerType
from symbackprop.network.model import Network
from symbackprop.network.new import template, write_new
from symbackprop.network.parts import Data, Input, ParameterFile, Sample, Training
from symbackprop.network.reading import bundled, load
from symbackprop.network.records import ActivationSpec, LossSpec, OptimizerSpec

__all__ = [
    "FACTORIES",
    "ActivationSpec",
    "Data",
    "Equations",
    "Input",
    "Layer",
    "LayerSpec",
    "LayerType",
    "LossSpec",
    "Network",
    "OptimizerSpec",
    "ParameterFile",
    "Sample",
    "Training",
    "bundled",
    "load",
    "template",
    "write_new",
]


def __getattr__(name: str) -> Any:
    """Give the factory of each kind of layer its name here: `from symbackprop.network import Dense`."""
    if name in FACTORIES:
        return FACTORIES[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *FACTORIES})
