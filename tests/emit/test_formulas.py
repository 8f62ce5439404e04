"""Docstrings and comments name things as the document does, in lines that fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import symbackprop as sb
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


def test_what_code_computes_besides_is_told_by_what_it_stands_for(networks: Mapping[str, Any]) -> None:
    rows = formula_rows(networks["mazur"].derivation)
    assert rows("z1_largest") == ["largest exponent of zⱼ⁽¹⁾ = Σᵢ wⱼᵢ⁽¹⁾·xᵢ + b1"]
    assert rows("z1_scaled") == ["zⱼ⁽¹⁾ = Σᵢ wⱼᵢ⁽¹⁾·xᵢ + b1, scaled"]


def test_a_tensor_of_such_a_name_has_its_own_formula() -> None:
    program = {"name": "own", "shapes": {"x": [2]}, "equations": "q = x * x\nq_scaled = 3 * q\nE = sum(q_scaled * q)"}
    rows = formula_rows(sb.derive(program).stages.derivation)
    assert rows("q_scaled")[0].endswith("3·qᵢ")
