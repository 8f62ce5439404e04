"""One tensor of a network of any size → the equations on its way to the loss, and how each derivative was found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from symbackprop.display import Tree, build, text
from symbackprop.display.matrix import matrix_form
from symbackprop.emit.document import Material
from symbackprop.emit.document.local import reason
from symbackprop.emit.document.sheet import Sheet
from symbackprop.explain.records import Adjoint, Explanation, Line
from symbackprop.expressions import tensors_read
from symbackprop.graph import Equation, needed
from symbackprop.summary import equation_text, shape_text

if TYPE_CHECKING:
    from symbackprop.facade import Derived


def tensor(d: Derived, name: str) -> Explanation:
    """Explain the gradient by a whole tensor, in index form."""
    record, reader = d.stages.derivation, d.stages.reader
    sheet = Sheet(Material(record, notation=d.stages.notation))
    lhs = reader(record.adjoint(name).lhs)
    forward = [equation for equation in record.graph.equations if _reaches(d, name, equation)]
    form = matrix_form(d.stages.statement(name, readable=True), reader)
    return Explanation(
        network=d.network.name,
        name=name,
        lhs=text(lhs),
        forward=tuple(equation_text(d, equation) for equation in forward),
        derivatives=tuple(_derivative(d, sheet, equation) for equation in _needed(d, name)),
        matrix="" if form is None else text(form),
        code=d.stages.code(name),
        shape=shape_text(record.graph.tensors[name].shape),
    )


def _reaches(d: Derived, name: str, equation: Equation) -> bool:
    """Whether an equation lies between a tensor and the loss."""
    behind = {name}
    for one in d.stages.graph.equations:
        if behind & set(tensors_read(one.rhs)):
            behind.add(one.tensor)
    return equation.tensor in behind and equation.tensor in {*d.stages.derivation.adjoint_of, d.stages.graph.loss.name}


def _needed(d: Derived, name: str) -> Sequence[Equation]:
    """The adjoint equations that ∂E/∂name is made of, from the loss backwards."""
    record = d.stages.derivation
    equations = {equation.tensor: equation for equation in record.adjoints}
    due = needed(equations, [record.adjoint_of[name]]) - {record.adjoint_of[name]}
    return [*(one for one in record.adjoints if one.tensor in due), record.adjoint(name)]


def _derivative(d: Derived, sheet: Sheet, equation: Equation) -> Adjoint:
    reader = d.stages.reader
    lines: list[Line] = []
    last: Tree | None = None
    for step in d.stages.derivation.steps.get(equation.tensor, ()):
        tree = build(step.after, reader)
        if tree != last:
            why = "".join(part if isinstance(part, str) else text(part) for part in reason(sheet, step))
            lines.append(Line("=", text(tree), why))
            last = tree
    return Adjoint(text(reader(equation.lhs)), tuple(lines) or (Line("=", text(build(equation.rhs, reader)), ""),))
