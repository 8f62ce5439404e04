"""Font metrics: complete tables, and TeX's spacing between atoms."""

from __future__ import annotations

from string import ascii_letters

from symbackprop.display import metrics
from symbackprop.display.metrics import BINARY, INNER, OPERATOR, ORDINARY, RELATION, space
from symbackprop.notation import GREEK


def test_every_letter_has_a_width_in_every_face() -> None:
    for table in (metrics.ITALIC, metrics.UPRIGHT, metrics.BOLD, metrics.BOLD_ITALIC):
        assert set(ascii_letters) <= set(table)
    assert metrics.ITALIC["m"] == 878
    assert metrics.UPRIGHT["W"] == 1028


def test_every_greek_letter_of_the_notation_has_a_width() -> None:
    assert set(GREEK) <= set(metrics.GREEK)


def test_spaces_between_atoms() -> None:
    assert space(ORDINARY, BINARY, 0) == 222
    assert space(RELATION, ORDINARY, 0) == 278
    assert space(ORDINARY, ORDINARY, 0) == 0


def test_subscripts_are_set_tight_but_for_operators() -> None:
    assert space(ORDINARY, BINARY, 2) == 0
    assert space(ORDINARY, OPERATOR, 2) == 167
    assert space(INNER, ORDINARY, 2) == 0
