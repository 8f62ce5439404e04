import pytest

from symbackprop import errors
from symbackprop.errors import InputError, LanguageError, Mistake, ShapeError, SymbackpropError, did_you_mean


def test_a_mistake_with_a_place_shows_the_line_and_carets():
    mistake = Mistake(
        "SB020",
        "unknown activation 'sigmiod'",
        "did you mean 'sigmoid'?",
        source="bad.toml",
        line=7,
        column=14,
        length=9,
        text='activation = "sigmiod"',
    )
    assert str(mistake).splitlines() == [
        "error[SB020]: unknown activation 'sigmiod'",
        " --> bad.toml:7:14",
        "  |",
        '7 | activation = "sigmiod"',
        "  |              ^^^^^^^^^",
        "  = help: did you mean 'sigmoid'?",
    ]


def test_a_margin_as_wide_as_the_line_number():
    rows = str(Mistake("SB001", "wrong", source="f", line=120, column=1, text="x")).splitlines()
    assert [row.index("|") for row in rows if "|" in row] == [4, 4, 4]


def test_a_mistake_without_a_place():
    assert str(Mistake("SB001", "wrong")) == "error[SB001]: wrong"
    assert str(Mistake("SB001", "wrong", source="f.toml")) == "error[SB001]: wrong\n --> f.toml"


def test_an_error_has_the_code_of_its_class_unless_told_otherwise():
    assert ShapeError("wrong").mistakes[0].code == "SB030"
    assert ShapeError("wrong", code="SB031", help="turn it").mistakes == (Mistake("SB031", "wrong", "turn it"),)


def test_several_mistakes_at_once():
    error = InputError(mistakes=[Mistake("SB001", "one"), Mistake("SB002", "two")])
    assert len(error.mistakes) == 2
    assert str(error) == "error[SB001]: one\n\nerror[SB002]: two"


CLASSES = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SymbackpropError)]


def test_codes_are_unique_and_exit_codes_say_whose_mistake_it_is():
    codes = [kind.default_code for kind in CLASSES]
    assert len(set(codes)) == len(codes) > 5
    assert {kind.__name__: kind.exit_code for kind in CLASSES if kind.exit_code != 2} == {
        "TooLargeError": 3,
        "TooSlowError": 3,
        "CheckFailedError": 1,
    }
    users = {kind.__name__ for kind in CLASSES if issubclass(kind, InputError)}
    assert {"LanguageError", "ShapeError", "UnknownNameError"} <= users
    assert not users & {"UnsupportedError", "UndefinedError", "TooLargeError", "TooSlowError", "CheckFailedError"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sigmiod", "did you mean 'sigmoid'?"),
        ("relv", "did you mean 'relu'?"),
        ("zzz", "known: sigmoid, relu, tanh"),
    ],
)
def test_help_for_unknown_names(name, expected):
    assert did_you_mean(name, ["sigmoid", "relu", "tanh"]) == expected


def test_help_may_say_where_the_table_is():
    assert did_you_mean("relv", ["relu"], "(symbackprop show --activations)").endswith(
        "(symbackprop show --activations)"
    )


def test_a_language_error_is_caught_as_the_users_mistake():
    with pytest.raises(InputError):
        raise LanguageError("no formula")
