"""One row adds a thing: it is then there in files, in derivations, in documents and in code."""

import numpy as np
import pytest

import symbackprop as sb
from symbackprop.catalog import ACTIVATIONS, Activation


def test_an_activation_is_one_row(monkeypatch, tmp_path):
    row = Activation("logish", "z * log(1 + 1 / (1 + exp(-z)))", source="Zhu et al., Neurocomputing 458 (2021)")
    monkeypatch.setitem(ACTIVATIONS, row.name, row)
    path = tmp_path / "net.toml"
    path.write_text(
        'name = "one"\ninputs = 2\nloss = "half_squared_error"\n\n'
        '[[layers]]\ntype = "dense"\nunits = 2\nactivation = "logish"\n'
        "weights = [[0.1, 0.2], [0.3, 0.4]]\nbias = 0.5\n\n"
        "[sample]\nx = [1, 2]\nt = [0, 1]\n"
    )
    d = sb.derive(path)
    assert d.write(tmp_path / "out").passed
    z = np.array([0.1 + 0.4 + 0.5, 0.3 + 0.8 + 0.5])
    expected = z * np.log(1 + 1 / (1 + np.exp(-z)))
    assert d.compile().forward(d.compile().parameters(), np.array([1.0, 2.0]))[0] == pytest.approx(expected)
    assert "logish" in (tmp_path / "out" / "derivation.tex").read_text()


def test_changing_a_formula_moves_its_gradient(monkeypatch):
    line = "1 -> 1 sigmoid, loss=half_squared_error"
    before = sb.derive(line)["z1"].closed_form()
    monkeypatch.setitem(ACTIVATIONS, "sigmoid", Activation("sigmoid", "1 / (1 + exp(-2 * z))", source="changed here"))
    after = sb.derive(line)["z1"].closed_form()
    names = {str(symbol): symbol for symbol in before.free_symbols}
    point = {symbol: 0.25 for symbol in names.values()}
    assert float(after.subs(point)) != pytest.approx(float(before.subs(point)), rel=1e-3)
