"""Array nodes → NumPy expressions that a person would write: `delta1.T @ x`, not an einsum.

A node is printed for a given order of its axes. Where an operand is stored in another order it is transposed, and
where it lacks an axis that is not a leading one, `[:, None]` makes room.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import prod
from typing import NamedTuple

from sympy import Expr, Integer, Symbol

from symbackprop.emit import matrices, places
from symbackprop.emit.contractions import contraction
from symbackprop.emit.numbers import (
    ATOM,
    COMPARE,
    MATMUL,
    PRODUCT,
    SUM,
    UNARY,
    Code,
    bracket,
    number_code,
    power_code,
)
from symbackprop.emit.reductions import along, reduction
from symbackprop.expressions import Index
from symbackprop.program import (
    Along,
    Array,
    Axes,
    Const,
    Contract,
    Leaf,
    Map,
    Position,
    Reduce,
    factors,
    leaves,
)
from symbackprop.program.masks import (
    LOGICAL,
    OPERATORS,
    extreme,
    is_number,
    is_reciprocal,
    is_truth,
    mask,
    multiplied,
    numbers_in,
    positive,
    summed,
    with_masks,
)
from symbackprop.program.refusals import refusal

# Under these names stand the type of numbers where an expression holds none, and what has no such type to be asked for.
PRECISION, UNTYPED = "#", "#untyped"

HANDLERS = {**places.HANDLERS, **matrices.HANDLERS}
HELPERS = frozenset({"sigmoid", "softmax", "softplus", "erf", "log_cosh", "log_sigmoid", "log_softmax", "logsumexp"})
HELPERS |= {"lgamma", "digamma"}


class Use(NamedTuple):
    """What the code of a node names beside arrays: symbolic sizes, and functions that are not NumPy's."""

    sizes: frozenset[str]
    helpers: frozenset[str]


def numpy_code(node: Array, order: Axes, names: Mapping[str, str] | None = None) -> str:
    """Print a node as a NumPy expression.

    Args:
        node: The node.
        order: Its axes in the wanted order.
        names: What to print for the names of arrays, where it is not the name itself; for a size n under "#n".

    Returns:
        Code over `np`, the arrays' names, the names of symbolic sizes, and helpers.

    Raises:
        UnsupportedError: The node has no NumPy form yet.
    """
    return Printer(names or {}).code(node, order)[0]


@lru_cache(maxsize=4096)
def numpy_use(node: Array, order: Axes) -> Use:
    """What the code of a node needs besides arrays."""
    printer = Printer({})
    printer.code(node, order)
    return Use(frozenset(printer.sizes), frozenset(printer.helpers))


class Printer:
    """Prints nodes, and keeps what their code names beside arrays.

    Args:
        names: What to print for the names of arrays, where it is not the name itself.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names
        self.sizes: set[str] = set()
        self.helpers: set[str] = set()
        self.counting = False

    def code(self, node: Array, order: Axes) -> Code:
        """The node with its axes in this order (axes it lacks are left out)."""
        order = tuple(axis for axis in order if axis in node.axes)
        match node:
            case Leaf():
                return self.transposed((self.names.get(node.name, node.name), ATOM), node.axes, order)
            case Const():
                return self.number(node.value)
            case Position():
                return f"np.arange({self.number(node.axis.size)[0]})", ATOM
            case Map():
                return self._map(node, order)
            case Contract():
                return contraction(multiplied(node), order, self)
            case Reduce():
                return reduction(summed(node), order, self)
            case Along():
                return along(node, order, self)
        if type(node) in HANDLERS:
            return HANDLERS[type(node)](node, order, self)
        raise refusal(node, "in NumPy")

    def place(self, node: Array, order: Axes) -> str:
        """A node that holds places, which stay whole numbers."""
        before, self.counting = self.counting, True
        code, _ = self.code(node, order)
        self.counting = before
        return code

    def number(self, value: Expr) -> Code:
        """A number, or an expression in sizes and in the index of a loop."""
        self.sizes |= {symbol.name for symbol in value.free_symbols if not isinstance(symbol, Index)}
        table = {
            symbol: Symbol(self.names[f"#{symbol.name}"]) for symbol in value.free_symbols if self._renamed(symbol)
        }
        return number_code(value.xreplace(table))

    def _renamed(self, symbol: Symbol) -> bool:
        return f"#{symbol.name}" in self.names

    def called(self, name: str) -> str:
        """The name of a helper, which is then emitted."""
        self.helpers.add(name)
        return name

    def transposed(self, code: Code, stored: Axes, order: Axes) -> Code:
        if stored == order:
            return code
        text = bracket(code, ATOM)
        if len(order) == 2:
            return f"{text}.T", ATOM
        if stored[:-2] == order[:-2] and stored[-2:] == order[:-3:-1]:
            return f"{text}.mT", ATOM
        return f"{text}.transpose({', '.join(str(stored.index(axis)) for axis in order)})", ATOM

    def spread(self, node: Array, order: Axes) -> Code:
        """The node, with new axes wherever it lacks one that is not leading."""
        code = self.code(node, order)
        present = [axis in node.axes for axis in order]
        marks = present[present.index(True) :] if any(present) else []
        if all(marks):
            return code
        return f"{bracket(code, ATOM)}[{', '.join(':' if mark else 'None' for mark in marks)}]", ATOM

    def _map(self, node: Map, order: Axes) -> Code:
        function = node.function
        if function == "mul":
            node = with_masks(node)
            return self._outer(node, order) or self._product(node, order)
        if function == "add":
            return self._sum(node, order), SUM
        if extreme(node) != node:
            return self._map(extreme(node), order)
        given = self._number if function == "negative" else self._operand
        args = [given(arg, node, order) for arg in node.args]
        if function == "pow":
            exponent = node.args[1]
            return power_code(
                args[0], args[1], exponent.value if isinstance(exponent, Const) else None, not leaves(node.args[0])
            )
        if function in OPERATORS:
            return f"{bracket(args[0], SUM)} {OPERATORS[function]} {bracket(args[1], SUM)}", COMPARE
        if function == "where":
            return self._where(node, args)
        if function == "number":
            return f"{bracket(args[0], ATOM)}.astype({self.precision(node)})", ATOM
        if function == "floor_divide":
            # Looser than a product, since a * (b // c) is not a * b // c.
            return f"{bracket(args[0], PRODUCT)} // {bracket(args[1], ATOM)}", MATMUL
        joined = ", ".join(code for code, _ in args)
        if function in LOGICAL:
            return f"np.logical_{function}({joined})", ATOM
        code = f"{self.called(function) if function in HELPERS else f'np.{function}'}({joined})"
        # A number of sizes alone is one of Python's, which has no precision of its own.
        return code if node.axes or leaves(node) else f"float({code})", ATOM

    def _operand(self, arg: Array, node: Map, order: Axes) -> Code:
        """An argument; one made of positions alone takes the precision of the numbers that it meets."""
        code = self.spread(arg, order)
        plain = not arg.axes or leaves(arg) or is_truth(arg) or self.counting
        if plain or node.function in OPERATORS or not numbers_in(node):
            return code
        return f"{bracket(code, ATOM)}.astype({self.precision(node)})", ATOM

    def precision(self, node: Array) -> str:
        """The type of the numbers in a node."""
        untyped = self.names.get(UNTYPED, "").split()
        copied = isinstance(node, Map) and node.function == "number" and isinstance(node.args[0], Leaf)
        found = [] if copied else [name for name in numbers_in(node) if name not in untyped]
        return f"{self.names.get(found[0], found[0])}.dtype" if found else self.names.get(PRECISION, "float")

    def _number(self, arg: Array, node: Map, order: Axes) -> Code:
        """A truth value as 1 or 0, where nothing beside it would make it a number."""
        code = self._operand(arg, node, order)
        if is_truth(arg) and not arg.axes and not leaves(arg):
            return f"float({code[0]})", ATOM
        return (f"{bracket(code, ATOM)}.astype({self.precision(node)})", ATOM) if is_truth(arg) else code

    def _where(self, node: Map, args: Sequence[Code]) -> Code:
        condition, then, otherwise = node.args
        text = f"np.where({', '.join(code for code, _ in args)})"
        if leaves(then) or leaves(otherwise):
            return text, ATOM
        if mask(node) is not None:
            text = bracket(args[0], ATOM) if is_number(then, 1) else f"np.logical_not({args[0][0]})"
        # One of several numbers, in the precision of what they are chosen by.
        named = isinstance(condition, Leaf)  # a condition that has a name is no number, whatever it was made of
        due = named or numbers_in(node) or (mask(node) is not None and not self.counting)
        return (f"{text}.astype({self.precision(node)})" if due else text), ATOM

    def _outer(self, node: Map, order: Axes) -> Code | None:
        """`np.outer` for a product of two vectors along different axes."""
        numbers = [arg for arg in node.args if isinstance(arg, Const) and arg.value.is_number]
        vectors = {arg.axes: arg for arg in node.args if arg not in numbers and not is_truth(arg)}
        if len(node.args) == 2 + len(numbers) and len(order) == 2 and set(vectors) == {(order[0],), (order[1],)}:
            rows, columns = (self._operand(vectors[(axis,)], node, (axis,))[0] for axis in order)
            number = self.number(prod((arg.value for arg in numbers), start=Integer(1)))
            product = f"np.outer({rows}, {columns})"
            if number[0] in ("1", "-1"):
                return (product, ATOM) if number[0] == "1" else (f"-{product}", UNARY)
            return f"{bracket(number, PRODUCT)} * {product}", PRODUCT
        return None

    def _sum(self, node: Map, order: Axes) -> str:
        text = bracket(self._number(node.args[0], node, order), SUM)
        # Truth values take the precision of an array of numbers before them; beside one of Python's they are whole.
        floating = bool(numbers_in(node.args[0]))
        for arg in node.args[1:]:
            given = self._operand if floating else self._number
            floating = floating or bool(numbers_in(arg))
            if is_truth(positive(arg)) and arg is not positive(arg):
                text += f" - {bracket(given(positive(arg), node, order), PRODUCT)}"
                continue
            code, strength = given(arg, node, order)
            if code.startswith("-") and strength > SUM:
                text += f" - {bracket((code[1:], strength), PRODUCT)}"
            else:
                text += f" + {bracket((code, strength), SUM)}"
        return text

    def _product(self, product: Map, order: Axes) -> Code:
        above: list[str] = []
        below: list[str] = []
        masks: set[str] = set()
        negative = False
        numeric = any(not is_truth(arg) for arg in product.args if leaves(arg) and not is_reciprocal(arg))
        for node in product.args:
            if isinstance(node, Map) and is_reciprocal(node):
                below.append(bracket(self._operand(node.args[0], product, order), ATOM))
                continue
            code = (self._operand if numeric else self._number)(node, product, order)
            if numeric and is_truth(node):
                masks.add(bracket(code, PRODUCT))
            numeric |= is_truth(node)
            if code[0].startswith("-") and code[1] >= PRODUCT:
                negative = not negative
                code = code[0][1:], code[1]
            if re.match(r"1 / (np\.sqrt\(|(\w+|\([^()]*\))\*\*0\.5$)", code[0]) and code[1] >= PRODUCT:
                below.append(code[0].removeprefix("1 / "))
            elif code[0] != "1":
                above.append(bracket(code, PRODUCT))
        number = any(isinstance(node, Const) for node in factors(product))
        if masks and ((negative and above[0] in masks) or number):
            above.sort(key=masks.__contains__)  # NumPy has no minus for truth values, and twice one is a whole number
        text = " * ".join(above) or "1"
        return "-" * negative + " / ".join([text, *below]), PRODUCT
