"""Network → Graph: the equations of every layer, activation and loss, over all samples, in topological order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy import Expr, Symbol

from symbackprop.binding import Size, bind, elementwise, formula_statement, size, with_constants
from symbackprop.expressions import Index, Read, Total, reads
from symbackprop.forward.layers import Layering, exact, letters, option_values
from symbackprop.graph import Equation, Fact, Graph, Role, Tensor
from symbackprop.language import parse_equations

if TYPE_CHECKING:
    from symbackprop.network import LayerSpec, Network

SAMPLES = Symbol("N", integer=True, positive=True)
SAMPLE = Index("s", SAMPLES)
# A distribution sums to 1; so does a one-hot target, whose entries are 0 and 1 besides.
FACTS: Mapping[str | None, tuple[Fact, ...]] = {
    None: (),
    "distribution": (Fact("sums_to_one"),),
    "one_hot": (Fact("one_hot"), Fact("sums_to_one")),
}


def forward(network: Network) -> Graph:
    """Write a network down as indexed equations.

    Args:
        network: A validated description.

    Returns:
        The graph: inputs, parameters, one equation per layer and activation, the loss last. Tensors that depend on an
        input have the sample index s first, unless the network is given one single sample.

    Raises:
        LanguageError, ShapeError, UnknownNameError: A row's equations do not fit the network.
    """
    builder = _Builder(network)
    for name, shape in network.input_shapes.items():
        builder.add_input(name, shape)
    for number, layer in enumerate(network.layers, 1):
        builder.add_layer(number, layer)
    builder.add_loss()
    return builder.graph()


class _Builder:
    def __init__(self, network: Network) -> None:
        self.network = network
        self.tensors: dict[str, Tensor] = {}
        self.equations: list[Equation] = []
        self.rows: list[str] = []
        self.outputs: dict[str | int, str] = {}
        sample = network.sample
        self.batch = () if sample is not None and sample.single else (SAMPLE,)
        self.sizes = {SAMPLES: len(sample.rows[0])} if sample is not None and self.batch else {}

    def graph(self) -> Graph:
        """The graph of what was added."""
        places = {
            inner.tensor
            for equation in self.equations
            for read in reads(equation.rhs)
            for index in read.indices
            for inner in index.atoms(Read)
        }
        for name in places:
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

    def add_loss(self) -> None:
        """Add the target and the loss of all samples, the last equation."""
        network = self.network
        row = network.loss_row
        output = self.tensors[self.outputs[len(network.layers)]]
        self.tensors[output.name] = prediction = replace(output, role="prediction")
        facts = FACTS[network.target_fact]
        target = Tensor("t", "target", prediction.indices, value=self._sample_value(1), facts=facts, label="t")
        self.tensors["t"] = target
        (statement,) = parse_equations(row.equations, elementwise(network.formulas))
        constants = {key: exact(option.default) for key, option in row.options.items()}
        constants |= {key: exact(value) for key, value in network.loss.options.items()}
        single = bind(with_constants(statement, constants), {"y": prediction, "t": target}, "E")
        rhs = _over_samples(single.rhs, single.indices, network.loss.reduction)
        self.define(Equation("E", (), rhs), row.name, 0, role="loss")


def _over_samples(rhs: Expr, leading: tuple[Index, ...], reduction: str) -> Expr:
    """The loss of all samples from that of one: constants stand before the sum."""
    if not leading:
        return rhs
    inside = sp.Mul(*(f for f in sp.Mul.make_args(rhs) if f.free_symbols & set(leading)))
    total = rhs / inside * Total(inside, *leading)
    return total / sp.Mul(*(index.size for index in leading)) if reduction == "mean" else total
