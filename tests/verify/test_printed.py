"""Trees that were read have values: ranges, samples, matrices and kinks."""

import pytest

from symbackprop.display.choosing import NoValueError
from symbackprop.emitters import EMITTERS, Findings
from symbackprop.facade import derive
from symbackprop.proofreading import reader_of
from symbackprop.reading import read_formula
from symbackprop.verify.entries import element, rows
from symbackprop.verify.printed import decimals
from symbackprop.verify.report import Report


@pytest.fixture(scope="module")
def reader():
    return reader_of(derive("mnist").stages)


def test_a_slope_at_a_kink_is_the_stated_one(reader):
    evaluator = reader.evaluators[0]
    assert evaluator.scalar(read_formula(r"\operatorname{relu}'(0)", reader.names())).middle == 0


def test_how_far_a_sum_runs_is_found_from_what_is_summed(reader):
    evaluator = reader.evaluators[0]
    one = read_formula(r"\sum_{i} w\lay{1}_{ji} x_{i}", reader.names())
    assert evaluator.free(one) == ["#j", "#s"]
    bound = evaluator.at({"#j": 1, "#s": 1})
    values = reader.truths[0].values
    assert abs(bound.scalar(one).middle - sum(values["W1"][0] * values["x"][0])) < 1e-40


def test_conditions_on_matrices_hold_entry_by_entry(reader):
    evaluator = reader.evaluators[0]
    mask = evaluator(read_formula(r"[\mat{z}\lay{1} > 0]", reader.names()))
    values = reader.truths[0].values["z1"]
    assert [[one.middle for one in row] for row in mask] == [[int(z > 0) for z in row] for row in values]


def test_what_has_no_range_has_no_value(reader):
    with pytest.raises(NoValueError, match="how far"):
        reader.evaluators[0](read_formula(r"\sum_{q} 2", reader.names()))


def test_a_vector_is_a_column_and_outside_is_nothing(reader):
    array = reader.truths[0].arrays["b1"]
    assert len(rows(array)[0]) == 1
    assert element(array, (99,)).middle == 0
    assert decimals("0.10") == 2


def test_vectors_of_ones_sum_the_rows_of_what_stands_before_them():
    stages = derive({
        "name": "rows",
        "inputs": 3,
        "layers": [{"type": "own", "units": 2}],
        "loss": {"type": "mse"},
        "layer_types": {"own": {
            "parameters": {"W": ["units", "n"], "g": []},
            "equations": "h[j] = sum(W[j, i] * x[i], i)\ny[j] = g * h[j] * sum(h[k] * x[i], k, i)",
            "activation": False,
        }},
    }).stages  # fmt: skip
    reader = reader_of(stages, 0)
    read = reader.document(EMITTERS["latex"].make(stages, Findings(Report(stages.graph.name, ()))))
    printed = stages.matrix_latex("g1")
    assert printed.count(r"\vect{1}") == 3
    assert not (*read.faults, *read.unread)


def test_a_derivative_that_a_document_leaves_to_do_is_exact_to_40_digits(reader):
    evaluator = reader.evaluators[0].at({"#j": 1, "#s": 1})
    operator = read_formula(r"\pd{}{a\lay{2}_{j}} \log a\lay{2}_{j}", reader.names())
    expected = 1 / reader.truths[0].values["a2"][0, 0]
    assert abs(evaluator.scalar(operator).middle - expected) < 1e-40 * expected
