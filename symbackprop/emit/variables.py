"""Names of a network's elements → variables of a language, and which statements some of them need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from symbackprop.program.scalar import Let, Name, within


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


def needed_lets(lets: Sequence[Let], wanted: Iterable[str]) -> tuple[Let, ...]:
    """The statements, in order, without which the wanted variables cannot be computed."""
    names = set(wanted)
    kept: list[Let] = []
    for let in reversed(lets):
        if let.name in names:
            kept.append(let)
            names |= {node.name for node in within(let.value) if isinstance(node, Name)}
    return tuple(reversed(kept))
