"""What the columns of a table mean is found from its numbers, and one wrong number is found too."""

import numpy as np
import pytest

from symbackprop.facade import derive
from symbackprop.proofreading import reader_of
from symbackprop.reading.tables import read_latex
from symbackprop.verify.tabulated import tabulated

TABLE = r"""\begin{document}
\begin{tabular}{crr}
\textbf{} & \textbf{this} & \textbf{that} \\
\midrule
$w_{1}$ & $0.15$ & $0.000438568$ \\
$w_{2}$ & $0.20$ & $0.000877135$ \\
$w_{3}$ & $0.25$ & $%s$ \\
\end{tabular}
The error is $%s$.
"""


@pytest.mark.parametrize(
    ("numbers", "wrong"),
    [
        (("0.000497713", "0.298371109"), []),
        (("0.000497714", "0.298371109"), [7]),
        (("0.000497713", "0.298371100"), [9]),
    ],
)
def test_columns(numbers, wrong):
    reader = reader_of(derive("mazur").stages)
    found = tabulated(reader, read_latex(TABLE % numbers))
    assert len(found) >= 7
    assert sorted({passage.line for passage, verdict in found if verdict.outcome != "held"}) == wrong


@pytest.mark.parametrize(
    ("printed", "outcome"),
    [
        (r"= \begin{bmatrix} 0.5 \\ -2 \\ 3.25 \end{bmatrix}", "held"),
        (r"= \begin{bmatrix} 0.5 \\ -2 \\ 3.3 \end{bmatrix}", "fault"),
        (r"\approx \begin{bmatrix} 0.5 \\ -2 \\ 3.2 \end{bmatrix}", "held"),
        (r"\approx \begin{bmatrix} 0.5 \\ 2 \\ 3.2 \end{bmatrix}", "fault"),
        (r"= \begin{bmatrix} 0.5 \\ -2 \end{bmatrix}", "fault"),
    ],
)
def test_the_numbers_of_what_is_given(printed, outcome):
    derived = derive(lambda w, x: np.sum(np.tanh(w * x)), w=3, x=np.array([0.5, -2, 3.25]), wrt=["w"])
    (passage,) = read_latex(rf"\begin{{document}}\[\vect{{x}} {printed}\]\end{{document}}").passages
    (verdict,) = reader_of(derived.stages).verdicts(passage)
    assert verdict.outcome == outcome
