"""Straight-line code → the same with each value that occurs more than once computed once, under a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from symbackprop.program.algebra import CHOICES, neg
from symbackprop.program.scalar import COMPARISONS, LOGICAL, Let, Name, Op, Scalar, parts

# Defined for all numbers.
TOTAL = frozenset({"add", "mul", "neg", "abs", "where", "tanh", "erf", *CHOICES, *COMPARISONS, *LOGICAL})


def shared(lets: Sequence[Let], unused: Callable[[str], str]) -> tuple[Let, ...]:
    """Name what occurs more than once.

    Args:
        lets: In order.
        unused: Makes a name that nothing else has of one that may be taken.

    Example:
        >>> from symbackprop.program.algebra import add, mul
        >>> a, b = Name("a"), Name("b")
        >>> error = add(a, neg(b))
        >>> found = shared([Let("E", mul(neg(error), neg(error))), Let("da", error)], lambda name: name)
        >>> [one.name for one in found], found[1].value == mul(Name("part1"), Name("part1")), found[2].value
        (['part1', 'E', 'da'], True, Name(name='part1'))
    """
    lets = _squares_turned(lets)
    counts: Counter[Scalar] = Counter()
    always: set[Scalar] = set()
    for let in lets:
        _count(let.value, counts)
        _carried_out(let.value, always)
    return tuple(_Sharing(counts, always, unused).lets(lets))


def _count(value: Scalar, counts: Counter[Scalar]) -> None:
    """How often each operation is used, a use inside one that is shared counting once."""
    if isinstance(value, Op):
        counts[value] += 1
        if counts[value] == 1:
            for arg in value.args:
                _count(arg, counts)


def _carried_out(value: Scalar, found: set[Scalar]) -> None:
    """The operations that are carried out whatever branches are taken."""
    if isinstance(value, Op) and value not in found:
        found.add(value)
        for arg in value.args[:1] if value.function in ("where", "and", "or") else value.args:
            _carried_out(arg, found)


def _may_fail(value: Scalar, known: dict[Scalar, bool]) -> bool:
    """Whether there are numbers for which an operation, or one in it, is not defined."""
    if value not in known:
        own = isinstance(value, Op) and value.function not in TOTAL
        known[value] = own or any(_may_fail(part, known) for part in parts(value))
    return known[value]


def _squares_turned(lets: Sequence[Let]) -> list[Let]:
    """(t - a)² as (a - t)² where a - t is needed besides."""
    found: set[Scalar] = set()
    for let in lets:
        _differences(let.value, found)
    turned: dict[Scalar, Scalar] = {}
    return [Let(let.name, _turned(let.value, found, turned), let.tensor) for let in lets]


def _squared(value: Scalar) -> set[Scalar]:
    """The sums of which a product holds an even number, so that their sign does not matter."""
    if not isinstance(value, Op) or value.function != "mul":
        return set()
    found = Counter(arg for arg in value.args if isinstance(arg, Op) and arg.function == "add")
    return {arg for arg, count in found.items() if count % 2 == 0}


def _differences(value: Scalar, found: set[Scalar]) -> None:
    """The sums that are needed with the sign that they have."""
    if not isinstance(value, Op) or value in found:
        return
    if value.function == "add":
        found.add(value)
    squared = _squared(value)
    for arg in value.args:
        for part in parts(arg) if arg in squared else (arg,):
            _differences(part, found)


def _turned(value: Scalar, found: set[Scalar], known: dict[Scalar, Scalar]) -> Scalar:
    """A value whose parts are turned; what is a part of several is looked at once."""
    if not isinstance(value, Op):
        return value
    if value not in known:
        other = {arg: neg(arg) for arg in _squared(value) if arg not in found and neg(arg) in found}
        args = tuple(other.get(arg) or _turned(arg, found, known) for arg in value.args)
        known[value] = value if args == value.args else Op(value.function, args)
    return known[value]


class _Sharing:
    def __init__(self, counts: Counter[Scalar], always: set[Scalar], unused: Callable[[str], str]) -> None:
        self.counts = counts
        self.always = always
        self.unused = unused
        self.names: dict[Scalar, Name] = {}
        self.failing: dict[Scalar, bool] = {}
        self.number = 0

    def lets(self, lets: Sequence[Let]) -> Iterator[Let]:
        for let in lets:
            before: list[Let] = []
            known = self.names.get(let.value)
            value = known or self._inside(let.value, before)
            yield from before
            yield Let(let.name, value, let.tensor)
            if known is None and isinstance(let.value, Op):
                self.names[let.value] = Name(let.name)

    def _inside(self, value: Scalar, before: list[Let]) -> Scalar:
        if not isinstance(value, Op):
            return value
        args = tuple(self._named(arg, before) for arg in value.args)
        return value if args == value.args else Op(value.function, args)

    def _named(self, value: Scalar, before: list[Let]) -> Scalar:
        if value in self.names:
            return self.names[value]
        inside = self._inside(value, before)
        if not isinstance(value, Op) or self.counts[value] < 2 or value.function == "neg":
            return inside
        if value not in self.always and _may_fail(value, self.failing):
            # Computed before the branch that keeps it from failing, it would fail.
            return inside
        self.number += 1
        name = self.unused(f"part{self.number}")
        before.append(Let(name, inside))
        self.names[value] = Name(name)
        return self.names[value]
