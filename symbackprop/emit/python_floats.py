"""How plain Python writes scalar code with floats: one table, and the words that are taken."""

from __future__ import annotations

import builtins
import keyword

from sympy import Expr

from symbackprop.emit.numbers import ATOM, UNARY, Code, number_code
from symbackprop.emit.scalar import Language

# What `math` refuses to answer with infinity.
OVERFLOWING = ("exp", "expm1", "sinh", "cosh")
_MATH = "exp log sin cos tan sinh cosh tanh sqrt pow expm1 log1p erf"
_OWN = """
    Any Floats FunctionType Iterator Params PARAMETERS START inf nan
    SAMPLE TRAINABLE annotations check data flat forward grads loss loss_and_grad
    loss_and_grad_floats main math nested name params rng step steps train train_floats value
"""
FUNCTIONS = {name: name for name in _MATH.split()} | {"abs": "abs", "floor": "floor"}
FUNCTIONS |= {f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")}
RESERVED = frozenset([*dir(builtins), *keyword.kwlist, *FUNCTIONS.values(), *_OWN.split()])


def float_number(value: Expr) -> Code:
    """A number as a float: Python adds floats faster than a float and a whole number.

    Example:
        >>> import sympy as sp
        >>> float_number(sp.Integer(1)), float_number(sp.Rational(-1, 2))
        (('1.0', 7), ('-0.5', 5))
    """
    if value.is_number:
        return repr(float(value)), ATOM if value >= 0 else UNARY
    return number_code(value)


PYTHON = Language(
    functions=FUNCTIONS,
    choice="{then} if {condition} else {otherwise}",
    logical={"and": "and", "or": "or", "not": "not "},
    number=float_number,
)
