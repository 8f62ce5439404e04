"""A tensor and what reads it → the chain rule before anything is put in, and the local derivatives that it needs.

Which indices of a reader belong to which of the tensor is read off the deltas of the local derivative: `[t - 1 = τ]`
says that the reader at t = τ + 1 is meant, and an index that no delta fixes is summed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product as cartesian

import sympy as sp
from sympy import Expr

from symbackprop.display import BigSum, Paint, PartialDerivative, Product, Range, Relation, Row, Tree, plus
from symbackprop.emit.document.sheet import Sheet
from symbackprop.expressions import Delta, Index, Read, indices_of
from symbackprop.graph import Partial, Tensor
from symbackprop.substitution import substitute

LETTERS = "ijklmnpqruvw"


def chain_rule(sheet: Sheet, tensor: Tensor, reader: bool = True) -> Tree | None:
    """∂E/∂v as a sum over what reads v and changes with it; nothing where only the loss itself does.

    Args:
        sheet: The symbols of the network.
        tensor: v.
        reader: Whether the index of samples may be left out.
    """
    partials = sheet.derivation.partials
    ways = [(equation.tensor, tensor.name) for equation in sheet.graph.readers(tensor.name)]
    ways = [way for way in ways if way not in partials or partials[way].value != 0]
    known = [way for way in ways if way[0] in sheet.derivation.adjoint_of and way in partials]
    terms = [_term(sheet, partials[way], tensor, reader) for way in known]
    if not terms or len(terms) < len(ways):
        return None
    return plus(*terms)


def _term(sheet: Sheet, local: Partial, tensor: Tensor, hidden: bool) -> Tree:
    read = sheet.reader if hidden else sheet.plain
    own = dict(zip(local.at, tensor.indices, strict=True))
    fixed = {index: place.xreplace(own) for index, place in fixed_places(local).items()}
    table = _apart(local, fixed, tensor)
    here = [fixed.get(index, table.get(index, index)) for index in local.indices]
    summed = [table.get(index, index) for index in local.indices if index not in fixed]
    c, v = read(Read(local.tensor, *here)), read(tensor.read)
    adjoint = read(Read(sheet.adjoint(local.tensor), *here))
    signal = isinstance(adjoint, PartialDerivative)
    leaf = tensor.role == "parameter"
    factors = (
        Paint("error" if signal else "delta", adjoint),
        Paint("input" if leaf else "slope", PartialDerivative(c, v)),
    )
    each = Product(factors, "cdot")
    ranges = tuple(Range(read.index(index)) for index in summed if index.name not in read.hidden)
    return BigSum(each, ranges) if ranges else each


def _apart(local: Partial, fixed: Mapping[Index, Expr], tensor: Tensor) -> dict[Index, Index]:
    """Letters for the indices summed over, where they are those of the tensor itself."""
    taken = {index.name for index in tensor.indices} | {i.name for place in fixed.values() for i in indices_of(place)}
    table = {}
    for index in local.indices:
        if index in fixed:
            continue
        name = index.name
        if name in taken:
            name = next((letter for letter in LETTERS if letter not in taken), name + "1")
            table[index] = Index(name, index.size)
        taken.add(name)
    return table


def fixed_places(local: Partial) -> dict[Index, Expr]:
    """For each index of an equation the place of the tensor read that fixes it, in the letters `local.at`.

    Example:
        >>> i, t, at = Index("i", 3), Index("t", 5), Index("t_at0", 5)
        >>> fixed_places(Partial("h", (t, i), "h", (at,), Delta(t - 1, at) * Read("w", i)))
        {t: t_at0 + 1}
    """
    addends = [_deltas(addend, local) for addend in sp.Add.make_args(local.value)]
    shared = addends[0]
    return {index: place for index, place in shared.items() if all(other.get(index) == place for other in addends[1:])}


def _deltas(addend: Expr, local: Partial) -> dict[Index, Expr]:
    found: dict[Index, Expr] = {}
    for factor in sp.Mul.make_args(addend):
        if not isinstance(factor, Delta):
            continue
        for here, there in (factor.args, factor.args[::-1]):
            step = here - there
            for index in local.indices:
                rest = step - index
                if there in local.at and index not in found and index not in rest.free_symbols and _plain(rest, local):
                    found[index] = -rest
                    break
    return found


def _plain(rest: Expr, local: Partial) -> bool:
    """Whether the rest is one of the places and a number or a size."""
    return not rest.has(Read) and not any(index not in local.at for index in indices_of(rest))


def local_derivatives(sheet: Sheet, names: tuple[str, ...], label: str = "") -> Iterator[Relation]:
    """∂c/∂v of the equations that define some tensors, by the tensors that are no parameters, each in one line.

    What a sequence of one step reads of the step before is nothing, so that there is no derivative by it.
    """
    for (defined, read), local in sheet.derivation.partials.items():
        tensor = sheet.graph.tensors[read]
        shown = tensor.role in ("hidden", "prediction") and read in sheet.derivation.adjoint_of
        if defined in names and shown and not any(_nowhere(*place) for place in _common_deltas(local).items()):
            yield _line(sheet, local, tensor)


def _nowhere(axis: Index, place: Expr) -> bool:
    """Whether a place, linear in its indices, lies outside of an axis whatever they are."""
    indices = sorted(indices_of(place), key=str)
    ends = list(cartesian(*((0, index.size - 1) for index in indices)))
    corners = [place.xreplace(dict(zip(indices, map(sp.sympify, end), strict=True))) for end in ends]
    before, behind = (corner.is_negative for corner in corners), ((axis.size - 1 - one).is_negative for one in corners)
    return all(before) or all(behind)


def _line(sheet: Sheet, local: Partial, tensor: Tensor) -> Relation:
    """One local derivative, at the place where its deltas are 1 if there is such a place."""
    table: dict[Index, Expr] = {}
    value = local.value
    common = _common_deltas(local)
    for here, there in common.items():
        table[here] = there
    free = [index for index in local.at if index not in table]
    taken = {index.name for index in (*local.indices, *indices_of(local.value))}
    for index in free:
        name = next((letter for letter in LETTERS if letter not in taken), index.name)
        taken.add(name)
        table[index] = Index(name, index.size)
    value = substitute(_without(value, common), table)
    both = Read(local.tensor, *local.indices), Read(tensor.name, *(table.get(index, index) for index in local.at))
    reader = sheet.reader_for(*both, value)
    c, v = map(reader, both)
    return Relation(Paint("slope", PartialDerivative(c, v)), (Row("=", Paint("slope", sheet.built(value, reader))),))


def _common_deltas(local: Partial) -> dict[Index, Expr]:
    """For each place of the tensor read, what a delta in every addend says it is."""
    each = []
    for addend in sp.Add.make_args(local.value):
        found: dict[Index, Expr] = {}
        for factor in sp.Mul.make_args(addend):
            if isinstance(factor, Delta):
                for here, there in (factor.args, factor.args[::-1]):
                    inside = indices_of(there)
                    if (
                        here in local.at
                        and here not in found
                        and not there.has(Read)
                        and set(inside) <= set(local.indices)
                    ):
                        found[here] = there
                        break
        each.append(found)
    return {here: there for here, there in each[0].items() if all(other.get(here) == there for other in each[1:])}


def _without(value: Expr, common: Mapping[Index, Expr]) -> Expr:
    def kept(factor: Expr) -> bool:
        return not (isinstance(factor, Delta) and any(set(factor.args) == {a, b} for a, b in common.items()))

    return sp.Add(*(sp.Mul(*(f for f in sp.Mul.make_args(addend) if kept(f))) for addend in sp.Add.make_args(value)))
