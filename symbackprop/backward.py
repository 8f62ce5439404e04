"""Graph → Derivation: backpropagation as one statement about indexed equations, applied to every tensor v.

v̄[K]  =  Σ over the equations c that read v   Σ over c's own indices I    c̄[I] · ∂rhs_c / ∂v[K]
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import cast

import sympy as sp
from sympy import Expr
from sympy.utilities.iterables import sift

from symbackprop.calculus import differentiate
from symbackprop.contraction import collect, summed, tidy
from symbackprop.errors import InputError, UnknownNameError, did_you_mean
from symbackprop.expressions import Delta, Index, Read, tensors_read
from symbackprop.graph import Derivation, Equation, Graph, Partial, Step, Tensor
from symbackprop.template import by_template

CHAIN_RULE = "chain rule"


def backward(
    graph: Graph, wrt: Sequence[str] | None = None, called: Callable[[str, Collection[str]], str] | None = None
) -> Derivation:
    """Derive ∂E/∂v for every parameter of the graph by the chain rule, from the loss backwards.

    Args:
        graph: Equations in topological order; the last defines the scalar loss E.
        wrt: Names of the tensors to derive for; every parameter if left out.
        called: What the adjoint of a tensor is called, from its name and the names that are taken; `adjoint_name` if
            left out.

    Returns:
        One adjoint equation for each tensor between E and `wrt`, each of its tensor's shape (denominator layout).

    Raises:
        UnknownNameError: A tensor in `wrt` is not in the graph.
        InputError: It holds whole numbers.

    Source:
        Rumelhart, Hinton & Williams, Nature 323 (1986), 533-536.
    """
    wanted = [tensor.name for tensor in graph.parameters] if wrt is None else list(wrt)
    for name in wanted:
        if name not in graph.tensors:
            raise UnknownNameError(f"unknown tensor {name!r}", help=did_you_mean(name, list(graph.tensors)))
        if graph.tensors[name].is_whole:
            message = f"{name} holds whole numbers, by which nothing can be differentiated"
            raise InputError(message, code="SB025", help="leave it out of wrt")
    active = _active(graph, wanted)
    partials = {
        (equation.tensor, name): partial(equation, graph.tensors[name])
        for equation in graph.equations
        for name in tensors_read(equation.rhs)
        if equation.tensor in active and name in active
    }
    between = [name for name in graph.tensors if name in active and name != graph.loss.name]
    adjoint_of = {name: (called or adjoint_name)(name, set(graph.tensors)) for name in between}
    tensors = {new: _adjoint_tensor(graph.tensors[old], new) for old, new in adjoint_of.items()}
    derivation = Derivation(graph, tensors, adjoint_of, (), partials, {})
    adjoints, steps = [], {}
    for name in backward_order(graph, active):
        equation = assemble(derivation, name, partials)
        adjoints.append(equation)
        readers = tuple(tensor for tensor, read in partials if read == name)
        steps[equation.tensor] = (
            Step(equation.lhs, equation.rhs, CHAIN_RULE, "sum over every equation that reads it", uses=readers),
        )
    return derivation.with_adjoints(tuple(adjoints), steps)


def adjoint_name(name: str, taken: Collection[str]) -> str:
    """What ∂E/∂name is called: δ where the field says so (`z1` → `delta1`), else d and the name (`W1` → `dW1`).

    Example:
        >>> adjoint_name("z2", ()), adjoint_name("W2", ()), adjoint_name("W2", {"dW2"})
        ('delta2', 'dW2', 'dW2_')
    """
    new = f"delta{name[1:]}" if name[0] == "z" and (name[1:].isdigit() or len(name) == 1) else f"d{name}"
    while new in taken:
        new += "_"
    return new


def _active(graph: Graph, wanted: Sequence[str]) -> set[str]:
    """The tensors that depend on a wanted one and on which the loss depends."""
    reads_of = {equation.tensor: set(tensors_read(equation.rhs)) for equation in graph.equations}
    depends, reaches, before = set(wanted), {graph.loss.name}, -1
    # A recurrence reads what a later equation defines, so that one pass is not enough.
    while len(depends) + len(reaches) > before:
        before = len(depends) + len(reaches)
        depends |= {name for name, read in reads_of.items() if read & depends}
        reaches |= {read for name in reads_of.keys() & reaches for read in reads_of[name]}
    return depends & reaches | {graph.loss.name}


def backward_order(graph: Graph, active: set[str]) -> list[str]:
    """The active tensors in the order in which a backward pass meets them; parameters follow the last they feed."""
    order: list[str] = []
    place = {name: number for number, name in enumerate(graph.tensors)}
    defined = {equation.tensor for equation in graph.equations}
    pending: dict[str, set[str]] = {name: set() for name in active}
    for equation in graph.equations:
        for name in tensors_read(equation.rhs) if equation.tensor in active else ():
            if name in active:
                pending[name].add(equation.tensor)
    for equation in reversed(graph.equations):
        if equation.tensor not in active:
            continue
        if equation.tensor != graph.loss.name:
            order.append(equation.tensor)
        for name in sorted(active.intersection(tensors_read(equation.rhs)), key=place.__getitem__):
            if name not in defined:
                pending[name].discard(equation.tensor)
                if not pending[name] and name not in order:
                    order.append(name)
    return order


def _adjoint_tensor(tensor: Tensor, name: str) -> Tensor:
    return Tensor(name, "adjoint", tensor.indices, label=tensor.name, layer=tensor.layer)


def partial(equation: Equation, tensor: Tensor) -> Partial:
    """The local derivative ∂equation.tensor[indices]/∂tensor[at], its inner sums contracted."""
    at = tuple(Index(f"{index.name}_at{axis}", index.size) for axis, index in enumerate(tensor.indices))
    (value,) = by_template(_partial, (equation.rhs, equation.lhs, Read(tensor.name, *at)))
    return Partial(equation.tensor, equation.indices, tensor.name, at, value)


def _partial(exprs: tuple[Expr, ...]) -> tuple[Expr, ...]:
    rhs, lhs, wrt = exprs
    raw = differentiate(rhs, wrt.tensor, wrt.indices)
    return (_gathered(collect(raw, {*lhs.indices, *wrt.indices})),)


def _gathered(expr: Expr) -> Expr:
    """[i = k] a + [i = k] b → [i = k] (a + b): what stands before the same deltas is one slope."""
    groups: dict[Expr, list[Expr]] = {}
    for addend in sp.Add.make_args(expr):
        deltas, rest = sift(sp.Mul.make_args(addend), lambda factor: isinstance(factor, Delta), binary=True)
        groups.setdefault(sp.Mul(*deltas), []).append(sp.Mul(*rest))
    return sp.Add(*(deltas * sp.Add(*parts) for deltas, parts in groups.items()))


def assemble(derivation: Derivation, name: str, partials: Mapping[tuple[str, str], Partial]) -> Equation:
    """The adjoint equation of one tensor from the local derivatives of the equations that read it."""
    graph = derivation.graph
    tensor = graph.tensors[name]
    addends = []
    for (defined, read), local in partials.items():
        if read != name:
            continue
        seed = sp.S.One
        if defined != graph.loss.name:
            seed = Read(derivation.adjoint_of[defined], *local.indices)
        (addend,) = by_template(
            _contribution, (seed, local.value, Read("@", *local.indices), Read("@", *local.at), tensor.read)
        )
        addends.append(addend)
    return Equation(derivation.adjoint_of[name], tensor.indices, sp.Add(*addends))


def _contribution(exprs: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """Σ over the equation's indices of seed times local derivative, at the tensor's own indices."""
    seed, value, over, at, own = exprs
    addend = summed(sp.Mul(seed, value), cast("tuple[Index, ...]", over.indices))
    settled = tidy(addend, own.indices)
    return (settled.xreplace(dict(zip(at.indices, own.indices, strict=True))),)
