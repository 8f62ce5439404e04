"""One layer of a network and the tensors it reads → its parameters and equations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy import Expr

from symbackprop.arrays.lifting import SAMPLES
from symbackprop.arrays.rows import is_array_row, row_statements
from symbackprop.binding import bind, elementwise, size, size_expression, with_constants
from symbackprop.catalog import Layer, Option, Parameter
from symbackprop.errors import LanguageError, ShapeError
from symbackprop.expressions import Index, Read, reads, tensors_read
from symbackprop.graph import Equation, Tensor
from symbackprop.language import Statement, parse_equations, place_in
from symbackprop.network.shapes import of_rank

if TYPE_CHECKING:
    from symbackprop.network import LayerSpec, Network

LETTERS = {0: "", 1: "i", 2: "ti", 3: "pqi", 4: "pqri"}


def letters(rank: int) -> str:
    """The letters in which an array with so many axes is defined."""
    return LETTERS.get(rank, "pqrtuvwi"[-rank:])


def exact(value: Any) -> Expr:
    """The value of an option as an exact number."""
    number = Fraction(str(int(value) if isinstance(value, bool) else value))
    return sp.Rational(number.numerator, number.denominator)


def option_values(options: Mapping[str, Option], chosen: Mapping[str, Any]) -> dict[str, Expr]:
    """The value of every option of a row, the chosen one or its default; the words of a choice are 1 or 0."""
    values: dict[str, Expr] = {}
    for key, value in ({key: option.default for key, option in options.items()} | dict(chosen)).items():
        words = options[key].choices if key in options else ()
        values |= {word: sp.Integer(word == value) for word in words}
        if value is not None:
            values[key] = sp.S.Zero if value in words else size(value) if isinstance(value, str) else exact(value)
    return values


class Layering:
    """Writes one layer down.

    Args:
        network: Gives the layer's row and the formulas that equations may call.
        number: The layer's number, from 1.
        spec: What the user wrote of it.
        sources: The tensors it reads, in the order of the row's inputs.
        earlier: The tensors before it by name, for parameters that are tied to one of them.

    Raises:
        ShapeError: The tensors do not have the axes that the row's equations need.
    """

    def __init__(
        self,
        network: Network,
        number: int,
        spec: LayerSpec,
        sources: Sequence[Tensor],
        earlier: Mapping[str, Tensor] | None = None,
    ) -> None:
        self.earlier = earlier or {}
        self.network = network
        self.number = number
        self.spec = spec
        self.row: Layer = network.layer_row(spec)
        self.formals: dict[str, Tensor] = dict(zip(self.row.inputs, sources, strict=False))
        if len(sources) != len(self.row.inputs):
            reads = len(self.row.inputs)
            raise ShapeError(f"layer {number} ({self.row.name}) reads {reads} tensors, got {len(sources)}")
        self.known = self._known_sizes()
        self.letters: dict[str, Expr] = {}
        if is_array_row(self.row.equations):
            self.statements, self.letters = self._from_arrays()
        else:
            self.statements = _parsed(self.row.equations, network.formulas)
        self._refuse_names_given_twice()
        self.leading = self._leading()

    def name(self, formal: str) -> str:
        """What a formal name of the row is called in the network: `W` → `W2`, or `lstm_Wf` in a layer called lstm."""
        return self.spec.tensor_name(self.number, formal)

    def _refuse_names_given_twice(self) -> None:
        parameters = (parameter.name for parameter in self.row.parameters)
        names = [*self.row.inputs, *parameters, *(statement.tensor for statement in self.statements)]
        for name in names:
            if names.count(name) > 1:
                raise LanguageError(
                    f"{name!r} is given twice in layer type {self.row.name!r}",
                    code="SB023",
                    help="inputs, parameters and what each equation defines need names of their own",
                )

    def _known_sizes(self) -> dict[str, Expr]:
        """Every number that the row's equations and shapes may name: options, sizes of inputs, derived sizes."""
        known = option_values(self.row.options, self.spec.options)
        for formal, axes in self.row.inputs.items():
            tensor = self.formals[formal]
            own = [index for index in tensor.indices if (index.name, index.size) != ("s", SAMPLES)]
            if len(own) < len(axes):
                raise ShapeError(
                    f"layer {self.number} ({self.row.name}) needs an input with {len(axes)} axes ({', '.join(axes)}), "
                    f"{tensor.name} has {len(own)}",
                    help=of_rank(self.row, tuple(str(index.size) for index in own), axes),
                )
            for axis, index in zip(axes, tensor.indices[len(tensor.indices) - len(axes) :], strict=True):
                if known.setdefault(axis, index.size) != index.size:
                    label = f"layer {self.number} ({self.row.name})"
                    raise ShapeError(f"{label} needs {axis} = {known[axis]}, got {index.size}")
        for derived, text in self.row.sizes.items():
            known[derived] = size_expression(text, known)
        return known

    def _from_arrays(self) -> tuple[list[Statement], dict[str, Expr]]:
        """The statements of a row in array notation, and how far their letters run."""
        shapes = {formal: tuple(self.known[axis] for axis in axes) for formal, axes in self.row.inputs.items()}
        for parameter in self.row.parameters:
            shapes[parameter.name] = tuple(size_expression(text, self.known) for text in parameter.shape)
        constants = {name: value for name, value in self.known.items() if name not in shapes}
        ranges = {letter: size_expression(text, self.known) for letter, text in self.row.ranges.items()}
        return row_statements(self.row.equations, shapes, constants, elementwise(self.network.formulas), ranges)

    def _leading(self) -> tuple[Index, ...]:
        """The axes, samples first, that inputs have beyond those the row gives them."""
        found = (self.formals[formal].indices[: -len(axes) or None] for formal, axes in self.row.inputs.items())
        return max(found, key=len)

    def parameters(self) -> Iterator[Tensor]:
        """The parameters; one that is left out or shared changes how the equations read it."""
        for parameter in self.row.parameters:
            shape = tuple(size_expression(text, self.known) for text in parameter.shape)
            if parameter.file_key in self.spec.tie:
                self.formals[parameter.name] = self._tied(parameter, shape)
            elif (tensor := self._parameter(parameter, shape)) is not None:
                self.formals[parameter.name] = tensor
                yield tensor

    def _tied(self, parameter: Parameter, shape: tuple[Expr, ...]) -> Tensor:
        """The parameter of an earlier layer that stands for one of this layer."""
        number, key = self.network.tied(self.number, parameter.file_key)
        other = self.network.layers[number - 1]
        formal = next(p.name for p in self.network.layer_row(other).parameters if p.file_key == key)
        tensor = self.earlier[other.tensor_name(number, formal)]
        if tensor.shape != shape:
            needed, found = (" x ".join(map(str, sizes)) for sizes in (shape, tensor.shape))
            raise ShapeError(
                f"layer {self.number} needs {parameter.file_key} of shape {needed}, {tensor.name} has {found}"
            )
        return tensor

    def _parameter(self, parameter: Parameter, shape: tuple[Expr, ...]) -> Tensor | None:
        key = parameter.file_key
        value, names = self.spec.values.get(key), self.spec.names.get(key)
        if value is False:
            self._reread(parameter.name, lambda read: sp.Integer(parameter.neutral))
            return None
        shared = len(shape) == 1 and (isinstance(names, str) or _is_scalar(value))
        if shared:
            self._reread(parameter.name, lambda read: Read(read.tensor))
        chosen = self.network.training.initializer if len(shape) > 1 else ""
        return Tensor(
            self.name(parameter.name),
            "parameter",
            () if shared else self._letters(parameter.name, shape),
            value=value,
            trainable=self.spec.is_trainable(key),
            label=parameter.name,
            layer=self.number,
            names=names,
            initializer=self.spec.initializer_of(key) or chosen or parameter.initializer,
        )

    def _reread(self, name: str, change: Any) -> None:
        """Change every read of one formal name."""
        for number, statement in enumerate(self.statements):
            table = {read: change(read) for read in reads(statement.rhs) if read.tensor == name}
            rhs = statement.rhs.xreplace(table)
            self.statements[number] = Statement(statement.tensor, statement.indices, rhs, statement.text)

    def _letters(self, name: str, shape: tuple[Expr, ...]) -> tuple[Index, ...]:
        """The letters in which the row first reads a parameter become the letters in which it is defined."""
        for statement in self.statements:
            for read in reads(statement.rhs):
                if read.tensor == name and len(read.indices) != len(shape):
                    raise ShapeError(
                        f"{name} has {len(shape)} axes, but is read as {read}",
                        help="its shape and its indices must agree in number",
                        **place_in(statement.text, name),
                    )
                # A diagonal, W[j, j], names one axis twice: letters of the definition are different.
                apart = len(set(read.indices)) == len(read.indices)
                if read.tensor == name and apart and all(isinstance(index, Index) for index in read.indices):
                    return tuple(Index(i.name, length) for i, length in zip(read.indices, shape, strict=True))
        return tuple(Index(letter, length) for letter, length in zip(letters(len(shape)), shape, strict=True))

    def equations(self) -> Iterator[Equation]:
        """The equations, bound to the network's tensors."""
        ranges = {letter: size_expression(text, self.known) for letter, text in self.row.ranges.items()}
        ranges = self.letters or ranges
        statements = [with_constants(statement, self.known) for statement in self.statements]
        self.formals |= {tensor.label: tensor for tensor in self._ahead(statements, ranges)}
        for statement in statements:
            equation = bind(statement, self.formals, self.name(statement.tensor), ranges)
            self.formals[statement.tensor] = Tensor(equation.tensor, "hidden", equation.indices)
            yield equation

    def _ahead(self, statements: Iterable[Statement], ranges: Mapping[str, Expr]) -> Iterator[Tensor]:
        """Tensors that are read before the statement that defines them, as in a recurrence; ranges tell their sizes."""
        read: set[str] = set()
        for statement in statements:
            read |= set(tensors_read(statement.rhs))
            if statement.tensor in read and statement.tensor not in self.formals:
                missing = [index.name for index in statement.indices if index.name not in ranges]
                if missing:
                    message = (
                        f"{statement.tensor} is read before it is defined, and the size of its index {missing[0]!r}"
                    )
                    raise ShapeError(
                        f"{message} is unknown",
                        code="SB031",
                        help=f'declare it: ranges = {{ {missing[0]} = "n" }}',
                        **place_in(statement.text, missing[0], bracketed=True),
                    )
                own = tuple(Index(index.name, ranges[index.name]) for index in statement.indices)
                yield Tensor(self.name(statement.tensor), "hidden", (*self.leading, *own), label=statement.tensor)


def _parsed(equations: str, formulas: tuple[tuple[str, str], ...]) -> list[Statement]:
    key = (equations, formulas)
    if key not in _PARSED:
        _PARSED[key] = parse_equations(equations, elementwise(formulas))
    return list(_PARSED[key])


_PARSED: dict[tuple[str, tuple[tuple[str, str], ...]], tuple[Statement, ...]] = {}


def _is_scalar(value: Any) -> bool:
    """Whether a value is one number: a bool says that there is none, or that there are symbols."""
    return value is not None and not isinstance(value, bool | tuple | list | str) and getattr(value, "ndim", 0) == 0
