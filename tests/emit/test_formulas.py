"""Docstrings and comments name things as the document does, in lines that fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symbackprop.emit.formulas import WIDTH, formula_rows, listed


def test_formulas_are_written_under_the_users_names(networks: Mapping[str, Any]) -> None:
    rows = formula_rows(networks["mazur"].derivation)
    assert rows("z1") == ["zⱼ⁽¹⁾ = Σᵢ wⱼᵢ⁽¹⁾·xᵢ + b1"]
    assert rows("db2") == ["∂E/∂b2 = Σⱼ δⱼ⁽²⁾"]
    assert listed(rows, ["dW2", "db1"]) == ["∂E/∂wⱼᵢ⁽²⁾ = δⱼ⁽²⁾·aᵢ⁽¹⁾", "∂E/∂b1 = Σⱼ δⱼ⁽¹⁾"]


def test_what_no_equation_defines_has_no_formula(networks: Mapping[str, Any]) -> None:
    assert formula_rows(networks["mazur"].derivation)("x") == []


def test_long_formulas_are_wrapped(networks: Mapping[str, Any]) -> None:
    rows = formula_rows(networks["recurrent"].derivation)("dq1")
    assert len(rows) > 1
    assert all(len(row) <= WIDTH for row in rows)
    assert all(row.startswith("    ") for row in rows[1:])
