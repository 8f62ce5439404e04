"""Array nodes → NumPy expressions that a person would write: `delta1.T @ x`, not an einsum.

A node is printed for a given order of its axes. Where an operand is stored in another order it is transposed, and
where it lacks an axis that is not a leading one, `[:, None]` makes room.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sympy import Expr, Symbol

from symbackprop.emit import places
from symbackprop.errors import UnsupportedError
from symbackprop.expressions import Index
from symbackprop.program import Along, Array, Axes, Const, Contract, Leaf, Map, Position, Reduce, leaves

ATOM, POWER, UNARY, PRODUCT, MATMUL, SUM, COMPARE = 7, 6, 5, 4, 3, 2, 1
OPERATORS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "==", "ne": "!="}
HELPERS = frozenset({"sigmoid", "softmax", "erf", "log_sigmoid", "log_softmax"})
Code = tuple[str, int]


def numpy_code(node: Array, order: Axes, names: Mapping[str, str] | None = None) -> str:
    """Print a node as a NumPy expression.

    Args:
        node: The node.
        order: Its axes in the wanted order.
        names: What to print for the names of arrays, where it is not the name itself; for a size n under "#n".

    Returns:
        Code over `np`, the arrays' names, the names of symbolic sizes, and the helpers in `HELPERS`.

    Raises:
        UnsupportedError: The node has no NumPy form yet.
    """
    return _Printer(names or {}).code(node, order)[0]


class _Printer:
    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

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
                return self._contract(node, order)
            case Reduce():
                return self._reduce(node, order)
            case Along():
                axis = order.index(node.axis) - len(order)
                inside = self.code(node.arg, order)[0]
                return f"{node.function}({inside}{'' if axis == -1 else f', axis={axis}'})", ATOM
        if type(node) in places.HANDLERS:
            return places.HANDLERS[type(node)](node, order, self)
        raise UnsupportedError(f"{type(node).__name__} has no NumPy form yet")

    def number(self, value: Expr) -> Code:
        sizes = {symbol: self.names.get(f"#{symbol.name}") for symbol in value.free_symbols}
        table = {symbol: Symbol(name) for symbol, name in sizes.items() if name}
        return number_code(value.xreplace(table))

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
        if not any(present):
            return code
        marks = present[present.index(True) :]
        if all(marks):
            return code
        return f"{bracket(code, ATOM)}[{', '.join(':' if mark else 'None' for mark in marks)}]", ATOM

    def _map(self, node: Map, order: Axes) -> Code:
        function = node.function
        if function == "mul":
            node = _with_masks(node)
            outer = self._outer(node, order)
            return outer or self._product(node.args, order)
        args = [self.spread(arg, order) for arg in node.args]
        if function == "add":
            return self._sum(args), SUM
        if function == "pow":
            return self._power(args, node.args[1])
        if function in OPERATORS:
            return f"{bracket(args[0], SUM)} {OPERATORS[function]} {bracket(args[1], SUM)}", COMPARE
        if function in ("and", "or", "not"):
            joined = ", ".join(code for code, _ in args)
            return f"np.logical_{function}({joined})", ATOM
        if function == "where" and not any(map(leaves, node.args[1:])):
            return self._chosen(node, args), ATOM
        prefix = "" if function in HELPERS else "np."
        return f"{prefix}{function}({', '.join(code for code, _ in args)})", ATOM

    def _chosen(self, node: Map, args: Sequence[Code]) -> str:
        """One of several numbers, in the precision of what they are chosen by."""
        text = f"np.where({', '.join(code for code, _ in args)})"
        if _is_mask(node):
            text = bracket(args[0], ATOM)
        by = sorted(leaves(node))
        return f"{text}.astype({self.names.get(by[0], by[0])}.dtype)" if by else text

    def _outer(self, node: Map, order: Axes) -> Code | None:
        """`np.outer` for a product of two vectors along different axes."""
        vectors = {arg.axes: arg for arg in node.args}
        if len(node.args) == 2 and len(order) == 2 and set(vectors) == {(order[0],), (order[1],)}:
            rows, columns = (self.code(vectors[(axis,)], (axis,))[0] for axis in order)
            return f"np.outer({rows}, {columns})", ATOM
        return None

    def _sum(self, args: Sequence[Code]) -> str:
        text = bracket(args[0], SUM)
        for code, strength in args[1:]:
            if code.startswith("-") and strength > SUM:
                text += f" - {bracket((code[1:], strength), PRODUCT)}"
            else:
                text += f" + {bracket((code, strength), SUM)}"
        return text

    def _product(self, nodes: Sequence[Array], order: Axes) -> Code:
        above: list[str] = []
        below: list[str] = []
        negative = False
        for node in nodes:
            if isinstance(node, Map) and node.function == "pow" and _is(node.args[1], -1):
                below.append(bracket(self.spread(node.args[0], order), ATOM))
                continue
            code = self.spread(node, order)
            if code[0].startswith("-") and code[1] >= PRODUCT:
                negative = not negative
                code = code[0][1:], code[1]
            if code[0] != "1":
                above.append(bracket(code, PRODUCT))
        text = " * ".join(above) or "1"
        return "-" * negative + " / ".join([text, *below]), PRODUCT

    def _power(self, args: Sequence[Code], exponent: Array) -> Code:
        if _is(exponent, -1):
            return f"1 / {bracket(args[0], ATOM)}", PRODUCT
        if (
            isinstance(exponent, Const)
            and exponent.value.is_Rational
            and exponent.value.q == 2
            and abs(exponent.value.p) == 1
        ):
            root = f"np.sqrt({args[0][0]})"
            return (root, ATOM) if exponent.value > 0 else (f"1 / {root}", PRODUCT)
        base, power = (bracket(arg, ATOM) for arg in args)
        return f"{base}{_power_sign(base, power)}{power}", POWER

    def _reduce(self, node: Reduce, order: Axes) -> Code:
        inner = tuple(axis for axis in node.arg.axes if axis not in node.over)
        kept = tuple(axis for axis in order if axis in inner)
        arrangement = self._arrangement(node, kept)
        text = self.code(node.arg, arrangement)[0]
        axes = [arrangement.index(axis) for axis in node.over]
        if not kept:
            return f"np.{node.kind}({text})", ATOM
        where = str(axes[0]) if len(axes) == 1 else f"({', '.join(map(str, axes))})"
        return f"np.{node.kind}({text}, axis={where})", ATOM

    def _arrangement(self, node: Reduce, kept: Axes) -> Axes:
        """The order for the argument of a reduction: as it is stored, if the kept axes come out right."""
        stored = node.arg.axes
        if tuple(axis for axis in stored if axis in kept) == kept:
            return stored
        return (*node.over, *kept)

    def _contract(self, node: Contract, order: Axes) -> Code:
        left, right, over = node.left, node.right, node.over
        batch = tuple(axis for axis in order if axis in left.axes and axis in right.axes)
        rows = tuple(axis for axis in order if axis in left.axes and axis not in batch)
        columns = tuple(axis for axis in order if axis in right.axes and axis not in batch)
        if rows and columns and order.index(rows[0]) > order.index(columns[0]):
            left, right, rows, columns = right, left, columns, rows
        if not batch and len(over) > 1:
            return self._tensordot(left, right, over, (*rows, *columns), order)
        if order != (*batch, *rows, *columns) or len(columns) > 1:
            return self._einsum(node, order)
        if batch:
            if len(rows) != 1 or len(columns) != 1:
                return self._einsum(node, order)
            return self._matmul((left, (*batch, *rows, *over)), (right, (*batch, *over, *columns)))
        if not rows and isinstance(right, Leaf) and right.axes == (*columns, *over) and columns:
            return self._matmul((right, (*columns, *over)), (left, over))
        if not columns and isinstance(left, Leaf) and left.axes == (*over, *rows) and rows:
            return self._matmul((right, over), (left, (*over, *rows)))
        return self._matmul((left, (*rows, *over)), (right, (*over, *columns)))

    def _matmul(self, left: tuple[Array, Axes], right: tuple[Array, Axes]) -> Code:
        first, second = self.code(*left), self.code(*right)
        return f"{bracket(first, PRODUCT)} @ {bracket(second, ATOM)}", MATMUL

    def _tensordot(self, left: Array, right: Array, over: Axes, made: Axes, order: Axes) -> Code:
        """A sum over several axes at once: one matmul of the two arrays with those axes flattened."""
        codes, numbers = [], []
        for side in (left, right):
            own = tuple(axis for axis in made if axis in side.axes)
            stored = side.axes if tuple(axis for axis in side.axes if axis not in over) == own else (*own, *over)
            codes.append(self.code(side, stored)[0])
            numbers.append(tuple(stored.index(axis) for axis in over))
        text = f"np.tensordot({codes[0]}, {codes[1]}, ({numbers[0]}, {numbers[1]}))"
        return self.transposed((text, ATOM), made, order)

    def _einsum(self, node: Contract, order: Axes) -> Code:
        letters = {axis: chr(ord("a") + n) for n, axis in enumerate(dict.fromkeys((*node.left.axes, *node.right.axes)))}
        sides = ["".join(letters[axis] for axis in side.axes) for side in (node.left, node.right)]
        output = "".join(letters[axis] for axis in order)
        codes = [self.code(side, side.axes)[0] for side in (node.left, node.right)]
        return f'np.einsum("{",".join(sides)}->{output}", {", ".join(codes)})', ATOM


def _is(node: Array, value: int) -> bool:
    return isinstance(node, Const) and bool(node.value == value)


def _is_mask(node: Array) -> bool:
    return isinstance(node, Map) and node.function == "where" and _is(node.args[1], 1) and _is(node.args[2], 0)


def _with_masks(node: Map) -> Map:
    """where(c, 1, 0) * a → c * a: a truth value takes the precision of the numbers that it multiplies."""
    if not any(leaves(arg) and not _is_mask(arg) for arg in node.args):
        return node
    return Map("mul", tuple(arg.args[0] if isinstance(arg, Map) and _is_mask(arg) else arg for arg in node.args))


def bracket(code: Code, least: int) -> str:
    """The code, in brackets if it binds less tightly than asked."""
    return code[0] if code[1] >= least else f"({code[0]})"


def number_code(value: Expr | Index) -> Code:
    """A number or an expression in sizes as Python code.

    Example:
        >>> import sympy as sp
        >>> number_code(sp.Rational(1, 2)), number_code(sp.Rational(1, 3)), number_code(sp.Symbol("N"))
        (('0.5', 7), ('1 / 3', 4), ('N', 7))
    """
    if value.is_Integer:
        return str(value), ATOM if value >= 0 else UNARY
    if value.is_Rational:
        decimal = float(value)
        if value.q.bit_count() == 1 or str(decimal) == _exact_decimal(value):
            return str(decimal), ATOM if decimal >= 0 else UNARY
        return f"{value.p} / {value.q}", PRODUCT
    if value.is_Symbol:
        return str(value), ATOM
    if value.is_Float:
        return repr(float(value)), ATOM
    if value.is_Pow and value.exp == -1:
        return f"1 / {bracket(number_code(value.base), ATOM)}", PRODUCT
    if value.is_Add or value.is_Mul:
        sign, strength = (" + ", SUM) if value.is_Add else (" * ", PRODUCT)
        return sign.join(bracket(number_code(arg), strength) for arg in value.args), strength
    if value.is_Pow and value.exp.is_Rational:
        base, power = (bracket(number_code(part), ATOM) for part in value.args)
        return f"{base}{_power_sign(base, power)}{power}", POWER
    return repr(float(value)), ATOM


def _power_sign(base: str, power: str) -> str:
    """The operator, set without spaces between names and numbers, as formatters do."""
    return "**" if all(re.fullmatch(r"[\w.]+", part) for part in (base, power)) else " ** "


def _exact_decimal(value: Expr) -> str:
    """The shortest decimal of a fraction, or nothing where it has none."""
    from fractions import Fraction

    exact = Fraction(int(value.p), int(value.q))
    text = str(float(exact))
    return text if "e" not in text and Fraction(text) == exact else ""
