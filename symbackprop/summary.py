"""A derivation → what a person wants to see of it at a glance: layers, shapes, counts, gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy import Expr, Symbol

from symbackprop.display.build import build
from symbackprop.display.text import text
from symbackprop.display.tree import PartialDerivative, Relation, Row, Tree
from symbackprop.emit.nodes import all_read, needed
from symbackprop.emit.statements import Writer
from symbackprop.explorable import scalar_signs
from symbackprop.graph import Equation
from symbackprop.lower import lower
from symbackprop.unroll import Scalars

if TYPE_CHECKING:
    from rich.console import RenderableType

    from symbackprop.facade import Derived


def shape_text(shape: tuple[Expr, ...]) -> str:
    """A shape as a person writes it: `128 x 784`, or `scalar`.

    Example:
        >>> shape_text((sp.Integer(128), sp.Integer(784))), shape_text(())
        ('128 x 784', 'scalar')
    """
    return " x ".join(map(str, shape)) or "scalar"


def equation_text(d: Derived, equation: Equation) -> str:
    """An equation as a reader sees it in a terminal."""
    right = Row("=", build(equation.rhs, d.stages.reader))
    return text(Relation(d.stages.reader(equation.lhs), (right,)))


def element_text(d: Derived, scalars: Scalars, signs: Mapping[Symbol, Tree], name: str) -> str:
    """The gradient by one element, in error signals; over several samples in the index form of its tensor.

    Args:
        d: The derivation.
        scalars: Its scalar form.
        signs: How scalars are printed.
        name: The element, such as `"w5"`.
    """
    record = d.stages.derivation
    adjoint = scalars.gradient(name)
    equation = next(one for one in scalars.adjoints if one.symbol == adjoint)
    several = next(iter(d.stages.graph.sizes.values()), 1) > 1
    if several and len(equation.at) == len(record.tensors[equation.tensor].indices):
        owner = next(old for old, new in record.adjoint_of.items() if new == equation.tensor)
        return equation_text(d, record.adjoint(owner))
    left = text(PartialDerivative(signs[scalars.loss], signs[Symbol(name)]))
    return f"{left} = {text(build(equation.rhs, symbols=signs))}"


def chosen_rows(d: Derived, only: Sequence[str]) -> tuple[list[tuple[str, str, str]], int | None]:
    """The rows of some parameters, and of elements of parameters under their own names.

    Returns:
        The rows in the order of the names, and how many gradients of scalars there are beside them; `None` where that
        depends on a size.

    Example:
        >>> from symbackprop.facade import derive
        >>> chosen_rows(derive("mazur"), ["w5"])
        ([('w5', 'in W2', '∂E/∂w5 = δ₁⁽²⁾·a₁⁽¹⁾')], 9)
    """
    whole = {row[0]: row for row in gradient_rows(d)}
    scalars, parameters = d.stages.scalars, {tensor.name: tensor for tensor in d.stages.graph.parameters}
    rows, left = [], sum((sp.Mul(*tensor.shape) for tensor in parameters.values()), sp.Integer(0))
    for name in dict.fromkeys(only):
        if name in whole:
            rows.append(whole[name])
            left -= sp.Mul(*parameters[name].shape)
            continue
        if scalars is None or name not in scalars.places:
            continue
        tensor = scalars.places[name][0]
        formula = whole[tensor][2]
        if scalars.symbol(name) in scalars.adjoint_of:
            signs = scalar_signs(d.stages.derivation, scalars, d.stages.notation)
            formula = element_text(d, scalars, signs, name)
        rows.append((name, f"in {tensor}", formula))
        left -= 0 if tensor in only else 1
    return rows, int(left) if left.is_Integer else None


def gradient_rows(d: Derived) -> list[tuple[str, str, str]]:
    """For each parameter its name, its shape and its gradient in index form."""
    graph, record = d.stages.graph, d.stages.derivation
    rows = []
    for tensor in graph.parameters:
        if tensor.name not in record.adjoint_of:
            rows.append((tensor.name, shape_text(tensor.shape), "0 (the loss does not depend on it)"))
            continue
        rows.append((tensor.name, shape_text(tensor.shape), equation_text(d, record.adjoint(tensor.name))))
    return rows


def gradient_statements(d: Derived) -> str:
    """What the gradients of a network need of its forward pass, and the backward pass, as statements on arrays.

    Example:
        >>> from symbackprop.facade import derive
        >>> print(derive({"shapes": {"A": (3, 3), "x": 3}, "equations": "E = x @ A @ x", "wrt": ["x"]}))
        dx = (A + A.T) @ x
    """
    program = lower(d.stages.derivation, readable=True).at_once
    forward = needed(program.forward, all_read(program.backward))
    writer = Writer(numbers=[*program.parameters, *program.data])
    return "\n".join(row for statement in (*forward, *program.backward) for row in writer.lines(statement))


def summary(d: Derived) -> dict[str, Any]:
    """What `symbackprop show` prints, as a table for JSON."""
    graph, record = d.stages.graph, d.stages.derivation
    count = sp.Add(*(sp.Mul(*tensor.shape) for tensor in graph.parameters)).xreplace(
        {size: sp.Integer(value) for size, value in graph.sizes.items()}
    )
    rows = [
        {
            "tensor": e.tensor,
            "row": row,
            "shape": [str(n) for n in graph.tensors[e.tensor].shape],
            "equation": str(e),
            "text": equation_text(d, e),
        }
        for e, row in zip(graph.equations, graph.rows, strict=True)
    ]
    return {
        "network": d.network.name,
        "equations": rows,
        "parameters": [
            {"tensor": t.name, "shape": [str(n) for n in t.shape], "trainable": t.trainable} for t in graph.parameters
        ],
        "parameter_count": int(count) if count.is_Integer else str(count),
        "adjoint_equations": len(record.adjoints),
        "expression_nodes": sum(1 for e in record.adjoints for _ in sp.preorder_traversal(e.rhs)),
        "scalar_gradients": int(count) if count.is_Integer else str(count),
    }


def summary_table(found: dict[str, Any]) -> RenderableType:
    """The summary for a terminal."""
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(title=found["network"], title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("equation", "kind", "shape"):
        table.add_column(column, no_wrap=column != "equation")
    for row in found["equations"]:
        table.add_row(Text(row["text"]), row["row"], " x ".join(row["shape"]) or "scalar")
    weights = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("parameter", "shape", "trained"):
        weights.add_column(column)
    for row in found["parameters"]:
        weights.add_row(row["tensor"], " x ".join(row["shape"]) or "scalar", "yes" if row["trainable"] else "frozen")
    count = found["parameter_count"]
    shown = f"{count:,}" if isinstance(count, int) else count
    footer = (
        f"{shown} parameters; deriving makes {found['adjoint_equations']} adjoint equations with "
        f"{found['expression_nodes']} nodes, whatever the sizes; in scalar form there would be {shown} gradients"
    )
    return Group(table, weights, Text(footer))
