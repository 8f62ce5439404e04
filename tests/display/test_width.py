"""Estimated widths against what TeX itself measures."""

from __future__ import annotations

import re
import statistics
import subprocess
from pathlib import Path

import pytest

from symbackprop.display.latex import preamble
from symbackprop.display.width import text_width, width

FORMULAS = [
    r"\vect{\mathrm{tokens}} + \vect{\mathrm{lse}}\T \mat{W}",
    r"\vect{\delta} \vect{\mathrm{xhat}}",
    "x",
    "x_{0}",
    r"w\lay{1}_{ji}",
    r"\delta\lay{2}_{k}",
    r"\fE{\pd{E}{a\lay{2}_{1}}}",
    r"\frac{1}{1 + e^{-z}}",
    r"\tfrac{1}{2} \bigl(t_{1} - a\lay{2}_{1}\bigr)^{2}",
    r"\sum_{k} \delta\lay{2}_{k} w\lay{2}_{kj}\,a\lay{1}_{j} \bigl(1 - a\lay{1}_{j}\bigr)",
    r"\sum_{k=1}^{10} x_{k}",
    r"z\lay{1}_{1} = w_{1} x_{1} + w_{2} x_{2} + b_{1}",
    r"= 0.15 \times 0.05 + 0.20 \times 0.10 + 0.35 = 0.3775",
    r"\approx 0.40 \times 0.593269992 + 0.45 \times 0.596884378 + 0.60 \approx 1.105905967",
    r"0.055399425 + (-0.019049118) \approx \fE{0.036350306}",
    r"\approx \result{0.082167041}",
    r"\sigma\bigl(z\lay{2}_{1}\bigr) \approx 0.751365070",
    r"\sigma'(z_{j}) = \sigma(z_{j}) \bigl(1 - \sigma(z_{j})\bigr)",
    r"\ubE{\bigl(a\lay{2}_{1} - t_{1}\bigr)}{\eqref{eq:dEda}} \cdot \ubX{a\lay{1}_{1}}{\eqref{eq:dzdw}}",
    r"\underbrace{x + x + x}_{y}",
    r"\vect{\delta}\lay{2} = \bigl(\vect{a}\lay{2} - \vect{t}\bigr) \odot \sigma'\bigl(\vect{z}\lay{2}\bigr)",
    r"\bigl(\mat{W}\lay{2}\bigr)\T \vect{\delta}\lay{2}",
    r"\begin{bmatrix} 0.741365070 \\ -0.217071535 \end{bmatrix}",
    r"\begin{bmatrix} 0.082167041 & 0.082667628 \\ -0.022602540 & -0.022740242 \end{bmatrix}",
    r"\begin{cases} z & z > 0 \\ 0 & \text{otherwise} \end{cases}",
    r"\frac{e^{z\lay{1}_{j}}}{\sum_{k} e^{z\lay{1}_{k}}}",
    r"-\sum_{k} t_{k} \log a\lay{2}_{k}",
    r"\tfrac{1}{2} z \Bigl(1 + \operatorname{erf}\Bigl(\frac{z}{\sqrt{2}}\Bigr)\Bigr)",
    r"\sqrt{\frac{2}{\pi}}\,(z + 0.044715 z^{3})",
    r"\delta\lay{1}_{j}\,\bigl[z\lay{1}_{j} > 0\bigr]",
    r"h_{\tau - 1,j}\,[1 \le \tau - 1 \le T]",
    r"\max_{k} z_{k}",
    r"\operatorname*{arg\,max}_{k} z_{k}",
    r"\operatorname{relu}(z)",
    r"\mathrm{net}_{h1} = w_{1} i_{1}",
    r"\pd{E_{\mathrm{total}}}{\mathrm{out}_{o1}}",
    r"3.510187783\times10^{-5}",
    r"\lvert z \rvert",
    r"\bigl(a\lay{2}_{k} - t_{k}\bigr)^{3}",
    r"\Bigl(\frac{z}{b} + 1\Bigr)\,z",
    r"\text{not }z > 0\text{ and }z \ne b",
    r"w \leftarrow w - \eta\,\pd{E}{w}",
]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> list[float]:
    folder: Path = tmp_path_factory.mktemp("tex")
    boxes = "\n".join(
        rf"\settowidth{{\wide}}{{$\displaystyle {formula}$}}\typeout{{WIDTH=\the\wide}}" for formula in FORMULAS
    )
    packages = r"\usepackage[T1]{fontenc}\usepackage{lmodern}\usepackage{amsmath,bm,xcolor}"
    (folder / "width.tex").write_text(
        f"\\documentclass[11pt]{{article}}{packages}\n{preamble()}\n\\newlength\\wide\n"
        f"\\begin{{document}}\n{boxes}\n\\end{{document}}\n",
        encoding="utf-8",
    )
    command = ["pdflatex", "-no-shell-escape", "-interaction=batchmode", "width.tex"]
    subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    log = (folder / "width.log").read_text(errors="replace")
    return [float(found) for found in re.findall(r"WIDTH=([\d.]+)pt", log)]


@pytest.mark.needs("pdflatex")
def test_estimates_agree_with_tex(measured: list[float]) -> None:
    assert len(measured) == len(FORMULAS)
    ratios = {formula: width(formula) / true for formula, true in zip(FORMULAS, measured, strict=True)}
    assert {formula: ratio for formula, ratio in ratios.items() if not 0.95 < ratio < 1.05} == {}
    assert abs(statistics.median(ratios.values()) - 1) < 0.005
    assert statistics.stdev(ratios.values()) < 0.015


def test_a_sum_without_two_operands_takes_no_space() -> None:
    assert width("a - b") > width("a") + width("-b")


def test_subscripts_are_smaller() -> None:
    assert width("x_{x}") < width("x x")
    assert width("x_{x_{x}}") - width("x_{x}") < width("x_{x}") - width("x")


def test_a_colour_takes_no_room() -> None:
    assert width(r"\fD{x}") == width("x")


def test_reasons_are_set_in_small_type_with_formulas_in_them() -> None:
    assert text_width("chain rule") == pytest.approx(45, abs=2)
    assert text_width("as $x_{1}$") > text_width("as ")
    assert text_width(r"100\%") == pytest.approx(text_width("100") + 5, abs=2)


def test_unknown_commands_and_unfinished_input_are_survived() -> None:
    assert width(r"\unheard{x}") > width("x")
    assert width(r"\frac{x}{") > 0
    assert width("") == 0
