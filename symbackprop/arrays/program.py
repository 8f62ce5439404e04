"""A loss written down as statements → its graph: array notation and index notation, statement by statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy import Expr, Symbol

from symbackprop.arrays.lifting import SAMPLES, Lifting, named_like_a_size
from symbackprop.arrays.text import Scope
from symbackprop.arrays.values import Value, put
from symbackprop.binding import bind
from symbackprop.errors import LanguageError, ShapeError, did_you_mean
from symbackprop.expressions import Index, Read, reads, tensors_read
from symbackprop.graph import Fact, Graph, Role, Tensor
from symbackprop.language import Statement, index_notation, parse_equations, place_in

if TYPE_CHECKING:
    from symbackprop.network import Equations

MOST_STATEMENTS = 2000


def lift(program: Equations) -> Graph:
    """Write a program down as indexed equations.

    Args:
        program: Shapes, statements, and which of them is the loss.

    Returns:
        The graph: what the loss is differentiated by are its parameters, everything else that is given its inputs.

    Raises:
        LanguageError, ShapeError, UnknownNameError: A statement is wrong; the message quotes it and has the column.
    """
    book = Lifting()
    scope = Scope(book)
    declare(program, scope)
    lines = program.lines
    if len(lines) > MOST_STATEMENTS:
        raise LanguageError(f"{len(lines):,} statements are more than {MOST_STATEMENTS:,}", code=LanguageError.LIMIT)
    symbols = book.size_names() | {*program.sizes, *map(str, program.ranges.values())}
    ranges = {letter: _range(size) for letter, size in program.ranges.items()}
    written: dict[str, str] = {}
    for line in lines:
        indexed = index_notation(line, scope.names)
        names = [run_indexed(line, scope, ranges)] if indexed else scope.run(line)
        written |= dict.fromkeys(names, line)
        for name in names:
            value = scope.names[name]
            if name in symbols and isinstance(value, Value) and tensors_read(value.number):
                raise named_like_a_size(name, **place_in(line, name))
    loss = scope.names.get(program.loss)
    if not isinstance(loss, Value):
        raise LanguageError(
            f"no statement defines the loss {program.loss!r}", help=did_you_mean(program.loss, list(scope.names))
        )
    sizes = {size_symbol(name): number for name, number in program.sizes.items()}
    try:
        return book.graph(program.name, loss, program.loss, sizes, tuple(scope.names))
    except ShapeError as error:
        place = place_in(written.get(program.loss, ""), program.loss, first=True)
        raise ShapeError(mistakes=[replace(mistake, **place) for mistake in error.mistakes]) from None


def size_symbol(name: str) -> Symbol:
    """The symbol of a size; N counts samples."""
    return SAMPLES if name == "N" else Symbol(name, integer=True, positive=True)


def declare(program: Equations, scope: Scope) -> None:
    """Declare what is given: tensors by their shapes, and the names of sizes."""
    book = scope.book
    for name, shape in program.shapes.items():
        role: Role = "parameter" if name in program.wrt else "input"
        facts = (Fact("integer"),) if name in program.integers else ()
        axes = [sp.Integer(size) if isinstance(size, int) else size_symbol(size) for size in shape]
        scope.names[name] = book.given(name, axes, role, program.values.get(name), facts)
        for size in axes:
            if isinstance(size, Symbol):
                scope.names.setdefault(size.name, Value(book, size, whole=True))
    for name in program.sizes:
        scope.names.setdefault(name, Value(book, size_symbol(name), whole=True))


def run_indexed(line: str, scope: Scope, ranges: Mapping[str, Expr]) -> str:
    """Carry out a statement in index notation, and return the name that it defines."""
    (statement,) = parse_equations(line)
    book = scope.book
    tensors: dict[str, Tensor] = {}
    for read in reads(statement.rhs):
        value = scope.names.get(read.tensor)
        if isinstance(value, Value) and not (read.tensor == statement.tensor and _is_itself(statement, read)):
            tensors[read.tensor] = _tensor(value, read.tensor, scope)
    if statement.tensor not in tensors and any(read.tensor == statement.tensor for read in reads(statement.rhs)):
        tensors[statement.tensor] = _ahead(statement, tensors, ranges)
    equation = bind(statement, tensors, statement.tensor, ranges)
    if equation.tensor in book.tensors or equation.tensor in book.equations:
        raise LanguageError(
            f"{equation.tensor!r} is defined twice", help="give it another name", **place_in(line, equation.tensor)
        )
    book.equations[equation.tensor] = equation
    scope.names[equation.tensor] = book.read(equation.tensor)
    return equation.tensor


def _range(size: Any) -> Expr:
    return sp.Integer(size) if isinstance(size, int) else size_symbol(str(size))


def _is_itself(statement: Statement, read: Read) -> bool:
    """Whether a statement reads what it defines, as a recurrence does."""
    return bool(statement.indices) and read.indices != statement.indices


def _tensor(value: Value, name: str, scope: Scope) -> Tensor:
    """The tensor that a name stands for; what is a part or a transpose of another gets an equation of its own."""
    book = scope.book
    expr = value.expr
    if isinstance(expr, Read) and expr.indices == value.axes:
        known = book.tensors.get(expr.tensor)
        if known is not None:
            return known
        return Tensor(expr.tensor, "hidden", book.equations[expr.tensor].indices)
    own = book.new_name(name)
    book.add(own, value.axes, put(value.number, {}))
    scope.names[name] = book.read(own)
    return Tensor(own, "hidden", book.equations[own].indices)


def _ahead(statement: Statement, tensors: Mapping[str, Tensor], ranges: Mapping[str, Expr]) -> Tensor:
    """The tensor that a recurrence defines, whose sizes other reads tell, or the declared ranges."""
    known = dict(ranges)
    for read in reads(statement.rhs):
        tensor = tensors.get(read.tensor)
        for index, axis in zip(read.indices, tensor.indices if tensor else (), strict=False):
            if isinstance(index, Index):
                known.setdefault(index.name, axis.size)
    missing = [index.name for index in statement.indices if index.name not in known]
    if missing:
        raise ShapeError(
            f"{statement.tensor} reads itself, and the size of its index {missing[0]!r} is unknown",
            help=f'declare it: ranges = {{ {missing[0]} = "T" }}',
            **place_in(statement.text, missing[0], bracketed=True),
        )
    return Tensor(statement.tensor, "hidden", tuple(Index(i.name, known[i.name]) for i in statement.indices))
