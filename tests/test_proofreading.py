"""A document that says something wrong fails the run, with the line."""

import pytest

from symbackprop.facade import derive
from symbackprop.proofreading import proofread
from symbackprop.verify import Check, Report

SOURCE = r"\begin{document}" + "\n$%s$\n"


@pytest.mark.parametrize(("text", "right"), [(r"w_{1} = 0.15", True), (r"w_{1} = 0.16", False)])
def test_what_it_says_goes_into_the_report(text, right):
    report = Report("mazur", (Check("W1", "a", 0.0, "b", True),))
    found = proofread(derive("mazur").stages, report, {"derivation.tex": SOURCE % text})
    assert found.passed is right
    assert found.relations.count == 1
    if not right:
        assert "derivation.tex" in found.summary()
        assert "line 2: " in found.summary()


@pytest.mark.parametrize("update", ["sequential"])
def test_a_sequential_step_is_read_too(update, tmp_path):
    from symbackprop.network import load

    network = load("mazur")
    d = derive(network.model_copy(update={"training": network.training.model_copy(update={"update": update})}))
    report = d.write(tmp_path, ["latex"])
    assert report.passed, report.summary()
    assert report.relations.right == report.relations.count > 100


def test_nothing_written_is_nothing_read(tmp_path):
    report = derive("mazur").write(tmp_path, ["python"])
    assert report.relations.count == 0
    assert "relations" not in report.summary()
    assert report.summary() == "mazur: 14 of 14 steps proven · 10 of 10 gradients certified"
