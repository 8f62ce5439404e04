"""Every construct of the language gives the value it should; everything else is refused, with the column."""

import subprocess

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symbackprop.errors import LanguageError
from symbackprop.expressions import Index, Peak, Read, Total, Where
from symbackprop.language import parse_formula, size_symbol, unsized
from symbackprop.language.converter import degree

X, Z = Read("x"), Read("z")
I, J, S, T, P = map(unsized, "ijstp")
HALF = sp.Rational(1, 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("z", Z),
        ("pi", sp.pi),
        ("+z", Z),
        ("-z", -Z),
        ("x + z", X + Z),
        ("x - z", X - Z),
        ("x * z", X * Z),
        ("x / z", X / Z),
        ("z ** 3", Z**3),
        ("2 ** -z", 2 ** (-Z)),
        ("z ** 2 ** 3", Z**8),
        ("-z ** 2", -(Z**2)),
        ("1 / 3", sp.Rational(1, 3)),
        ("(x + z) * x", (X + Z) * X),
        ("exp(z)", sp.exp(Z)),
        ("log(z)", sp.log(Z)),
        ("sqrt(z)", sp.sqrt(Z)),
        ("sin(z) + cos(z) + tan(z)", sp.sin(Z) + sp.cos(Z) + sp.tan(Z)),
        ("sinh(z) + cosh(z) + tanh(z)", sp.sinh(Z) + sp.cosh(Z) + sp.tanh(Z)),
        ("arctan(z) + erf(z)", sp.atan(Z) + sp.erf(Z)),
        ("where(z > 0, z, 0)", Where(Z > 0, Z, sp.S.Zero)),
        ("where(z >= 0 and z < 1, 1, 0)", Where(sp.And(Z >= 0, Z < 1), sp.S.One, sp.S.Zero)),
        ("where(z <= 0 or not z != 2, 1, 0)", Where(sp.Or(Z <= 0, sp.Eq(Z, 2)), sp.S.One, sp.S.Zero)),
        ("where(1 > 0, x, z)", X),
        ("x[i]", Read("x", I)),
        ("x[i, 0]", Read("x", I, 0)),
        ("x[2*t + p - 1]", Read("x", 2 * T + P - 1)),
        ("x[-i]", Read("x", -I)),
        ("x[3 * (t - 2)]", Read("x", 3 * T - 6)),
        ("x[token[s], j]", Read("x", Read("token", S), J)),
        ("i[i]", Read("i", I)),
        ("sum(x[i], i)", Total(Read("x", I), I)),
        ("sum(x[i, j], i, j)", Total(Read("x", I, J), I, J)),
        ("mean(x[i], i)", Total(Read("x", I), I) / size_symbol("i")),
        ("mean(x[i, j], i, j)", Total(Read("x", I, J), I, J) / (size_symbol("i") * size_symbol("j"))),
        ("max(x[i], i)", Peak(Read("x", I), I)),
        ("min(x[i], i)", -Peak(-Read("x", I), I)),
        ("max(x[i, j], i, j)", Peak(Peak(Read("x", I, J), J), I)),
        ("logsumexp(x[i], i)", sp.log(Total(sp.exp(Read("x", I)), I))),
        ("norm(x[i], i)", sp.sqrt(Total(Read("x", I) ** 2, I))),
        ("sum(x[token[s]], s)", Total(Read("x", Read("token", S)), S)),
    ],
)
def test_construct(text, expected):
    assert parse_formula(text) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", sp.Rational(1, 10)),
        ("0.044715", sp.Rational(44715, 10**6)),
        (".5", HALF),
        ("5.", sp.Integer(5)),
        ("1e-3", sp.Rational(1, 1000)),
        ("2.5E+2", sp.Integer(250)),
        ("1_000", sp.Integer(1000)),
        ("0.1 + 0.2", sp.Rational(3, 10)),
        ("123456789012345678901234567.89", sp.Rational(12345678901234567890123456789, 100)),
    ],
)
def test_decimals_are_exact(text, value):
    found = parse_formula(text)
    assert found == value
    assert found.is_Rational


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("z.__class__", "Attribute"),
        ("x.diff(z)", "expected a name"),
        ("(lambda: z)()", "expected a name"),
        ("'z'", "not a number"),
        ("f'{z}'", "JoinedStr"),
        ("b'z'", "not a number"),
        ("None", "not a number"),
        ("True", "not a number"),
        ("...", "not a number"),
        ("2j", "not a number"),
        ("0x1F", "not a decimal number"),
        ("lambda z: z", "Lambda"),
        ("z if x else z", "IfExp"),
        ("[z]", "List"),
        ("(z, x)", "Tuple"),
        ("{z}", "Set"),
        ("{z: x}", "Dict"),
        ("[z for z in x]", "ListComp"),
        ("(z for z in x)", "GeneratorExp"),
        ("(z := 1)", "NamedExpr"),
        ("await z", "Await"),
        ("(yield)", "Yield"),
        ("z > 0", "Compare"),
        ("z and x", "BoolOp"),
        ("not z", "Not"),
        ("~z", "Invert"),
        ("z // 2", "FloorDiv"),
        ("z % 2", "Mod"),
        ("x @ z", "MatMult"),
        ("x << 2", "LShift"),
        ("x ^ z", "BitXor"),
        ("exp(x=z)", "plain arguments"),
        ("exp(*z)", "plain arguments"),
        ("exp(**z)", "plain arguments"),
        ("exp()", "plain arguments"),
        ("exp(x, z)", "not a formula"),
        ("exp('1')", "not a number"),
        ("sigmoyd(z)", "unknown function 'sigmoyd'"),
        ("eval(z)", "unknown function 'eval'"),
        ("where(z, 1, 0)", "expected a comparison"),
        ("where(z > 0, 1)", "where takes a condition and two values"),
        ("where(0 < z < 1, 1, 0)", "expected a comparison"),
        ("where(z in x, 1, 0)", "expected a comparison"),
        ("where(z is x, 1, 0)", "expected a comparison"),
        ("sum(x[i])", "needs the index it runs over"),
        ("sum(x[i], i, i)", "over an index once"),
        ("sum(x[i], k)", "needs the index it runs over"),
        ("sum(x, i)", "needs the index it runs over"),
        ("sum(x[i], 3)", "needs the index it runs over"),
        ("max(1, 2, 3, 4, 5, 6, 7, 8, z)", "8 arguments at most"),
        ("x[i:j]", "an index must be"),
        ("x[0.5]", "an index must be"),
        ("x['a']", "an index must be"),
        ("x[True]", "not a number"),
        ("x[i ** 2]", "an index must be"),
        ("x[i / 2]", "an index must be"),
        ("x[exp(i)]", "an index must be"),
        ("x[()]", "no index"),
        ("x[*i]", "an index must be"),
        ("x[i][j]", "expected a name"),
        ("_z", "cannot be a name"),
        ("__import__", "cannot be a name"),
        ("x[__i]", "cannot be a name"),
        ("a" * 32, "cannot be a name"),
        ("é", "cannot be a name"),
        ("1 / 0", "division by zero"),
        ("z / (1 - 1)", "division by zero"),
        ("0 ** -1", "division by zero"),
        ("log(0)", "infinite or undefined"),
        ("tan(pi / 2)", "infinite or undefined"),
        ("sqrt(-1) * z", "not a real number"),
        ("log(-2)", "not a real number"),
        ("(-8) ** (1 / 3)", "not a real number"),
        ("1" * 31, "30 digits"),
        ("1e65", "an exponent of 64"),
        ("1e-65", "an exponent of 64"),
        ("1e999999999", "an exponent of 64"),
        ("z ** 65", "an exponent may be 64"),
        ("z ** -65", "an exponent may be 64"),
        ("2 ** 2 ** 7", "an exponent may be 64"),
        ("((z ** 8) ** 8) ** 8", "nested powers"),
        ("(2 * (z + 1) ** 8) ** 9", "nested powers"),
        ("((z + 1) ** 64 + 1) ** 2", "nested powers"),
        ("((2 ** 64) ** 64) ** 64", "too large a number"),
        ("exp(65 * log(z))", "an exponent may be 64"),
        ("exp(10000000000 * log(2))", "an exponent may be 64"),
    ],
)
def test_refusal(text, reason):
    with pytest.raises(LanguageError, match=reason):
        parse_formula(text)


@pytest.mark.parametrize(
    "text",
    [
        "exp(exp(exp(100))) * z",
        "2 ** exp(exp(exp(100)))",
        "where(exp(exp(exp(exp(100)))) > 1, z, 0)",
        "abs(exp(exp(exp(100))))",
        "max(sin(exp(exp(exp(50)))), z)",
    ],
)
def test_a_tower_of_constants_is_refused_before_it_is_compared(text):
    with pytest.raises(LanguageError, match="too large a number"):
        parse_formula(text)


PAYLOADS = [
    "exp(\"__import__('os').system('x')\")",
    "__import__('os').system('x')",
    "exp(__import__('os').system('x'))",
    "eval('1')",
    "exec('1')",
    "open('x', 'w')",
    "(lambda: __import__('os'))().system('x')",
    "().__class__.__bases__[0].__subclasses__()",
    "z.__init__.__globals__['os'].system('x')",
    "[c for c in ().__class__.__base__.__subclasses__()]",
    "exp(f\"{__import__('os').system('x')}\")",
    "x[__import__('os').system('x')]",
    "x[\"__import__('os').system('x')\"]",
    "sum(x[i], __import__('os').system('x'))",
    "where(__import__('os').system('x'), 1, 0)",
    "where(\"__import__('os').system('x')\" == z, 1, 0)",
    "max(z, \"__import__('os').system('x')\")",
    "log('oo')",
    "sqrt(b'1')",
    "print(z)",
    "getattr(z, 'name')",
    "globals()",
    "S('1')",
]


@pytest.mark.parametrize("text", PAYLOADS)
def test_injection_is_refused_and_runs_nothing(text, monkeypatch, tmp_path):
    def caught(*args, **kwargs):
        raise AssertionError("text was executed")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.system", caught)
    monkeypatch.setattr(subprocess, "Popen", caught)
    monkeypatch.setattr(sp.core.sympify, "parse_expr", caught, raising=False)
    with pytest.raises(LanguageError):
        parse_formula(text)
    assert not list(tmp_path.iterdir())


def test_a_bracket_decides_between_index_and_value():
    """`max(a, b)` is a value, `max(x[i], i)` a reduction, and a name that is both stays both."""
    assert parse_formula("max(z, 0)") == Where(Z > 0, Z, sp.S.Zero)
    assert parse_formula("max(x[i], 0)") == Where(Read("x", I) > 0, Read("x", I), sp.S.Zero)
    assert parse_formula("max(x[i], i)") == Peak(Read("x", I), I)
    assert parse_formula("max(x[i], z, i)").free_symbols == {I, size_symbol("i")} - {size_symbol("i")}
    assert parse_formula("i[t] * i") == Read("i", T) * Read("i")


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("where(t > 0, h[t - 1], h0)", T > 0),
        ("where(s == t, x[s, t], 0)", sp.Eq(S, T)),
        ("where(2*t + p - 1 >= 0, x[t, p], 0)", 2 * T + P - 1 >= 0),
        ("where(x[t] > z, x[t], 0)", Read("x", T) > Z),
        ("where(z > 0, x[t], 0)", Z > 0),
        ("where(token > 0, x[token[s]], 0)", Read("token") > 0),
    ],
)
def test_conditions_compare_positions_or_values(text, condition):
    assert parse_formula(text).condition == condition


def test_max_and_min_fold_from_the_left_and_a_tie_takes_the_later():
    x, y, z = (Read(name) for name in "xyz")
    assert parse_formula("max(x, y, z)") == Where(x > Where(y > z, y, z), x, Where(y > z, y, z))
    numbers = {x: sp.Integer(3), y: sp.Integer(-1), z: sp.Integer(2)}
    assert parse_formula("max(x, y, z)").xreplace(numbers) == 3
    assert parse_formula("min(x, y, z)").xreplace(numbers) == -1
    assert parse_formula("max(y, z, x)").xreplace(numbers) == 3


def test_abs_is_a_branch_with_nothing_at_zero():
    text = parse_formula("abs(z)")
    assert [text.xreplace({Z: sp.Integer(n)}) for n in (-2, 0, 5)] == [2, 0, 5]


def test_a_users_function_takes_expressions():
    functions = {"twice": lambda value: 2 * value}
    assert parse_formula("twice(z) + twice(x[i])", functions) == 2 * Z + 2 * Read("x", I)
    with pytest.raises(LanguageError, match="unknown function 'twice'"):
        parse_formula("twice(z)")


def test_an_unknown_function_is_told_its_neighbours():
    with pytest.raises(LanguageError) as caught:
        parse_formula("tahn(z)")
    assert "'tanh'" in caught.value.mistakes[0].help


def test_the_message_has_the_column():
    with pytest.raises(LanguageError) as caught:
        parse_formula("z + σ.real")
    (mistake,) = caught.value.mistakes
    assert (mistake.text, mistake.column, mistake.length) == ("z + σ.real", 5, 6)
    assert str(mistake).splitlines()[-1] == " |     ^^^^^^"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("z", 1), ("7", 0), ("x * z ** 2", 3), ("(x + z ** 3) ** 4", 12), ("exp(z) ** 5", 1), ("1 / z ** 2", 2)],
)
def test_degree(text, expected):
    assert degree(parse_formula(text)) == expected


@st.composite
def formulas(draw, depth=4):
    """Text of the language and the same in Python on floats."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(["x", "z", "2", "0.25", "1.5"]))
    one, two = draw(formulas(depth - 1)), draw(formulas(depth - 1))
    forms = ["({0} + {1})", "({0} - {1})", "({0} * {1})", "({0}) / (2 + ({1})**2)", "-({0})", "tanh({0})"]
    forms += ["max({0}, {1})", "min({0}, {1})", "where({0} > {1}, {0}, -({1}))", "exp(-({0})**2)", "abs({0})"]
    return draw(st.sampled_from(forms)).format(one, two)


@given(formulas(), st.integers(-8, 8), st.integers(-8, 8))
def test_formulas_mean_what_python_means(text, x, z):
    """The oracle is Python itself, on text made here."""
    names = {"tanh": np.tanh, "exp": np.exp, "where": lambda c, a, b: a if c else b, "x": x / 4, "z": z / 4}
    expected = eval(text, names | {"max": max, "min": min, "abs": abs})
    found = parse_formula(text).xreplace({X: sp.Rational(x, 4), Z: sp.Rational(z, 4)})
    assert float(found) == pytest.approx(float(expected), rel=1e-9, abs=1e-9)


def test_index_symbols_know_their_size_symbol():
    assert unsized("i") == Index("i", size_symbol("i"))
    assert unsized("i").size == size_symbol("i")
    assert size_symbol("i").is_positive and size_symbol("i").is_integer


def test_an_index_outside_of_brackets_is_its_own_value():
    assert parse_formula("sin(t) * x[t] + z") == sp.sin(T) * Read("x", T) + Z


def test_whole_parts_and_what_they_leave():
    assert parse_formula("x[t // 3]") == Read("x", sp.floor(T / 3))
    assert parse_formula("x[t % 3]") == Read("x", T - 3 * sp.floor(T / 3))
    assert parse_formula("x[(6 * t + 1) // 3]") == Read("x", 2 * T)
    with pytest.raises(LanguageError, match="positive whole number"):
        parse_formula("x[t // 0]")
