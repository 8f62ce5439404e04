"""Network → Graph: the equations of every layer, activation and loss, over all samples, in topological order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy import Expr, Symbol

from symbackprop.arrays import lift
from symbackprop.binding import Size, bind, formula_statement, size, with_constants
from symbackprop.errors import SymbackpropError
from symbackprop.expressions import Index, Read, places_read
from symbackprop.forward.given import check_given
from symbackprop.forward.layers import Layering, letters, option_values
from symbackprop.forward.losses import Scoring, free, penalty, weighted
from symbackprop.graph import Equation, Fact, Graph, Role, Tensor
from symbackprop.network.equations import Equations

if TYPE_CHECKING:
    from symbackprop.network import LayerSpec, LossSpec, Network

SAMPLES = Symbol("N", integer=True, positive=True)
SAMPLE = Index("s", SAMPLES)


def forward(network: Network | Equations) -> Graph:
    """Write a network down as indexed equations.

    Args:
        network: A validated description, of layers or of equations alone.

    Returns:
        The graph: inputs, parameters, one equation per layer and activation, the loss last. Tensors that depend on an
        input have the sample index s first, unless the network is given one single sample.

    Raises:
        LanguageError, ShapeError, UnknownNameError: A row's equations do not fit the network.
        InputError: A given label or token is none of its classes.
    """
    graph = (network.graph or lift(network)) if isinstance(network, Equations) else _of_layers(network)
    check_given(graph, network)
    return graph


def _of_layers(network: Network) -> Graph:
    builder = _Builder(network)
    for name, shape in network.input_shapes.items():
        builder.add_input(name, shape)
    for number, layer in enumerate(network.layers, 1):
        with _about(("layers", number - 1), f"layer {number} ({layer.name or layer.type})"):
            builder.add_layer(number, layer)
    builder.add_losses()
    return builder.graph()


@contextmanager
def _about(path: tuple[str | int, ...], what: str) -> Iterator[None]:
    """Say in a message which part of the network it is about."""
    try:
        yield
    except SymbackpropError as error:
        raise error.about(path, what) from None


class _Builder:
    def __init__(self, network: Network) -> None:
        self.network = network
        self.tensors: dict[str, Tensor] = {}
        self.equations: list[Equation] = []
        self.rows: list[str] = []
        self.outputs: dict[str | int, str] = {}
        sample = network.sample
        self.batch = () if sample is not None and sample.single else (SAMPLE,)
        self.sizes = {size(name): value for name, value in network.sizes.items()}
        if sample is not None and self.batch:
            self.sizes[SAMPLES] = len(sample.rows[0])

    def graph(self) -> Graph:
        """The graph of what was added."""
        for name in {name for equation in self.equations for name in places_read(equation.rhs)}:
            self.tensors[name] = replace(self.tensors[name], facts=(Fact("integer"),))
        return Graph(self.network.name, self.tensors, tuple(self.equations), self.sizes, tuple(self.rows))

    def add_input(self, name: str, shape: tuple[Size, ...]) -> None:
        """Add one input, with its worked sample if there is one."""
        indices = tuple(Index(letter, size(length)) for letter, length in zip(letters(len(shape)), shape, strict=True))
        names = self.network.input_names.get(name)
        value = self._sample_value(0, name)
        self.tensors[name] = Tensor(name, "input", (*self.batch, *indices), value=value, names=names, label=name)
        self.outputs[name] = name

    def _sample_value(self, side: int, name: str = "") -> Any:
        sample = self.network.sample
        if sample is None:
            return None
        rows = [row[name] if isinstance(row, Mapping) else row for row in sample.rows[side]]
        return rows[0] if sample.single else tuple(rows)

    def define(self, equation: Equation, row: str, layer: int, role: Role = "hidden") -> None:
        """Add an equation and the tensor that it defines."""
        self.equations.append(equation)
        self.rows.append(row)
        name = equation.tensor
        self.tensors[name] = Tensor(name, role, equation.indices, layer=layer, label=name)

    def add_layer(self, number: int, spec: LayerSpec) -> None:
        """Add the parameters, equations and activation of one layer."""
        sources = [self.tensors[self.outputs[source]] for source in self.network.sources(number)]
        layering = Layering(self.network, number, spec, sources, self.tensors)
        self.tensors |= {tensor.name: tensor for tensor in layering.parameters()}
        for equation in layering.equations():
            self.define(equation, layering.row.name, number)
        self.outputs[number] = self.equations[-1].tensor
        if spec.activation is not None and spec.activation.type != "linear":
            self._add_activation(number, spec, layering.name("a"))

    def _add_activation(self, number: int, spec: LayerSpec, name: str) -> None:
        assert spec.activation is not None
        row = self.network.activation_row(spec.activation.type)
        statement = formula_statement("a", row.formula, self.network.formulas)
        constants = option_values(row.options, spec.activation.options)
        formals = {"z": self.tensors[self.outputs[number]]}
        self.define(bind(with_constants(statement, constants), formals, name), row.name, number)
        self.outputs[number] = name

    def add_losses(self) -> None:
        """Add the targets, each loss over all samples, what parameters cost, and last E, the sum of all."""
        specs = self.network.loss_terms
        parts: list[Expr] = []
        for number, spec in enumerate(specs, 1):
            name = "E" if len(specs) == 1 else free(f"E{number}", self.tensors)
            path = ("loss",) if len(specs) == 1 else ("loss", number - 1)
            with _about(path, f"loss {spec.type}"):
                *before, last = self._scored(spec, name)
            for equation in before:
                self.define(equation, spec.type, 0)
            parts.append(weighted(spec.weight, last.rhs if len(specs) == 1 else Read(name)))
            if len(specs) > 1:
                self.define(last, spec.type, 0)
        parts += [Read(name) for name in self._add_penalties()]
        self.define(Equation("E", (), sp.Add(*parts)), specs[0].type if len(specs) == 1 else "sum", 0, role="loss")

    def _scored(self, spec: LossSpec, name: str) -> list[Equation]:
        """The equations of one loss, and the target it needs if there is none of that name."""
        output = self.tensors[self.outputs[self.network.scored(spec)]]
        if output.role == "hidden":
            self.tensors[output.name] = output = replace(output, role="prediction")
        scoring = Scoring(self.network, spec, output)
        target = self.tensors.get(scoring.target_name)
        if target is not None:
            scoring.fits(target)
        elif scoring.target_name:
            target = scoring.target(self._sample_value(1, scoring.target_name))
            self.tensors[target.name] = target
        return list(scoring.equations(target, name, self.tensors))

    def _add_penalties(self) -> Iterator[str]:
        """Add what parameters cost, each an equation of its own."""
        for number, spec in enumerate(self.network.layers, 1):
            for parameter in self.network.layer_row(spec).parameters:
                chosen = spec.regularizer.get(parameter.file_key)
                tensor = self.tensors.get(spec.tensor_name(number, parameter.name))
                if chosen is None or tensor is None:
                    continue
                name = free(spec.tensor_name(number, f"R{parameter.name}"), self.tensors)
                row = self.network.regularizer_row(chosen)
                self.define(penalty(row, chosen.options, tensor, name), row.name, number)
                yield name
