import pytest

from symbackprop.catalog.sizes import Whole, size_value
from symbackprop.errors import LanguageError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3", 3),
        ("n", 9),
        ("-n + 10", 1),
        ("(n - k) // 2 + 1", 4),
        ("n * k - 1", 26),
        ("max(n, k) - max(k, n)", 0),
        ("unknown + 1", None),
        ("max(unknown, 1)", None),
        ("unknown // 2", None),
        ("0 * unknown + n", 9),
    ],
)
def test_whole_numbers(text, expected):
    assert size_value(text, {"n": 9, "k": 3, "unknown": None}, Whole()) == expected


@pytest.mark.parametrize(
    "text",
    [
        "n ** 2",
        "n / 2",
        "1.5",
        "True",
        "'n'",
        "n[0]",
        "min(n, 2)",
        "max(n)",
        "__import__('os')",
        "n +",
        "(" * 31,
        "n // 0",
    ],
)
def test_everything_else_is_refused(text):
    with pytest.raises(LanguageError):
        size_value(text, {"n": 9}, Whole())


def test_an_unknown_name_is_named():
    with pytest.raises(LanguageError, match="unknown size 'unit'"):
        size_value("unit + 1", {"units": 3}, Whole())


def test_a_long_text_is_refused():
    with pytest.raises(LanguageError, match="300 characters"):
        size_value("n + " * 100 + "n", {"n": 9}, Whole())
