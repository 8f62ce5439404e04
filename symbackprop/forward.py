"""Network → Graph: the equations of every layer, activation and loss, over all samples, in topological order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy import Expr, Symbol

from symbackprop.binding import Size, bind, elementwise, formula_statement, size, size_expression, with_constants
from symbackprop.expressions import Index, Read, Total, reads
from symbackprop.graph import Equation, Fact, Graph, Role, Tensor
from symbackprop.language import Statement, parse_cached, parse_equations

if TYPE_CHECKING:
    from symbackprop.network import LayerSpec, Network

SAMPLES = Symbol("N", integer=True, positive=True)
SAMPLE = Index("s", SAMPLES)
LETTERS = {0: "", 1: "i", 2: "pi", 3: "pqi", 4: "pqri"}


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
        self.output = ""
        sample = network.sample
        self.batch = () if sample is not None and sample.single else (SAMPLE,)
        self.sizes = {SAMPLES: len(sample.rows[0])} if sample is not None and self.batch else {}

    def graph(self) -> Graph:
        return Graph(self.network.name, self.tensors, tuple(self.equations), self.sizes, tuple(self.rows))

    def add_input(self, name: str, shape: tuple[Size, ...]) -> None:
        indices = tuple(Index(letter, size(length)) for letter, length in zip(LETTERS[len(shape)], shape, strict=True))
        names = self.network.input_names.get(name)
        value = self._sample_value(0)
        self.tensors[name] = Tensor(name, "input", (*self.batch, *indices), value=value, names=names, label=name)
        self.output = name

    def _sample_value(self, side: int) -> Any:
        sample = self.network.sample
        if sample is None:
            return None
        rows = sample.rows[side]
        return rows[0] if sample.single else rows

    def define(self, equation: Equation, row: str, layer: int, role: Role = "hidden") -> None:
        """Add an equation and the tensor that it defines."""
        self.equations.append(equation)
        self.rows.append(row)
        self.tensors[equation.tensor] = Tensor(
            equation.tensor, role, equation.indices, layer=layer, label=equation.tensor
        )
        self.output = equation.tensor

    def add_layer(self, number: int, spec: LayerSpec) -> None:
        row = self.network.layer_row(spec)
        statements = parse_cached(row.equations)
        source = self.tensors[self.output]
        ((formal_input, axes),) = row.inputs.items()
        known = {axis: index.size for axis, index in zip(axes, source.indices[-len(axes) :], strict=True)}
        known |= {key: size(value) for key, value in spec.options.items() if row.options[key].kind == "size"}
        constants = {key: _number(value) for key, value in spec.options.items() if row.options[key].kind != "size"}
        ranges = {letter: size_expression(text, known) for letter, text in row.ranges.items()}
        formals = {formal_input: source}
        for parameter in row.parameters:
            shape = tuple(size_expression(text, known) for text in parameter.shape)
            statements = self._add_parameter(number, spec, parameter, shape, statements, formals)
        for statement in statements:
            name = f"{statement.tensor}{number}"
            self.define(bind(with_constants(statement, constants), formals, name, ranges), row.name, number)
            formals[statement.tensor] = self.tensors[name]
        if spec.activation is not None and spec.activation.type != "linear":
            self._add_activation(number, spec)

    def _add_parameter(
        self,
        number: int,
        spec: LayerSpec,
        parameter: Any,
        shape: tuple[Expr, ...],
        statements: tuple[Statement, ...],
        formals: dict[str, Tensor],
    ) -> tuple[Statement, ...]:
        """Add one parameter, or what stands for it: a scalar shared by the layer, or nothing."""
        key = parameter.file_key
        value = spec.values.get(key)
        if value is False:
            return tuple(_reread(statement, parameter.name, lambda read: sp.S.Zero) for statement in statements)
        names = spec.names.get(key)
        shared = len(shape) == 1 and (isinstance(names, str) or _is_number(value))
        if shared:
            statements = tuple(
                _reread(statement, parameter.name, lambda read: Read(read.tensor)) for statement in statements
            )
        indices = () if shared else _letters(statements, parameter.name, shape)
        tensor = Tensor(
            f"{parameter.name}{number}",
            "parameter",
            indices,
            value=None if value is True else value,
            trainable=spec.is_trainable(key),
            label=parameter.name,
            layer=number,
            names=names,
            initializer=spec.initializer_of(key) or self._initializer(parameter),
        )
        self.tensors[tensor.name] = formals[parameter.name] = tensor
        return statements

    def _initializer(self, parameter: Any) -> str:
        chosen = self.network.training.initializer
        return chosen if chosen and len(parameter.shape) > 1 else str(parameter.initializer)

    def _add_activation(self, number: int, spec: LayerSpec) -> None:
        assert spec.activation is not None
        row = self.network.activation_row(spec.activation.type)
        statement = formula_statement("a", row.formula, self.network.formulas)
        constants = {key: _number(option.default) for key, option in row.options.items()}
        constants |= {key: _number(value) for key, value in spec.activation.options.items()}
        formals = {"z": self.tensors[self.output]}
        self.define(bind(with_constants(statement, constants), formals, f"a{number}"), row.name, number)

    def add_loss(self) -> None:
        network = self.network
        row = network.loss_row
        output = self.tensors[self.output]
        self.tensors[output.name] = prediction = _with_role(output, "prediction")
        kind = network.target_fact
        facts = (
            tuple(Fact(name) for name in ("one_hot", "sums_to_one") if kind == "one_hot" or name == "sums_to_one")
            if kind
            else ()
        )
        target = Tensor("t", "target", prediction.indices, value=self._sample_value(1), facts=facts, label="t")
        self.tensors["t"] = target
        (statement,) = parse_equations(row.equations, elementwise(network.formulas))
        constants = {key: _number(option.default) for key, option in row.options.items()}
        constants |= {key: _number(value) for key, value in network.loss.options.items()}
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


def _with_role(tensor: Tensor, role: Role) -> Tensor:
    return Tensor(**{**{name: getattr(tensor, name) for name in tensor.__dataclass_fields__}, "role": role})


def _number(value: Any) -> Expr:
    """An option's value as an exact number."""
    from fractions import Fraction

    exact = Fraction(str(value))
    return sp.Rational(exact.numerator, exact.denominator)


def _is_number(value: Any) -> bool:
    return value is not None and not isinstance(value, bool | tuple | list | str) and not hasattr(value, "shape")


def _reread(statement: Statement, name: str, change: Any) -> Statement:
    """Change every read of one formal name."""
    table = {read: change(read) for read in reads(statement.rhs) if read.tensor == name}
    return Statement(statement.tensor, statement.indices, statement.rhs.xreplace(table), statement.text)


def _letters(statements: tuple[Statement, ...], name: str, shape: tuple[Expr, ...]) -> tuple[Index, ...]:
    """The letters in which a row first reads a parameter become the letters in which it is defined."""
    for statement in statements:
        for read in reads(statement.rhs):
            if read.tensor == name and all(isinstance(index, Index) for index in read.indices):
                return tuple(Index(i.name, length) for i, length in zip(read.indices, shape, strict=True))
    return tuple(Index(letter, length) for letter, length in zip(LETTERS[len(shape)], shape, strict=True))
