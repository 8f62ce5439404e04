"""LaTeX text → display trees: what was printed, read back from the text alone, and formulas that a reader wrote."""

from symbackprop.reading.names import TensorNames
from symbackprop.reading.relations import read_formula, read_relation
from symbackprop.reading.spelling import Names, PlainNames, Spelling

__all__ = ["Names", "PlainNames", "Spelling", "TensorNames", "read_formula", "read_relation"]
