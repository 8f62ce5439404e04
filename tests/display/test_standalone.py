"""Our LaTeX → LaTeX without macros of ours."""

import re

import pytest

from symbackprop.display import (
    Boxed,
    Brace,
    Number,
    Paint,
    PartialDerivative,
    Reference,
    Symbol,
    Transpose,
    latex,
    times,
)
from symbackprop.display.latex import MACROS
from symbackprop.display.standalone import standalone
from symbackprop.notation import STANDARD, given

W = Symbol(STANDARD.sign("W1", rank=2, whole=True))
A = Symbol(STANDARD.sign("a1", rank=1, whole=True))
TREES = [
    times(Transpose(W), A),
    Brace(Paint("error", PartialDerivative(A, W)), Reference("eq:1"), "error"),
    Boxed(Paint("delta", Number("0.5"))),
    PartialDerivative(Symbol(given("E")), PartialDerivative(A, W)),
]


@pytest.mark.parametrize("tree", TREES, ids=latex)
def test_no_macro_of_ours_is_left(tree):
    found = standalone(latex(tree))
    assert not set(re.findall(r"\\([A-Za-z]+)", found)) & (set(MACROS) | {"bm"})
    assert "sbp" not in found
    assert found.count("{") == found.count("}")


def test_what_it_does_not_know_stays():
    assert standalone(r"\{a\} \, \frac{1}{2}") == r"\{a\} \, \frac{1}{2}"


def test_a_brace_that_is_not_closed_is_refused():
    with pytest.raises(ValueError, match="not closed"):
        standalone(r"\fE{x")
