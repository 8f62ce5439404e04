"""Relations → lines that fit: where they break, where reasons and numbers go, and that TeX finds nothing overfull."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from symbackprop.display import (
    Apply,
    BigSum,
    Boxed,
    Evaluator,
    Fraction,
    Minus,
    Number,
    Paint,
    PartialDerivative,
    Power,
    Range,
    Relation,
    Row,
    Symbol,
    Tree,
    Words,
    align,
    element,
    integer,
    latex,
    plus,
    preamble,
    times,
)
from symbackprop.display.breaking import LINE_WIDTH, lay_out, pieces
from symbackprop.display.width import width
from symbackprop.notation import STANDARD, Sign, given
from symbackprop.reading import TensorNames, read_formula

E, Y = Symbol(given("E")), Symbol(given("y"))
A1, A2 = (element(STANDARD.sign("a1", rank=1), n) for n in (1, 2))
Z = element(STANDARD.sign("z2", rank=1), 1)
W5, W6, B2 = (Symbol(given(name)) for name in ("w5", "w6", "b2"))
FORWARD = Relation(
    Z,
    (
        Row("=", plus(times(W5, A1), times(W6, A2), B2)),
        Row(
            "≈",
            plus(
                times(Number("0.40"), Number("0.593269992"), by="times"),
                times(Number("0.45"), Number("0.596884378"), by="times"),
                Number("0.60"),
            ),
        ),
        Row("≈", Number("1.105905967"), label="eq:z21"),
    ),
)


def long_sum(count: int) -> Tree:
    delta, weight = STANDARD.sign("delta2", rank=1), STANDARD.sign("W2", rank=2)
    return plus(*(times(element(delta, n), element(weight, n, 1)) for n in range(1, count + 1)))


def test_a_short_relation_is_one_line() -> None:
    assert align([Relation(E, (Row("=", Y), Row("≈", Number("0.5"))))]) == (
        "\\begin{align*}\nE &= y \\approx 0.5\n\\end{align*}"
    )


def test_a_value_stays_beside_its_numbers() -> None:
    assert align([FORWARD]).splitlines() == [
        r"\begin{align}",
        r"z\lay{2}_{1} &= w_{5} a\lay{1}_{1} + w_{6} a\lay{1}_{2} + b_{2} \notag \\",
        r"&\approx 0.40 \times 0.593269992 + 0.45 \times 0.596884378 + 0.60 \approx 1.105905967 \label{eq:z21}",
        r"\end{align}",
    ]


def test_a_wider_page_takes_it_on_one_line() -> None:
    assert len(lay_out([FORWARD], 700)[0]) == 1


def test_a_reason_or_a_number_ends_its_line() -> None:
    relation = Relation(E, (Row("=", Y, reason="chain rule"), Row("=", W5, label="eq:w5"), Row("≈", Number("0.5"))))
    assert align([relation]).splitlines()[1:-1] == [
        r"E &= y &&\why{chain rule} \notag \\",
        r"&= w_{5} \label{eq:w5} \\",
        r"&\approx 0.5 \notag",
    ]
    assert r"\label" not in align([relation], numbered=False)


@pytest.mark.parametrize("count", [10, 40, 200])
def test_a_long_sum_breaks_before_its_signs(count: int) -> None:
    lines, _ = lay_out([Relation(E, (Row("=", long_sum(count), label="eq:sum"),))], LINE_WIDTH)
    assert all(width(line.body) <= LINE_WIDTH for line in lines)
    assert all(line.body.startswith(r"\quad {}+ ") for line in lines[1:])
    assert " ".join(line.body.replace(r"\quad {}", "") for line in lines) == f"= {latex(long_sum(count))}"
    assert [line.label for line in lines] == [""] * (len(lines) - 1) + ["eq:sum"]


def whole(tree: Tree) -> str:
    return "".join(f"{operator}{text}" for operator, text in pieces(tree, 120.0)).replace(" ", "")


@pytest.mark.parametrize(
    "tree",
    [
        times(long_sum(9), plus(integer(1), Minus(A1))),
        Minus(long_sum(9)),
        times(Number("2"), plus(Number("-3"), long_sum(9)), by="cdot"),
        BigSum(long_sum(9), (Range(Symbol(Sign("k"))),)),
        Apply("sigmoid", (long_sum(9),)),
        plus(A1, Minus(long_sum(5)), Y),
        # What is multiplied entry by entry is done before the product of matrices.
        times(times(*(plus(integer(1), element(STANDARD.sign("d", rank=1), n)) for n in range(1, 9)), by="odot"), A1),
    ],
)
def test_pieces_put_together_are_the_formula(tree: Tree) -> None:
    found = pieces(tree, 120.0)
    assert len(found) > 2
    assert all(width(text) <= 150 for _, text in found)
    assert whole(tree) == latex(tree).replace(" ", "").replace(r"\,", "")


SUM = plus(*(Symbol(given(f"v{n}"), key=f"v{n}") for n in range(1, 16)))
V = Symbol(given("v1"), key="v1")
TALL = {
    "root": Apply("sqrt", (SUM,)),
    "exponential": Apply("exp", (Fraction(Minus(SUM), integer(100)),)),
    "modulus": Apply("abs", (Minus(SUM),)),
    "power": times(V, Power(SUM, integer(2))),
    "denominator": Fraction(V, SUM),
    "root below a bar": Fraction(V, Apply("sqrt", (SUM,))),
    "product below a bar": Fraction(Minus(V), times(integer(2), Apply("sqrt", (SUM,)))),
    "two arguments": Apply("max", (V, SUM)),
    "frame": Boxed(SUM),
}


@pytest.mark.parametrize("name", TALL)
def test_roots_exponents_bars_and_frames_break_and_keep_their_value(name: str) -> None:
    found = pieces(TALL[name], 120.0)
    assert len(found) > 3
    assert all(width(text) <= 120 for _, text in found)
    signs = {f"v{n}": given(f"v{n}") for n in range(1, 16)}
    text = " ".join(f"{operator} {text}" for operator, text in found)
    values = {sign: 1 + n / 8 for n, sign in enumerate(signs)}
    read = Evaluator(values).scalar(read_formula(text, TensorNames({}, more=signs)))
    assert float(read.middle) == pytest.approx(float(Evaluator(values).scalar(TALL[name]).middle), rel=1e-12)


def test_a_product_that_breaks_has_its_sign() -> None:
    both = times(long_sum(4), plus(*(element(STANDARD.sign("b1", rank=1), n) for n in range(1, 12))))
    lines, _ = lay_out([Relation(E, (Row("=", times(Y, both)),))], 230.0)
    assert r"\quad {}\cdot \bigl(" in "".join(line.body for line in lines)


def test_each_piece_has_its_colour() -> None:
    found = pieces(Paint("error", long_sum(6)), 120.0)
    assert len(found) == 6
    assert all(text.startswith(r"\fE{") and text.endswith("}") for _, text in found)


def test_a_wide_numerator_is_taken_out_of_its_fraction() -> None:
    found = pieces(Fraction(long_sum(6), plus(integer(1), Y)), 120.0)
    assert found[0][1] == r"\frac{1}{1 + y}"
    assert len(found) > 3


def test_wide_reasons_go_below() -> None:
    reason = Words(
        ("a reason far too long to stand beside any formula that is wider than half a line, ", A1, " and more")
    )
    lines, below = lay_out([Relation(E, (Row("=", long_sum(8), reason=reason, label="eq:x"),))], LINE_WIDTH)
    assert below
    assert any(line.body.startswith(r"\quad\why{") for line in lines)
    assert sum(r"$a\lay{1}_{1}$" in line.body for line in lines) == 1


@pytest.mark.needs("pdflatex")
def test_tex_finds_no_line_overfull(tmp_path: Path) -> None:
    derivative = PartialDerivative(E, A1)
    relations = [
        [FORWARD],
        [Relation(derivative, (Row("=", long_sum(40), reason="sum over paths", label="a"), Row("≈", Number("-0.5"))))],
        [Relation(E, (Row("=", times(long_sum(30), plus(integer(1), Minus(A1))), label="b"),))],
        [
            Relation(
                Y, (Row("=", Fraction(long_sum(20), Y), reason="word " * 40, label="c"), Row("≈", Boxed(Number("1"))))
            )
        ],
        [Relation(Y, (Row("≈", plus(*(Number(f"-0.{n:09}") for n in range(60)))),))],
    ]
    body = "\n\n".join(align(group) for group in relations)
    (tmp_path / "page.tex").write_text(
        "\\documentclass[11pt,a4paper]{article}\\usepackage[T1]{fontenc}\\usepackage{lmodern}"
        "\\usepackage[a4paper,left=25mm,right=25mm]{geometry}\\usepackage{amsmath,bm,xcolor}\n"
        f"{preamble()}\n\\allowdisplaybreaks\n\\begin{{document}}\n{body}\n\\end{{document}}\n",
        encoding="utf-8",
    )
    command = ["pdflatex", "-no-shell-escape", "-interaction=batchmode", "page.tex"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=True)
    assert re.findall(r"^Overfull.*", (tmp_path / "page.log").read_text(errors="replace"), re.MULTILINE) == []
