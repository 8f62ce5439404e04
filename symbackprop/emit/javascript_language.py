"""How JavaScript writes scalar code: one table, and the words that are taken."""

from __future__ import annotations

import sympy as sp

from symbackprop.emit.numbers import UNARY, number_code
from symbackprop.emit.reserved import JAVASCRIPT_WORDS
from symbackprop.emit.scalar import OPERATORS, Language

_OWN = """
    DATA ELEMENTS PARAMETERS SAMPLE SETTINGS START TRAINABLE data entriesOf erf floorDivide forward gradients isArray
    lossAndGrad memory module moved nested network numbers params place position shapeOf settings sizes state step
    update
"""
RESERVED = JAVASCRIPT_WORDS | frozenset(_OWN.split())
_MATH = "exp log sin cos tan tanh sinh cosh sqrt pow abs max min expm1 log1p floor"
ARCS = {f"arc{name}": f"Math.a{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")}
_OWN_FUNCTIONS = {"erf": "erf", "floor_divide": "floorDivide", "place": "position"}
_OWN_FUNCTIONS |= {"maximum": "Math.max", "minimum": "Math.min"}
JAVASCRIPT = Language(
    functions={name: f"Math.{name}" for name in _MATH.split()} | ARCS | _OWN_FUNCTIONS,
    choice="{condition} ? {then} : {otherwise}",
    logical={"and": "&&", "or": "||", "not": "!"},
    number=lambda value: ("-Infinity", UNARY) if value is sp.S.NegativeInfinity else number_code(value),
    operators=OPERATORS | {"eq": "===", "ne": "!=="},
)
