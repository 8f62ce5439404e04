"""One indexed expression → array nodes with named axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

import sympy as sp
from sympy import Expr, Symbol
from sympy.logic.boolalg import Boolean

from symbackprop.contraction import fits
from symbackprop.errors import UnsupportedError
from symbackprop.expressions import ArgPeak, Delta, Index, Peak, Read, Total, Where, Within
from symbackprop.lower.determinants import logabsdet, with_logabsdet
from symbackprop.lower.digits import in_digits
from symbackprop.lower.exponentials import Stable, log_softmax, logsumexp, softmax
from symbackprop.lower.order import contract_in_order
from symbackprop.lower.places import Opened, Target, affine, is_data, length_at, needed_guards, opened, together, within
from symbackprop.lower.ranges import guarded
from symbackprop.lower.readable import addends, factors_in_order
from symbackprop.lower.stability import stable
from symbackprop.lower.stable import logistic_argument, softmax_factors
from symbackprop.matrices import Determinant, Inverse
from symbackprop.program import (
    Accumulate,
    Affine,
    Along,
    Array,
    At,
    Const,
    Det,
    Gather,
    Inverted,
    Leaf,
    Map,
    Position,
    Reduce,
    Scatter,
    Window,
    combined,
)

FUNCTIONS = {sp.exp: "exp", sp.log: "log", sp.sin: "sin", sp.cos: "cos", sp.tan: "tan", sp.tanh: "tanh"}
FUNCTIONS |= {sp.sinh: "sinh", sp.cosh: "cosh", sp.atan: "arctan", sp.asin: "arcsin", sp.acos: "arccos"}
FUNCTIONS |= {
    sp.asinh: "arcsinh",
    sp.acosh: "arccosh",
    sp.atanh: "arctanh",
    sp.erf: "erf",
    sp.floor: "floor",
    sp.loggamma: "lgamma",
}
RELATIONS = {
    sp.StrictGreaterThan: "gt",
    sp.GreaterThan: "ge",
    sp.StrictLessThan: "lt",
    sp.LessThan: "le",
    sp.Equality: "eq",
    sp.Unequality: "ne",
    sp.And: "and",
    sp.Or: "or",
    sp.Not: "not",
}
MOST_READABLE = 10**6  # what a long decimal has in common with another would be far from both
Shapes = Mapping[str, tuple[Expr, ...]]


def lower_expression(
    expr: Expr, shapes: Shapes | None = None, loop: Index | None = None, *, readable: bool = False
) -> Array:
    """Lower an expression; its free indices become the axes of the result.

    Args:
        expr: The right-hand side of an equation.
        shapes: The shape of each tensor; needed for those that are read at anything but plain indices.
        loop: An index that is a single position, since the statement stands in a loop over it.
        readable: Whether to keep to the formula even where it overflows, for one that is read and not computed.

    Raises:
        UnsupportedError: A form of index that has no array operation yet.
    """
    expr, divided = in_digits(with_logabsdet(expr if readable else stable(expr)))
    node = _Lowering(shapes or {}, loop).array(expr)
    for index, digits, weights in divided:
        node = Accumulate(node, index, Affine(digits, weights, sp.S.Zero))
    return node


class _Lowering:
    def __init__(self, shapes: Shapes, loop: Index | None) -> None:
        self.shapes = shapes
        self.loop = loop

    def array(self, expr: Expr) -> Array:
        """The node of an expression."""
        if expr.is_number or expr.is_Symbol:
            return Position(expr) if isinstance(expr, Index) and expr != self.loop else Const(expr)
        if isinstance(expr, Read):
            return self._read(expr)
        if isinstance(expr, Total):
            return self._total(expr)
        if isinstance(expr, Where):
            branches = (self.array(expr.then), self.array(expr.otherwise))
            return Map("where", (self._condition(expr.condition), *branches))
        if isinstance(expr, Peak | ArgPeak):
            kind = "max" if isinstance(expr, Peak) else "argmax"
            return Reduce(kind, self.array(expr.body), expr.bound)
        if isinstance(expr, Inverse):
            return self._read(expr.entry, inverted=True)
        if isinstance(expr, Determinant):
            return Det(self.array(expr.body), *expr.bound)
        if isinstance(expr, Delta):
            return Map("eq", tuple(map(self.array, expr.args)))
        if isinstance(expr, Within):
            value, size = map(self.array, expr.args)
            return Map("and", (Map("ge", (value, Const(sp.S.Zero))), Map("lt", (value, size))))
        return self._arithmetic(expr)

    def _arithmetic(self, expr: Expr) -> Array:
        if expr.is_Add:
            content, rest = expr.primitive()
            if content != 1 and content.q < MOST_READABLE:
                return Map("mul", (Const(content), self.array(rest)))
            return Map("add", tuple(self.array(term) for term in addends(expr)))
        if expr.is_Mul:
            return self._product(expr)
        if expr.is_Pow:
            argument = logistic_argument(expr)
            if argument is not None:
                return Map("sigmoid", (self.array(argument),))
            return Map("pow", (self.array(expr.base), self.array(expr.exp)))
        if isinstance(expr, sp.polygamma) and expr.args[0] == 0:
            return Map("digamma", (self.array(expr.args[1]),))
        if isinstance(expr, Stable):
            return self._stable(expr)
        if isinstance(expr, sp.floor) and not expr.atoms(Read):
            # Positions stay whole numbers, which a quotient rounded down would not.
            return Map("floor_divide", tuple(map(self.array, sp.fraction(sp.together(expr.args[0])))))
        if type(expr) in FUNCTIONS:
            return Map(FUNCTIONS[type(expr)], tuple(map(self.array, expr.args)))
        raise UnsupportedError(f"{type(expr).__name__} has no array operation yet: {expr}")

    def _read(self, expr: Read, inverted: bool = False) -> Array:
        """A tensor at plain indices is itself; every other index picks along its axis, one axis after the other."""
        axes: list[Index] = []
        picks: list[tuple[Index, Expr]] = []
        for number, index in enumerate(expr.indices):
            known = expr.tensor in self.shapes
            size = self.shapes[expr.tensor][number] if known else Symbol(f"size_{number}")
            # An index that runs farther than the axis, or less far, picks a part of it.
            whole = isinstance(index, Index) and (not known or index.size == size)
            if whole and index not in axes and index != self.loop:
                axes.append(index)
                continue
            axis = Index(f"{expr.tensor}_axis{number}", size)
            axes.append(axis)
            picks.append((axis, index))
        node = self._stored(expr.tensor, axes, inverted)
        for axis, index in picks:
            node = self._pick(node, axis, index)
        return node

    def _stored(self, name: str, axes: list[Index], inverted: bool) -> Array:
        """A tensor, or the inverses of the matrices in it."""
        if not inverted:
            return Leaf(name, tuple(axes))
        rows, columns = (Index(f"{name}_matrix{n}", axis.size) for n, axis in enumerate(axes[-2:]))
        leaf = Leaf(name, (*axes[:-2], rows, columns))
        return Inverted(leaf, rows, columns, (axes[-2], axes[-1]))

    def _pick(self, node: Array, axis: Index, index: Expr) -> Array:
        form = affine(index)
        if form is not None and not set(form.indices) - {self.loop}:
            return At(node, axis, index, fits(index, axis.size))
        if form is not None and not set(form.indices) & {*node.axes, self.loop}:
            return Window(node, axis, form)
        if is_data(index) or within(index, axis.size):
            return Gather(node, axis, self.array(index))
        inside = self.array(Within(index, axis.size))
        place = Map("where", (inside, self.array(index), Const(sp.S.Zero)))
        return Map("where", (inside, Gather(node, axis, place), Const(sp.S.Zero)))

    def _stable(self, expr: Stable) -> Array:
        """A function with a name; of those along an axis, one at the position of a loop is picked from all."""
        name = type(expr).__name__
        if isinstance(expr, logabsdet):
            row, column = expr.args[0].bound
            return Det(self.array(expr.args[0].body), row, column, logarithm=True)
        if isinstance(expr, logsumexp):
            return Reduce(name, self.array(expr.args[0]), tuple(expr.args[1:]))
        if not isinstance(expr, softmax | log_softmax):
            return Map(name, tuple(map(self.array, expr.args)))
        body, axis = expr.args
        if isinstance(axis, Index) and axis != self.loop:
            return Along(name, self.array(body), axis)
        every = Index("every", length_at(body, axis, self.shapes))
        whole = Along(name, self.array(body.xreplace({axis: every})), every)
        picked = isinstance(axis, Index)
        return At(whole, every, axis, inside=True) if picked else Gather(whole, every, self.array(axis))

    def _condition(self, condition: Boolean) -> Array:
        name = RELATIONS.get(type(condition))
        if name is None:
            raise UnsupportedError(f"the condition {condition} has no array operation yet")
        if name in ("and", "or"):
            # Of two at a time: the third argument of NumPy's functions is where they write.
            return reduce(lambda one, other: Map(name, (one, other)), map(self._condition, condition.args))
        lowered = self._condition if name == "not" else self.array
        return Map(name, tuple(map(lowered, condition.args)))

    def _product(self, expr: Expr) -> Array:
        found = softmax_factors(expr)
        if found is not None and found[0].index != self.loop:
            softmax, rest = found
            node = Along("softmax", self.array(softmax.exponent), softmax.index)
            return node if rest == 1 else Map("mul", (self.array(rest), node))
        if (ranged := guarded(expr, self.loop)) is not None:
            inside = self.array(ranged.product)
            if ranged.at is not None:
                return Accumulate(inside, ranged.axis, ranged.at)
            return Map("where", (self.array(ranged.guard), inside, Const(sp.S.Zero)))
        factors = needed_guards(factors_in_order(expr), self.shapes)
        number = sp.Mul(*(factor for factor in factors if factor.is_number))
        arrays = [self.array(factor) for factor in factors if not factor.is_number]
        if number != 1 or not arrays:
            arrays.insert(0, Const(number))
        return combined("mul", arrays)

    def _total(self, expr: Total) -> Array:
        """Σ of a product is a chain of contractions; Σ of anything else is a reduction."""
        body = expr.body
        parts: Sequence[Expr] = factors_in_order(body) if body.is_Mul and softmax_factors(body) is None else [body]
        constants = [part for part in parts if part.is_number]
        form = opened(expr.bound, [part for part in parts if part not in constants])
        result = self._opened(form) if form.targets else self._contracted(form.factors, form.bound)
        return Map("mul", (*(Const(part) for part in constants), result)) if constants else result

    def _contracted(self, factors: Sequence[Expr], over: Sequence[Index]) -> Array:
        arrays = [self.array(factor) for factor in needed_guards(factors, self.shapes)] or [Const(sp.S.One)]
        present = {axis for array in arrays for axis in array.axes}
        counts = [Const(index.size) for index in over if index not in present]
        result = contract_in_order(arrays, tuple(index for index in over if index in present))
        return Map("mul", (*counts, result)) if counts else result

    def _opened(self, form: Opened) -> Array:
        """Compute each product once, then add it up at its place."""
        groups, dense = together(form)
        # A place that cannot be added up at is a condition, and the sum visits every pair of positions.
        factors = [*form.factors, *(Delta(target.axis, target.at) for target in dense)]
        kept = {i for group in groups for target in group for i in target.at.free_symbols if i in form.bound}
        node = self._contracted(factors, [index for index in form.bound if index not in kept])
        for group in groups:
            node = self._added(node, group)
        return node

    def _added(self, node: Array, targets: Sequence[Target]) -> Array:
        """Add up at the places of one axis, or of several at once, which are then one axis meanwhile."""
        *weights, _ = [sp.Mul(*(t.axis.size for t in targets[number:])) for number in range(1, len(targets) + 1)]
        weights.append(sp.S.One)
        place = sp.expand(sp.Add(*(weight * t.at for weight, t in zip(weights, targets, strict=True))))
        at = affine(place)
        axis = (
            targets[0].axis
            if len(targets) == 1
            else Index(f"{targets[0].axis.name}_flat", weights[0] * targets[0].axis.size)
        )
        if len(targets) > 1 or at is None:
            node = self._kept_inside(node, targets, at is not None)
        node = Scatter(node, axis, self.array(place)) if at is None else Accumulate(node, axis, at)
        if len(targets) == 1:
            return node
        digits = tuple(target.axis for target in targets)
        return Window(node, axis, Affine(digits, tuple(map(int, weights)), sp.S.Zero))

    def _kept_inside(self, node: Array, targets: Sequence[Target], straight: bool) -> Array:
        """0 where a place is out of range: in a flat axis, or among positions, it would be another's place."""
        for target in targets:
            # Quotients that add up to a straight place are digits of it, each in its range.
            digit = straight and affine(target.at) is None
            if not (digit or is_data(target.at) or within(target.at, target.axis.size)):
                node = Map("where", (self.array(Within(target.at, target.axis.size)), node, Const(sp.S.Zero)))
        return node
