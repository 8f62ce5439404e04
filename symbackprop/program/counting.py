"""Scalar code → how many operations it takes: additions, products, quotients, changes of sign and function calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from symbackprop.program.scalar import COMPARISONS, LOGICAL, Let, Number, Op, Scalar

FREE = frozenset({*COMPARISONS, *LOGICAL, "where"})


def operations(lets: Iterable[Let]) -> Counter[str]:
    """How often each operation is carried out; a choice counts both of its branches, and itself nothing.

    Example:
        >>> from symbackprop.program.algebra import add, call, mul, neg
        >>> from symbackprop.program.scalar import Name
        >>> a, b = Name("a"), Name("b")
        >>> sorted(operations([Let("c", call("sigmoid", a)), Let("d", add(a, neg(mul(a, b))))]).items())
        [('add', 1), ('div', 1), ('exp', 1), ('mul', 1), ('neg', 1), ('sub', 1)]
    """
    found: Counter[str] = Counter()
    for let in lets:
        _count(let.value, found)
    return found


def _count(value: Scalar, found: Counter[str]) -> None:
    if not isinstance(value, Op):
        return
    if value.function == "add":
        for place, term in enumerate(value.args):
            taken_off = place > 0 and _is_negative(term)
            if place > 0:
                found["sub" if taken_off else "add"] += 1
            _count(term.args[0] if taken_off and isinstance(term, Op) else term, found)
        return
    if value.function not in FREE:
        found[value.function] += len(value.args) - 1 if value.function == "mul" else 1
    for arg in value.args:
        _count(arg, found)


def _is_negative(value: Scalar) -> bool:
    if isinstance(value, Number):
        return bool(value.value.is_negative)
    return isinstance(value, Op) and value.function == "neg"
