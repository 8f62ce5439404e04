"""The same derivation as a few lines of matrices, with their numbers where they are small."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from symbackprop.display import (
    Matrix,
    Paint,
    PartialDerivative,
    Product,
    Relation,
    Row,
    Symbol,
    Transpose,
    Tree,
    equality,
    shown,
)
from symbackprop.display.boxes import label_width
from symbackprop.display.matrix import ONES
from symbackprop.display.tree import walk
from symbackprop.emit.document.blocks import Block, Display, Mention, Paragraph, Section, Table, Text
from symbackprop.emit.document.concrete import mapped
from symbackprop.emit.document.layers import alike
from symbackprop.emit.document.layers import layers as graph_layers
from symbackprop.emit.document.sheet import Sheet
from symbackprop.emit.document.stages import Stage
from symbackprop.emit.document.values import listed
from symbackprop.expressions import tensors_read

# A matrix with more rows or columns is not printed with its numbers.
MOST_ROWS = MOST_COLUMNS = 4
MOST_NAMED = 3
MOST_LAYERS = 6
MOST_LEFT_OUT = 10
# In points, of letters of 10.
WIDEST = 90


def matrix_form(sheet: Sheet) -> Section | None:
    """The section on the matrix form, where there is one."""
    forms = ((name, sheet.material.matrix(name)) for name in _order(sheet))
    found = [(name, form) for name, form in forms if form is not None]
    if not any(name in sheet.derivation.tensors for name, _ in found):
        return None
    forward = [(name, relation) for name, relation in found if name not in sheet.derivation.tensors]
    both = bool(forward) and (sheet.material.step is None or sheet.material.choices.form == "matrix")
    missing = _missing(sheet, both)
    ones = any(node == ONES for name, one in found if both or name in sheet.derivation.tensors for node in walk(one))
    blocks: list[Block] = [Paragraph(tuple(_introduction(sheet, not missing, ones)))]
    if both:
        blocks.append(Display(tuple(relation for _, relation in forward)))
        blocks.append(Paragraph(("and backwards:",)))
    relations = [
        _numbered(sheet, name, _coloured(sheet, name, relation))
        for name, relation in found
        if name in sheet.derivation.tensors
    ]
    blocks.append(Display(tuple(relations)))
    blocks += _left_out(sheet, missing)
    if sheet.material.step is None and sheet.stages:
        blocks += [Paragraph(("The shapes of everything, rows by columns:",)), _shapes(sheet)]
    return Section("The same result in matrix form", "sec:matrix", tuple(blocks))


def _missing(sheet: Sheet, both: bool) -> list[str]:
    """What a pass computes, or its way back alone, and has no form in matrices."""
    forward = [equation.tensor for equation in sheet.graph.equations] if both else []
    needed = _needed(sheet)
    backward = [equation.tensor for equation in sheet.derivation.adjoints if equation.tensor in needed]
    return [name for name in (*forward, *backward) if sheet.material.matrix(name) is None]


def _needed(sheet: Sheet) -> set[str]:
    """The adjoints that some gradient is computed from, and the gradients."""
    equations = {equation.tensor: equation for equation in sheet.derivation.adjoints}
    needed: set[str] = set()
    pending = [sheet.adjoint(t.name) for t in sheet.graph.parameters if t.name in sheet.derivation.adjoint_of]
    while pending:
        name = pending.pop()
        if name not in needed:
            needed.add(name)
            pending += [read for read in tensors_read(equations[name].rhs) if read in equations]
    return needed


def _left_out(sheet: Sheet, missing: Sequence[str]) -> Iterator[Block]:
    lead = "Left out for want of a form in matrices: "
    # A line cannot be broken inside a name.
    long = any(label_width(sheet.plain.whole(name)) > WIDEST for name in missing)
    if long or len(missing) > MOST_LEFT_OUT:
        yield Paragraph(sheet.say(f"{lead}{{count}} equations.", count=len(missing)))
    elif missing:
        yield Paragraph(sheet.say(f"{lead}{{names}}.", names=listed(sheet, missing)))


def _order(sheet: Sheet) -> list[str]:
    """Forward tensors, then error signals from the output backwards, then gradients; of many layers some."""
    last = len(sheet.stages)
    layers = {1, last - 1, last} if last > MOST_LAYERS else set(range(last + 1))

    if not sheet.stages:
        layers = {group[0].number for group in alike(graph_layers(sheet.graph))}

    def wanted(name: str) -> bool:
        return sheet.tensors[name].layer in layers | {0}

    forward = [equation.tensor for equation in sheet.graph.equations if wanted(equation.tensor)]
    adjoints = [equation.tensor for equation in sheet.derivation.adjoints if wanted(equation.tensor)]
    parameters = {sheet.adjoint(t.name) for t in sheet.graph.parameters if t.name in sheet.derivation.adjoint_of}
    needed = _needed(sheet)
    signals = [name for name in adjoints if name in needed and name not in parameters]
    return [*forward, *signals, *(name for name in adjoints if name in parameters)]


def _introduction(sheet: Sheet, whole: bool, ones: bool) -> Iterator[Any]:
    small = [
        stage.weights for stage in sheet.stages
        if stage.weights.names and all(size.is_Integer and size <= MOST_NAMED for size in stage.weights.shape)
        and stage.weights.shape != (1, 1)
    ]  # fmt: skip
    for number, tensor in enumerate(small):
        rows = tuple(
            tuple(sheet.element(tensor.name, j + 1, i + 1) for i in range(int(tensor.shape[1])))
            for j in range(int(tensor.shape[0]))
        )
        yield "Collect the weights as " if not number else " and " if number == len(small) - 1 else ", "
        yield Relation(sheet.plain.whole(tensor.name), (Row("=", Matrix(rows)),))
    yield ". " if small else ""
    if sheet.batched:
        yield "Each sample is a row. "
    if ones:
        yield from (ONES, " is a column of ones. ")
    if len(sheet.stages) > MOST_LAYERS:
        yield f"The lines of layer {len(sheet.stages) - 1} hold for all hidden layers. "
    sections = [Mention(f"sec:backward-{stage.number}") for stage in reversed(sheet.stages)]
    yield "With ⊙ for the product entry by entry, "
    told = sheet.material.step is not None and sheet.material.choices.form != "matrix"
    if sections and told and len(sections) <= 3:
        yield "Sections " if len(sections) > 1 else "Section "
        for number, section in enumerate(sections):
            yield "" if not number else " and " if number == len(sections) - 1 else ", "
            yield section
        yield " come to these lines:" if len(sections) > 1 else " comes to these lines:"
    else:
        yield "the whole pass is:" if whole else "the pass is:"


def _coloured(sheet: Sheet, name: str, relation: Relation) -> Relation:
    """Error signals, slopes and inputs in their colours, the reaction of the error before the slope."""
    stage = next((one for one in sheet.stages if sheet.derivation.adjoint_of.get(one.net.name) == name), None)
    lhs: Tree = Paint("delta", relation.lhs) if stage else relation.lhs
    rows = (replace(row, tree=_signal(row.tree, stage) if stage else _product(row.tree)) for row in relation.rows)
    return Relation(lhs, tuple(rows))


def _signal(tree: Tree, stage: Stage) -> Tree:
    if not isinstance(tree, Product) or tree.by != "odot":
        return tree
    local = {stage.net.name, stage.out.name}
    keys = [{node.key for node in walk(factor) if isinstance(node, Symbol) and node.key} for factor in tree.factors]
    slope = [factor for factor, found in zip(tree.factors, keys, strict=True) if found and found <= local]
    rest = [factor for factor in tree.factors if factor not in slope]
    if not slope or not rest:
        return tree
    parts = [Paint("error", rest[0] if len(rest) == 1 else Product(tuple(rest), "odot"))]
    parts.append(Paint("slope", slope[0] if len(slope) == 1 else Product(tuple(slope), "odot")))
    return Product(tuple(parts), "odot")


def _product(tree: Tree) -> Tree:
    if isinstance(tree, Symbol) and tree.role == "adjoint":
        return Paint("delta", tree)
    if isinstance(tree, Symbol) and tree.role in ("input", "hidden", "prediction"):
        return Paint("input", tree)
    if isinstance(tree, PartialDerivative):
        return tree
    if isinstance(tree, Transpose):
        inner = _product(tree.body)
        return replace(inner, body=Transpose(inner.body)) if isinstance(inner, Paint) else Transpose(inner)
    return mapped(tree, _product)


def _numbered(sheet: Sheet, name: str, relation: Relation) -> Relation:
    label = f"eq:matrix-{name}"
    values = _values(sheet, name)
    *rows, last = relation.rows
    if values is None:
        return replace(relation, rows=(*rows, replace(last, label=label)))
    exact = equality(*walk(values)) == "="
    return replace(relation, rows=(*rows, last, Row("=" if exact else "≈", values, label=label)))


def _values(sheet: Sheet, name: str) -> Tree | None:
    if sheet.material.step is None:
        return None
    value = sheet.values[name]
    if not isinstance(value, tuple):
        return shown(value)
    rows = value if isinstance(value[0], tuple) else tuple((entry,) for entry in value)
    if len(rows) > MOST_ROWS or len(rows[0]) > MOST_COLUMNS:
        return None
    return Matrix(tuple(tuple(shown(entry) for entry in row) for row in rows))


def _shapes(sheet: Sheet) -> Table:
    """The shape of every tensor and of its gradient."""
    rows: list[tuple[Text, ...]] = []
    for tensor in sheet.tensors.values():
        inner = len(sheet.stages) > MOST_LAYERS and 1 < tensor.layer < len(sheet.stages) - 1
        if tensor.role in ("input", "hidden", "prediction", "parameter") and not inner:
            shape = " × ".join(str(size) for size in tensor.shape) or "1"
            adjoint = sheet.derivation.adjoint_of.get(tensor.name)
            rows.append(
                ((sheet.plain.whole(tensor.name),), (shape,), (sheet.plain.whole(adjoint),) if adjoint else ("",))
            )
    return Table("clc", (("Tensor",), ("Shape",), ("Gradient, of the same shape",)), (tuple(rows),))
