"""A formula as text, in array or index notation, and the values at a point → the array that it stands for.

The derivation's own tensors may be used by name: `np.outer(delta2, a1)`, or `dW2[j, i] = delta2[j] * a1[i]`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import sympy as sp

from symbackprop.arrays import Lifting, Scope, Value
from symbackprop.binding import bind
from symbackprop.checking.calling import Environment
from symbackprop.errors import LanguageError
from symbackprop.expressions import Read, reads
from symbackprop.graph import Equation, Fact
from symbackprop.language import index_notation, parse_equations
from symbackprop.verify.equations import solve
from symbackprop.verify.fields import NUMPY, Array

ANSWER, RESULT = "the_answer", "the_result"
_DEFINES = re.compile(r"\s*[A-Za-z]\w*\s*(\[[^\]]*\])?\s*=(?!=)")


def array_value(text: str, environment: Environment) -> Array:
    """The value of a formula at a point.

    Args:
        text: One formula, or statements of which the last is the answer; lines or semicolons part them.
        environment: What names stand for there.

    Raises:
        LanguageError, ShapeError, UnknownNameError: It is no formula, or does not fit; the message has the place.
    """
    lines = [line.strip() for line in re.split(r"[\n;]", text) if line.strip()]
    if not lines:
        raise LanguageError("there is no formula")
    scope = _scope(environment)
    for line in lines[:-1]:
        scope.run(line)
    last = lines[-1]
    left = last.partition("=")[0] if _DEFINES.match(last) else ""
    if "[" in left or (index_notation(last, scope.names) and "]" in last):
        equation = _indexed(last, scope)
    else:
        scope.run(f"{ANSWER} = {last.partition('=')[2].strip() if left else last}")
        value = scope.names[ANSWER]
        if not isinstance(value, Value):
            raise LanguageError(f"{last!r} is no array")
        equation = Equation(RESULT, value.axes, value.number)
    values = {name: np.asarray(array, dtype=np.float64) for name, array in environment.known.items()}
    return solve([*scope.book.equations.values(), equation], values, {}, NUMPY)[RESULT]


def _scope(environment: Environment) -> Scope:
    """Everything that is known at a point, by its shape there."""
    book = Lifting()
    scope = Scope(book)
    for name, array in environment.known.items():
        if not name.isidentifier():
            continue
        if isinstance(array, int):
            scope.names[name] = Value(book, sp.Integer(array), whole=True)
            continue
        whole = np.asarray(array).dtype.kind in "iu"
        shape = [sp.Integer(size) for size in np.shape(array)]
        scope.names[name] = book.given(name, shape, facts=(Fact("integer"),) if whole else ())
    return scope


def _indexed(line: str, scope: Scope) -> Equation:
    """A statement in index notation; the letters on the left are the axes of the answer."""
    if not _DEFINES.match(line):
        raise LanguageError("a formula in index notation needs a left-hand side", help=f"such as dW[j, i] = {line}")
    (statement,) = parse_equations(line)
    tensors = {read.tensor: scope.book.tensors[read.tensor] for read in _known(reads(statement.rhs), scope)}
    return bind(statement, tensors, RESULT)


def _known(found: Sequence[Read], scope: Scope) -> list[Read]:
    return [read for read in found if read.tensor in scope.book.tensors]
