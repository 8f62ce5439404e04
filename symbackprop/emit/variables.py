"""Names of a network's elements → variables of a language, and which statements some of them need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from symbackprop.graph import Tensor
from symbackprop.program.scalar import Let, Name, Op, Scalar, within


def escaped(names: Iterable[str], reserved: Iterable[str]) -> dict[str, str]:
    """What to write for names that a language, or the code around them, has for something else.

    Args:
        names: All variables.
        reserved: Keywords, and what the code around them uses.

    Returns:
        For each name that cannot stay as it is another one that nothing else has. Letters beyond ASCII are spelt by
        their number, since not every compiler takes them.

    Example:
        >>> escaped(["new", "w1", "new_", "λ"], {"new"})
        {'new': 'new__', 'λ': 'u3bb'}
    """
    every = list(dict.fromkeys(names))
    taken = {*reserved, *every}
    found: dict[str, str] = {}
    for name in every:
        plain = "".join(letter if letter.isascii() else f"u{ord(letter):x}" for letter in name)
        if plain == name and name not in reserved:
            continue
        while plain in taken:
            plain += "_"
        taken.add(plain)
        found[name] = plain
    return found


def drawn_kind(tensor: Tensor) -> str:
    """With what a check fills data: `"whole"` numbers, shares that sum to `"one"` along the last axis, or `"any"`."""
    kinds = {fact.kind for fact in tensor.facts}
    return "whole" if "integer" in kinds else "one" if kinds & {"one_hot", "sums_to_one"} else "any"


def needed_lets(lets: Sequence[Let], wanted: Iterable[str]) -> tuple[Let, ...]:
    """The statements, in order, without which the wanted variables cannot be computed."""
    names = set(wanted)
    kept: list[Let] = []
    for let in reversed(lets):
        if let.name in names:
            kept.append(let)
            names |= {node.name for node in within(let.value) if isinstance(node, Name)}
    return tuple(reversed(kept))


def inlined(lets: Sequence[Let], outputs: Iterable[str]) -> tuple[Let, ...]:
    """The statements with each value that is read once put where it is read.

    Args:
        lets: In order, each name given once.
        outputs: The variables that must stay.

    Example:
        >>> from symbackprop.program.algebra import add, mul
        >>> a, b = Name("a"), Name("b")
        >>> lets = inlined([Let("u", mul(a, a)), Let("v", add(Name("u"), b))], ["v"])
        >>> [let.name for let in lets], lets[0].value == add(mul(a, a), b)
        (['v'], True)
    """
    kept = set(outputs)
    counts = Counter(node.name for let in lets for node in within(let.value) if isinstance(node, Name))
    values: dict[str, Scalar] = {}
    found: list[Let] = []
    for let in lets:
        value = _with_values(let.value, values)
        if counts[let.name] == 1 and let.name not in kept:
            values[let.name] = value
        else:
            found.append(Let(let.name, value, let.tensor))
    return tuple(found)


def _with_values(value: Scalar, values: dict[str, Scalar]) -> Scalar:
    if isinstance(value, Name):
        return values.get(value.name, value)
    if not isinstance(value, Op):
        return value
    return Op(value.function, tuple(_with_values(arg, values) for arg in value.args))
