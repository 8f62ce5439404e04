"""Array notation: NumPy's operations on arrays of indexed expressions, written as text or traced from a function."""

from symbackprop.arrays.lifting import Lifting
from symbackprop.arrays.program import lift
from symbackprop.arrays.text import Scope
from symbackprop.arrays.values import Value

__all__ = ["Lifting", "Scope", "Value", "lift"]
