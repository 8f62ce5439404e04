"""Turns a SymPy expression over our nodes into a tree, in the order in which a textbook would write it.

SymPy forgets in which order an author wrote sums and products; `order` restores one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import sympy as sp
from sympy import Expr

from symbackprop.display.branches import branches
from symbackprop.display.coefficients import exact, flipped, is_divisor, is_root, number_tree, rooted
from symbackprop.display.order import arrange_factors, arrange_terms
from symbackprop.display.places import arithmetic, compared, from_one, place_tree, unclear
from symbackprop.display.reader import TensorReader
from symbackprop.display.tree import (
    Apply,
    BigSum,
    Bracket,
    Compare,
    Extreme,
    Fraction,
    Logic,
    Minus,
    Power,
    Product,
    Range,
    Sum,
    Symbol,
    Tree,
    integer,
    plus,
    times,
)
from symbackprop.expressions import ArgPeak, Delta, Index, Peak, Read, Total, Where, Within
from symbackprop.matrices import Determinant, Inverse
from symbackprop.notation import Sign, given

_COMPARISONS: dict[Any, Any] = {
    sp.StrictLessThan: "<",
    sp.LessThan: "<=",
    sp.Equality: "=",
    sp.Unequality: "!=",
    sp.StrictGreaterThan: ">",
    sp.GreaterThan: ">=",
}
_FUNCTIONS: dict[Any, str] = {sp.Abs: "abs", sp.Max: "max", sp.Min: "min", sp.sign: "sign"}


def build(
    expr: Expr,
    reader: Callable[[Read], Tree] | None = None,
    *,
    index: Callable[[Expr], Symbol] | None = None,
    ranges: bool = False,
    hidden: Collection[str] = (),
    symbols: Mapping[Any, Tree] | None = None,
) -> Tree:
    """The tree of an expression.

    Args:
        expr: A SymPy expression over reads, sums, branches and conditions of ours and SymPy's own functions.
        reader: How a read of a tensor is printed; left out, `index`, `ranges` and plain names serve.
        index: How an index is printed; the reader's own way if it has one.
        ranges: Whether sums show their limits.
        hidden: Names of indices over which a sum is not shown; those that the reader hides if left out.
        symbols: How some SymPy symbols are printed, such as `W2_11` of a scalar form; others print as their names say.

    Example:
        >>> from symbackprop.display.text import text
        >>> t, a = sp.symbols("t a")
        >>> text(build((t - a) ** 2 / 2)), text(build(1 / (1 + sp.exp(-t))))
        ('½·(t - a)²', '1/(1 + exp(-t))')
    """
    reader = reader or TensorReader({})
    index = index or (reader if isinstance(reader, TensorReader) else TensorReader({})).index
    hidden = hidden or getattr(reader, "hidden", ())
    builder = _Builder(reader, index, ranges, frozenset(hidden), symbols or {})
    builder.unclear = unclear(expr, getattr(reader, "lengths", lambda read: ()))
    return builder.tree(expr)


def part_of_place(expr: Expr, reader: TensorReader) -> Tree:
    """What stands in a place beside indices and reads, such as an arg max."""
    return _Builder(reader, reader.index, False, reader.hidden, {}).counting(expr)


class _Builder:
    def __init__(
        self,
        reader: Callable[[Read], Tree],
        index: Callable[[Expr], Symbol],
        ranges: bool,
        hidden: frozenset[str],
        symbols: Mapping[Any, Tree],
    ) -> None:
        self.reader = reader
        self.counted: Callable[[Read], bool] = getattr(reader, "counts_from_one", lambda read: False)
        self.whole: Callable[[Read], bool] = getattr(reader, "is_whole", lambda read: False)
        self.index = index
        self.ranges = ranges
        self.hidden = hidden
        self.symbols = symbols
        self.unclear: frozenset[Index] = frozenset()

    def tree(self, expr: Expr) -> Tree:
        if expr.is_Rational or expr.is_Float:
            return number_tree(exact(expr))
        if expr is sp.pi or expr is sp.E:
            return Symbol(Sign("pi" if expr is sp.pi else "e"), key="pi" if expr is sp.pi else "e")
        if self.counts(expr):
            # As a value an index counts from 0, in print from 1.
            return Sum((self.counting(expr), Minus(integer(1))))
        if expr in self.symbols:
            return self.symbols[expr]
        if expr.is_Symbol:
            return Symbol(given(expr.name), key=expr.name)
        for kind, method in _METHODS.items():
            if isinstance(expr, kind):
                found: Tree = method(self, expr)
                return found
        raise TypeError(f"a {type(expr).__name__} cannot be printed")

    def counts(self, expr: Expr) -> bool:
        """Whether something is a place that print counts from 1."""
        return isinstance(expr, Index | ArgPeak) or (isinstance(expr, Read) and self.counted(expr))

    def counting(self, expr: Expr) -> Tree:
        """A place as it is printed, or a part of one."""
        if isinstance(expr, Index):
            return self.index(expr)
        return (
            self.extreme(expr)
            if isinstance(expr, ArgPeak)
            else self.read(expr)
            if self.counts(expr)
            else self.tree(expr)
        )

    def read(self, expr: Read) -> Tree:
        return self.reader(expr)

    def add(self, expr: Expr) -> Tree:
        terms = [self.tree(term) for term in expr.args]
        if len(terms) > 1 and all(isinstance(term, Minus) for term in terms):
            return Minus(plus(*arrange_terms([term.body for term in terms if isinstance(term, Minus)])))
        return plus(*arrange_terms(terms))

    def multiply(self, expr: Expr) -> Tree:
        number, rest = expr.as_coeff_Mul()
        number, factors = exact(number), list(sp.Mul.make_args(rest))
        if number.is_negative:
            factors, absorbed = flipped(factors)
            if not absorbed:
                return Minus(self.product(-number, factors))
            number = -number
        return self.product(number, factors)

    def product(self, number: Expr, factors: Sequence[Expr]) -> Tree:
        above = [factor for factor in factors if not is_divisor(factor)]
        below = [1 / factor for factor in factors if is_divisor(factor)]
        number, above, below = rooted(number, above, below)
        if below and all(divisor.is_number or _is_size(divisor) for divisor in below):
            # 1/N in front of a sum, but z/√2.
            scale = [factor for factor in above if factor.is_number]
            rest = [factor for factor in above if not factor.is_number]
            if rest and not (len(rest) == 1 and isinstance(rest[0], Read | sp.Symbol)):
                return times(self.quotient(number, scale, below), *self.arranged(rest))
        if below:
            return self.quotient(number, above, below)
        coefficient = [] if number == 1 else [number_tree(number)]
        return times(*coefficient, *self.arranged(above))

    def quotient(self, number: Expr, above: Sequence[Expr], below: Sequence[Expr]) -> Tree:
        if number == 1 and len(above) == len(below) == 1 and is_root(above[0]) and is_root(below[0]):
            return Apply("sqrt", (Fraction(self.tree(above[0] ** 2), self.tree(below[0] ** 2)),))
        top = ([] if number.p == 1 else [integer(number.p)]) + self.arranged(above)
        bottom = ([] if number.q == 1 else [integer(number.q)]) + self.arranged(below)
        return Fraction(times(*top) if top else integer(1), times(*bottom))

    def arranged(self, factors: Sequence[Expr]) -> list[Tree]:
        return arrange_factors([self.factor(factor) for factor in factors])

    def factor(self, expr: Expr) -> Tree:
        if isinstance(expr, Where) and expr.then == 1 and expr.otherwise == 0:
            return Bracket(self.condition(expr.condition))
        return self.tree(expr)

    def power(self, expr: Expr) -> Tree:
        base, exponent = expr.base, expr.exp
        if is_divisor(expr):
            return Fraction(integer(1), self.tree(base**-exponent))
        if exponent == sp.Rational(1, 2):
            return Apply("sqrt", (self.tree(base),))
        return Power(self.tree(base), self.tree(exponent))

    def exponential(self, expr: Expr) -> Tree:
        return Apply("exp", (self.tree(expr.args[0]),))

    def function(self, expr: Expr) -> Tree:
        name = _FUNCTIONS.get(type(expr), expr.func.__name__)
        return Apply(name, tuple(self.tree(argument) for argument in expr.args))

    def total(self, expr: Total) -> Tree:
        bound = [one for one in expr.bound if one.name not in self.hidden]
        number, body = expr.body.as_coeff_Mul()
        number = exact(number)
        if not bound:
            return self.tree(expr.body)
        summed = BigSum(self.tree(body), tuple(map(self.range, bound)))
        found = summed if abs(number) == 1 else Product((number_tree(abs(number)), summed))
        return Minus(found) if number < 0 else found

    def range(self, index: Index) -> Range:
        return Range(self.index(index), self.tree(index.size), shown=self.ranges or index in self.unclear)

    def extreme(self, expr: Peak | ArgPeak) -> Tree:
        return Extreme(self.tree(expr.body), self.range(expr.bound[0]), place=isinstance(expr, ArgPeak))

    def inverse(self, expr: Inverse) -> Tree:
        return Apply("inv", (self.tree(expr.entry),))

    def determinant(self, expr: Determinant) -> Tree:
        return Apply("det", (self.tree(expr.body),))

    def where(self, expr: Where) -> Tree:
        rows: list[tuple[Tree, Tree | None]] = []
        rest: Expr = expr
        while isinstance(rest, Where):
            rows.append((self.tree(rest.then), self.condition(rest.condition)))
            rest = rest.otherwise
        return branches((*rows, (self.tree(rest), None)))

    def delta(self, expr: Delta) -> Tree:
        left, right = map(self.place, expr.args)
        return Bracket(Compare((left, right), ("=",)))

    def within(self, expr: Within) -> Tree:
        value, size = expr.args
        if isinstance(value, Read) and not self.counted(value):
            return Bracket(Compare((integer(0), self.read(value), self.tree(size)), ("<=", "<")))
        return Bracket(Compare((integer(1), self.place(value), self.tree(size)), ("<=", "<=")))

    def place(self, expr: Expr) -> Tree:
        return place_tree(expr, self.index, self.counting, self.counted)

    def is_whole(self, expr: Expr) -> bool:
        known = expr.is_integer or (isinstance(expr, Read) and self.whole(expr))
        return bool(known) or (isinstance(expr, sp.Add | sp.Mul) and all(map(self.is_whole, expr.args)))

    def is_place(self, expr: Expr) -> bool:
        return self.counts(expr) or (
            isinstance(expr, sp.Add | sp.Mul | sp.floor) and any(map(self.is_place, expr.args))
        )

    def condition(self, condition: Any) -> Tree:
        if isinstance(condition, sp.And | sp.Or):
            parts = tuple(self.condition(one) for one in sorted(condition.args, key=str))
            return Logic("and" if isinstance(condition, sp.And) else "or", parts)
        if isinstance(condition, sp.Not):
            return Logic("not", (self.condition(condition.args[0]),))
        if isinstance(condition, sp.ITE):
            # What SymPy makes of a comparison with a branch: one condition where a third one holds, else another.
            choice, then, otherwise = condition.args
            return self.condition(sp.Or(sp.And(choice, then), sp.And(sp.Not(choice), otherwise)))
        left, right = condition.lhs, condition.rhs
        operator = _COMPARISONS[type(condition)]
        if not (self.is_place(left) or self.is_place(right)):
            return Compare((self.tree(left), self.tree(right)), (operator,))
        left, right = (sp.expand(from_one(side, self.counted)) for side in (left, right))
        whole = all(map(self.is_whole, (left, right)))
        left, operator, right = compared(left, operator, right, whole)
        return Compare(tuple(arithmetic(side, self.index, self.counting) for side in (left, right)), (operator,))


def _is_size(expr: Expr) -> bool:
    return bool(expr.is_Symbol and expr.is_integer)


_METHODS: dict[Any, Callable[[Any, Any], Tree]] = {
    Read: _Builder.read,
    Total: _Builder.total,
    Peak: _Builder.extreme,
    ArgPeak: _Builder.extreme,
    Inverse: _Builder.inverse,
    Determinant: _Builder.determinant,
    Where: _Builder.where,
    Delta: _Builder.delta,
    Within: _Builder.within,
    sp.Add: _Builder.add,
    sp.Mul: _Builder.multiply,
    sp.exp: _Builder.exponential,
    sp.Pow: _Builder.power,
    sp.Function: _Builder.function,
    sp.Max: _Builder.function,
    sp.Min: _Builder.function,
}
