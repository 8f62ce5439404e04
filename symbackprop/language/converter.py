"""The nodes of one syntax tree → SymPy objects, by a whitelist: what has no method here is not in the language."""

from __future__ import annotations

import ast
import re
from collections import ChainMap
from collections.abc import Mapping
from fractions import Fraction
from keyword import iskeyword

import sympy as sp
from sympy import Basic, Expr, Symbol
from sympy.logic.boolalg import Boolean

from symbackprop.errors import LanguageError, SymbackpropError, did_you_mean
from symbackprop.expressions import Index, Read, Where
from symbackprop.language.functions import CONSTANTS, FUNCTIONS, REDUCTIONS, Function
from symbackprop.language.syntax import (
    IN_PARTS,
    MAX_ARGUMENTS,
    MAX_CONSTANT,
    MAX_DIGITS,
    MAX_EXPONENT,
    MAX_PLACE,
    MAX_WRITTEN_OUT,
    NAME,
)

_COMPARE = {ast.Gt: sp.Gt, ast.GtE: sp.Ge, ast.Lt: sp.Lt, ast.LtE: sp.Le, ast.Eq: sp.Eq, ast.NotEq: sp.Ne}


def size_symbol(index: str) -> Symbol:
    """The symbol that stands for the size of an index until the shapes are known."""
    return Symbol(f"size_{index}", integer=True, positive=True)


def unsized(name: str) -> Index:
    """An index whose size is not known yet."""
    return Index(name, size_symbol(name))


class Converter:
    """Turns the nodes of one formula into SymPy objects."""

    def __init__(self, text: str, functions: Mapping[str, Function], tree: ast.AST) -> None:
        self.text = text
        self._counted: dict[Basic, int] = {}
        # A chain of mappings, not one dict: the formulas behind names that nobody calls are then never parsed.
        self.functions: Mapping[str, Function] = ChainMap(functions, FUNCTIONS)  # type: ignore[arg-type]
        self.index_names = {name for node in ast.walk(tree) for name in self._names_in_brackets(node)}

    def error(self, node: ast.AST, message: str, help: str = "", code: str = "") -> LanguageError:
        """The mistake that a node is, with its place in the formula."""
        # Python counts the bytes of UTF-8.
        encoded = self.text.encode()
        first, last = getattr(node, "col_offset", 0), getattr(node, "end_col_offset", None) or 0
        before, wrong = (part.decode(errors="replace") for part in (encoded[:first], encoded[first:last]))
        return LanguageError(
            message, code=code, help=help, text=self.text, column=len(before) + 1, length=max(len(wrong), 1)
        )

    def name(self, node: ast.AST) -> str:
        if not isinstance(node, ast.Name):
            raise self.error(node, "expected a name")
        if not NAME.match(node.id) or iskeyword(node.id):
            raise self.error(node, f"{node.id!r} cannot be a name", "letters, digits and _, 31 at most")
        return node.id

    def expression(self, node: ast.AST) -> Expr:
        """The expression that a node stands for.

        Raises:
            LanguageError: The node, or one below it, is not in the language.
        """
        try:
            value = self._value(node)
            if self._nodes(value) > MAX_WRITTEN_OUT:
                message = f"written out, with max and abs as branches, this has more than {MAX_WRITTEN_OUT:,} parts"
                raise self.error(node, message, IN_PARTS, LanguageError.LIMIT)
            fault = _fault(value)
        except SymbackpropError:
            raise
        except Exception as error:  # whatever SymPy makes of it, it is no formula
            raise self.error(node, f"this is not a formula: {str(error)[:100]}") from None
        if fault:
            raise self.error(node, f"this is {fault}", code=LanguageError.NO_NUMBER)
        return value

    def _nodes(self, expr: Basic) -> int:
        """How many nodes an expression has as a tree; what it shares with what was read before is counted once."""
        if expr not in self._counted:
            self._counted[expr] = 1 + sum(map(self._nodes, expr.args))
        return self._counted[expr]

    def _value(self, node: ast.AST) -> Expr:
        match node:
            case ast.Name() if node.id in self.index_names:
                return unsized(self.name(node))
            case ast.Name():
                return CONSTANTS[node.id] if node.id in CONSTANTS else Read(self.name(node))
            case ast.Constant():
                return self._constant(node)
            case ast.BinOp():
                return self._binop(node)
            case ast.UnaryOp():
                return self._unaryop(node)
            case ast.Subscript():
                return Read(self.name(node.value), *self.indices(node))
            case ast.Call():
                return self._call(node)
        raise self.error(node, f"{type(node).__name__} is not part of the equation language")

    def _constant(self, node: ast.Constant) -> Expr:
        text = ast.get_source_segment(self.text, node) or ""
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            raise self.error(node, f"{text or node.value!r} is not a number")
        mantissa, _, exponent = text.replace("_", "").lower().partition("e")
        if len(mantissa) > MAX_DIGITS or (exponent and abs(int(exponent)) > MAX_EXPONENT):
            message = f"a number may have {MAX_DIGITS} digits and an exponent of {MAX_EXPONENT} at most"
            raise self.error(node, message, code=LanguageError.LIMIT)
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
                    raise self.error(node, "division by zero", code=LanguageError.NO_NUMBER)
                return left / right
            case ast.Pow():
                return self._power(node, left, right)
        raise self.error(node, f"the operator {type(node.op).__name__} is not part of the equation language")

    def _power(self, node: ast.BinOp, base: Expr, exponent: Expr) -> Expr:
        if exponent.is_number and abs(exponent) > MAX_EXPONENT:
            raise self.error(node, f"an exponent may be {MAX_EXPONENT} at most", code=LanguageError.LIMIT)
        if base.is_number and exponent.is_number and base == 0 and exponent < 0:
            raise self.error(node, "division by zero", code=LanguageError.NO_NUMBER)
        if exponent.is_number and degree(base) * abs(exponent) > MAX_EXPONENT:
            raise self.error(node, f"nested powers may reach {MAX_EXPONENT} at most", code=LanguageError.LIMIT)
        if base.is_Rational and exponent.is_number and _digits(base) * abs(exponent) > MAX_DIGITS * MAX_EXPONENT:
            raise self.error(node, "this power is too large a number", code=LanguageError.LIMIT)
        return base**exponent

    def _unaryop(self, node: ast.UnaryOp) -> Expr:
        if isinstance(node.op, ast.USub):
            return -self.expression(node.operand)
        if isinstance(node.op, ast.UAdd):
            return self.expression(node.operand)
        raise self.error(node, f"{type(node.op).__name__} is not part of the equation language")

    def indices(self, node: ast.Subscript) -> tuple[Expr, ...]:
        """What stands in the brackets of a read, or of a left-hand side."""
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if not parts:
            raise self.error(node, "there is no index in the brackets")
        return tuple(map(self.index, parts))

    def index(self, node: ast.AST) -> Expr:
        """An index expression: names are indices, arithmetic is affine, and a read is an index given as data."""
        place = self._place(node)
        if self._nodes(place) > MAX_PLACE:
            raise self.error(
                node, f"multiplied out, this index has more than {MAX_PLACE} parts", "", LanguageError.LIMIT
            )
        return place

    def _place(self, node: ast.AST) -> Expr:
        match node:
            case ast.Name():
                return unsized(self.name(node))
            case ast.Subscript():
                return self._value(node)
            case ast.Constant(value=int()):
                return self._constant(node)
            case ast.UnaryOp(op=ast.USub()):
                return -self.index(node.operand)
            case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult()):
                left, right = self.index(node.left), self.index(node.right)
                if isinstance(node.op, ast.Mult):
                    return sp.expand(left * right)
                return left + right if isinstance(node.op, ast.Add) else left - right
            case ast.BinOp(op=ast.FloorDiv() | ast.Mod()):
                return self._whole_part(node)
        raise self.error(node, "an index must be a name, a whole number, or a sum of them with whole factors")

    def _whole_part(self, node: ast.BinOp) -> Expr:
        """`i // m`, or what it leaves, `i % m`."""
        left, right = self.index(node.left), self.index(node.right)
        if right.is_number and not right.is_positive:
            raise self.error(node, "an index can be divided by a positive whole number only")
        whole = sp.floor(left / right)
        return whole if isinstance(node.op, ast.FloorDiv) else sp.expand(left - right * whole)

    def _call(self, node: ast.Call) -> Expr:
        function = self.name(node.func)
        if node.keywords or any(isinstance(arg, ast.Starred) for arg in node.args) or not node.args:
            raise self.error(node, f"{function} takes plain arguments only")
        if len(node.args) > MAX_ARGUMENTS:
            message = f"{function} takes {MAX_ARGUMENTS} arguments at most"
            raise self.error(node, message, code=LanguageError.LIMIT)
        if function == "where":
            if len(node.args) != 3:
                raise self.error(node, "where takes a condition and two values")
            return Where(self.condition(node.args[0]), self.expression(node.args[1]), self.expression(node.args[2]))
        if function in REDUCTIONS and (over := self._reduced(node)):
            return REDUCTIONS[function](self.expression(node.args[0]), over)
        if function not in self.functions:
            known = [*self.functions, *REDUCTIONS, "where"]
            message = f"unknown function {function!r}"
            raise self.error(node.func, message, did_you_mean(function, known), "SB020")
        return self.functions[function](*map(self.expression, node.args))

    def _reduced(self, node: ast.Call) -> tuple[Index, ...]:
        """The indices a reduction runs over: its later arguments, if they are indices of the first."""
        inside = {index for child in ast.walk(node.args[0]) for index in self._names_in_brackets(child)}
        names = [arg.id for arg in node.args[1:] if isinstance(arg, ast.Name)]
        if len(names) == len(node.args) - 1 and names and all(name in inside for name in names):
            if len(set(names)) < len(names):
                raise self.error(node, "a reduction runs over an index once")
            return tuple(unsized(name) for name in names)
        function = self.name(node.func)
        if function not in self.functions:
            raise self.error(node, f"{function} needs the index it runs over, as in {function}(x[i], i)")
        return ()

    def _names_in_brackets(self, node: ast.AST) -> set[str]:
        """The indices of a read; in `x[token[s]]` token is none, s is one."""
        if not isinstance(node, ast.Subscript):
            return set()
        inside = list(ast.walk(node.slice))
        tensors = {id(child.value) for child in inside if isinstance(child, ast.Subscript)}
        return {child.id for child in inside if isinstance(child, ast.Name) and id(child) not in tensors}

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
        plain = not any(isinstance(child, ast.Subscript | ast.Call) for child in ast.walk(node))
        return self.index(node) if plain and names and names <= self.index_names else self.expression(node)


def _fault(value: Expr) -> str:
    """Why an expression cannot be part of a formula; empty if it can.

    A constant is held to what a double holds at every level, since SymPy would spend for ever on comparing
    exp(exp(exp(100))) with anything.
    """
    if value.has(sp.zoo, sp.nan, sp.oo, sp.S.NegativeInfinity):
        return "infinite or undefined"
    if value.is_number and not value.is_Rational:
        approximate = sp.N(value, 15)
        if not approximate.is_real:
            return "not a real number"
        if abs(approximate) > MAX_CONSTANT:
            return "too large a number"
    return ""


def degree(expr: Expr) -> Expr:
    """The degree of an expression as a polynomial in what it reads: what multiplying out would raise it to.

    Example:
        >>> degree((Read("z") ** 3 + 1) ** 2)
        6
    """
    if isinstance(expr, Read):
        return sp.S.One
    inner = [degree(arg) for arg in expr.args if isinstance(arg, Expr)]
    if expr.is_Pow and expr.exp.is_number:
        return degree(expr.base) * abs(expr.exp)
    if expr.is_Mul:
        return sp.Add(*inner)
    return max(inner, default=sp.S.Zero)


def _digits(number: Expr) -> int:
    return max(len(str(abs(number.p))), len(str(number.q)))
