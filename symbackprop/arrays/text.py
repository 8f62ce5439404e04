"""Statements in array notation → values, by a whitelist over Python's `ast`; nothing is evaluated by Python.

`h = sigmoid(W @ x + b)` is array notation, `h[j] = sigmoid(sum(W[j, i] * x[i], i) + b[j])` index notation, which
`language` parses; both define the same tensor, and a program may mix them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy as sp
from sympy import Expr

from symbackprop.arrays import elementwise as each
from symbackprop.arrays.calls import METHODS, called
from symbackprop.arrays.conditions import inverted
from symbackprop.arrays.lifting import Lifting
from symbackprop.arrays.selecting import select
from symbackprop.arrays.shaping import constant_array, transpose
from symbackprop.arrays.values import Value, whole_number
from symbackprop.errors import InputError, LanguageError, SymbackpropError, did_you_mean
from symbackprop.expressions import INFINITY
from symbackprop.language import Function
from symbackprop.language.converter import Converter
from symbackprop.language.dialects import MODULES
from symbackprop.language.syntax import check_length, syntax_tree

CONSTANTS: Mapping[str, Expr] = {"pi": sp.pi, "inf": INFINITY}
BINARY = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.Pow: "power",
    ast.MatMult: "matmul",
    ast.BitAnd: "logical_and",
    ast.BitOr: "logical_or",
}
COMPARE = {
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
}
MOST_ITEMS = 4096


class Scope:
    """What names mean while the statements of a program are carried out.

    Attributes:
        book: Where equations are collected.
        functions: Formulas that may be called, entry by entry.
        names: The value of each name, an array, a size or a tuple of values.
    """

    def __init__(self, book: Lifting, functions: Mapping[str, Function] | None = None) -> None:
        self.book = book
        self.functions = functions or {}
        self.names: dict[str, Any] = {}

    def run(self, text: str) -> list[str]:
        """Carry out one statement.

        Returns:
            The names that it defines.

        Raises:
            InputError: It is not in the language, or shapes do not fit; the message quotes it and has the column.
        """
        check_length(text)
        body = syntax_tree(text, "exec").body
        if len(body) != 1 or not isinstance(body[0], ast.Assign | ast.AugAssign):
            raise LanguageError(f"expected one statement, name = formula, found {text!r}")
        return Reading(self, text).statement(body[0])


class Reading:
    """Carries out one statement of a scope."""

    def __init__(self, scope: Scope, text: str) -> None:
        self.scope = scope
        self.book = scope.book
        self.text = text
        self.converter = Converter(text, {}, ast.Module([], []))
        self.local: dict[str, Any] = {}

    def error(self, node: ast.AST, message: str, help: str = "") -> LanguageError:
        return self.converter.error(node, message, help)

    def statement(self, node: ast.Assign | ast.AugAssign) -> list[str]:
        """Define what stands on the left, and return its names."""
        if isinstance(node, ast.AugAssign):
            return [self._define(node.target, self._binary(node, node.target, node.op, node.value))]
        value = self.value(node.value)
        names: list[str] = []
        for target in node.targets:
            if isinstance(target, ast.Tuple | ast.List):
                parts = self._parts(node, value)
                if len(parts) != len(target.elts):
                    raise self.error(target, f"{len(target.elts)} names for {len(parts)} values")
                names += [self._define(each, part) for each, part in zip(target.elts, parts, strict=True)]
            else:
                names.append(self._define(target, value))
        return names

    def _parts(self, node: ast.AST, value: Any) -> Sequence[Any]:
        if isinstance(value, tuple | list):
            return value
        if isinstance(value, Value) and value.rank and value.shape[0].is_Integer:
            return [select(value, number) for number in range(int(value.shape[0]))]
        raise self.error(node, "this cannot be taken apart into several names")

    def _define(self, target: ast.AST, value: Any) -> str:
        name = self.converter.name(target)
        if name in CONSTANTS:
            raise self.error(target, f"{name!r} is a constant and cannot be defined", "choose another name")
        if isinstance(value, Value):
            value = self._guarded(target, lambda: self.book.define(name, value))
        elif isinstance(value, list):
            value = [one if isinstance(one, Value) else constant_array(self.book, one) for one in value]
        self.scope.names[name] = value
        return name

    def value(self, node: ast.AST) -> Any:
        """What a node stands for: an array, a tuple or a list of them, a text, or None."""
        read = NODES.get(type(node))
        if read is None:
            raise self.error(node, f"{type(node).__name__} is not part of array notation")
        return read(self, node)

    def _constant(self, node: ast.Constant) -> Any:
        if node.value is Ellipsis or isinstance(node.value, bool | str | None):
            return node.value
        return self.book.number(self.converter.expression(node))

    def _slice(self, node: ast.Slice) -> slice:
        return slice(*(None if part is None else self.value(part) for part in (node.lower, node.upper, node.step)))

    def _compare(self, node: ast.Compare) -> Value:
        if len(node.ops) > 1 or type(node.ops[0]) not in COMPARE:
            raise self.error(node, "a comparison has two sides", "join two of them with &")
        return self._apply(node, COMPARE[type(node.ops[0])], node.left, node.comparators[0])

    def array(self, node: ast.AST) -> Value:
        """What a node stands for, which must be an array or a number."""
        return self._as_array(node, self.value(node))

    def _as_array(self, node: ast.AST, value: Any) -> Value:
        if isinstance(value, bool):
            return self.book.number(int(value))
        if isinstance(value, list | tuple):
            return self._guarded(node, lambda: constant_array(self.book, value))
        if not isinstance(value, Value):
            raise self.error(node, "expected an array or a number")
        return value

    def _name(self, node: ast.Name) -> Any:
        name = self.converter.name(node)
        for known in (self.local, self.scope.names):
            if name in known:
                return known[name]
        if name in CONSTANTS:
            return self.book.number(CONSTANTS[name])
        known_names = [*self.local, *self.scope.names, *CONSTANTS]
        raise self.error(node, f"unknown name {name!r}", did_you_mean(name, known_names))

    def _binary(self, node: ast.AST, left: ast.AST, op: ast.operator, right: ast.AST) -> Value:
        if isinstance(op, ast.FloorDiv | ast.Mod):
            operation = each.floor_divide if isinstance(op, ast.FloorDiv) else each.remainder
            a, b = self.array(left), self.array(right)
            if not (a.number.is_integer and b.number.is_integer) or b.number == 0:
                raise self.error(node, "// and % are for whole numbers that are known", "floor has no slope")
            return operation(a, b)
        if type(op) not in BINARY:
            raise self.error(node, f"the operator {type(op).__name__} is not part of array notation")
        return self._apply(node, BINARY[type(op)], left, right)

    def _apply(self, node: ast.AST, name: str, *args: ast.AST) -> Value:
        values = [self.array(arg) for arg in args]
        return self._guarded(node, lambda: called(self.book, name, values, {}))

    def _unary(self, node: ast.UnaryOp) -> Value:
        value = self.array(node.operand)
        if isinstance(node.op, ast.USub):
            return each.negative(value)
        return inverted(value) if isinstance(node.op, ast.Not | ast.Invert) else value

    def _comprehension(self, element: ast.AST, generators: Sequence[ast.comprehension], node: ast.AST) -> list[Any]:
        """The items of a list comprehension, over ranges and lists that are known."""
        if not generators:
            return [self.value(element)]
        first, *rest = generators
        if first.is_async or not isinstance(first.target, ast.Name):
            raise self.error(node, "a comprehension runs over one name at a time")
        name = self.converter.name(first.target)
        items: list[Any] = []
        for item in self._parts(first.iter, self.value(first.iter)):
            self.local[name] = self.book.number(item) if isinstance(item, int) else item
            if all(self._truth(condition) for condition in first.ifs):
                items += self._comprehension(element, rest, node)
            if len(items) > MOST_ITEMS:
                raise self.error(node, f"more than {MOST_ITEMS:,} items", "write it with array operations")
        self.local.pop(name, None)
        return items

    def _truth(self, node: ast.AST) -> bool:
        found = self.value(node)
        if isinstance(found, Value) and found.expr in (sp.true, sp.false):
            return found.expr is sp.true
        raise self.error(node, "a condition of a comprehension must be known")

    def _attribute(self, node: ast.Attribute) -> Any:
        if isinstance(node.value, ast.Name) and node.value.id in MODULES and node.attr in CONSTANTS:
            return self.book.number(CONSTANTS[node.attr])
        value = self.array(node.value)
        if node.attr == "shape":
            return tuple(map(self.book.number, value.shape))
        if node.attr in ("T", "mT"):
            return transpose(value) if node.attr == "T" else called(self.book, "matrix_transpose", [value], {})
        if node.attr in ("ndim", "size"):
            return self.book.number(value.rank if node.attr == "ndim" else sp.Mul(*value.shape))
        raise self.error(node, f"an array has no {node.attr!r} here", did_you_mean(node.attr, ["T", "mT", *METHODS]))

    def _subscript(self, node: ast.Subscript) -> Any:
        value = self.value(node.value)
        key = self.value(node.slice)
        if isinstance(value, list | tuple):
            if isinstance(key, slice):
                bounds = (None if b is None else whole_number(b, "a bound") for b in (key.start, key.stop, key.step))
                return value[slice(*bounds)]
            number = whole_number(key, "a position in a list")
            if not -len(value) <= number < len(value):
                raise self.error(node, f"position {number} is outside a list of {len(value)}")
            return value[number]
        return self._guarded(node, lambda: select(self._as_array(node.value, value), key))

    def _call(self, node: ast.Call) -> Any:
        if any(isinstance(arg, ast.Starred) for arg in node.args) or any(word.arg is None for word in node.keywords):
            raise self.error(node, "arguments with * are not part of array notation")
        args = [self.value(arg) for arg in node.args]
        words = {str(word.arg): self.value(word.value) for word in node.keywords}
        if isinstance(node.func, ast.Attribute) and not _is_module(node.func.value):
            if node.func.attr not in METHODS:
                help = did_you_mean(node.func.attr, sorted(METHODS))
                raise self.error(node, f"an array has no method {node.func.attr!r} here", help)
            return self._guarded(
                node,
                lambda: called(self.book, node.func.attr, [self.array(node.func.value), *args], words),
            )
        name = node.func.attr if isinstance(node.func, ast.Attribute) else self.converter.name(node.func)
        if name in self.scope.functions and not words:
            own = each.composed(self.scope.functions[name], "a", name)
            return self._guarded(node, lambda: own(*(self._as_array(node, arg) for arg in args)))
        return self._guarded(node, lambda: called(self.book, name, args, words))

    def _guarded(self, node: ast.AST, act: Any) -> Any:
        """Carry something out; what goes wrong is reported at the place of the node."""
        try:
            return act()
        except InputError as error:
            first = error.mistakes[0]
            if first.text:
                raise
            placed = self.error(node, first.message, first.help).mistakes[0]
            raise type(error)(
                first.message, help=first.help, text=placed.text, column=placed.column, length=placed.length
            ) from None
        except SymbackpropError:
            raise
        except Exception as error:  # whatever SymPy makes of it, it is no formula
            raise self.error(node, f"this is not a formula: {str(error)[:100]}") from None


NODES: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Name: Reading._name,
    ast.Constant: Reading._constant,
    ast.BinOp: lambda reading, node: reading._binary(node, node.left, node.op, node.right),
    ast.UnaryOp: Reading._unary,
    ast.Compare: Reading._compare,
    ast.Tuple: lambda reading, node: tuple(map(reading.value, node.elts)),
    ast.List: lambda reading, node: list(map(reading.value, node.elts)),
    ast.ListComp: lambda reading, node: reading._comprehension(node.elt, node.generators, node),
    ast.GeneratorExp: lambda reading, node: reading._comprehension(node.elt, node.generators, node),
    ast.Attribute: Reading._attribute,
    ast.Subscript: Reading._subscript,
    ast.Slice: Reading._slice,
    ast.Call: Reading._call,
}


def _is_module(node: ast.AST) -> bool:
    """Whether a node is `np`, or `np.linalg`."""
    if isinstance(node, ast.Attribute):
        return _is_module(node.value) and node.attr in MODULES
    return isinstance(node, ast.Name) and node.id in MODULES
