"""The array program: what `lower` returns, arrays with named axes, the operations on them, and statements.

An axis is the `Index` it came from, so that no node needs to know in which order its axes are stored: a printer asks
for the order it wants and gets transposes and new axes where they are due. The same nodes print as NumPy and as
matrix notation.
"""

from symbackprop.program.matrices import Det, Inverted
from symbackprop.program.nodes import (
    Accumulate,
    Affine,
    Along,
    Array,
    At,
    Axes,
    Const,
    Contract,
    FirstStep,
    Gather,
    Leaf,
    Map,
    Position,
    Reduce,
    Scatter,
    Window,
    union,
)
from symbackprop.program.statements import Assign, Block, Loop, Placed, Program, Statement, assignments, at_once
from symbackprop.program.training import Draw, InPlace, Training
from symbackprop.program.traversal import children, combined, factors, leaves, nodes, rebuilt, whole_leaves
from symbackprop.program.wholes import numbered, positions, with_numbers, without_precision

__all__ = [
    "Accumulate",
    "Affine",
    "Along",
    "Array",
    "Assign",
    "At",
    "Axes",
    "Block",
    "Const",
    "Contract",
    "Det",
    "Draw",
    "FirstStep",
    "Gather",
    "InPlace",
    "Inverted",
    "Leaf",
    "Loop",
    "Map",
    "Placed",
    "Position",
    "Program",
    "Reduce",
    "Scatter",
    "Statement",
    "Training",
    "Window",
    "assignments",
    "at_once",
    "children",
    "combined",
    "factors",
    "leaves",
    "nodes",
    "numbered",
    "positions",
    "rebuilt",
    "union",
    "whole_leaves",
    "with_numbers",
    "without_precision",
]
