"""How JavaScript writes values."""

import sympy as sp

from symbackprop.emit.javascript_language import JAVASCRIPT, RESERVED
from symbackprop.emit.scalar import scalar_code
from symbackprop.program.scalar import Name, Number, Op, number


def test_numbers_and_positions():
    assert scalar_code(Op("max", (Name("a"), Number(sp.S.NegativeInfinity))), JAVASCRIPT) == "Math.max(a, -Infinity)"
    assert scalar_code(Op("place", (Name("a"), number(5))), JAVASCRIPT) == "position(a, 5)"
    assert scalar_code(Op("ne", (Name("a"), Name("b"))), JAVASCRIPT) == "a !== b"


def test_words_of_the_script_are_taken():
    assert {"new", "shapeOf", "numbers", "Math", "position"} <= RESERVED
