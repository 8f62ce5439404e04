"""Things and the ranks of them → the things in order; what settles ties is computed for those that tie alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


def in_order(things: Iterable[T], rank: Callable[[T], Hashable], detail: Callable[[T], Any]) -> list[T]:
    """Sort things by `(rank(thing), detail(thing))`.

    Args:
        things: What to sort.
        rank: The first part of the key, which is cheap.
        detail: The second part, such as the thing as text, which is not.

    Example:
        >>> in_order(["bb", "c", "a", "ddd"], len, lambda word: print(word) or word)
        c
        a
        ['a', 'c', 'bb', 'ddd']
    """
    ranked = [(rank(thing), thing) for thing in things]
    shared = Counter(place for place, _ in ranked)
    keyed: list[tuple[Any, T]] = [
        ((place, detail(thing)) if shared[place] > 1 else (place,), thing) for place, thing in ranked
    ]
    return [thing for _, thing in sorted(keyed, key=lambda pair: pair[0])]
