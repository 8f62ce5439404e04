import warnings

import pytest

from symbackprop.errors import LanguageError
from symbackprop.language.syntax import (
    MAX_CHARACTERS,
    MAX_DEPTH,
    MAX_NODES,
    NAME,
    check_length,
    syntax_tree,
)


@pytest.mark.parametrize("name", ["x", "W1", "log_sigma", "a" * 31])
def test_names(name):
    assert NAME.match(name)


@pytest.mark.parametrize("name", ["", "_x", "1x", "x-y", "x y", "x\n", "é", "a" * 32, r"\input{x}", "x;y"])
def test_no_names(name):
    assert not NAME.match(name)


def test_length_is_limited():
    check_length("x" * MAX_CHARACTERS)
    with pytest.raises(LanguageError, match="2,001 characters"):
        check_length("x" * (MAX_CHARACTERS + 1))


@pytest.mark.parametrize("pair", ["()", "[]", "{}"])
def test_nesting_is_limited(pair):
    check_length(pair[0] * MAX_DEPTH + pair[1] * MAX_DEPTH)
    with pytest.raises(LanguageError, match="60 deep"):
        check_length(pair[0] * (MAX_DEPTH + 1) + pair[1] * (MAX_DEPTH + 1))


def test_nodes_are_limited():
    terms = MAX_NODES // 2 - 1
    syntax_tree("+".join(["x"] * terms), "eval")
    with pytest.raises(LanguageError, match="500 nodes"):
        syntax_tree("+".join(["x"] * (terms + 3)), "eval")


@pytest.mark.parametrize("text", ["z +", "z[j", ")", "1 2", "", "x = 1", "x\0y", "\\", "\ud800", "import os"])
def test_what_is_no_expression(text):
    with pytest.raises(LanguageError):
        syntax_tree(text, "eval")


@pytest.mark.parametrize("text", ["'\\d'", "1if z else 2", "z is 1"])
def test_python_has_nothing_to_say_about_a_formula(text):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        syntax_tree(text, "eval")


@pytest.mark.parametrize(
    "text", ["-" * 1999 + "z", "(" * 60 + "z" + ")" * 60, "2**" * 600 + "z", "x[" * 60 + "i" + "]" * 60]
)
def test_deep_text_is_parsed_or_refused_but_never_crashes(text):
    try:
        assert syntax_tree(text, "eval").body is not None
    except LanguageError as error:
        assert "nodes" in str(error) or "formula" in str(error)
