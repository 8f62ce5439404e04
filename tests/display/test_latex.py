"""Trees → LaTeX, pinned, in the macros that the documents define; a page of them compiles."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from symbackprop.display import (
    HALF,
    Apply,
    BigSum,
    Boxed,
    Brace,
    Bracket,
    Cases,
    Compare,
    Extreme,
    Fraction,
    Logic,
    Matrix,
    Minus,
    Number,
    Paint,
    PartialDerivative,
    Power,
    Product,
    Range,
    Reference,
    Relation,
    Row,
    Symbol,
    Transpose,
    Tree,
    Words,
    element,
    integer,
    latex,
    plus,
    preamble,
    times,
)
from symbackprop.display.latex import LATEX, MACROS, escape, height
from symbackprop.display.mathml import mathml
from symbackprop.notation import STANDARD, Sign, given

E, T, Z, B = (Symbol(given(name)) for name in ("E", "t", "z", "b"))
W5 = Symbol(given("w5"))
ONE, TWO = integer(1), integer(2)
A = element(STANDARD.sign("a2", rank=1), 1)
J, K = (Symbol(Sign(name), key=f"#{name}") for name in "jk")
DELTA = Symbol(STANDARD.sign("delta2", rank=1), (K,))
W = Symbol(STANDARD.sign("W2", rank=2), (K, J))
AJ = Symbol(STANDARD.sign("a1", rank=1), (J,))

GOLDEN: dict[str, Tree] = {
    r"\pd{E}{w_{5}}": PartialDerivative(E, W5),
    r"\pd{}{w_{5}}": PartialDerivative(None, W5),
    r"\tfrac{1}{2} \bigl(t - a\lay{2}_{1}\bigr)^{2}": times(HALF, Power(plus(T, Minus(A)), TWO)),
    r"\tfrac{1}{2}\,(0.01 - 0.75)^{2}": times(HALF, Power(plus(Number("0.01"), Minus(Number("0.75"))), TWO)),
    r"\frac{1}{1 + e^{-z}}": Fraction(ONE, plus(ONE, Apply("exp", (Minus(Z),)))),
    r"\exp\Bigl(\frac{z}{b}\Bigr)": Apply("exp", (Fraction(Z, B),)),
    r"\sigma'(z)": Apply("sigmoid", (Z,), primes=1),
    r"\sigma\bigl(a\lay{2}_{1}\bigr)": Apply("sigmoid", (A,)),
    r"\sqrt{z + b}": Apply("sqrt", (plus(Z, B),)),
    r"\lvert z \rvert": Apply("abs", (Z,)),
    r"\max(z, b)": Apply("max", (Z, B)),
    r"t \log a\lay{2}_{1}": times(T, Apply("log", (A,))),
    r"\sum_{k} \delta\lay{2}_{k} w\lay{2}_{kj}\,a\lay{1}_{j} \bigl(1 - a\lay{1}_{j}\bigr)": times(
        BigSum(times(DELTA, W), (Range(K),)), AJ, plus(ONE, Minus(AJ))
    ),
    r"\sum_{k=1}^{3} w\lay{2}_{kj}": BigSum(W, (Range(K, integer(3), shown=True),)),
    r"\sum_{j,k} w\lay{2}_{kj}": BigSum(W, (Range(J), Range(K))),
    r"\max_{k} w\lay{2}_{kj}": Extreme(W, Range(K)),
    r"\operatorname*{arg\,max}_{k} w\lay{2}_{kj}": Extreme(W, Range(K), place=True),
    r"\ubE{(z - t)}{\eqref{eq:a}} \cdot \fX{z}": times(
        Brace(plus(Z, Minus(T)), Reference("eq:a"), "error"), Paint("input", Z), by="cdot"
    ),
    r"\underbrace{z}_{b}": Brace(Z, B),
    r"\fE{0.74} \times \fS{0.18}": times(Paint("error", Number("0.74")), Paint("slope", Number("0.18")), by="times"),
    r"\fD{z} \times 3": times(Paint("delta", Z), Number("3"), by="times"),
    r"2 \times 3 \cdot z": times(times(Number("2"), Number("3")), Z, by="cdot"),
    r"3.51\times10^{-5}": Number("3.51e-05"),
    r"10^{-5}": Number("1e-05"),
    r"-10^{9}": Number("-1e9"),
    r"(10^{9})^{2}": Power(Number("1e9"), integer(2)),
    r"2 \times 10^{9}": times(integer(2), Number("1e9")),
    r"\begin{bmatrix} 1 & 2 \\ z & -0.5 \end{bmatrix}": Matrix(((ONE, TWO), (Z, Number("-0.5")))),
    r"\begin{cases} z & z > 0 \\ 0 & \text{otherwise} \end{cases}": Cases(
        ((Z, Compare((Z, integer(0)), (">",))), (integer(0), None))
    ),
    r"[1 \le j \le k]": Bracket(Compare((ONE, J, K), ("<=", "<="))),
    r"z > 0\text{ and }z \ne b": Logic("and", (Compare((Z, integer(0)), (">",)), Compare((Z, B), ("!=",)))),
    r"z = b \approx \result{0.5}": Relation(Z, (Row("=", B), Row("≈", Boxed(Number("0.5"))))),
    r"\bigl(\vect{a}\lay{1}\bigr)\T": Transpose(Symbol(STANDARD.sign("a1", rank=1, whole=True))),
}


@pytest.mark.parametrize(("printed", "tree"), GOLDEN.items(), ids=list(GOLDEN))
def test_golden(printed: str, tree: Tree) -> None:
    assert latex(tree) == printed


def test_numbers_never_touch() -> None:
    assert latex(times(Number("2"), Number("3"))) == r"2 \times 3"
    assert latex(times(Z, Number("3"))) == r"z \cdot 3"
    assert latex(times(Number("2"), Power(Number("3"), Number("2")))) == r"2 \times 3^{2}"
    assert latex(times(Number("2"), Power(Number("-3"), Number("2")))) == "2 (-3)^{2}"


def test_parentheses_grow_with_what_they_hold() -> None:
    assert [height(tree) for tree in (Z, A, Fraction(Z, B), Matrix(((Z,),)))] == [0, 1, 2, 3]
    assert latex(times(plus(Fraction(Z, B), ONE), Z)) == r"\Bigl(\frac{z}{b} + 1\Bigr)\,z"


def test_text_cannot_break_out_into_tex() -> None:
    assert LATEX.words(r"50% \input{x} $a$ #1") == r"50\% \textbackslash{}input\{x\} \$a\$ \#1"
    assert escape("a_b & c^d~") == r"a\_b \& c\textasciicircum{}d\textasciitilde{}"


def test_words_hold_formulas_and_references() -> None:
    words = Words(("only ", A, " is in ", Reference("eq:x")))
    assert LATEX.words(words) == r"only $a\lay{2}_{1}$ is in \eqref{eq:x}"


def test_the_preamble_defines_every_macro_once() -> None:
    lines = preamble().splitlines()
    for name in MACROS:
        assert sum(line.startswith(rf"\newcommand{{\{name}}}") for line in lines) == 1


@pytest.mark.needs("pdflatex")
def test_everything_compiles(tmp_path: Path) -> None:
    body = "\n".join(rf"\[ {printed} \]" for printed in GOLDEN)
    source = (
        "\\documentclass[11pt]{article}\\usepackage[T1]{fontenc}\\usepackage{lmodern}\\usepackage{amsmath,bm,xcolor}\n"
        f"{preamble()}\n\\begin{{document}}\n{body}\n\\end{{document}}\n"
    )
    (tmp_path / "page.tex").write_text(source, encoding="utf-8")
    command = ["pdflatex", "-no-shell-escape", "-halt-on-error", "-interaction=batchmode", "page.tex"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=False)
    assert result.returncode == 0, (tmp_path / "page.log").read_text(errors="replace")[-2000:]


def test_a_word_does_not_grow_together_with_the_letter_beside_it():
    momentum, v, eta = (Symbol(given(name)) for name in ("momentum", "v", "eta"))
    assert latex(Product((momentum, v))) == r"\mathrm{momentum}\,v"
    assert latex(Product((eta, v))) == r"\eta v"
    assert '<mspace width="0.1667em"/>' in mathml(Product((v, momentum)))
