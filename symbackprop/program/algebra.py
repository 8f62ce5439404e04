"""Values → sums, products, branches and functions of them, built so that nothing is computed in vain.

Numbers are put together, what adds 0 or multiplies by 1 is dropped, and each value has one form, so that equal values
are equal records.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import sympy as sp
from sympy import Expr

from symbackprop.program.scalar import COMPARISONS, LOGICAL, ONE, ZERO, Number, Op, Scalar, is_truth, number

OPPOSITE = {"gt": "le", "ge": "lt", "lt": "ge", "le": "gt"}
CHOICES = {"max": "gt", "maximum": "gt", "min": "lt", "minimum": "lt"}
MOST_FACTORS = 4  # a power of at most this is a product


def neg(value: Scalar) -> Scalar:
    """The negative of a value.

    Example:
        >>> from symbackprop.program.scalar import Name
        >>> a, b = Name("a"), Name("b")
        >>> neg(neg(a)) == a, neg(add(a, neg(b))) == add(b, neg(a))
        (True, True)
    """
    if isinstance(value, Number):
        return Number(-value.value)
    if isinstance(value, Op) and value.function == "neg":
        return value.args[0]
    if isinstance(value, Op) and value.function == "add" and any(_is_negative(term) for term in value.args):
        return add(*map(neg, value.args))
    return Op("neg", (value,))


def _is_negative(value: Scalar) -> bool:
    if isinstance(value, Number):
        return bool(value.value.is_negative)
    return isinstance(value, Op) and value.function == "neg"


def add(*terms: Scalar) -> Scalar:
    """The sum of some values, what is taken off after what it is taken from.

    Example:
        >>> from symbackprop.program.scalar import Name
        >>> a, b = Name("a"), Name("b")
        >>> add(neg(a), b, ZERO) == add(b, neg(a)), add(a) == a
        (True, True)
    """
    flat: list[Scalar] = []
    for term in terms:
        flat += term.args if isinstance(term, Op) and term.function == "add" else (term,)
    constant = sp.Add(*(term.value for term in flat if isinstance(term, Number)))
    first = next((place for place, term in enumerate(flat) if isinstance(term, Number)), len(flat))
    kept = [numeric(term) for term in flat if not isinstance(term, Number)]
    if constant != 0:
        kept.insert(first, Number(constant))
    if not kept:
        return ZERO
    if all(map(_is_negative, kept)) and len(kept) > 1:
        return Op("neg", (add(*map(neg, kept)),))
    if _is_negative(kept[0]):
        kept.sort(key=_is_negative)
    return kept[0] if len(kept) == 1 else Op("add", tuple(kept))


def numeric(value: Scalar) -> Scalar:
    """A truth value as 1 or 0."""
    return Op("where", (value, ONE, ZERO)) if is_truth(value) else value


def mul(*factors: Scalar) -> Scalar:
    """The product of some values; what is multiplied by a condition is 0 where that does not hold.

    Example:
        >>> from symbackprop.program.scalar import Name
        >>> a, b = Name("a"), Name("b")
        >>> mul(neg(a), b) == neg(mul(a, b)), mul(a, div(ONE, b)) == div(a, b), mul(a, ZERO) == ZERO
        (True, True, True)
    """
    above, below, constant, negative = _factors(factors)
    if constant == 0:
        return ZERO
    truths = [factor for factor in above if is_truth(factor)]
    above = [factor for factor in above if not is_truth(factor)]
    value = _quotient(above, below, abs(constant) if constant.is_number else constant)
    for truth in truths:
        value = _under(truth, value)
    return neg(value) if negative != bool(constant.is_number and constant.is_negative) else value


def _under(condition: Scalar, value: Scalar) -> Scalar:
    """A value where a condition holds, or nothing can be compared since it is no number; 0 elsewhere."""
    if not isinstance(condition, Op) or condition.function not in OPPOSITE:
        return where(condition, value, ZERO)
    return where(Op(OPPOSITE[condition.function], condition.args), ZERO, value)


def _factors(factors: Sequence[Scalar]) -> tuple[list[Scalar], list[Scalar], Expr, bool]:
    above: list[Scalar] = []
    below: list[Scalar] = []
    constant: Expr = sp.S.One
    negative = False
    pending = list(factors)[::-1]
    while pending:
        factor = pending.pop()
        if isinstance(factor, Number):
            constant *= factor.value
        elif isinstance(factor, Op) and factor.function == "neg":
            negative = not negative
            pending.append(factor.args[0])
        elif isinstance(factor, Op) and factor.function == "mul":
            pending += factor.args[::-1]
        elif isinstance(factor, Op) and factor.function == "where" and factor.args[1:] == (ONE, ZERO):
            above.append(factor.args[0])
        elif isinstance(factor, Op) and factor.function == "div":
            below.append(factor.args[1])
            pending.append(factor.args[0])
        else:
            above.append(factor)
    return above, below, constant, negative


def _quotient(above: list[Scalar], below: list[Scalar], constant: Expr) -> Scalar:
    if constant.is_Rational and constant.p == 1 and constant.q != 1 and constant.q.bit_count() > 1 and above:
        # x / 3 is rounded once; a third is not a number of the machine.
        below, constant = [*below, Number(sp.Integer(constant.q))], sp.S.One
    elif not constant.is_number and sp.fraction(constant)[0] == 1 and above:
        below, constant = [*below, Number(1 / constant)], sp.S.One
    if constant != 1 or not above:
        above = [Number(constant), *above]
    top = above[0] if len(above) == 1 else Op("mul", tuple(above))
    if not below:
        return top
    return Op("div", (top, below[0] if len(below) == 1 else mul(*below)))


def div(above: Scalar, below: Scalar) -> Scalar:
    """A quotient."""
    if isinstance(below, Number):
        return mul(above, Number(1 / below.value))
    if isinstance(below, Op) and below.function == "div":
        return mul(above, div(below.args[1], below.args[0]))
    return mul(above, Op("div", (ONE, below)))


def power(base: Scalar, exponent: Scalar) -> Scalar:
    """A power; small whole ones are products, halves are roots.

    Example:
        >>> from symbackprop.program.scalar import Name
        >>> a = Name("a")
        >>> power(a, number(2)) == mul(a, a), power(a, number(-1)) == div(ONE, a)
        (True, True)
    """
    if not isinstance(exponent, Number) or not exponent.value.is_Rational:
        return Op("pow", (base, exponent))
    value = exponent.value
    if isinstance(base, Number):
        return Number(base.value**value)
    if value < 0:
        return div(ONE, power(base, Number(-value)))
    if value.is_Integer and value <= MOST_FACTORS:
        return Op("mul", (base,) * int(value)) if value > 1 else base if value == 1 else ONE
    return Op("sqrt", (base,)) if value == sp.Rational(1, 2) else Op("pow", (base, exponent))


def compare(function: str, left: Scalar, right: Scalar) -> Scalar:
    """A comparison; of two numbers it is 1 or 0."""
    if isinstance(left, Number) and isinstance(right, Number):
        found = COMPARISONS[function](left.value, right.value)
        if found in (sp.true, sp.false):
            return ONE if found else ZERO
    return Op(function, (numeric(left), numeric(right)))


def logical(function: str, *args: Scalar) -> Scalar:
    """`"and"`, `"or"` or `"not"` of some conditions."""
    if function == "not":
        return number(int(args[0] == ZERO)) if isinstance(args[0], Number) else Op("not", args)
    neutral, final = (ONE, ZERO) if function == "and" else (ZERO, ONE)
    if final in args:
        return final
    kept = tuple(arg for arg in args if arg != neutral)
    return neutral if not kept else kept[0] if len(kept) == 1 else Op(function, kept)


def where(condition: Scalar, then: Scalar, otherwise: Scalar) -> Scalar:
    """One of two values."""
    if isinstance(condition, Number):
        return then if condition.value != 0 else otherwise
    return then if then == otherwise else Op("where", (condition, numeric(then), numeric(otherwise)))


def largest(values: Sequence[Scalar], function: str = "max") -> Scalar:
    """The largest of some values: by `"maximum"` no number where one of them is none."""
    value = values[0]
    for other in values[1:]:
        value = other if other == value else Op(function, (value, other))
    return value


def chosen(value: Scalar, known: dict[Scalar, Scalar] | None = None) -> Scalar:
    """A value with the larger and the smaller of two as choices, which need no function.

    Args:
        value: What is computed.
        known: What is found is kept in it: what is a part of several is looked at once.

    Example:
        >>> from symbackprop.program.scalar import Name
        >>> a, b = Name("a"), Name("b")
        >>> chosen(Op("max", (a, b))) == where(compare("gt", a, b), a, b)
        True
        >>> chosen(Op("maximum", (a, b))) == where(logical("or", compare("gt", a, b), compare("ne", a, a)), a, b)
        True
    """
    if not isinstance(value, Op):
        return value
    known = {} if known is None else known
    if value not in known:
        args = tuple(chosen(arg, known) for arg in value.args)
        same = value if args == value.args else Op(value.function, args)
        known[value] = _choice(value.function, *args) if value.function in CHOICES else same
    return known[value]


def _choice(function: str, one: Scalar, other: Scalar) -> Scalar:
    """The larger or the smaller of two; of a maximum or minimum the one that is no number, with which none compares."""
    sign = CHOICES[function]
    condition = compare(sign, one, other)
    if function in ("max", "min") or isinstance(one, Number):
        return where(condition, one, other)
    if isinstance(other, Number):
        return where(compare(OPPOSITE[sign], one, other), other, one)
    if isinstance(one, Op) and not isinstance(other, Op):
        one, other = other, one  # the one that is looked at twice is at hand
    return where(logical("or", compare(sign, one, other), compare("ne", one, one)), one, other)


def call(function: str, *args: Scalar) -> Scalar:
    """A function of numbers, in a form that is finite for every finite argument where the function is."""
    if function in _FORMS:
        return _FORMS[function](*args)
    if function in ("maximum", "minimum"):
        # One that is at hand is compared where it stands, which is faster; any other is computed once.
        at_hand = any(isinstance(arg, Number) for arg in args) and not any(isinstance(arg, Op) for arg in args)
        return _choice(function, *args) if at_hand else Op(function, args)
    return Op(function, tuple(map(numeric, args)))


def _abs(value: Scalar) -> Scalar:
    inside = value.args[0] if isinstance(value, Op) and value.function == "neg" else value
    return Op("abs", (inside,))


def _sigmoid(z: Scalar) -> Scalar:
    # An exponential that overflows is infinite, and one over that is 0.
    return div(ONE, add(ONE, Op("exp", (neg(z),))))


def _softplus(z: Scalar) -> Scalar:
    return add(Op("max", (z, ZERO)), Op("log1p", (Op("exp", (neg(_abs(z)),)),)))


def _log_cosh(z: Scalar) -> Scalar:
    size = _abs(z)
    return add(size, Op("log1p", (mul(number(sp.Rational(1, 2)), Op("expm1", (mul(number(-2), size),))),)))


def _logaddexp(a: Scalar, b: Scalar) -> Scalar:
    return add(Op("max", (a, b)), Op("log1p", (Op("exp", (neg(_abs(add(a, neg(b)))),)),)))


_FORMS: dict[str, Callable[..., Scalar]] = {
    "add": add,
    "mul": mul,
    "neg": neg,
    "pow": power,
    "where": where,
    "abs": _abs,
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "log_sigmoid": lambda z: neg(_softplus(neg(z))),
    "log_cosh": _log_cosh,
    "logaddexp": _logaddexp,
    **{name: partial(compare, name) for name in COMPARISONS},
    **{name: partial(logical, name) for name in LOGICAL},
}
