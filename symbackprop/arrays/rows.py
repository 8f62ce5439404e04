"""A row of equations in array notation, of a layer or a loss → the same statements in index notation.

A row is written for one sample. Its statements are carried out on arrays of the row's own shapes; what comes out is
written with letters of which each runs over one size, so that samples and other leading axes are added as to any row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sympy import Expr

from symbackprop.arrays.lifting import Lifting
from symbackprop.arrays.program import run_indexed
from symbackprop.arrays.text import Scope
from symbackprop.arrays.values import Value
from symbackprop.contraction import ALPHABET
from symbackprop.errors import LanguageError
from symbackprop.expressions import Index, indices_of
from symbackprop.graph import Equation
from symbackprop.language import Function, Statement, array_notation, index_notation, unsized
from symbackprop.network.equations import statements_of

Shape = tuple[Expr, ...]


def is_array_row(equations: str) -> bool:
    """Whether a row has a statement that can only be array notation."""
    return any(map(array_notation, statements_of(equations)))


def row_statements(
    equations: str,
    shapes: Mapping[str, Shape],
    constants: Mapping[str, Expr],
    functions: Mapping[str, Function],
    ranges: Mapping[str, Expr] | None = None,
) -> tuple[list[Statement], dict[str, Expr]]:
    """Write a row in index notation.

    Args:
        equations: The row's statements.
        shapes: Of its inputs and parameters, without samples.
        constants: Sizes and options that it may name.
        functions: Formulas that it may call.
        ranges: Sizes of letters that no tensor tells.

    Returns:
        The statements, and how far each of their letters runs.

    Raises:
        LanguageError, ShapeError: A statement is wrong.
    """
    book = Lifting()
    scope = Scope(book, functions)
    for name, constant in constants.items():
        scope.names[name] = Value(book, constant, whole=bool(constant.is_integer))
    for name, shape in shapes.items():
        scope.names[name] = book.given(name, shape)
    last = ""
    for line in statements_of(equations):
        indexed = index_notation(line, scope.names)
        last = run_indexed(line, scope, ranges or {}) if indexed else scope.run(line)[-1]
    return _written(book.finished(scope.names[last], last), equations)


def _written(equations: Iterable[Equation], text: str) -> tuple[list[Statement], dict[str, Expr]]:
    """Equations as statements, each letter of which runs over one size in all of them."""
    letters: dict[Index, Index] = {}
    ranges: dict[str, Expr] = {}
    statements = []
    for equation in equations:
        for index in dict.fromkeys((*equation.indices, *indices_of(equation.rhs))):
            if index not in letters:
                free = (name for name in (index.name, *ALPHABET, *(f"i{n}" for n in range(99))) if name not in ranges)
                name = next(free)
                ranges[name] = index.size
                letters[index] = unsized(name)
        own = tuple(letters[index] for index in equation.indices)
        lines = [line for line in statements_of(text) if line.startswith(equation.tensor)]
        written = lines[0] if lines else str(equation)
        statements.append(Statement(equation.tensor, own, equation.rhs.xreplace(letters), written))
    if not statements:
        raise LanguageError("there is no equation", help="write y = exp(x), for example")
    return statements, ranges
