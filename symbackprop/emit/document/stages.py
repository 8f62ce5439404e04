"""Graph → the layers of a plain network, each with the tensors that take part in it, or nothing for other graphs."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr
from sympy import Mul as Factors

from symbackprop.expressions import Index, Peak, Total, reads, tensors_read
from symbackprop.graph import SAMPLE, Derivation, Equation, Graph, Partial, Tensor

CANCELLED = "multiply out and cancel"


@dataclass(frozen=True)
class Stage:
    """One dense layer with its activation.

    Attributes:
        number: Counted from 1.
        net: The weighted sum, z.
        weights: The matrix W.
        bias: The bias, or `None`.
        source: What the layer listens to.
        out: What it puts out; z itself where there is no activation.
        function: The activation's name, `"linear"` where there is none.
        slope: ∂a/∂z in the indices of a where the activation works on each neuron by itself.
    """

    number: int
    net: Tensor
    weights: Tensor
    bias: Tensor | None
    source: Tensor
    out: Tensor
    function: str
    slope: Expr | None

    @property
    def units(self) -> Expr:
        """The number of neurons."""
        return self.net.shape[-1]

    @property
    def linear(self) -> bool:
        """Whether the weighted sum is what the layer puts out."""
        return self.net.name == self.out.name


def stages(derivation: Derivation) -> tuple[Stage, ...]:
    """The layers of a network that is a chain of dense layers; nothing if it is anything else."""
    graph = derivation.graph
    if not _adds_samples(graph.equations[-1].rhs):
        return ()
    rows = dict(zip((equation.tensor for equation in graph.equations), graph.rows, strict=False))
    found: list[Stage] = []
    for equation in graph.equations[:-1]:
        previous = found[-1] if found else None
        if rows.get(equation.tensor) == "dense":
            stage = _dense(graph, equation, len(found) + 1)
            if stage is None or (previous is not None and stage.source.name != previous.out.name):
                return ()
            found.append(stage)
        elif previous is not None and previous.linear and _is_activation(graph, equation, previous.net):
            found[-1] = _activated(derivation, previous, equation, rows[equation.tensor])
        else:
            return ()
    return tuple(found)


def over_samples(expr: Expr) -> list[Expr]:
    """The sums and maxima that run over samples."""
    return [one for one in expr.atoms(Total, Peak) if any(index.name == SAMPLE for index in one.bound)]


def _adds_samples(loss: Expr) -> bool:
    """Whether a loss is a multiple of the sum of its samples' errors, of which each can be told about by itself."""
    mixing = over_samples(loss)
    return not mixing or [factor for factor in Factors.make_args(loss) if reads(factor)] == mixing


def _is_activation(graph: Graph, equation: Equation, net: Tensor) -> bool:
    """Whether it makes as many numbers of the net inputs, and of nothing else; a gate makes half as many."""
    return tensors_read(equation.rhs) == (net.name,) and graph.tensors[equation.tensor].shape == net.shape


def _dense(graph: Graph, equation: Equation, number: int) -> Stage | None:
    read = [graph.tensors[name] for name in tensors_read(equation.rhs)]
    weights = [tensor for tensor in read if tensor.role == "parameter" and len(tensor.indices) == 2]
    biases = [tensor for tensor in read if tensor.role == "parameter" and len(tensor.indices) < 2]
    sources = [tensor for tensor in read if tensor.role != "parameter"]
    if len(weights) != 1 or len(biases) > 1 or len(sources) != 1:
        return None
    net = graph.tensors[equation.tensor]
    return Stage(number, net, weights[0], biases[0] if biases else None, sources[0], net, "linear", None)


def _activated(derivation: Derivation, stage: Stage, equation: Equation, name: str) -> Stage:
    out = derivation.graph.tensors[equation.tensor]
    local = derivation.partials.get((out.name, stage.net.name))
    slope = None if local is None or local.slope is None else local.slope.xreplace(own_indices(local, out))
    fields = {field: getattr(stage, field) for field in ("number", "net", "weights", "bias", "source")}
    return Stage(**fields, out=out, function=name, slope=slope)


def own_indices(local: Partial, out: Tensor) -> dict[Index, Index]:
    """The indices at which an elementwise derivative is taken are those of the tensor defined."""
    return dict(zip(local.at, out.indices, strict=True)) if len(local.at) == len(out.indices) else {}


def is_product(derivation: Derivation, stage: Stage) -> bool:
    """Whether ∂E/∂z of a layer is printed as ∂E/∂a times the slope, nothing having cancelled between them."""
    name = derivation.adjoint_of[stage.net.name]
    steps = derivation.steps.get(name, ())
    return stage.slope is not None and not any(step.rule == CANCELLED for step in steps)
