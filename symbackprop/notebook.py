"""What a notebook shows of a network, a derivation or one gradient: HTML that lives on without a kernel."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from symbackprop.display import (
    PartialDerivative,
    Relation,
    Row,
    Tree,
    build,
    equality,
    latex,
    plus,
    shown,
    times,
)
from symbackprop.display.matrix import matrix_form
from symbackprop.display.standalone import standalone
from symbackprop.display.tree import walk
from symbackprop.emit.document import compose
from symbackprop.emit.document.blocks import Figure
from symbackprop.emit.page import page
from symbackprop.emit.page.part import drawing_part, formula_part
from symbackprop.errors import ShapeError, SymbackpropError
from symbackprop.explorable import explored, factors, scalar_signs
from symbackprop.material import material
from symbackprop.pipeline import Stages
from symbackprop.unroll import numbers
from symbackprop.unroll.ways import ways
from symbackprop.verify import Report

if TYPE_CHECKING:
    from symbackprop.network import Network

Bundle = dict[str, Any]
# Formulas with more parts than these are not shown in a cell, nor networks with more layers.
MOST_NODES = 400
MOST_WAYS = 4
MOST_LAYERS = 40
HEIGHT = "80vh"


def network_bundle(network: Network) -> Bundle:
    """A network as the drawing that its document begins with."""
    plain = {"text/plain": repr(network)}
    if len(network.layers) > MOST_LAYERS:
        return plain
    stages = Stages(network)
    try:
        opening = compose(material(stages, Report(network.name, ()))).opening
    except SymbackpropError:
        # A cell that shows a name is better than one that shows an error in the place of a result.
        return plain
    drawings = [drawing for block in opening if isinstance(block, Figure) for drawing in block.drawings]
    return plain | ({"text/html": drawing_part(drawings[0], f"The network {network.name}")} if drawings else {})


def derivation_bundle(stages: Stages, plain: str) -> Bundle:
    """A derivation as its page, in a frame that can do nothing outside of itself."""
    made = material(stages, Report(stages.network.name, ()))
    source = escape(page(made, explored(stages, made)))
    frame = (
        f'<iframe title="{escape(plain)}" sandbox="allow-scripts" srcdoc="{source}" '
        f'style="width: 100%; height: {HEIGHT}; border: 1px solid #8884; border-radius: 6px"></iframe>'
    )
    return {"text/html": frame, "text/plain": plain}


def gradient_bundle(stages: Stages, tensor: str, element: str, plain: str) -> Bundle:
    """One gradient as a formula, where it is short enough to be read."""
    scalars = stages.scalars
    if not element and scalars is not None and len(scalars.elements[tensor]) == 1:
        (element,) = (symbol.name for symbol in scalars.elements[tensor].values())
    relation = _element(stages, element) if element else _tensor(stages, tensor)
    if len(walk(relation)) > MOST_NODES:
        return {"text/plain": plain}
    source = standalone(latex(relation))
    return {"text/html": formula_part(relation), "text/latex": f"$\\displaystyle {source}$", "text/plain": plain}


def _tensor(stages: Stages, tensor: str) -> Relation:
    """Index form, and matrix form where there is one."""
    equation = stages.derivation.adjoint(tensor)
    rows = [Row("=", build(equation.rhs, stages.reader), "index form")]
    form = matrix_form(stages.statement(tensor, readable=True), stages.reader)
    if form is not None:
        rows.append(Row("=", form.rows[-1].tree, "matrix form"))
    return Relation(stages.reader(equation.lhs), tuple(rows))


def _element(stages: Stages, element: str) -> Relation:
    """The chain rule, the local derivatives, their numbers and the value, summed over paths."""
    scalars = stages.needed_scalars()
    signs = scalar_signs(stages.derivation, scalars, stages.notation)
    symbol, adjoint = scalars.symbol(element), scalars.gradient(element)
    lhs = PartialDerivative(signs[scalars.loss], signs[symbol])
    found = ways(scalars, element, MOST_WAYS)
    equation = next(one for one in scalars.adjoints if one.symbol == adjoint)
    rows: list[Row] = []
    if found:
        known = {(one.of, one.wrt): one for one in factors(stages.derivation, scalars, stages.notation)}
        chains = [[known[of.name, wrt.name] for of, wrt in way] for way in found]
        rows.append(Row("=", plus(*(_product([one.ratio for one in chain]) for chain in chains)), "chain rule"))
        rows.append(
            Row("=", plus(*(_product([one.formula for one in chain]) for chain in chains)), "local derivatives")
        )
    else:
        rows.append(Row("=", build(equation.rhs, symbols=signs), "chain rule"))
    try:
        value = shown(numbers(scalars)[adjoint.name])
        rows.append(Row(equality(value), value, "at the sample"))
    except ShapeError:
        pass
    return Relation(lhs, tuple(rows))


def _product(parts: list[Tree]) -> Tree:
    return times(*parts, by="cdot")
