"""What the code of a node holds: truth values or numbers."""

import sympy as sp

from symbackprop.expressions import Index
from symbackprop.program import Assign, Const, Leaf, Map, Position
from symbackprop.program.masks import (
    beside_truth,
    extreme,
    is_reciprocal,
    is_truth,
    mask,
    numbers_in,
    positive,
    with_masks,
)

J = Index("j", 3)
Z, T = Leaf("z", (J,)), Leaf("t", (J,))
ZERO, ONE = Const(sp.S.Zero), Const(sp.S.One)
ABOVE = Map("gt", (Z, ZERO))
MASK = Map("where", (ABOVE, ONE, ZERO))


def test_a_number_beside_truth_values_alone_needs_a_precision():
    one, read, other = Assign("ds", (), Const(-sp.S.One)), Leaf("ds", ()), Assign("dr", (), Leaf("ds", ()))
    assert beside_truth([one, other, Assign("dw", (J,), Map("mul", (Leaf("dr", ()), MASK)))]) == {"ds"}
    assert beside_truth([one, Assign("dw", (J,), Map("mul", (read, Map("mul", (ABOVE, MASK)))))]) == {"ds"}
    assert beside_truth([one, Assign("dw", (J,), Map("mul", (read, ABOVE, Z)))]) == set()
    assert beside_truth([one, Assign("dw", (J,), Map("mul", (read, Z)))]) == set()


def test_comparisons_are_truths_and_masks_are_numbers_of_them():
    assert is_truth(ABOVE)
    assert is_truth(Map("not", (ABOVE,)))
    assert not is_truth(Z)
    assert mask(MASK) == ABOVE
    assert mask(Map("where", (ABOVE, ZERO, ONE))) == Map("not", (ABOVE,))
    assert mask(Map("where", (ABOVE, Z, ZERO))) is None
    assert mask(Z) is None


def test_a_mask_beside_numbers_is_its_condition():
    assert with_masks(Map("mul", (T, MASK))) == Map("mul", (T, ABOVE))
    alone = Map("mul", (Const(sp.Integer(2)), Map("where", (Map("gt", (Position(J), ONE)), ONE, ZERO))))
    assert with_masks(alone) == alone


def test_numbers_are_found_but_positions_are_none():
    assert numbers_in(Map("mul", (Z, T))) == ["t", "z"]
    assert numbers_in(Map("eq", (Position(J), Leaf("label", ())))) == []


def test_a_sign_is_taken_off():
    assert positive(Map("mul", (Const(sp.S.NegativeOne), Z))) == Z
    assert positive(Z) == Z


def test_a_reciprocal_is_told_from_other_powers():
    minus = Const(sp.S.NegativeOne)
    assert is_reciprocal(Map("pow", (Z, minus)))
    assert not is_reciprocal(Map("pow", (minus, Z)))
    assert not is_reciprocal(Z)


def test_branches_that_are_a_larger_or_smaller_one_or_an_absolute_value():
    minus = Map("mul", (Const(-sp.S.One), Z))
    below = Map("lt", (Z, ZERO))
    assert extreme(Map("where", (ABOVE, Z, ZERO))) == Map("maximum", (Z, ZERO))
    assert extreme(Map("where", (Map("ge", (Z, T)), T, Z))) == Map("minimum", (Z, T))
    assert extreme(Map("where", (Map("lt", (Z, T)), Z, T))) == Map("minimum", (Z, T))
    assert extreme(Map("where", (ABOVE, Z, minus))) == Map("abs", (Z,))
    assert extreme(Map("where", (ABOVE, Z, Map("where", (below, minus, ZERO))))) == Map("abs", (Z,))
    for other in ((ABOVE, Z, T), (ABOVE, Z, ONE), (Map("gt", (Z, T)), Z, minus), (ABOVE, minus, Z)):
        assert extreme(Map("where", other)).function == "where"
    assert extreme(Map("mul", (ABOVE, Z, ZERO))).function == "mul"


def test_the_negative_of_a_sum_may_be_written_term_by_term():
    def difference(one, other, factor=2):
        return Map("add", (Map("mul", (Const(sp.Integer(factor)), one)), Map("mul", (Const(-sp.S.One), other))))

    turned = Map("add", (T, Map("mul", (Const(-sp.Integer(2)), Z))))
    for negative, function in ((turned, "abs"), (difference(T, Z), "where"), (difference(T, Z, 1), "where")):
        branch = Map("where", (Map("gt", (difference(Z, T), ZERO)), difference(Z, T), negative))
        assert extreme(branch).function == function
