"""Documents are read back from their text: every bundled network's, and what is changed in one is found by its line."""

import pytest

from symbackprop.emitters import EMITTERS, Findings
from symbackprop.facade import derive
from symbackprop.proofreading import reader_of
from symbackprop.reading.document import Rows, passages, split, unknown_references
from symbackprop.reading.tables import tables
from symbackprop.verify import Report
from symbackprop.verify.rereading import Reread


def written(network):
    stages = derive(network).stages
    return stages, EMITTERS["latex"].make(stages, Findings(Report(network, ())))


@pytest.fixture(scope="module")
def mazur():
    stages, source = written("mazur")
    return reader_of(stages), source


@pytest.mark.parametrize("network", ["mazur", "xor", "line", "lstm", "cnn", "vae"])
def test_every_relation_of_the_bundled_networks_holds(network):
    stages, source = written(network)
    reader = reader_of(stages)
    for text in (source, EMITTERS["html"].make(stages, Findings(Report(network, ())))):
        found = reader.document(text)
        assert (found.faults, found.unread) == ((), ())
        assert found.held == found.count > 10
    assert str(found).endswith("relations re-read")


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
    assert Reread(3, ("a",), ("b", "c")).count == 6


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


@pytest.mark.parametrize("notation", ["mazur", "nielsen", "matrix"])
def test_every_notation_is_read(notation):
    stages = derive("mazur", notation=notation).stages
    found = reader_of(stages).document(EMITTERS["latex"].make(stages, Findings(Report("mazur", ()))))
    assert (found.faults, found.unread) == ((), ())
    assert found.held > 90
