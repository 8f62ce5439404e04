"""The order of terms and factors that a textbook would choose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations

from symbackprop.display import HALF, Apply, Minus, Number, Symbol, TensorReader, integer, plus, text, times
from symbackprop.display.order import arrange_factors, arrange_terms
from symbackprop.display.tree import Tree
from symbackprop.expressions import Read
from symbackprop.notation import given


def every_order(trees: Sequence[Tree], arrange: Callable[[Sequence[Tree]], list[Tree]]) -> set[str]:
    """What each order of the same trees is arranged into."""
    return {" | ".join(map(text, arrange(order))) for order in permutations(trees)}


def test_factors(reader: TensorReader) -> None:
    read = lambda name, *places: reader(Read(name, *places))  # noqa: E731
    activation = read("a2", 0)
    factors = [
        read("a1", 0),
        plus(integer(1), Minus(activation)),
        activation,
        read("delta2", 0),
        HALF,
        read("W2", 0, 0),
        Apply("log", (activation,)),
    ]
    expected = "½ | δ₁⁽²⁾ | a₁⁽²⁾ | 1 - a₁⁽²⁾ | w5 | a₁⁽¹⁾ | log a₁⁽²⁾"
    assert every_order(factors[:5], arrange_factors) == {"½ | δ₁⁽²⁾ | a₁⁽²⁾ | 1 - a₁⁽²⁾ | a₁⁽¹⁾"}
    assert " | ".join(map(text, arrange_factors(factors))) == expected


def test_terms(reader: TensorReader) -> None:
    read = lambda name, *places: reader(Read(name, *places))  # noqa: E731
    terms: list[Tree] = [read("b1"), *(times(read("W1", 0, n), read("x", n)) for n in (1, 0)), Minus(read("t", 0))]
    assert every_order(terms, arrange_terms) == {"w1·x₁ | w2·x₂ | b1 | -t₁"}


def test_places_are_sorted_as_numbers(reader: TensorReader) -> None:
    terms = [times(reader(Read("delta2", n)), reader(Read("b2", n))) for n in (9, 1, 10)]
    assert [text(term) for term in arrange_terms(terms)] == ["δ₂⁽²⁾·b₂⁽²⁾", "δ₁₀⁽²⁾·b₁₀⁽²⁾", "δ₁₁⁽²⁾·b₁₁⁽²⁾"]


def test_whole_numbers_first_small_decimals_last() -> None:
    variance = times(Number("2"), Symbol(given("v"), role="hidden"))
    assert every_order([variance, integer(1)], arrange_terms) == {"1 | 2·v"}
    assert every_order([variance, Number("0.001")], arrange_terms) == {"2·v | 0.001"}
