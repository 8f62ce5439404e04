"""Documents are read back from their text: every bundled network's, and what is changed in one is found by its line."""

import pytest

from symbackprop.emit.document import Choices, can_show
from symbackprop.emitters import EMITTERS, Findings, chosen_details
from symbackprop.facade import derive
from symbackprop.network import bundled
from symbackprop.notation import NOTATIONS
from symbackprop.proofreading import reader_of
from symbackprop.reading.document import Rows, passages, split, unknown_references
from symbackprop.reading.tables import tables
from symbackprop.verify import Report
from symbackprop.verify.rereading import Reread

# Each of these takes many seconds in each notation. The layers of gpt2 are those of the transformer; that it has more
# than nine of them is read in a smaller network below.
LARGE = {"gpt2": [], "transformer": ["mazur"]}
PAIRS = [(network, notation) for network in bundled() for notation in LARGE.get(network, NOTATIONS)]
# Detail, form and language: each of them with each of the others at least once.
CHOICES = [
    ("brief", "index", "de"),
    ("standard", "index", "fr"),
    ("full", "index", "zh"),
    ("standard", "matrix", "de"),
    ("full", "matrix", "fr"),
    ("brief", "", "fr"),
    ("standard", "", "zh"),
    ("full", "", "de"),
]


def written(network):
    stages = derive(network).stages
    return stages, EMITTERS["latex"].make(stages, Findings(Report(network, ())))


def all_held(stages, choices, reader=None):
    """Whether every relation of the document and the page holds, and there are some."""
    reader = reader or reader_of(stages)
    for name in ("latex", "html"):
        if can_show(name, choices.language):
            found = reader.document(EMITTERS[name].make(stages, Findings(Report("", ()), choices=choices)))
            assert (found.faults, found.unread) == ((), ())
            assert found.held == found.count > 0


@pytest.fixture(scope="module")
def mazur():
    stages, source = written("mazur")
    return reader_of(stages), source


@pytest.mark.parametrize(("network", "notation"), PAIRS)
def test_every_relation_of_the_bundled_networks_holds(network, notation):
    all_held(derive(network, notation=notation).stages, Choices())


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("network", ["xor", "line", "mnist"])
def test_every_relation_holds_in_every_detail_form_and_language(network, notation):
    stages = derive(network, notation=notation).stages
    reader = reader_of(stages)
    for choices in CHOICES:
        all_held(stages, chosen_details(*choices[:2], (), choices[2]), reader)


def test_a_slope_is_of_the_layer_whose_function_has_the_prime():
    # That of mish is written with tanh, which another layer has.
    stages = derive("2 -> 2 mish -> 1 tanh, loss=mse", notation="mazur").stages
    all_held(stages, Choices())
    wrong = EMITTERS["latex"].make(stages, Findings(Report("", ()))).replace("= 1 - \\tanh(", "= 1 + \\tanh(", 1)
    assert len(reader_of(stages).document(wrong).faults) == 2  # on both sides of what was changed


@pytest.mark.parametrize("kind", ["lstm", "gru", "simple_rnn"])
def test_a_sequence_of_one_step_is_read_whole(kind):
    layers = [{"type": kind, "units": 2}, {"type": "last"}, {"type": "dense", "units": 1}]
    all_held(derive({"inputs": {"x": {"shape": [1, 2]}}, "layers": layers, "loss": "mse"}).stages, Choices())


def test_layers_of_two_digits_are_told_from_indices():
    stages = derive("2 -> " + "2 tanh -> " * 10 + "1, loss=mse", notation="mazur").stages
    all_held(stages, Choices())


def program(equations, **shapes):
    """The stages of a function that is written in equations, derived by everything that holds no whole numbers."""
    wrt = [name for name in shapes if name not in ("t", "k")]
    network = {"name": "f", "shapes": shapes, "wrt": wrt, "equations": equations}
    return derive(network).stages


@pytest.mark.parametrize(
    ("equations", "shapes"),
    [
        # A part of an axis: nothing but a printed limit says how far such a sum goes.
        ("E = sum(x[:2] * w[2:4]) + sum(x**2)", {"x": [6], "w": [6]}),
        ("E = sum(x[:2]) * sum(x[2:]) + sum(x[1:]**3)", {"x": [4]}),
        ("E = sum(x[1:, :]**2 * x[:-1, :])", {"x": ["n", "m"]}),
        # A row times a column is a number, by which a column is multiplied.
        ("E = sum(x**2) * sum(w**3)", {"x": [3], "w": [4]}),
        ("E = sum(x * w)**2", {"x": ["n"], "w": ["n"]}),
        # Two samples in one formula, and samples as the second axis.
        ("E = sum((X @ X.T)**2)", {"X": ["N", "d"]}),
        ("K = tanh(X @ X.T)\nE = sum((K @ k)**2)", {"X": ["N", "d"], "k": ["N"]}),
        ("Z = tanh(k.T * V)\nE = sum(Z**2)", {"k": ["N", "d"], "V": ["d", "N"]}),
        # Labels.
        ("E = -mean(take_along_axis(q, t[:, None], axis=1))", {"q": ["N", "k"], "t": ["N"]}),
        ("q = log_softmax(z, axis=1)\nE = -sum(q[arange(N), t]) / N", {"z": ["N", 4], "t": ["N"]}),
        ("E = log(sum(exp(z))) - z[t]", {"z": [5], "t": []}),
        ("a = W @ x + z\nE = log(sum(exp(a))) - a[k]", {"z": [5], "W": [5, 4], "x": [4], "k": []}),
        # Letters that count elsewhere.
        ("E = sum((X @ w - t)**2)", {"X": ["k", "i"], "w": ["i"], "t": ["k"]}),
        ("E = sum(tanh(X @ w)) / s", {"X": ["s", "j"], "w": ["j"]}),
        ("y[i] = sum(A[i, k] * x[k], k)\nE = sum(y[i]**2, i)", {"A": ["k", "k"], "x": ["k"]}),
        ("E = sum(exp(i * x)) * i", {"x": [3], "i": []}),
        ("E = s * sum((X @ w)**2)", {"X": ["N", "d"], "w": ["d"], "s": []}),
        ("y[i_in] = sum(A[i_in, e] * x[e], e)\nE = sum(exp(y[d]), d)", {"A": ["n", "m"], "x": ["m"]}),
        # Names that would be printed alike, and names with subscripts.
        ("E = sum((X @ w)**2) / N + sum(x * w)", {"X": ["N", "d"], "x": ["d"], "w": ["d"]}),
        ("E = sum(tanh(W * w)) + sum(Wf * W_f)", {"W": [3, 2], "w": [3, 2], "Wf": [3, 2], "W_f": [3, 2]}),
        ("E = a @ A @ a + sum(AT.T * A)", {"A": [3, 3], "a": [3], "AT": [3, 3]}),
        ("E = x_i @ x @ x_j + sum(x_1 * x1)", {"x": [3, 3], "x_i": [3], "x_j": [3], "x_1": [2], "x1": [2]}),
        ("E = eta * sum((eta * x)**2 + eps)**2", {"eta": [], "eps": [], "x": [3]}),
        # A way without a slope, which is left out of the chain rule.
        (
            "h = v * sum(k, axis=1, keepdims=True)\nb = sign(h) * h\nc = maximum(k, b)\n"
            "E = mean(b**2) * mean(c) * sum(w**2)",
            {"w": [3, 4], "v": [4], "k": ["N", 4]},
        ),
        # Names that are functions elsewhere.
        ("E = sum((e1 - e2)**2) + sum(exp(e1) * e2)", {"e1": [3], "e2": [3]}),
        ("e = sum(x**3)\nE = e**2 + exp(e)", {"x": [3]}),
        ("E = sum(sigma * (x + 1)**2) + sum(1 / (1 + exp(-sigma * x)))", {"sigma": [], "x": [3]}),
    ],
)
def test_every_relation_of_a_function_holds(equations, shapes):
    all_held(program(equations, **shapes), Choices())


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        (r"$w_{1} = 0.15$", r"$w_{1} = 0.16$", "0.16"),
        ("& $0.149780716$", "& $0.149780717$", "0.149780717"),
        (r"{\tiny $0.5933$}", r"{\tiny $0.5934$}", "0.5934"),
        ("to $0.291027774$", "to $0.291027775$", "0.291027775"),
        (r"\eqref{eq:a1-1}", r"\eqref{eq:a1-9}", "eq:a1-9"),
        (r"\approx \result{0.291027774}", r"\approx \result{0.291027775}", "0.291027775"),
    ],
)
def test_one_change_is_found_by_its_line(mazur, old, new, where):
    reader, source = mazur
    assert old in source
    changed = source.replace(old, new, 1)
    line = next(n for n, text in enumerate(changed.splitlines(), 1) if new in text)
    found = reader.document(changed)
    assert any(
        where in fault and (f"line {line}:" in fault or "nothing is labelled" in fault) for fault in found.faults
    )


def test_a_count_is_of_signs():
    found = Reread(3, ("a",), ("b", "c"))
    assert (found.count, str(found)) == (6, "3 of 6 relations re-read")


def test_passages_have_their_lines(mazur):
    _, source = mazur
    lines = source.splitlines()
    for passage in passages(source):
        assert passage.text.split()[0][:6] in lines[passage.line - 1]
    assert unknown_references(source) == []


def test_tables_say_what_their_rows_are_about(mazur):
    (table,) = [one for one in tables(mazur[1]) if isinstance(one, Rows)]
    assert table.signs[:2] == ("w_{1}", "w_{2}")
    assert table.cells[0][0] == "0.15"


def test_rows_inside_matrices_do_not_split():
    text = r"a & \begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix} & {b & c}"
    assert [part.strip() for part, _ in split(text, "&")][0::2] == ["a", "{b & c}"]
