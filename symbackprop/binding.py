"""Parsed statements → equations of a network: formal names become tensors, indices get sizes, leading axes are added.

A row of the catalogue is written for one sample and for the axes it cares about. A tensor that has more axes than the
row gives it (samples, time steps, all axes of an elementwise formula) passes its leading ones on to the result.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TypeAlias

import sympy as sp
from sympy import Expr, Symbol

from symbackprop.contraction import ALPHABET, tidy
from symbackprop.errors import LanguageError, ShapeError, UnknownNameError, did_you_mean
from symbackprop.expressions import ArgPeak, Index, Peak, Read, Total, reads
from symbackprop.graph import Equation, Tensor
from symbackprop.language import Function, Statement, parse_formula, size_symbol, unsized
from symbackprop.language.syntax import check_length, syntax_tree

Size: TypeAlias = int | str | Expr
SIZE_OPERATORS: Mapping[type[ast.operator], Callable[[Expr, Expr], Expr]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: lambda left, right: sp.floor(left / right),
}


def size(value: Size) -> Expr:
    """A size as an expression: a number, or a positive integer symbol of that name."""
    if isinstance(value, int):
        return sp.Integer(value)
    return Symbol(value, integer=True, positive=True) if isinstance(value, str) else value


def size_expression(text: str, known: Mapping[str, Expr]) -> Expr:
    """Evaluate a size such as `(n - k) // stride + 1`.

    Args:
        text: Names, whole numbers, `+ - * //` and brackets.
        known: The names that may occur.

    Raises:
        LanguageError: Something else stands in the text.
    """
    refused = LanguageError(f"{text!r} is not a size: use names, whole numbers, + - * // and brackets")

    def value(node: ast.AST) -> Expr:
        match node:
            case ast.Constant(value=int()) if not isinstance(node.value, bool):
                return sp.Integer(node.value)
            case ast.Name() if node.id in known:
                return known[node.id]
            case ast.Name():
                raise LanguageError(f"unknown size {node.id!r} in {text!r}", help=did_you_mean(node.id, list(known)))
            case ast.UnaryOp(op=ast.USub()):
                return -value(node.operand)
            case ast.BinOp() if type(node.op) in SIZE_OPERATORS:
                return SIZE_OPERATORS[type(node.op)](value(node.left), value(node.right))
        raise refused

    check_length(text)
    return sp.expand(value(syntax_tree(text, "eval").body))


@lru_cache(maxsize=256)
def formula_statement(tensor: str, formula: str, functions: tuple[tuple[str, str], ...] = ()) -> Statement:
    """The statement `tensor[free indices] = formula`; the indices that no sum binds stand on the left.

    Args:
        tensor: The name to define.
        formula: Text such as `exp(z[j]) / sum(exp(z[k]), k)`.
        functions: Elementwise formulas in z by name, usable as functions.
    """
    rhs = parse_formula(formula, elementwise(functions))
    free = rhs.free_symbols
    order = dict.fromkeys(i for read in reads(rhs) for i in read.indices if isinstance(i, Index) and i in free)
    return Statement(tensor, tuple(order), rhs, f"{tensor} = {formula}")


def elementwise(formulas: tuple[tuple[str, str], ...]) -> dict[str, Function]:
    """Functions of the equation language from elementwise formulas in z."""
    made: dict[str, Function] = {}
    for name, text in formulas:
        body = parse_formula(text, made)
        if all(not read.indices for read in reads(body)):
            made[name] = lambda value, body=body: body.xreplace({Read("z"): value})
    return made


def with_constants(statement: Statement, constants: Mapping[str, Expr]) -> Statement:
    """Put numbers for options, wherever they stand: in values (`alpha * z`) or in indices (`x[stride * t]`)."""
    table: dict[Expr, Expr] = {Read(name): value for name, value in constants.items()}
    bound = {index for node in statement.rhs.atoms(Total, Peak, ArgPeak) for index in node.bound}
    own = bound | set(statement.indices)
    table |= {unsized(name): value for name, value in constants.items() if unsized(name) not in own}
    return Statement(statement.tensor, statement.indices, statement.rhs.xreplace(table), statement.text)


def bind(
    statement: Statement, tensors: Mapping[str, Tensor], name: str, ranges: Mapping[str, Expr] | None = None
) -> Equation:
    """Bind one statement to the tensors that stand for its formal names.

    Args:
        statement: What `language` parsed.
        tensors: For each formal name the tensor it stands for.
        name: The name of the tensor that the equation defines.
        ranges: Sizes of indices that no read of a tensor tells.

    Returns:
        The equation `name[leading axes, indices] = rhs`.

    Raises:
        UnknownNameError: A formal name has no tensor.
        ShapeError: A tensor has too few axes, or an index would have two sizes.
    """
    found = reads(statement.rhs)
    sizes: dict[str, Expr] = dict(ranges or {})
    leading: dict[str, tuple[Index, ...]] = {}
    for read in found:
        tensor = _tensor(read, tensors, statement)
        rank = len(read.indices)
        if rank != len(tensor.indices) - len(
            leading.setdefault(read.tensor, tensor.indices[: len(tensor.indices) - rank])
        ):
            raise ShapeError(f"{read.tensor!r} is read with different numbers of indices in {statement.text!r}")
        for index, axis in zip(read.indices, tensor.indices[len(tensor.indices) - rank :], strict=True):
            if isinstance(index, Index):
                _settle(sizes, index, axis.size, read, statement, given=ranges or {})
    unknown = [index.name for index in statement.indices if index.name not in sizes]
    if unknown:
        raise ShapeError(f"the size of index {unknown[0]!r} in {statement.text!r} is unknown", help="declare its range")
    extra = _apart(dict.fromkeys(i for indices in leading.values() for i in indices), set(sizes))
    table: dict[Expr, Expr] = {unsized(letter): Index(letter, value) for letter, value in sizes.items()}
    table |= {size_symbol(letter): value for letter, value in sizes.items()}
    rhs = statement.rhs.xreplace(table)
    replaced: dict[Expr, Expr] = {}
    for read in sorted(reads(rhs), key=lambda read: len(read.atoms(Read))):
        places = (index.xreplace(replaced) for index in read.indices)
        replaced[read] = Read(tensors[read.tensor].name, *(extra[i] for i in leading[read.tensor]), *places)
    indices = (*extra.values(), *(Index(i.name, sizes[i.name]) for i in statement.indices))
    # A sum over j beside a free j is clear to a reader, but would be captured by a rewrite.
    return Equation(name, indices, tidy(rhs.xreplace(replaced), indices))


def _tensor(read: Read, tensors: Mapping[str, Tensor], statement: Statement) -> Tensor:
    if read.tensor not in tensors:
        help = did_you_mean(read.tensor, list(tensors))
        raise UnknownNameError(f"unknown name {read.tensor!r} in {statement.text!r}", help=help)
    tensor = tensors[read.tensor]
    if len(tensor.indices) < len(read.indices):
        raise ShapeError(
            f"{read} in {statement.text!r} needs {len(read.indices)} axes, {tensor.name} has {len(tensor.indices)}"
        )
    return tensor


def _settle(
    sizes: dict[str, Expr], index: Index, length: Expr, read: Read, statement: Statement, given: Mapping[str, Expr]
) -> None:
    known = sizes.setdefault(index.name, length)
    if known != length and index.name not in given:
        raise ShapeError(f"index {index.name!r} runs over {known} and over {length} at {read} in {statement.text!r}")


def _apart(leading: Mapping[Index, None], taken: set[str]) -> dict[Index, Index]:
    """Give leading axes letters that the statement does not use itself."""
    result: dict[Index, Index] = {}
    used = set(taken)
    for index in leading:
        name = index.name
        if name in used:
            name = next((c for c in "tuvpqrmn" + ALPHABET if c not in used), f"{name}_lead")
        used.add(name)
        result[index] = Index(name, index.size)
    return result
