r"""What a reader sees: trees of formulas as printed, their printers, and the checks that what is printed is true.

A tree is built by hand from the nodes of `tree`, or from a SymPy expression by `build`; a printer turns it into text,
`align` lays relations out in lines that fit the page, and `check` evaluates every sign of a relation.

One relation, from its left-hand side to its value, as a chain of rows:

    >>> from fractions import Fraction as Q
    >>> from symbackprop.notation import STANDARD, given
    >>> z = Symbol(STANDARD.sign("z1", rank=1), (integer(1),), key="z1")              # z_1^(1), held under "z1"
    >>> w, x, b = (Symbol(given(name), key=name) for name in ("w1", "x1", "b1"))
    >>> numbers = plus(times(typed("0.15"), typed("0.05"), by="times"), typed("0.35"))
    >>> relation = Relation(z, (
    ...     Row("=", plus(times(w, x), b)),
    ...     Row("=", numbers),
    ...     Row("=", Boxed(shown(evaluate(numbers))), reason="exact", label="eq:z11"),
    ... ))
    >>> print(text(relation))
    z₁⁽¹⁾ = w1·x1 + b1 = 0.15 × 0.05 + 0.35 = 0.3575
    >>> check(relation, {"z1": [Q("0.3575")], "w1": "0.15", "x1": "0.05", "b1": "0.35"}).held
    3
    >>> print(latex(relation))
    z\lay{1}_{1} = w_{1} x_{1} + b_{1} = 0.15 \times 0.05 + 0.35 = \result{0.3575}

`Paint("error", tree)` colours a factor, `Brace(tree, Reference("eq:w5"), "error")` sets a reference under it, and
`equality(*numbers)` says whether `=` or `≈` belongs before a value. Nodes hold tuples and no parentheses: printers set
those from precedence. Values of symbols are looked up by key, elements of arrays by places counted from 1.
"""

from symbackprop.display.breaking import align
from symbackprop.display.build import build
from symbackprop.display.check import Checked, check
from symbackprop.display.choosing import NoValueError
from symbackprop.display.evaluate import Evaluator, evaluate
from symbackprop.display.latex import latex, preamble
from symbackprop.display.numbers import column, equality, shown, table, typed
from symbackprop.display.reader import TensorReader, element
from symbackprop.display.text import text
from symbackprop.display.tree import (
    HALF,
    Apply,
    BigSum,
    Boxed,
    Brace,
    Bracket,
    Cases,
    Compare,
    Extreme,
    Fraction,
    Logic,
    Matrix,
    Minus,
    Number,
    Paint,
    PartialDerivative,
    Power,
    Product,
    Range,
    Reference,
    Relation,
    Row,
    Sum,
    Symbol,
    Transpose,
    Tree,
    Words,
    integer,
    plus,
    times,
)

__all__ = [
    "HALF",
    "Apply",
    "BigSum",
    "Boxed",
    "Brace",
    "Bracket",
    "Cases",
    "Checked",
    "Compare",
    "Evaluator",
    "Extreme",
    "Fraction",
    "Logic",
    "Matrix",
    "Minus",
    "NoValueError",
    "Number",
    "Paint",
    "PartialDerivative",
    "Power",
    "Product",
    "Range",
    "Reference",
    "Relation",
    "Row",
    "Sum",
    "Symbol",
    "TensorReader",
    "Transpose",
    "Tree",
    "Words",
    "align",
    "build",
    "check",
    "column",
    "element",
    "equality",
    "evaluate",
    "integer",
    "latex",
    "plus",
    "preamble",
    "shown",
    "table",
    "text",
    "times",
    "typed",
]
