"""What a notebook shows: short formulas, drawings, a page in a frame; and an exported notebook that stays alive."""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree

import pytest

import symbackprop as sb
from symbackprop.notebook import derivation_bundle, gradient_bundle, network_bundle
from symbackprop.verify.report import Check, Report

MOST_BYTES = 15_000


@pytest.fixture(scope="module")
def mazur():
    return sb.derive("mazur")


def formulas(bundle):
    return [ElementTree.fromstring(one) for one in re.findall(r"<math.*?</math>", bundle["text/html"])]


@pytest.mark.parametrize("name", ["mazur", "xor", "lstm", "cnn", "mnist"])
def test_a_network_is_a_drawing(name):
    network = sb.load(name)
    bundle = network_bundle(network)
    assert bundle["text/plain"] == repr(network)
    assert bundle["text/plain"].startswith(f"<Network {name}: ")
    assert bundle["text/html"].count("<svg") == 1
    assert len(bundle["text/plain"]) < 120


def test_a_network_that_nobody_would_look_at_is_its_name():
    deep = sb.Network(2, *(sb.Dense(2, "tanh") for _ in range(60)), loss="mse")
    assert set(network_bundle(deep)) == {"text/plain"}


def test_the_style_of_a_cell_stays_in_it():
    text = network_bundle(sb.load("mazur"))["text/html"]
    style = text.partition("<style>")[2].partition("</style>")[0].strip()
    assert style.startswith(".symbackprop {")
    depth = 0
    for place, char in enumerate(style):
        depth += {"{": 1, "}": -1}.get(char, 0)
        assert depth or place in (*range(14), len(style) - 1), "a rule outside of the cell"
    assert ":root" not in style
    assert "&amp;" not in style
    assert '"STIX Two Math"' in style


def test_a_derivation_is_its_page_in_a_frame_that_reaches_nothing(mazur):
    bundle = derivation_bundle(mazur.stages, repr(mazur))
    assert bundle["text/html"].startswith("<iframe ")
    (sandbox,) = re.findall(r'sandbox="([^"]*)"', bundle["text/html"])
    assert sandbox == "allow-scripts"
    (source,) = re.findall(r'srcdoc="([^"]*)"', bundle["text/html"])
    page = html.unescape(source)
    assert page.startswith("<!DOCTYPE html>")
    assert "0.082167041" in page
    assert "Content-Security-Policy" in page
    assert mazur._repr_mimebundle_()["text/plain"] == "<Derived mazur: gradients of W1, b1, W2, b2>"


@pytest.mark.parametrize(("name", "shown"), [("w5", "0.082167041"), ("w1", "0.000438568"), ("b2", "0.100400325")])
def test_the_gradient_by_one_weight_is_a_formula_with_its_value(mazur, name, shown):
    bundle = mazur[name]._repr_mimebundle_()
    assert shown in bundle["text/html"]
    assert shown in bundle["text/latex"]
    assert bundle["text/plain"] == f"<Gradient dE/d{name}>"
    assert len(formulas(bundle)) == 4


def test_the_gradient_by_a_tensor_has_index_form_and_matrix_form(mazur):
    bundle = mazur["W2"]._repr_mimebundle_()
    shown = ["".join(one.itertext()).replace("\u2062", "") for one in formulas(bundle)]
    assert shown == ["∂E∂wji(2)", "=δj(2)ai(1)", "=𝜹(2)(𝒂(1))⊤"]
    assert bundle["text/latex"].count("{") == bundle["text/latex"].count("}")
    assert r"\pd" not in bundle["text/latex"]


@pytest.mark.parametrize(
    "network", ["xor", "lstm", "transformer", "vae", "2 -> 8 tanh -> 8 tanh -> 8 tanh -> 2, loss=mse"]
)
def test_no_long_formula_is_ever_shown(network):
    d = sb.derive(network)
    for name in d:
        bundle = d[name]._repr_mimebundle_()
        assert len(re.sub(r"<style>.*?</style>", "", bundle.get("text/html", ""), flags=re.DOTALL)) < MOST_BYTES
        assert len(bundle.get("text/latex", "")) < MOST_BYTES


def test_a_report_is_a_table():
    report = Report("net", (Check("W1", "complex <step>", 0.0, "1e-9", True), Check("b", "x", 1.0, "1e-9", False)))
    shown = report._repr_html_()
    assert shown.count("<tr") == 3
    assert "complex &lt;step&gt;" in shown
    assert shown.count("font-weight: bold") == 1


def test_what_a_user_wrote_stays_text():
    network = sb.Network(2, sb.Dense(1, "sigmoid"), loss="mse", title='"><script>alert(1)</script>')
    text = derivation_bundle(sb.derive(network).stages, "x")["text/html"]
    assert "<script>" not in text
    assert gradient_bundle(sb.derive(network).stages, "W1", "", "x")["text/html"].count("<script") == 0


CELLS = ("import symbackprop as sb", "sb.load('mazur')", "d = sb.derive('mazur'); d", "d['w5']", "d.verify()")


def test_an_executed_notebook_exports_to_html_that_needs_no_kernel(tmp_path):
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    preprocessors = pytest.importorskip("nbconvert.preprocessors")
    exporters = pytest.importorskip("nbconvert.exporters")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    preprocessors.ExecutePreprocessor(timeout=120, kernel_name="python3").preprocess(
        notebook, {"metadata": {"path": str(tmp_path)}}
    )
    text, _ = exporters.HTMLExporter().from_notebook_node(notebook)
    assert re.search(r'<svg [^>]*class="drawing"', text)
    assert 'sandbox="allow-scripts"' in text
    assert "network.update" in text, "the script of the page came along"
    assert text.count("<math") > 3
    assert re.search(r"all \d+ checks passed", text)
