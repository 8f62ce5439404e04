"""Words of languages."""

import re

import pytest

from symbackprop.emit.reserved import C_WORDS, JAVASCRIPT_WORDS


@pytest.mark.parametrize("words", [C_WORDS, JAVASCRIPT_WORDS])
def test_each_could_be_a_name(words):
    assert all(re.fullmatch(r"[A-Za-z_]\w*", word) for word in words)


def test_what_a_user_may_well_call_a_weight():
    """Python takes these as names."""
    assert {"new", "var", "this", "const", "let"} <= JAVASCRIPT_WORDS
    assert {"int", "float", "double", "const", "y1", "j0", "log"} <= C_WORDS
