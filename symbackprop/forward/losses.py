"""What a network is scored by → equations: each loss of one sample, its samples combined, and what parameters cost."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy import Expr

from symbackprop.arrays.rows import is_array_row, row_statements
from symbackprop.binding import bind, elementwise, formula_statement, size_expression, with_constants
from symbackprop.errors import LanguageError, ShapeError
from symbackprop.expressions import Index, Total, tensors_read
from symbackprop.forward.layers import exact, option_values
from symbackprop.graph import Equation, Fact, Tensor
from symbackprop.language import Statement, parse_equations, place_in

if TYPE_CHECKING:
    from symbackprop.catalog import Regularizer
    from symbackprop.network import LossSpec, Network

# A distribution sums to 1; so does a one-hot target, whose entries are 0 and 1 besides.
FACTS: Mapping[str | None, tuple[Fact, ...]] = {
    None: (),
    "distribution": (Fact("sums_to_one"),),
    "one_hot": (Fact("one_hot"), Fact("sums_to_one")),
}


class Scoring:
    """Writes one loss down.

    Args:
        network: Gives the row of the loss and the formulas that equations may call.
        spec: What the user wrote of it.
        prediction: The tensor that it scores.

    Raises:
        ShapeError: The prediction does not have the axes that the row's equations need.
    """

    def __init__(self, network: Network, spec: LossSpec, prediction: Tensor) -> None:
        self.network = network
        self.spec = spec
        self.row = network.loss_row_of(spec)
        self.prediction = prediction
        self.known = option_values(self.row.options, spec.options)
        if prediction.indices:
            self.known["n"] = prediction.indices[-1].size
            self.known |= {name: size_expression(text, self.known) for name, text in self.row.sizes.items()}
        self.ranges = {letter: size_expression(text, self.known) for letter, text in self.row.ranges.items()}

    @property
    def target_name(self) -> str:
        """What its target is called; empty if it reads none."""
        return "" if self.row.shape is None else self.spec.target or "t"

    def target(self, value: Any) -> Tensor:
        """The target that its equations need."""
        assert self.row.shape is not None
        facts = FACTS[self.network.fact_of(self.target_name)]
        indices = self.prediction.indices
        if self.row.shape != ("n",):
            sizes = [size_expression(text, self.known) for text in self.row.shape]
            letters = iter([index.name for index in indices[-1:]] + list("jklmpq"))
            indices = (*indices[:-1], *(Index(next(letters), size) for size in sizes))
            facts = ()
        return Tensor(self.target_name, "target", indices, value=value, facts=facts, label=self.target_name)

    def _target_shape(self, target: Tensor) -> tuple[Expr, ...]:
        """The shape of a target, without the axes that the prediction has beyond its last."""
        return target.shape[len(self.prediction.indices) - 1 :]

    def fits(self, target: Tensor) -> None:
        """Refuse a target of another loss, or an input taken as target, that has another shape.

        Raises:
            ShapeError: It has.
        """
        needed, found = self.target(None).shape, target.shape
        if needed != found:
            raise ShapeError(
                f"the loss {self.row.name} of {self.prediction.name} needs a target of shape {_times(needed)}, "
                f"{target.name} has {_times(found)}"
            )

    def equations(self, target: Tensor | None, name: str, taken: Container[str]) -> Iterator[Equation]:
        """Its equations over all samples; the last one defines `name`.

        Args:
            target: The tensor that the equations call t.
            name: What the loss is called.
            taken: Names that the tensors before it cannot have.
        """
        formals = {"y": self.prediction} | ({} if target is None else {"t": target})
        functions = elementwise(self.network.formulas)
        if is_array_row(self.row.equations):
            shapes = {"y": self.prediction.shape[-1:]} | ({} if target is None else {"t": self._target_shape(target)})
            constants = {key: value for key, value in self.known.items() if key not in shapes}
            statements, letters = row_statements(self.row.equations, shapes, constants, functions)
            self.ranges = {**self.ranges, **letters}
        else:
            statements = list(parse_equations(self.row.equations, functions))
        _refuse_no_loss(self.row.name, statements)
        *before, last = statements
        for statement in before:
            equation = bind(with_constants(statement, self.known), formals, free(statement.tensor, taken), self.ranges)
            formals[statement.tensor] = Tensor(equation.tensor, "hidden", equation.indices)
            yield equation
        single = bind(with_constants(last, self.known), formals, name, self.ranges)
        yield Equation(name, (), over_samples(single.rhs, single.indices, self.spec.reduction))


def _refuse_no_loss(name: str, statements: Sequence[Statement]) -> None:
    last = statements[-1]
    if last.indices:
        letters = ", ".join(index.name for index in last.indices)
        raise LanguageError(
            f"the loss {name!r} has a value for each {letters}, but a loss is one number for a sample",
            code=LanguageError.LOOSE,
            help=f"write E = sum(..., {letters}) or E = mean(..., {letters})",
            **place_in(last.text, last.indices[0].name, bracketed=True),
        )
    if not any("y" in tensors_read(statement.rhs) for statement in statements):
        raise LanguageError(
            f"the loss {name!r} does not read the prediction",
            help="y[j] is the prediction, t[j] the target",
            text=last.text,
            column=1,
            length=len(last.text),
        )


def over_samples(rhs: Expr, leading: tuple[Index, ...], reduction: str) -> Expr:
    """The loss of all samples from that of one: constants stand before the sum."""
    if not leading:
        return rhs
    inside = sp.Mul(*(f for f in sp.Mul.make_args(rhs) if f.free_symbols & set(leading)))
    total = rhs / inside * Total(inside, *leading)
    return total / sp.Mul(*(index.size for index in leading)) if reduction == "mean" else total


def penalty(row: Regularizer, options: Mapping[str, Any], parameter: Tensor, name: str) -> Equation:
    """What a parameter costs: the regulariser's formula, summed over all elements."""
    statement = with_constants(formula_statement("R", row.formula), option_values(row.options, options))
    each = bind(statement, {"w": parameter}, name)
    return Equation(name, (), over_samples(each.rhs, each.indices, "sum"))


def free(name: str, taken: Container[str]) -> str:
    """The name, or the first of name_1, name_2, … that is not taken.

    Example:
        >>> free("r", {"r", "r_1"})
        'r_2'
    """
    if name not in taken:
        return name
    return next(f"{name}_{n}" for n in count(1) if f"{name}_{n}" not in taken)


def weighted(weight: Any, value: Expr) -> Expr:
    """A loss times its weight."""
    return exact(weight) * value


def _times(shape: tuple[Expr, ...]) -> str:
    return " x ".join(map(str, shape)) or "a single number"
