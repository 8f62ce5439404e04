"""Derivation → second derivatives: adjoint equations are equations, so the same backward pass is applied to them.

The product of the Hessian with a vector is the gradient of the directional derivative g = Σ ∂E/∂w · v. The Hessian
itself is that product with v taken as every unit vector at once: v becomes a delta, and whatever depends on it gains
the axes that say which entry it is. Pearlmutter, Neural Computation 6 (1994), 147-160.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import sympy as sp
from sympy import Expr

from symbackprop.backward import backward, partial
from symbackprop.contraction import ALPHABET, Fresh, collect, summed, tidy
from symbackprop.errors import UnknownNameError, UnsupportedError, did_you_mean
from symbackprop.expressions import Delta, Index, Read, Total, indices_of, reads, tensors_read
from symbackprop.graph import Derivation, Equation, Graph, Tensor, needed
from symbackprop.lower.exponentials import is_formula, kinds
from symbackprop.lower.overflow import to_derive
from symbackprop.simplify import simplify

DIRECTIONAL = "E_along_v"
Unit = Callable[[tuple[Expr, ...]], Expr]


@dataclass(frozen=True)
class SecondOrder:
    """Equations of second derivatives.

    Attributes:
        forward: The equations of the forward pass and of the first backward pass, as far as they are needed.
        equations: What is computed from them.
        tensors: Every tensor that these equations read or define.
        results: Parameter → the tensor that holds its result.
        vectors: Parameter → the tensor that holds its part of the vector v, where there is one.
    """

    forward: tuple[Equation, ...]
    equations: tuple[Equation, ...]
    tensors: dict[str, Tensor]
    results: dict[str, str]
    vectors: dict[str, str]

    def equation(self, name: str) -> Equation:
        """The equation of the result for a parameter."""
        return next(equation for equation in self.equations if equation.tensor == self.results[name])


def hessian_product(derivation: Derivation, wrt: Sequence[str] | None = None) -> SecondOrder:
    """The product of the Hessian with a vector, in index form.

    Args:
        derivation: What `simplify` returned.
        wrt: The parameters that the Hessian is taken by; all of them if left out.

    Returns:
        One result of each parameter's shape, linear in the vectors `v_W1`, `v_b1`, …
    """
    names = _checked(derivation, wrt)
    graph = _directional(derivation, names)
    second = _again(graph, names)
    vectors = {name: f"v_{name}" for name in names}
    adjoints = (*second.adjoints, *_zeros(graph, second, names))
    results = {name: second.adjoint_of.get(name, _second_name(name)) for name in names}
    tensors = {**graph.tensors, **second.tensors, **_made(adjoints, second)}
    return SecondOrder(graph.equations[:-1], adjoints, tensors, results, vectors)


def hessian(derivation: Derivation, a: str, b: str) -> SecondOrder:
    """∂²E/∂a∂b in index form, of the shape of a followed by that of b.

    Args:
        derivation: What `simplify` returned.
        a: A parameter.
        b: A parameter.
    """
    _checked(derivation, (a, b))
    graph = _directional(derivation, (a,))
    second = _again(graph, (b,))
    result = second.adjoint_of.get(b, _second_name(b))
    adjoints = (*second.adjoints, *_zeros(graph, second, (b,)))
    used = {i.name for e in (*graph.equations, *adjoints) for i in (*e.indices, *indices_of(e.rhs))}
    letters = (letter for letter in ALPHABET[::-1] + "ABCDFGHIJKLM" if letter not in used)
    entry = tuple(Index(next(letters), index.size) for index in derivation.graph.tensors[a].indices)
    equations = _for_each(adjoints, f"v_{a}", entry, result)
    made = {**second.tensors, **_made(adjoints, second)}
    tensors = {e.tensor: replace(made[e.tensor], indices=e.indices) for e in equations}
    return SecondOrder(graph.equations[:-1], equations, {**graph.tensors, **tensors}, {b: result}, {})


def _again(graph: Graph, names: Sequence[str]) -> Derivation:
    """The backward pass of the directional derivative, by those parameters that it depends on."""
    reached = {read for equation in graph.equations for read in tensors_read(equation.rhs)}
    return simplify(backward(graph, [name for name in names if name in reached], _second_name))


def _zeros(graph: Graph, second: Derivation, names: Iterable[str]) -> tuple[Equation, ...]:
    """The results of parameters by which the gradient does not change, as those of a loss that is linear in them."""
    missing = [name for name in names if name not in second.adjoint_of]
    return tuple(Equation(_second_name(name), graph.tensors[name].indices, sp.S.Zero) for name in missing)


def _made(adjoints: Iterable[Equation], second: Derivation) -> dict[str, Tensor]:
    new = (e for e in adjoints if e.tensor not in second.tensors)
    return {e.tensor: Tensor(e.tensor, "adjoint", e.indices) for e in new}


def gauss_newton_product(derivation: Derivation, wrt: Sequence[str] | None = None) -> SecondOrder:
    """The product of the Gauss-Newton matrix Jᵀ (∂²E/∂y²) J with a vector: the Hessian of a network made linear.

    Args:
        derivation: What `backward` or `simplify` returned.
        wrt: The parameters; all of them if left out.

    Source:
        Schraudolph, Neural Computation 14 (2002), 1723-1738.
    """
    names = _checked(derivation, wrt)
    graph = derivation.graph
    output = _output(graph)
    forward = [_tangent(derivation, equation, names) for equation in graph.equations[:-1]]
    tangents = [equation for equation in forward if equation is not None]
    curved = _curvature(graph, output)
    inner = replace(graph, equations=(*graph.equations[:-1], _seeded(graph, output)))
    tensors = {**graph.tensors, "u": Tensor("u", "constant", graph.tensors[output].indices)}
    pulled = simplify(backward(replace(inner, tensors=tensors), names, _second_name))
    seeds = {"u": (curved.indices, curved.rhs)}
    adjoints = tuple(replace(e, rhs=_put(e.rhs, seeds)) for e in pulled.adjoints)
    vectors = {name: f"v_{name}" for name in names}
    given = {v: Tensor(v, "constant", graph.tensors[name].indices) for name, v in vectors.items()}
    adjoints += _zeros(graph, pulled, names)
    made = {e.tensor: Tensor(e.tensor, "adjoint", e.indices) for e in (*tangents, *adjoints)}
    results = {name: pulled.adjoint_of.get(name, _second_name(name)) for name in names}
    everything = {**graph.tensors, **given, **made}
    return SecondOrder(graph.equations[:-1], (*tangents, *adjoints), everything, results, vectors)


def _output(graph: Graph) -> str:
    """The prediction; of a graph that names none, the one array between the parameters and the loss that this reads."""
    named = [tensor.name for tensor in graph.with_role("prediction")]
    depends = {tensor.name for tensor in graph.parameters}
    for equation in graph.equations[:-1]:
        depends |= {equation.tensor} if depends & set(tensors_read(equation.rhs)) else set()
    found = named or [name for name in tensors_read(graph.equations[-1].rhs) if name in depends]
    if len(found) != 1 or graph.tensors[found[0]].role == "parameter":
        message = f"the Gauss-Newton matrix is of a loss of one array of predictions, but {graph.loss.name} is one of "
        help = "give what is predicted a line of its own, and let the loss read that and data alone"
        raise UnsupportedError(message + (" and ".join(sorted(found)) or "none"), help=help)
    return found[0]


def _checked(derivation: Derivation, wrt: Sequence[str] | None) -> tuple[str, ...]:
    known = [tensor.name for tensor in derivation.graph.parameters]
    for name in wrt or ():
        if name not in known:
            raise UnknownNameError(f"there is no gradient for {name!r}", help=did_you_mean(name, known))
    return tuple(wrt) if wrt is not None else tuple(known)


def _second_name(name: str, taken: Collection[str] = ()) -> str:
    """The adjoint of a tensor in the second pass: Hv_W1 for a parameter W1, as for all else."""
    del taken
    return f"Hv_{name}"


def _directional(derivation: Derivation, names: Iterable[str]) -> Graph:
    """The graph of g = Σ ∂E/∂w · v: forward equations, then adjoint equations, then g."""
    graph = derivation.graph
    total: list[Expr] = []
    tensors = dict(graph.tensors)
    tensors |= {name: replace(tensor, role="hidden") for name, tensor in derivation.tensors.items()}
    for name in names:
        tensor = graph.tensors[name]
        if name not in derivation.adjoint_of:
            continue
        tensors[f"v_{name}"] = Tensor(f"v_{name}", "constant", tensor.indices, label=f"v_{name}")
        gradient = Read(derivation.adjoint_of[name], *tensor.indices)
        total.append(Total(gradient * Read(f"v_{name}", *tensor.indices), *tensor.indices))
    tensors[graph.loss.name] = replace(graph.loss, role="hidden")
    tensors[DIRECTIONAL] = Tensor(DIRECTIONAL, "loss")
    # In the forms that code has: δ = softmax(z) - t has simpler derivatives than Σ ∂E/∂a · ∂a/∂z, and finite ones.
    before = (*graph.equations, *derivation.adjoints)
    known = kinds(*(equation.rhs for equation in before))
    forms = zip(before, to_derive(before, {equation.tensor for equation in derivation.adjoints}), strict=True)
    kept = (new if new is old or is_formula(new.rhs, known) else old for old, new in forms)
    equations = (*kept, Equation(DIRECTIONAL, (), sp.Add(*total)))
    return replace(graph, tensors=tensors, equations=_needed(equations), rows=())


def _needed(equations: tuple[Equation, ...]) -> tuple[Equation, ...]:
    """The equations without which the last cannot be computed; an adjoint that was put into another is left out."""
    due = needed({equation.tensor: equation for equation in equations}, [equations[-1].tensor])
    return tuple(equation for equation in equations if equation.tensor in due)


def _for_each(
    equations: Sequence[Equation], vector: str, entry: tuple[Index, ...], result: str
) -> tuple[Equation, ...]:
    """The equations for every unit vector at once; what is a delta itself is put into its readers and is gone."""
    depends = {vector, result}
    while more := {e.tensor for e in equations if depends & set(tensors_read(e.rhs))} - depends:
        depends |= more
    units: dict[str, Unit] = {vector: lambda places: sp.Mul(*map(Delta, places, entry))}
    made: list[Equation] = []
    for equation in equations:
        lifted = _with_entry(equation, entry, depends, units) if equation.tensor in depends else equation
        deltas = all(isinstance(factor, Delta) for factor in sp.Mul.make_args(lifted.rhs))
        if equation.tensor in depends and deltas and equation.tensor != result:
            units[equation.tensor] = _unit(equation.indices, lifted.rhs)
        else:
            made.append(lifted)
    return tuple(made)


def _unit(indices: tuple[Index, ...], rhs: Expr) -> Unit:
    return lambda places: rhs.xreplace(dict(zip(indices, places, strict=True)))


def _with_entry(equation: Equation, entry: tuple[Index, ...], depends: set[str], units: Mapping[str, Unit]) -> Equation:
    table: dict[Expr, Expr] = {}
    for read in reads(equation.rhs):
        if read.tensor in units:
            table[read] = units[read.tensor](read.indices)
        elif read.tensor in depends:
            table[read] = Read(read.tensor, *entry, *read.indices)
    indices = (*entry, *equation.indices)
    return Equation(equation.tensor, indices, collect(equation.rhs.xreplace(table), indices))


def _tangent(derivation: Derivation, equation: Equation, names: Sequence[str]) -> Equation | None:
    """How a tensor moves when the parameters move along v: Σ over what it reads of ∂tensor/∂read · its own motion."""
    addends = []
    for read in tensors_read(equation.rhs):
        local = derivation.partials.get((equation.tensor, read))
        if local is None:
            continue
        motion = f"v_{read}" if read in names else f"Jv_{read}"
        if read in {tensor.name for tensor in derivation.graph.parameters} and read not in names:
            continue
        addends.append(summed(Read(motion, *local.at) * local.value, local.at))
    if not addends:
        return None
    return Equation(f"Jv_{equation.tensor}", equation.indices, tidy(sp.Add(*addends), equation.indices))


def _curvature(graph: Graph, output: str) -> Equation:
    """∂²E/∂y² times the motion of y."""
    tensor = graph.tensors[output]
    first = partial(graph.equations[-1], tensor)
    own = tuple(index for index in tensor.indices)
    gradient = Equation("@gradient", own, first.value.xreplace(dict(zip(first.at, own, strict=True))))
    second = partial(gradient, tensor)
    rhs = summed(second.value * Read(f"Jv_{output}", *second.at), second.at)
    return Equation("@curvature", own, tidy(rhs, own))


def _seeded(graph: Graph, output: str) -> Equation:
    """A loss whose gradient by the output is any given u."""
    tensor = graph.tensors[output]
    body = Read("u", *tensor.indices) * Read(output, *tensor.indices)
    return Equation(graph.loss.name, (), Total(body, *tensor.indices))


def _put(expr: Expr, known: dict[str, tuple[tuple[Index, ...], Expr]]) -> Expr:
    table = {}
    for read in reads(expr):
        if read.tensor in known:
            indices, value = known[read.tensor]
            fresh = Fresh()
            bound = {i for node in sp.preorder_traversal(value) for i in getattr(node, "bound", ())}
            apart = value.xreplace({index: fresh.like(index) for index in bound})
            table[read] = apart.xreplace(dict(zip(indices, read.indices, strict=True)))
    return tidy(expr.xreplace(table), [i for i in indices_of(expr) if i in expr.free_symbols])
