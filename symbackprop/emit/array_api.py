"""Array nodes → expressions of the array API standard, which NumPy, PyTorch, JAX and dask have in common.

Nothing is written in place, truth values are never multiplied, and what the standard lacks is a helper with a name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import sympy as sp
from sympy import Expr, Symbol

from symbackprop.emit import matrices
from symbackprop.emit.layout import tuple_code
from symbackprop.emit.numbers import ATOM, COMPARE, POWER, PRODUCT, SUM, Code, bracket, number_code
from symbackprop.emit.reductions import STANDARD_RUNNING
from symbackprop.emit.whole import is_array, is_whole
from symbackprop.expressions import Index
from symbackprop.program import (
    Accumulate,
    Along,
    Array,
    At,
    Axes,
    Const,
    Contract,
    Gather,
    Leaf,
    Map,
    Position,
    Reduce,
    Scatter,
    Window,
)
from symbackprop.program.masks import OPERATORS, extreme, is_truth
from symbackprop.program.nodes import Affine
from symbackprop.program.refusals import refusal

HELPERS = frozenset({"sigmoid", "softplus", "log_sigmoid", "log_cosh", "erf"})
FUNCTIONS = {f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")}


class ArrayApi:
    """Prints nodes.

    Args:
        names: What to write for the names of arrays, where it is not the name itself; for a size or index n under "#n".
        whole: Arrays of whole numbers.
        lists: Arrays that a loop is filling, position by position of this axis.
    """

    def __init__(self, names: Mapping[str, str], whole: frozenset[str], lists: Mapping[str, Index]) -> None:
        self.names = names
        self.whole = whole
        self.lists = lists
        self.helpers: set[str] = set()

    def code(self, node: Array, order: Axes) -> Code:
        """The node with its axes in this order, those that it lacks left out."""
        order = tuple(axis for axis in order if axis in node.axes)
        handler = _HANDLERS.get(type(node))
        if handler is None:
            raise refusal(node, "in the array API standard")
        return handler(self, node, order)

    def _along(self, node: Along, order: Axes) -> Code:
        if node.function in STANDARD_RUNNING:
            text = self.numeric(node.arg, order)[0]
            return STANDARD_RUNNING[node.function].format(text, f"axis={order.index(node.axis)}"), ATOM
        return f"{self.helper(node.function)}({self.code(node.arg, order)[0]}, {order.index(node.axis)})", ATOM

    def helper(self, name: str) -> str:
        """The name of a helper, which is then emitted."""
        self.helpers.add(name)
        return name

    def number(self, value: Expr) -> Code:
        """A number, or an expression in sizes and in the index of a loop."""
        table = {s: Symbol(self.names[f"#{s.name}"]) for s in value.free_symbols if f"#{s.name}" in self.names}
        return number_code(value.xreplace(table))

    def size(self, axis: Index) -> str:
        """The length of an axis."""
        return self.number(axis.size)[0]

    def shape(self, axes: Sequence[Index]) -> str:
        """The lengths of some axes, as a tuple."""
        return tuple_code([self.size(axis) for axis in axes])

    def permuted(self, code: Code, stored: Axes, order: Axes) -> Code:
        """Code of an array whose axes are `stored`, for another order."""
        if stored == order:
            return code
        places = [stored.index(axis) for axis in order]
        if len(order) > 1 and places == [*range(len(order) - 2), len(order) - 1, len(order) - 2]:
            return f"xp.matrix_transpose({code[0]})", ATOM
        return f"xp.permute_dims({code[0]}, {tuple_code([str(place) for place in places])})", ATOM

    def spread(self, node: Array, order: Axes) -> Code:
        """The node, with new axes wherever it lacks one that is not leading."""
        code = self.code(node, order)
        present = [axis in node.axes for axis in order]
        if not any(present) or all(present[present.index(True) :]):
            return code
        marks = present[present.index(True) :]
        return f"{bracket(code, ATOM)}[{', '.join(':' if mark else 'None' for mark in marks)}]", ATOM

    def numeric(self, node: Array, order: Axes) -> Code:
        """The node as numbers: truth values and positions are given the type of the parameters."""
        code = self.spread(node, order)
        if is_array(node):
            due = is_truth(node) or is_whole(node, self.whole)
            return (f"xp.astype({code[0]}, dtype)", ATOM) if due else code
        return (f"float({code[0]})", ATOM) if is_truth(node) else code

    def _condition(self, node: Array, order: Axes) -> str:
        """Truth values; one of Python's, about the index of a loop, as an array."""
        code = self.spread(node, order)[0]
        return code if is_array(node) else f"xp.asarray({code}, dtype=xp.bool)"

    def _map(self, node: Map, order: Axes) -> Code:
        function = node.function
        if function in OPERATORS:
            whole = all(is_whole(arg, self.whole) or not arg.axes for arg in node.args)
            left, right = ((self.spread if whole else self.numeric)(arg, order) for arg in node.args)
            return f"{bracket(left, SUM)} {OPERATORS[function]} {bracket(right, SUM)}", COMPARE
        if function in ("and", "or", "not"):
            joined = ", ".join(self._condition(arg, order) for arg in node.args)
            return f"xp.logical_{function}({joined})", ATOM
        whole = is_whole(node, self.whole)
        if not whole and extreme(node) != node:
            return self._map(extreme(node), order)
        given = node.args[1:] if function == "where" else node.args
        args = [(self.spread if whole else self.numeric)(arg, order) for arg in given]
        if function == "where":
            condition = self._condition(node.args[0], order)
            kind = "xp.int64" if whole else "dtype"
            then, otherwise = (
                code[0] if part.axes else f"xp.asarray({code[0]}, dtype={kind})"
                for code, part in zip(args, node.args[1:], strict=True)
            )
            return f"xp.where({condition}, {then}, {otherwise})", ATOM
        if function == "add":
            return self._sum(args), SUM
        if function == "mul":
            return self._product(args)
        if function == "pow":
            return self._power(args, node.args[1])
        if function == "floor_divide":
            return f"{bracket(args[0], PRODUCT)} // {bracket(args[1], ATOM)}", PRODUCT
        return self._called(function, node, args)

    def _called(self, function: str, node: Map, args: Sequence[Code]) -> Code:
        given = zip(args, node.args, strict=True)
        texts = [code if arg.axes else f"xp.asarray({code}, dtype=dtype)" for (code, _), arg in given]
        name = self.helper(function) if function in HELPERS else f"xp.{FUNCTIONS.get(function, function)}"
        if function in ("maximum", "minimum", "logaddexp") and not node.args[0].axes:
            texts.reverse()
        return f"{name}({', '.join(texts)})", ATOM

    def _sum(self, args: Sequence[Code]) -> str:
        text = bracket(args[0], SUM)
        for code, strength in args[1:]:
            minus = code.startswith("-") and strength > SUM
            text += f" - {bracket((code[1:], strength), PRODUCT)}" if minus else f" + {bracket((code, strength), SUM)}"
        return text

    def _product(self, args: Sequence[Code]) -> Code:
        """A product, its sign first."""
        negative = args[0][0] == "-1" and len(args) > 1
        first, *rest = args[1:] if negative else args
        text = " * ".join([bracket(first, PRODUCT), *(bracket(code, PRODUCT + 1) for code in rest)])
        return f"{'-' * negative}{text}", PRODUCT

    def _power(self, args: Sequence[Code], exponent: Array) -> Code:
        if isinstance(exponent, Const) and exponent.value == -1:
            return f"1 / {bracket(args[0], ATOM)}", PRODUCT
        if isinstance(exponent, Const) and abs(exponent.value) == sp.Rational(1, 2):
            root = f"xp.sqrt({args[0][0]})"
            return (root, ATOM) if exponent.value > 0 else (f"1 / {root}", PRODUCT)
        return f"{bracket(args[0], ATOM)} ** {bracket(args[1], ATOM)}", POWER

    def _contract(self, node: Contract, order: Axes) -> Code:
        left, right = node.left, node.right
        if order and order[0] in right.axes and order[0] not in left.axes:
            left, right = right, left
        batch = tuple(axis for axis in order if axis in left.axes and axis in right.axes)
        rows, columns = (tuple(a for a in order if a in side.axes and a not in batch) for side in (left, right))
        made = (*batch, *rows, *columns)
        if not batch:
            first, second = (*rows, *node.over), (*node.over, *columns)
            codes = [self._typed(left, first), self._typed(right, second)]
            text = f"xp.tensordot({', '.join(codes)}, axes={len(node.over)})"
            return self.permuted((text, ATOM), made, order)
        one, other = self._matrix(left, batch, rows, node.over), self._matrix(right, batch, node.over, columns)
        text = f"xp.reshape(xp.matmul({one}, {other}), {self.shape(made)})"
        return self.permuted((text, ATOM), made, order)

    def _typed(self, node: Array, order: Axes) -> str:
        """A factor of a product, as numbers."""
        return self.numeric(node, tuple(axis for axis in order if axis in node.axes))[0]

    def _matrix(self, side: Array, batch: Axes, first: Axes, second: Axes) -> str:
        code = self._typed(side, (*batch, *first, *second))
        if len(first) == len(second) == 1:
            return code
        sizes = [self.size(axis) for axis in batch]
        sizes += [self.number(sp.Mul(*(axis.size for axis in axes)))[0] for axes in (first, second)]
        return f"xp.reshape({code}, {tuple_code(sizes)})"

    def _reduce(self, node: Reduce, order: Axes) -> Code:
        inner = (*node.over, *order)
        arrangement = node.arg.axes if tuple(a for a in node.arg.axes if a in order) == order else inner
        code = self.numeric(node.arg, arrangement)[0] if node.kind != "argmax" else self.code(node.arg, arrangement)[0]
        places = [arrangement.index(axis) for axis in node.over]
        where = str(places[0]) if len(places) == 1 else tuple_code([*map(str, places)])
        name = self.helper("logsumexp") if node.kind == "logsumexp" else f"xp.{node.kind}"
        return f"{name}({code}, axis={where})", ATOM

    def _affine(self, at: Affine) -> str:
        return f"{self.shape(at.indices)}, {tuple_code(list(map(str, at.steps)))}, {self.number(at.start)[0]}"

    def _window(self, node: Window, order: Axes) -> Code:
        rest = tuple(axis for axis in order if axis not in node.at.indices)
        code = self.code(node.arg, (*rest, node.axis))[0]
        text = f"{self.helper('window')}({code}, {self._affine(node.at)})"
        return self.permuted((text, ATOM), (*rest, *node.at.indices), order)

    def _accumulate(self, node: Accumulate, order: Axes) -> Code:
        kept = tuple(axis for axis in order if axis != node.axis)
        values = self._filled(node.arg, (*kept, *node.at.indices))
        text = f"{self.helper('accumulate')}({values}, {self._affine(node.at)}, {self.size(node.axis)})"
        return self.permuted((text, ATOM), (*kept, node.axis), order)

    def _filled(self, node: Array, order: Axes) -> str:
        """An array that has every axis of an order."""
        code = self.numeric(node, order)[0] if node.axes else f"xp.asarray({self.code(node, ())[0]}, dtype=dtype)"
        whole = tuple(a for a in order if a in node.axes) == order
        return code if whole else f"xp.broadcast_to({code}, {self.shape(order)})"

    def _gather(self, node: Gather, order: Axes) -> Code:
        index = node.index.axes
        shared = tuple(axis for axis in node.arg.axes if axis in index)
        others = tuple(axis for axis in order if axis in node.arg.axes and axis not in index)
        if shared:
            made = (*index, *others)
            table = self.spread(node.arg, (*made, node.axis))[0]
            place = self.spread(node.index, (*made, node.axis))[0]
            if tuple(a for a in (*made, node.axis) if a in index) != made or others:
                place = self._filled_whole(node.index, (*made, node.axis))
            text = f"{self.helper('chosen')}({table}, {place})"
        else:
            made = (*index, *others)
            table, place = self.code(node.arg, (node.axis, *others))[0], self.code(node.index, index)[0]
            text = f"{self.helper('gather')}({table}, {place})"
        return self.permuted((text, ATOM), made, order)

    def _filled_whole(self, node: Array, order: Axes) -> str:
        code = bracket(self.code(node, order), ATOM)
        return f"{code}[{', '.join(':' if axis in node.axes else 'None' for axis in order)}]"

    def _scatter(self, node: Scatter, order: Axes) -> Code:
        rest = tuple(axis for axis in order if axis != node.axis)
        index = node.index.axes
        values, places = self._filled(node.arg, (*index, *rest)), self.code(node.index, index)[0]
        text = f"{self.helper('scatter')}({places}, {values}, {self.size(node.axis)})"
        return self.permuted((text, ATOM), (node.axis, *rest), order)

    def _at(self, node: At, order: Axes) -> Code:
        stored = node.arg.axes
        left = tuple(axis for axis in stored if axis != node.axis)
        place = self.number(node.position)[0]
        if isinstance(node.arg, Leaf) and self.lists.get(node.arg.name) is not None:
            text = f"{self.names.get(node.arg.name, node.arg.name)}[{place}]"
        else:
            marks = ", ".join(place if axis == node.axis else ":" for axis in stored)
            text = f"{bracket(self.code(node.arg, stored), ATOM)}[{marks}]"
        if not node.inside:
            zeros = f"xp.zeros({self.shape(left)}, dtype=dtype)"
            text = f"({text} if 0 <= {place} < {self.size(node.axis)} else {zeros})"
        return self.permuted((text, ATOM), left, order)


_HANDLERS: Mapping[type, Callable[..., Code]] = {
    Leaf: lambda printer, node, order: printer.permuted(
        (printer.names.get(node.name, node.name), ATOM), node.axes, order
    ),
    Const: lambda self, node, order: self.number(node.value),
    Position: lambda self, node, order: (f"xp.arange({self.size(node.axis)})", ATOM),
    Map: ArrayApi._map,
    Contract: ArrayApi._contract,
    Reduce: ArrayApi._reduce,
    Along: ArrayApi._along,
    Window: ArrayApi._window,
    Accumulate: ArrayApi._accumulate,
    Gather: ArrayApi._gather,
    Scatter: ArrayApi._scatter,
    At: ArrayApi._at,
    **matrices.STANDARD,
}
