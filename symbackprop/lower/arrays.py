"""One indexed expression → array nodes with named axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy as sp
from sympy import Expr, Symbol
from sympy.logic.boolalg import Boolean

from symbackprop.contraction import fits
from symbackprop.errors import UnsupportedError
from symbackprop.expressions import ArgPeak, Delta, Index, Peak, Read, Total, Where, Within
from symbackprop.lower.order import contract_in_order
from symbackprop.lower.places import Opened, affine, opened
from symbackprop.lower.stable import logistic_powers, softmax_factors, softplus_argument, spread, within_branches
from symbackprop.program import (
    Accumulate,
    Affine,
    Along,
    Array,
    At,
    Const,
    Gather,
    Leaf,
    Map,
    Position,
    Reduce,
    Scatter,
    Window,
)
from symbackprop.simplify.outputs import tangents

FUNCTIONS = {sp.exp: "exp", sp.log: "log", sp.sin: "sin", sp.cos: "cos", sp.tan: "tan", sp.tanh: "tanh"}
FUNCTIONS |= {sp.sinh: "sinh", sp.cosh: "cosh", sp.atan: "arctan", sp.asin: "arcsin", sp.acos: "arccos"}
FUNCTIONS |= {sp.asinh: "arcsinh", sp.acosh: "arccosh", sp.atanh: "arctanh", sp.erf: "erf", sp.floor: "floor"}
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
LONG = 10**6
Shapes = Mapping[str, tuple[Expr, ...]]


def lower_expression(expr: Expr, shapes: Shapes | None = None, loop: Index | None = None) -> Array:
    """Lower an expression; its free indices become the axes of the result.

    Args:
        expr: The right-hand side of an equation.
        shapes: The shape of each tensor; needed for those that are read at anything but plain indices.
        loop: An index that is a single position, since the statement stands in a loop over it.

    Raises:
        UnsupportedError: A form of index that has no array operation yet.
    """
    return _Lowering(shapes or {}, loop).array(expr)


def addends(expr: Expr) -> list[Expr]:
    """The terms of a sum in a readable order: positive before negative, sums and products before lone reads."""

    def rank(term: Expr) -> tuple[bool, int, str]:
        weight = 0 if term.has(Total) else 1 if term.is_Mul or term.is_Pow else 2
        return term.could_extract_minus_sign(), 0 if term.is_Number else weight, str(term)

    return sorted(expr.args, key=rank)


def factors_in_order(expr: Expr) -> list[Expr]:
    """The factors of a product in a readable order: numbers, sums, reads of adjoints and of others, the rest."""

    def rank(factor: Expr) -> tuple[int, str]:
        if factor.is_Number or factor.is_Symbol:
            return 0, str(factor)
        if factor.is_Pow and factor.exp.is_negative:
            return 5, str(factor)
        if isinstance(factor, Total):
            return 1, str(factor)
        if isinstance(factor, Read):
            return (2 if factor.tensor.startswith(("d", "delta")) else 3), str(factor)
        return 4, str(factor)

    return sorted(expr.args, key=rank)


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
            return Map("where", (self._condition(expr.condition), *map(self.array, within_branches(expr))))
        if isinstance(expr, Peak | ArgPeak):
            kind = "max" if isinstance(expr, Peak) else "argmax"
            return Reduce(kind, self.array(expr.body), expr.bound)
        if isinstance(expr, Delta):
            return Map("eq", tuple(map(self.array, expr.args)))
        if isinstance(expr, Within):
            value, size = map(self.array, expr.args)
            return Map("and", (Map("ge", (value, Const(sp.S.Zero))), Map("lt", (value, size))))
        return self._arithmetic(expr)

    def _arithmetic(self, expr: Expr) -> Array:
        if expr.is_Add:
            content, rest = expr.primitive()
            # A factor of many digits is no help to a reader, nor to single precision.
            if content != 1 and max(abs(content.p), content.q) < LONG:
                return Map("mul", (Const(content), self.array(rest)))
            return Map("add", tuple(self.array(term) for term in addends(expr)))
        if expr.is_Mul:
            return self._product(expr)
        if expr.is_Pow:
            powers, _ = logistic_powers((expr,))
            if powers:
                return self._logistics(powers)[0]
            return Map("pow", (self.array(expr.base), self.array(expr.exp)))
        if isinstance(expr, sp.log):
            return self._log(expr)
        if isinstance(expr, sp.floor) and not expr.atoms(Read):
            # Positions stay whole numbers, which a quotient rounded down would not.
            return Map("floor_divide", tuple(map(self.array, sp.fraction(sp.together(expr.args[0])))))
        if type(expr) in FUNCTIONS:
            return Map(FUNCTIONS[type(expr)], tuple(map(self.array, expr.args)))
        raise UnsupportedError(f"{type(expr).__name__} has no array operation yet: {expr}")

    def _read(self, expr: Read) -> Array:
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
        node: Array = Leaf(expr.tensor, tuple(axes))
        for axis, index in picks:
            node = self._pick(node, axis, index)
        return node

    def _pick(self, node: Array, axis: Index, index: Expr) -> Array:
        form = affine(index)
        if form is None:
            return Gather(node, axis, self.array(index))
        if not set(form.indices) - {self.loop}:
            return At(node, axis, index, fits(index, axis.size))
        if set(form.indices) & set(node.axes) or self.loop in form.indices:
            return Gather(node, axis, self.array(index))
        return Window(node, axis, form)

    def _condition(self, condition: Boolean) -> Array:
        name = RELATIONS.get(type(condition))
        if name is None:
            raise UnsupportedError(f"the condition {condition} has no array operation yet")
        lowered = self._condition if name in ("and", "or", "not") else self.array
        return Map(name, tuple(lowered(arg) for arg in condition.args))

    def _product(self, expr: Expr) -> Array:
        found = softmax_factors(expr)
        if found is not None and found[0].index != self.loop:
            softmax, rest = found
            node = Along("softmax", self.array(softmax.exponent), softmax.index)
            return node if rest == 1 else Map("mul", (self.array(rest), node))
        powers, rest = logistic_powers(spread(tangents(factors_in_order(expr))))
        factors = (*map(self.array, rest), *self._logistics(powers))
        return factors[0] if len(factors) == 1 else Map("mul", factors)

    def _logistics(self, powers: Sequence[tuple[Expr, int]]) -> list[Array]:
        """Powers of the logistic function."""
        single = [(Map("sigmoid", (self.array(argument),)), count) for argument, count in powers]
        return [node if count == 1 else Map("pow", (node, Const(sp.Integer(count)))) for node, count in single]

    def _log(self, expr: Expr) -> Array:
        """A logarithm; of what is computed as an exponential before, in a form that does not compute it."""
        inside = expr.args[0]
        argument = softplus_argument(expr)
        if argument is not None:
            return Map("softplus", (self.array(argument),))
        if isinstance(inside, sp.cosh):
            return Map("log_cosh", (self.array(inside.args[0]),))
        if isinstance(inside, Total) and isinstance(inside.body, sp.exp):
            return Reduce("logsumexp", self.array(inside.body.args[0]), inside.bound)
        if inside.is_Pow and inside.exp == -1:
            return Map("mul", (Const(sp.S.NegativeOne), self.array(sp.log(inside.base))))
        found = softmax_factors(inside)
        if found is not None and found[1] == 1 and found[0].index != self.loop:
            return Along("log_softmax", self.array(found[0].exponent), found[0].index)
        return Map("log", (self.array(inside),))

    def _total(self, expr: Total) -> Array:
        """Σ of a product is a chain of contractions; Σ of anything else is a reduction."""
        body = expr.body
        parts: Sequence[Expr] = factors_in_order(body) if body.is_Mul and softmax_factors(body) is None else [body]
        constants = [part for part in parts if part.is_number]
        form = opened(expr.bound, [part for part in parts if part not in constants])
        result = self._opened(form) if form.targets else self._contracted(form.factors, form.bound)
        return Map("mul", (*(Const(part) for part in constants), result)) if constants else result

    def _contracted(self, factors: Sequence[Expr], over: Sequence[Index]) -> Array:
        arrays = [self.array(factor) for factor in factors] or [Const(sp.S.One)]
        present = {axis for array in arrays for axis in array.axes}
        counts = [Const(index.size) for index in over if index not in present]
        result = contract_in_order(arrays, tuple(index for index in over if index in present))
        return Map("mul", (*counts, result)) if counts else result

    def _opened(self, form: Opened) -> Array:
        """Compute each product once, then add it up at its place."""
        kept = {i for target in form.targets for i in target.at.free_symbols if i in form.bound}
        node = self._contracted(form.factors, [index for index in form.bound if index not in kept])
        for target in form.targets:
            at = affine(target.at)
            if at is None:
                node = Scatter(node, target.axis, self.array(target.at))
            else:
                node = Accumulate(node, target.axis, self._split(at, form.bound))
        return node

    def _split(self, at: Affine, bound: Sequence[Index]) -> Affine:
        """Places in summed indices only: a free index in a place would be another axis of the result."""
        if set(at.indices) - set(bound):
            raise UnsupportedError(f"adding up at {at.indices} has no array operation yet")
        return at
