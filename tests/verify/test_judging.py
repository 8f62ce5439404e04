"""Every rule by which a printed relation holds or does not, on one small network."""

import pytest

from symbackprop.facade import derive
from symbackprop.proofreading import reader_of
from symbackprop.reading.document import Passage

NET = r"z\lay{2}_{1} = w_{5} a\lay{1}_{1} + w_{6} a\lay{1}_{2} + b_{2}"
HELD = [
    r"z\lay{1}_{1} = w_{1} x_{1} + w_{2} x_{2} + b_{1} = 0.15 \times 0.05 + 0.20 \times 0.10 + 0.35 = 0.3775",
    r"a\lay{1}_{1} = \sigma\bigl(z\lay{1}_{1}\bigr) \approx 0.593269992",
    NET + r" \approx 0.40 \times 0.593269992 + 0.45 \times 0.596884378 + 0.60",
    r"\pd{E}{w_{5}} = \fD{\delta\lay{2}_{1}} \fX{a\lay{1}_{1}} \approx 0.082167041",
    r"\fD{\delta\lay{l}_{j}} = \fD{\partial E/\partial z\lay{l}_{j}}",
    r"\pd{a_{j}}{z_{j}} = \sigma'(z_{j}) = \frac{e^{-z_{j}}}{(1 + e^{-z_{j}})^{2}} = a_{j} (1 - a_{j})",
    r"\pd{E}{a\lay{2}_{j}} = \pd{}{a\lay{2}_{j}}\,"
    r"\tfrac{1}{2} \bigl(t_{j} - a\lay{2}_{j}\bigr)^{2} = a\lay{2}_{j} - t_{j}",
    r"\pd{E}{\mat{W}\lay{2}} = \vect{\delta}\lay{2} \bigl(\vect{a}\lay{1}\bigr)\T \approx "
    r"\begin{bmatrix} 0.082167041 & 0.082667628 \\ -0.022602540 & -0.022740242 \end{bmatrix}",
    r"\ubE{\bigl(a\lay{2}_{1} - t_{1}\bigr)}{\pd{E}{a\lay{2}_{1}}} = a\lay{2}_{1} - t_{1}",
    r"\sigma(z) = 1/(1 + e^{-z})",
    r"a\lay{1}_{1} \approx 5.9 \times 10^{-1}",  # as short as in a drawing
    r"w_{5} \leftarrow 0.40 - 0.5 \times 0.082167041 \approx 0.358916480",
    r"E_{\mathrm{new}} \approx 0.291027774",
    r"\delta\lay{1}_{j} = \sum_{k} \delta\lay{2}_{k} w\lay{2}_{kj}\,a\lay{1}_{j} (1 - a\lay{1}_{j})",
]
WRONG = {
    r"z\lay{1}_{1} = 0.3774": "does not hold",
    r"z\lay{1}_{1} \approx 0.3774": "does not hold",
    r"a\lay{1}_{1} = 0.593269992": "does not hold",  # a rounded value is not exact
    r"a\lay{1}_{1} \approx 0.593269993": "does not hold",
    r"a\lay{1}_{1} \approx 5.8 \times 10^{-1}": "not rounded to what is printed",
    r"a\lay{1}_{1} = 5.9 \times 10^{-1}": "does not hold",
    NET + r" \approx 0.40 \times 0.593269993 + 0.45 \times 0.596884378 + 0.60":
        "0.593269993 is not the rounded value of anything on the line",
    NET + r" \approx 0.40 \times 0.593269992 + 0.46 \times 0.596884378 + 0.60":
        "does not hold",
    r"\pd{E}{w_{5}} = \delta\lay{2}_{1} a\lay{1}_{2}": "does not hold",
    r"\pd{E}{w_{5}} = -\delta\lay{2}_{1} a\lay{1}_{1}": "does not hold",
    r"\pd{a_{j}}{z_{j}} = \sigma'(z_{j}) = a_{j} (1 + a_{j})": "does not hold",
    r"\pd{E}{\mat{W}\lay{2}} = \vect{a}\lay{1} \bigl(\vect{\delta}\lay{2}\bigr)\T": "does not hold",
    r"\ubE{\bigl(a\lay{2}_{1} - t_{1}\bigr)}{\pd{E}{a\lay{2}_{2}}} = a\lay{2}_{1} - t_{1}": "does not hold",
    r"w_{5} \leftarrow 0.40 - 0.5 \times 0.082167041 \approx 0.358916481": "does not hold",
    r"E_{\mathrm{new}} \approx 0.291027924": "does not hold",
    r"\delta\lay{1}_{j} = \sum_{k} \delta\lay{2}_{k} w\lay{2}_{jk}\,a\lay{1}_{j} (1 - a\lay{1}_{j})": "does not hold",
}  # fmt: skip


@pytest.fixture(scope="module")
def reader():
    return reader_of(derive("mazur").stages)


@pytest.mark.parametrize("text", HELD)
def test_what_is_true_holds(reader, text):
    assert {verdict.outcome for verdict in reader.verdicts(Passage(text, 1))} == {"held"}


@pytest.mark.parametrize(("text", "note"), WRONG.items())
def test_what_is_not_is_said(reader, text, note):
    found = [verdict.note for verdict in reader.verdicts(Passage(text, 1)) if verdict.outcome == "fault"]
    assert found
    assert note in found[0]


def test_what_has_no_value_is_counted_apart(reader):
    (verdict,) = reader.verdicts(Passage(r"z\lay{1}_{1} = q_{7}", 1))
    assert verdict.outcome == "unread"
    assert "'q_{7}' is unknown" in verdict.note
