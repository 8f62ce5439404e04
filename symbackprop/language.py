"""Equation text → indexed equations over SymPy, one node at a time, by a whitelist over Python's `ast`.

Nothing is evaluated and no string reaches SymPy as anything but the name of a symbol that has matched a pattern.
A formula is parsed without knowing any tensor: names in brackets become indices whose sizes are still symbols
(`size_symbol`), other names become reads; `forward` binds both to a network.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from keyword import iskeyword
from typing import Any

import sympy as sp
from sympy import Expr, Symbol
from sympy.logic.boolalg import Boolean

from symbackprop.errors import LanguageError, did_you_mean
from symbackprop.expressions import Index, Peak, Read, Total, Where

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}\Z")
MAX_CHARACTERS, MAX_NODES, MAX_DEPTH, MAX_DIGITS, MAX_EXPONENT, MAX_ARGUMENTS = 2000, 500, 60, 30, 64, 8

Function = Callable[..., Expr]


@dataclass(frozen=True)
class Statement:
    """One parsed equation: the tensor it defines, at which indices, and as what; sizes are not known yet."""

    tensor: str
    indices: tuple[Index, ...]
    rhs: Expr
    text: str


def size_symbol(index: str) -> Symbol:
    """The symbol that stands for the size of an index until the shapes are known."""
    return Symbol(f"size_{index}", integer=True, positive=True)


def unsized(name: str) -> Index:
    """An index whose size is not known yet."""
    return Index(name, size_symbol(name))


def absolute(value: Expr) -> Expr:
    """|value|, with slope 0 where the value is 0."""
    return Where(sp.Gt(value, 0), value, Where(sp.Lt(value, 0), -value, sp.S.Zero))


def _fold(relation: Callable[[Expr, Expr], Boolean]) -> Function:
    def choose(*values: Expr) -> Expr:
        best = values[-1]
        for value in reversed(values[:-1]):
            best = Where(relation(value, best), value, best)
        return best

    return choose


FUNCTIONS: Mapping[str, Function] = {
    "exp": sp.exp,
    "log": sp.log,
    "sqrt": sp.sqrt,
    "sin": sp.sin,
    "cos": sp.cos,
    "tan": sp.tan,
    "sinh": sp.sinh,
    "cosh": sp.cosh,
    "tanh": sp.tanh,
    "arctan": sp.atan,
    "erf": sp.erf,
    "abs": absolute,
    "max": _fold(sp.Gt),
    "min": _fold(sp.Lt),
}
REDUCTIONS: Mapping[str, Callable[[Expr, tuple[Index, ...]], Expr]] = {
    "sum": lambda body, over: Total(body, *over),
    "mean": lambda body, over: Total(body, *over) / sp.Mul(*(index.size for index in over)),
    "max": lambda body, over: _nest(Peak, body, over),
    "min": lambda body, over: -_nest(Peak, -body, over),
    "logsumexp": lambda body, over: sp.log(Total(sp.exp(body), *over)),
    "norm": lambda body, over: sp.sqrt(Total(body**2, *over)),
}
CONSTANTS: Mapping[str, Expr] = {"pi": sp.pi}
_COMPARE = {ast.Gt: sp.Gt, ast.GtE: sp.Ge, ast.Lt: sp.Lt, ast.LtE: sp.Le, ast.Eq: sp.Eq, ast.NotEq: sp.Ne}


def _nest(node: Callable[[Expr, Index], Expr], body: Expr, over: tuple[Index, ...]) -> Expr:
    for index in reversed(over):
        body = node(body, index)
    return body


def parse_formula(text: str, functions: Mapping[str, Function] | None = None) -> Expr:
    """Parse one expression, such as an activation's `z * sigmoid(z)`.

    Args:
        text: The formula.
        functions: More functions by name, such as the catalogue's activations.

    Raises:
        LanguageError: The text is not in the language; the message has the column.

    Example:
        >>> parse_formula("1 / (1 + exp(-z))")
        1/(1 + exp(-z))
    """
    _check_length(text)
    tree = _ast(text, "eval")
    return _Converter(text, functions or {}, tree).expression(tree.body)


def parse_equations(text: str, functions: Mapping[str, Function] | None = None) -> tuple[Statement, ...]:
    """Parse equations, one statement per line.

    Args:
        text: Lines such as `z[j] = sum(W[j, i] * x[i], i) + b[j]`.
        functions: More functions by name, such as the catalogue's activations.

    Raises:
        LanguageError: A line is not in the language; the message has its number and column.

    Example:
        >>> (row,) = parse_equations("z[j] = sum(W[j, i] * x[i], i) + b[j]")
        >>> row.tensor, row.indices, row.rhs
        ('z', (j,), b[j] + sum(W[j, i]*x[i], i))
    """
    rows = [line.strip() for line in text.strip().splitlines()]
    statements = tuple(_statement(row, functions or {}) for row in rows if row and not row.startswith("#"))
    if not statements:
        raise LanguageError("there is no equation", help="write one statement per line, such as y[j] = exp(x[j])")
    return statements


def _statement(row: str, functions: Mapping[str, Function]) -> Statement:
    _check_length(row)
    tree = _ast(row, "exec")
    body = tree.body
    converter = _Converter(row, functions, tree)
    if len(body) != 1 or not isinstance(body[0], ast.Assign) or len(body[0].targets) != 1:
        raise LanguageError(f"expected one equation, name[indices] = formula, found {row!r}")
    target = body[0].targets[0]
    rhs = converter.expression(body[0].value)
    if isinstance(target, ast.Name):
        return Statement(converter.name(target), (), rhs, row)
    if not isinstance(target, ast.Subscript):
        raise converter.error(target, "the left-hand side must be a name with indices, such as z[j]")
    indices = tuple(converter.index(node) for node in converter.subscripts(target))
    if any(not isinstance(index, Index) for index in indices) or len(set(indices)) != len(indices):
        raise converter.error(target, "the indices on the left must be different single letters or names")
    return Statement(converter.name(target.value), indices, rhs, row)


def _check_length(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise LanguageError(f"a formula of {len(text):,} characters is longer than {MAX_CHARACTERS:,}")
    depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if depth > MAX_DEPTH:
            raise LanguageError(f"brackets are nested more than {MAX_DEPTH} deep")


def _ast(text: str, mode: str) -> Any:
    try:
        tree = ast.parse(text, mode=mode)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        column = getattr(error, "offset", None) or 1
        raise LanguageError(f"{text!r} is not a formula: {getattr(error, 'msg', error)} at column {column}") from None
    if sum(1 for _ in ast.walk(tree)) > MAX_NODES * 3:
        raise LanguageError(f"a formula may have {MAX_NODES} nodes at most")
    return tree


class _Converter:
    """Turns the nodes of one formula into SymPy objects."""

    def __init__(self, text: str, functions: Mapping[str, Function], tree: ast.AST) -> None:
        self.text = text
        self.functions = {**FUNCTIONS, **functions}
        self.index_names = {name for node in ast.walk(tree) for name in self._names_in_brackets(node)}

    def error(self, node: ast.AST, message: str, help: str = "") -> LanguageError:
        column = getattr(node, "col_offset", 0) + 1
        return LanguageError(f"{message} (column {column} of {self.text!r})", help=help)

    def name(self, node: ast.AST) -> str:
        if not isinstance(node, ast.Name):
            raise self.error(node, "expected a name")
        if not NAME.match(node.id) or iskeyword(node.id):
            raise self.error(node, f"{node.id!r} cannot be a name", "letters, digits and _, 31 at most")
        return node.id

    def expression(self, node: ast.AST) -> Expr:
        handler = getattr(self, f"_{type(node).__name__.lower()}", None)
        if handler is None:
            raise self.error(node, f"{type(node).__name__} is not part of the equation language")
        try:
            value: Expr = handler(node)
        except (TypeError, ValueError, ArithmeticError, RecursionError, AttributeError) as error:
            raise self.error(node, f"this is not a formula: {error}") from None
        if value.has(sp.zoo, sp.nan, sp.oo, sp.S.NegativeInfinity):
            raise self.error(node, "this is infinite or undefined")
        return value

    def _name(self, node: ast.Name) -> Expr:
        return CONSTANTS[node.id] if node.id in CONSTANTS else Read(self.name(node))

    def _constant(self, node: ast.Constant) -> Expr:
        text = ast.get_source_segment(self.text, node) or ""
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            raise self.error(node, f"{text or node.value!r} is not a number")
        mantissa, _, exponent = text.replace("_", "").lower().partition("e")
        if len(mantissa) > MAX_DIGITS or (exponent and abs(int(exponent)) > MAX_EXPONENT):
            raise self.error(node, f"a number may have {MAX_DIGITS} digits and an exponent of {MAX_EXPONENT} at most")
        if not re.fullmatch(r"[0-9.]+", mantissa):
            raise self.error(node, f"{text!r} is not a decimal number")
        value = Fraction(text.replace("_", ""))
        return sp.Rational(value.numerator, value.denominator)

    def _binop(self, node: ast.BinOp) -> Expr:
        left, right = self.expression(node.left), self.expression(node.right)
        match node.op:
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return left * right
            case ast.Div():
                if right == 0:
                    raise self.error(node, "division by zero")
                return left / right
            case ast.Pow():
                return self._power(node, left, right)
        raise self.error(node, f"the operator {type(node.op).__name__} is not part of the equation language")

    def _power(self, node: ast.BinOp, base: Expr, exponent: Expr) -> Expr:
        if exponent.is_number and abs(exponent) > MAX_EXPONENT:
            raise self.error(node, f"an exponent may be {MAX_EXPONENT} at most")
        if base.is_number and exponent.is_number and base == 0 and exponent < 0:
            raise self.error(node, "division by zero")
        if base.is_Pow and base.exp.is_number and exponent.is_number and abs(base.exp * exponent) > MAX_EXPONENT:
            raise self.error(node, f"nested powers may reach {MAX_EXPONENT} at most")
        return base**exponent

    def _unaryop(self, node: ast.UnaryOp) -> Expr:
        if isinstance(node.op, ast.USub):
            return -self.expression(node.operand)
        if isinstance(node.op, ast.UAdd):
            return self.expression(node.operand)
        raise self.error(node, f"{type(node.op).__name__} is not part of the equation language")

    def _subscript(self, node: ast.Subscript) -> Expr:
        return Read(self.name(node.value), *(self.index(part) for part in self.subscripts(node)))

    def subscripts(self, node: ast.Subscript) -> Sequence[ast.AST]:
        return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]

    def index(self, node: ast.AST) -> Expr:
        """An index expression: names are indices, arithmetic is affine, and a read is an index given as data."""
        match node:
            case ast.Name():
                return unsized(self.name(node))
            case ast.Subscript():
                return self._subscript(node)
            case ast.Constant(value=int()):
                return self._constant(node)
            case ast.UnaryOp(op=ast.USub()):
                return -self.index(node.operand)
            case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult()):
                left, right = self.index(node.left), self.index(node.right)
                if isinstance(node.op, ast.Mult):
                    return sp.expand(left * right)
                return left + right if isinstance(node.op, ast.Add) else left - right
        raise self.error(node, "an index must be a name, a whole number, or a sum of them with whole factors")

    def _call(self, node: ast.Call) -> Expr:
        function = self.name(node.func)
        if node.keywords or any(isinstance(arg, ast.Starred) for arg in node.args) or not node.args:
            raise self.error(node, f"{function} takes plain arguments only")
        if len(node.args) > MAX_ARGUMENTS:
            raise self.error(node, f"{function} takes {MAX_ARGUMENTS} arguments at most")
        if function == "where":
            if len(node.args) != 3:
                raise self.error(node, "where takes a condition and two values")
            return Where(self.condition(node.args[0]), self.expression(node.args[1]), self.expression(node.args[2]))
        if function in REDUCTIONS and (over := self._reduced(node)):
            return REDUCTIONS[function](self.expression(node.args[0]), over)
        if function not in self.functions:
            known = [*self.functions, *REDUCTIONS, "where"]
            raise self.error(node, f"unknown function {function!r}", did_you_mean(function, known))
        return self.functions[function](*map(self.expression, node.args))

    def _reduced(self, node: ast.Call) -> tuple[Index, ...]:
        """The indices a reduction runs over: its later arguments, if they are indices of the first."""
        inside = {index for child in ast.walk(node.args[0]) for index in self._names_in_brackets(child)}
        names = [arg.id for arg in node.args[1:] if isinstance(arg, ast.Name)]
        if len(names) == len(node.args) - 1 and names and all(name in inside for name in names):
            return tuple(unsized(name) for name in names)
        function = self.name(node.func)
        if function not in self.functions:
            raise self.error(node, f"{function} needs the index it runs over, as in {function}(x[i], i)")
        return ()

    def _names_in_brackets(self, node: ast.AST) -> set[str]:
        if not isinstance(node, ast.Subscript):
            return set()
        return {child.id for child in ast.walk(node.slice) if isinstance(child, ast.Name)}

    def condition(self, node: ast.AST) -> Boolean:
        match node:
            case ast.Compare(ops=[operator]) if type(operator) in _COMPARE:
                left, right = node.left, node.comparators[0]
                return _COMPARE[type(operator)](self._compared(left), self._compared(right))
            case ast.BoolOp():
                combine = sp.And if isinstance(node.op, ast.And) else sp.Or
                return combine(*map(self.condition, node.values))
            case ast.UnaryOp(op=ast.Not()):
                return sp.Not(self.condition(node.operand))
        raise self.error(node, "expected a comparison, such as z > 0")

    def _compared(self, node: ast.AST) -> Expr:
        """One side of a comparison: of positions, if every name in it stands in a bracket elsewhere, or of values."""
        names = {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
        if names and names <= self.index_names and not any(isinstance(n, ast.Subscript | ast.Call) for n in ast.walk(node)):
            return self.index(node)
        return self.expression(node)


@lru_cache(maxsize=512)
def parse_cached(text: str) -> tuple[Statement, ...]:
    """`parse_equations` without more functions, remembered: a catalogue row is parsed once."""
    return parse_equations(text)
