"""Code in another language is run before it is written, and its file says so."""

import json

import pytest

import symbackprop as sb
from symbackprop import trials
from symbackprop.trials import RUNNERS, Missing, trial


@pytest.fixture(autouse=True)
def kept_apart(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "native"))


@pytest.mark.parametrize("target", ["floats", "array_api", pytest.param("c", marks=pytest.mark.needs("cc|gcc|clang")),
                                    pytest.param("javascript", marks=pytest.mark.needs("node"))])  # fmt: skip
def test_the_code_agrees_with_the_module(target):
    for name in ("mazur", "xor"):
        found = trial(sb.derive(name).stages, target)
        assert found.check is not None and found.check.passed and found.check.difference < 1e-12
        assert found.line == "loss and gradient of gradients.py when run: 1e-09 |g|"


@pytest.mark.parametrize("target", sorted(RUNNERS))
def test_a_wrong_gradient_is_found(target, monkeypatch):
    file, _ = RUNNERS[target]

    def wrong(stages, params, data):
        loss, grads = stages.module.loss_and_grad(params, *data.values())
        return loss, {**grads, "W2": grads["W2"] * 1.0005}

    monkeypatch.setattr(trials, "RUNNERS", {target: (file, wrong)})
    found = trial(sb.derive("mazur").stages, target)
    assert found.check is not None and not found.check.passed and found.line == "FAILED when run"


def test_a_program_that_is_missing_is_no_failure_and_is_said(monkeypatch, tmp_path):
    def missing(stages, params, data):
        raise Missing("a C compiler")

    monkeypatch.setattr(trials, "RUNNERS", {"c": ("network.c", missing)})
    report = sb.derive("mazur").write(tmp_path, ["c"])
    assert report.passed
    head = (tmp_path / "network.c").read_text().split("// body")[0]
    assert "// check: not run where it was written, which needs a C compiler\n" in head


def test_files_and_record_say_what_was_run(tmp_path):
    report = sb.derive("mazur").write(tmp_path, ["floats"])
    assert [check.subject for check in report.checks if check.method == "gradients.py"] == ["gradients_floats.py"]
    head = (tmp_path / "gradients_floats.py").read_text().split("# body")[0]
    assert "# check: loss and gradient of gradients.py when run: 1e-09 |g|\n" in head
    assert "# check: of gradients.py, complex step on the graph: 1e-9 |g|\n" in head
    assert "gradients_floats.py" in json.dumps(json.loads((tmp_path / "verification.json").read_text()))


def test_a_failure_fails_the_run(monkeypatch, tmp_path, call):
    def wrong(stages, params, data):
        loss, grads = stages.module.loss_and_grad(params, *data.values())
        return loss + 1, grads

    monkeypatch.setattr(trials, "RUNNERS", {"floats": ("gradients_floats.py", wrong)})
    code, _, _ = call("derive", "line", "-o", str(tmp_path / "out"), "--to", "floats")
    assert code == 1
