"""Sorting by a cheap rank and a dear detail is sorting by both."""

from __future__ import annotations

import random

from symbackprop.ordering import in_order


def test_the_order_is_that_of_both_keys_and_alike_things_keep_theirs() -> None:
    draw = random.Random(0)
    things = [(draw.randrange(6), draw.randrange(3), number) for number in range(40)]
    expected = sorted(things, key=lambda thing: thing[:2])
    assert in_order(things, lambda thing: thing[0], lambda thing: thing[1]) == expected


def test_the_detail_of_what_does_not_tie_is_not_asked_for() -> None:
    asked: list[str] = []
    in_order(["a", "bb", "cc", "ddd"], len, lambda word: asked.append(word) or word)
    assert asked == ["bb", "cc"]
