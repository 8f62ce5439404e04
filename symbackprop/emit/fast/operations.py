"""One statement of one operation → the line of NumPy that writes its result into memory that is set aside."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import sympy as sp

from symbackprop.emit.fast.products import is_whole, product_line
from symbackprop.emit.fast.stepping import IF_LATER
from symbackprop.emit.layout import tuple_code
from symbackprop.emit.numbers import ATOM, bracket
from symbackprop.emit.numpy import HELPERS, Printer
from symbackprop.emit.reductions import RUNNING, running_sum
from symbackprop.program import (
    Accumulate,
    Along,
    Array,
    Assign,
    Axes,
    Const,
    Contract,
    FirstStep,
    Leaf,
    Map,
    Reduce,
    Window,
    leaves,
)
from symbackprop.program.masks import OPERATORS, is_number, is_truth

UFUNCS = {"mul": "multiply", "gt": "greater", "ge": "greater_equal", "lt": "less", "le": "less_equal", "eq": "equal"}
UFUNCS |= {"ne": "not_equal", "and": "logical_and", "or": "logical_or", "not": "logical_not", "pow": "power"}
REDUCED = {"sum": "add", "max": "maximum"}
IN_PLACE = {"add": "+=", "mul": "*=", "subtract": "-=", "divide": "/="}
COMMUTE = frozenset({"add", "mul"})
WITH_NUMBERS = frozenset({*IN_PLACE, "maximum", "minimum", *OPERATORS})


@dataclass
class Operations:
    """Writes statements as lines.

    Attributes:
        names: What to write for an array or, under "#n", for a size n.
        ones: Vectors of ones that the lines name, with their length: a sum is a product with one.
        zeros: Arrays of zeros likewise, with their shape: NumPy compares with an array faster than with one number.
        numbers: Arrays of no axis, with their number: NumPy takes them faster than a number of Python's. `None` where
            there is no memory for them.
        windows: Views of stored arrays that the lines copy from, with their code.
        helpers: Functions that the lines call beside NumPy's.
    """

    names: Mapping[str, str]
    ones: dict[str, str] = field(default_factory=dict)
    zeros: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] | None = None
    windows: dict[str, str] = field(default_factory=dict)
    helpers: set[str] = field(default_factory=set)

    def lines(self, assign: Assign, axes: Axes, out: str | None, printer: Printer) -> list[str]:
        """The lines of a statement.

        Args:
            assign: The statement.
            axes: The axes of what is written to, in their order.
            out: The memory; `None` for a value that is given a name alone.
            printer: Prints nodes, and knows then what they use.
        """
        rows = self._lines(assign.value, axes, out, self.names.get(assign.name, assign.name), printer)
        self.helpers |= printer.helpers
        return rows

    def _lines(self, node: Array, axes: Axes, out: str | None, name: str, printer: Printer) -> list[str]:
        if isinstance(node, FirstStep):
            later, first = (self._lines(part, axes, out, name, printer) for part in (node.later, node.first))
            return [IF_LATER, *(f"    {row}" for row in later), "else:", *(f"    {row}" for row in first)]
        if out is not None and not isinstance(node, Map) and set(node.axes) != set(axes):
            # The same along the axes that it lacks.
            return [f"{out}[...] = {spread_code(printer, node, axes)}"]
        if isinstance(node, Contract):
            found = product_line(node, axes, out, name, printer)
            if found is not None:
                return [found]
        if out is None and isinstance(node, Reduce) and node.kind in REDUCED and not axes:
            code, rank = printer.code(node.arg, node.arg.axes)[0], len(node.arg.axes)
            return [f"{name} = np.{REDUCED[node.kind]}.reduce({code}{', axis=None' if rank > 1 else ''})"]
        if out is None:
            return [f"{name} = {printer.code(node, axes)[0]}"]
        if isinstance(node, Reduce):
            return [self._reduction(node, axes, out, printer)]
        if isinstance(node, Along) and node.function in INTO:
            return [INTO[node.function](node, axes, printer, out)]
        if isinstance(node, Map) and (node.axes or (axes and len(node.args) < 3)):
            return self._elementwise(node, axes, out, printer)
        return [f"{out}{self._moved(node, axes, out, printer)}"]

    def _moved(self, node: Array, axes: Axes, out: str, printer: Printer) -> str:
        """What follows on the memory in a line that writes to it what stands elsewhere."""
        code = spread_code(printer, node, axes)
        if isinstance(node, Window) and _is_attribute(out):
            # The view of an array that has memory, if it stays within its ends, takes longer to make than to use.
            inside: Array = node
            while isinstance(inside, Window) and inside.at.inside(inside.axis.size):
                inside = inside.arg
            if isinstance(inside, Leaf) and _is_attribute(self.names.get(inside.name, "")):
                self.windows[f"{out}_windows"] = code
                return f"[...] = {out}_windows"
        if isinstance(node, Accumulate) and isinstance(node.arg, Leaf) and _is_attribute(out):
            digits, whole = node.at.digits(), sp.expand(node.at.last + 1 - node.axis.size) == 0
            if digits is not None and whole and node.at.start == 0:
                # A reshape of the result copies nothing, one of what is read might.
                place = axes.index(node.axis)
                unfolded = (*axes[:place], *digits, *axes[place + 1 :])
                shape = ", ".join(printer.number(axis.size)[0] for axis in unfolded)
                return f".reshape({shape})[...] = {spread_code(printer, node.arg, unfolded)}"
        return f"[...] = {code}"

    def _elementwise(self, node: Map, axes: Axes, out: str, printer: Printer) -> list[str]:
        if node.function == "where":
            return self._chosen(node, axes, out, printer)
        if node.function == "to_first":
            return _to_first(node, axes, out, printer)
        if _is_outer(node, axes) and is_whole(out):
            column, row = sorted(node.args, key=lambda arg: axes.index(arg.axes[0]))
            left, right = printer.code(column, axes[:1])[0], printer.code(row, axes[1:])[0]
            return [f"np.dot({left}[:, None], {right}[None, :], out={out})"]
        codes = [self._meeting(arg, node, spread_code(printer, arg, axes)) for arg in node.args]
        if node.function == "maximum" and is_number(node.args[1], 0) and set(node.args[0].axes) == set(axes):
            # What is stored in another order is brought into this one first: a copy is fast.
            moved = node.args[0].axes != axes
            rows = [f"{out}[...] = {codes[0]}"] if moved else []
            return [*rows, f"np.maximum({out if moved else codes[0]}, {self._zeros(axes, printer)}, out={out})"]
        if node.function == "number":
            return [f"{out}[...] = {codes[0]}"]
        if node.function == "sigmoid":
            printer.helpers.add("sigmoid_into")
            return [f"sigmoid_into({codes[0]}, {out})"]
        if node.function in HELPERS:
            return [f"{out}[...] = {spread_code(printer, node, axes)}"]
        if node.function in COMMUTE and codes[1] == out:
            codes.reverse()
        if node.function in IN_PLACE and codes[0] == out:
            return [f"{out} {IN_PLACE[node.function]} {codes[1]}"]
        return [f"np.{UFUNCS.get(node.function, node.function)}({', '.join(codes)}, out={out})"]

    def _chosen(self, node: Map, axes: Axes, out: str, printer: Printer) -> list[str]:
        condition, then, otherwise = (spread_code(printer, arg, axes) for arg in node.args)
        rows = [] if otherwise == out else [f"np.copyto({out}, {otherwise})"]
        return [*rows, f"np.copyto({out}, {then}, where={condition})"]

    def _reduction(self, node: Reduce, axes: Axes, out: str, printer: Printer) -> str:
        stored = node.arg.axes
        node = replace(node, over=tuple(axis for axis in stored if axis in node.over))
        if node.kind == "sum" and isinstance(node.arg, Leaf) and axes and is_whole(out):
            row = out if len(axes) == 1 else f"{out}.reshape(-1)"
            ones = self._ones(node.over, printer)
            if stored == (*node.over, *axes):
                return f"np.dot({ones}, {self._flat(node, node.over, axes, printer)}, out={row})"
            if stored == (*axes, *node.over):
                return f"np.dot({self._flat(node, axes, node.over, printer)}, {ones}, out={row})"
        arrangement = stored if tuple(axis for axis in stored if axis in axes) == axes else (*node.over, *axes)
        code = printer.code(node.arg, arrangement)[0]
        places = [arrangement.index(axis) for axis in node.over]
        where = str(places[0]) if len(places) == 1 else f"({', '.join(map(str, places))})"
        if not axes:
            return f"{out}[...] = np.{node.kind}({code})"
        if node.kind == "max" and len(places) == 1 and arrangement == stored and node.over[0].size == 2:
            first, second = (taken(code, places[0], at) for at in (0, 1))
            return f"np.maximum({first}, {second}, out={out})"
        if node.kind == "max":
            return f"np.maximum.reduce({code}, axis={where}, out={out})"
        if node.kind != "sum":
            return f"{out}[...] = {printer.code(node, axes)[0]}"
        return f"np.sum({code}, axis={where}, out={out})"

    def _flat(self, node: Reduce, first: Axes, second: Axes, printer: Printer) -> str:
        code = printer.code(node.arg, node.arg.axes)
        if len(first) == len(second) == 1:
            return code[0]
        return f"{bracket(code, ATOM)}.reshape({lengths(printer, first, second)})"

    def _zeros(self, axes: Axes, printer: Printer) -> str:
        """Zeros along the last axes: many at a time, and yet few beside what they are compared with."""
        sizes = [printer.number(axis.size)[0] for axis in axes[-2 if len(axes) > 2 else -1 :]]
        name = self._free("self.zeros_" + "_".join(re.sub(r"\W+", "_", size) for size in sizes))
        self.zeros[name] = tuple_code(sizes)
        return name

    def _meeting(self, operand: Array, node: Map, code: str) -> str:
        """The code of an operand; that of a number that meets an array is an array of no axis."""
        if node.function == "reciprocal" and not leaves(operand):
            return f"float({code})"  # of a whole number of Python's it would be a whole one, too
        if self.numbers is None or node.function not in WITH_NUMBERS:
            return code
        if not isinstance(operand, Const) or operand.value.free_symbols:
            return code
        name = self._free("self.number_" + re.sub(r"\W+", "_", code.replace("-", "minus_").replace("/", "over")))
        self.numbers[name] = code
        return name

    @cached_property
    def _taken(self) -> frozenset[str]:
        return frozenset(self.names.values())

    def _free(self, name: str) -> str:
        """An attribute that is no array of the network."""
        while name in self._taken:
            name += "_"
        return name

    def _ones(self, axes: Axes, printer: Printer) -> str:
        length = printer.number(sp.Mul(*(axis.size for axis in axes)))[0]
        name = self._free("self.ones_" + re.sub(r"\W+", "_", length))
        self.ones[name] = length
        return name


def _is_attribute(code: str) -> bool:
    """Whether an array has memory of its own, and is not a part of another."""
    return code.startswith("self.") and code.removeprefix("self.").isidentifier()


def taken(code: str, axis: int, place: int) -> str:
    """A place along an axis of an array that has a name."""
    return f"{code}[{', '.join([':'] * axis + [str(place)])}]"


def _to_first(node: Map, axes: Axes, out: str, printer: Printer) -> list[str]:
    """What the first of two gets, and the rest for the second: cheaper than a second product with truth values."""
    values, first, place = node.args
    at = axes.index(place.axes[0])
    rest = (*axes[:at], *axes[at + 1 :])
    given, hit = spread_code(printer, values, rest), spread_code(printer, first, rest)
    one, other = (taken(out, at, place) for place in (0, 1))
    return [f"np.multiply({given}, {hit}, out={one})", f"np.subtract({given}, {one}, out={other})"]


def _is_outer(node: Map, axes: Axes) -> bool:
    """Whether a product is that of a column and a row, which BLAS makes faster than a product position by position."""
    own = [arg.axes for arg in node.args]
    vectors = {(axes[0],), (axes[1],)} == set(own) if len(axes) == len(own) == 2 else False
    return node.function == "mul" and vectors and not any(is_truth(arg) or not leaves(arg) for arg in node.args)


def _first_largest(node: Along, axes: Axes, printer: Printer, out: str) -> str:
    printer.helpers.add("first_largest")
    return f"first_largest({printer.code(node.arg, axes)[0]}, {axes.index(node.axis)}, {out})"


INTO: Mapping[str, Callable[[Along, Axes, Printer, str], str]] = {
    "first_largest": _first_largest,
    **dict.fromkeys(RUNNING, running_sum),
}


def spread_code(printer: Printer, node: Array, axes: Axes) -> str:
    """A node as an operand beside arrays with these axes."""
    return printer.spread(node, axes)[0]


def lengths(printer: Printer, first: Axes, second: Axes) -> str:
    """The two lengths of a matrix of flattened axes."""
    return ", ".join(printer.number(sp.Mul(*(axis.size for axis in axes)))[0] for axes in (first, second))
