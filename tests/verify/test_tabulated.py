"""What the columns of a table mean is found from its numbers, and one wrong number is found too."""

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
