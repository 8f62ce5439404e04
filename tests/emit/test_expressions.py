"""The emitted SymPy module holds the very objects that are in memory, and needs SymPy alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sympy as sp

from symbackprop.emit.certificate import body_hash, split_certificate
from symbackprop.emit.expressions import emit_expressions
from symbackprop.errors import TooLargeError, UnsupportedError
from symbackprop.graph import Derivation
from symbackprop.public import public_equation
from symbackprop.unroll import Scalars, closed_form, unroll

NAMES = ["mazur", "xor", "relu", "binary", "softmax", "symbolic", "single", "wide", "named", "gated", "recurrent"]


def scalars_of(derivation: Derivation) -> Scalars | None:
    try:
        return unroll(derivation)
    except (TooLargeError, UnsupportedError):
        return None


@pytest.fixture(scope="module")
def written(networks: Mapping[str, Any]) -> Mapping[str, str]:
    found = {}
    for name in NAMES:
        derivation = networks[name].derivation
        scalars = scalars_of(derivation)
        found[name] = emit_expressions(derivation, scalars, checks=["a check"], network_hash="c0ffee", version="1.0")
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_objects_are_those_in_memory(
    networks: Mapping[str, Any], written: Mapping[str, str], loaded: Callable[[str], ModuleType], name: str
) -> None:
    derivation = networks[name].derivation
    module = loaded(written[name])
    loss = derivation.graph.equations[-1]
    assert public_equation(loss.lhs, loss.rhs) == module.LOSS
    assert {e.tensor: public_equation(e.lhs, e.rhs) for e in derivation.graph.equations[:-1]} == module.FORWARD
    assert {e.tensor: public_equation(e.lhs, e.rhs) for e in derivation.adjoints} == module.ADJOINTS
    gradients = {p.name: derivation.adjoint(p.name) for p in derivation.graph.parameters}
    assert {name: public_equation(e.lhs, e.rhs) for name, e in gradients.items()} == module.GRADIENTS
    assert set(module.SYMBOLS) == set(derivation.graph.tensors) | {e.tensor for e in derivation.adjoints}


@pytest.mark.parametrize("name", ["mazur", "xor", "gated"])
def test_closed_forms_are_those_of_the_scalar_view(
    networks: Mapping[str, Any], written: Mapping[str, str], loaded: Callable[[str], ModuleType], name: str
) -> None:
    scalars = unroll(networks[name].derivation)
    module = loaded(written[name])
    parameters = [s.name for p in networks[name].derivation.graph.parameters for s in scalars.elements[p.name].values()]
    assert list(module.CLOSED_FORMS) == parameters
    for parameter in parameters:
        assert module.CLOSED_FORMS[parameter] == closed_form(scalars, parameter, 10**6)
        assert getattr(module, f"dE_d{parameter}") is module.CLOSED_FORMS[parameter]


def test_a_closed_form_has_the_value_of_the_gradient(
    written: Mapping[str, str], modules: Mapping[str, ModuleType], loaded: Callable[[str], ModuleType]
) -> None:
    numbers = {"w1": 0.15, "w2": 0.20, "w3": 0.25, "w4": 0.30, "w5": 0.40, "w6": 0.45, "w7": 0.50, "w8": 0.55}
    numbers |= {"b1": 0.35, "b2": 0.60, "x1": 0.05, "x2": 0.10, "t1": 0.01, "t2": 0.99}
    module = loaded(written["mazur"])
    arrays = modules["mazur"]
    _, grads = arrays.loss_and_grad(arrays.parameters(), arrays.SAMPLE_X, arrays.SAMPLE_T)
    point = {sp.Symbol(name): value for name, value in numbers.items()}
    assert float(module.dE_dw5.subs(point)) == pytest.approx(grads["W2"][0, 0], rel=1e-12)
    assert float(module.dE_db1.subs(point)) == pytest.approx(float(grads["b1"]), rel=1e-12)


def test_large_closed_forms_are_left_out_with_the_reason(
    written: Mapping[str, str], loaded: Callable[[str], ModuleType]
) -> None:
    assert "Closed forms are left out: the network is too large" in written["symbolic"]
    assert "Closed forms are left out: there would be 830, and the limit is 200" in written["wide"]
    with pytest.raises(AttributeError, match="CLOSED_FORMS"):
        _ = loaded(written["wide"]).CLOSED_FORMS


def test_an_unknown_name_is_no_attribute(written: Mapping[str, str], loaded: Callable[[str], ModuleType]) -> None:
    with pytest.raises(AttributeError, match="dE_dw99"):
        _ = loaded(written["mazur"]).dE_dw99


def test_sizes_and_shapes_are_there(written: Mapping[str, str], loaded: Callable[[str], ModuleType]) -> None:
    module = loaded(written["symbolic"])
    n, samples = (sp.Symbol(name, integer=True, positive=True) for name in ("n", "N"))
    assert {"N": samples, "n": n} == module.SIZES
    assert module.SHAPES["W1"] == (4, n)
    assert module.SHAPES["x"] == (samples, n)


def test_the_certificate_covers_the_body(written: Mapping[str, str]) -> None:
    found, body = split_certificate(written["mazur"])
    assert found["body sha256"] == (body_hash(body),)
    assert found["check"] == ("a check",)


def test_the_text_of_mazur(written: Mapping[str, str], golden: Callable[[str, str], None]) -> None:
    golden("expressions/mazur.py.txt", written["mazur"])


def test_nothing_but_sympy_is_loaded(written: Mapping[str, str], tmp_path: Path) -> None:
    (tmp_path / "emitted.py").write_text(written["mazur"], encoding="utf-8")
    code = "import sys, emitted; print(sorted({'symbackprop', 'numpy', 'scipy', 'jinja2'} & set(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True, cwd=tmp_path
    )
    assert result.stdout.strip() == "[]"


def test_the_texts_are_formatted_and_lint_clean(written: Mapping[str, str], tmp_path: Path) -> None:
    pytest.importorskip("ruff")
    for name, text in written.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    for command in (["format", "--diff"], ["check", "--select", "B,C4,E,F,I,UP,W"]):
        arguments = [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", "--line-length", "120"]
        result = subprocess.run([*arguments, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
