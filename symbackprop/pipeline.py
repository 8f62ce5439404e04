"""Network → everything that is made of it: the only file that knows the order of the stages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from symbackprop.backward import backward
from symbackprop.display.latex import latex
from symbackprop.display.matrix import matrix_form
from symbackprop.display.reader import TensorReader
from symbackprop.emit.numpy import numpy_code
from symbackprop.errors import CheckFailedError, TooLargeError, UnknownNameError
from symbackprop.forward import forward
from symbackprop.lower import lower, lower_expression
from symbackprop.notation import notation
from symbackprop.public import public_equation
from symbackprop.simplify import simplify
from symbackprop.unroll import Scalars, chain, closed_form, unroll

if TYPE_CHECKING:
    from sympy import Eq, Expr

    from symbackprop.graph import Derivation, Graph
    from symbackprop.network import Network
    from symbackprop.program import Program
    from symbackprop.verify import Report

FORMATS = ("latex", "python", "expressions")


class Stages:
    """The stages of one network, each run when its result is first asked for.

    Attributes:
        network: What the user described.
        wrt: The tensors to derive for; `None` for every parameter.
    """

    def __init__(self, network: Network, wrt: tuple[str, ...] | None = None, notation_name: str = "standard") -> None:
        self.network = network
        self.wrt = wrt
        self.notation = notation(notation_name)

    @cached_property
    def graph(self) -> Graph:
        """The forward pass as equations."""
        return forward(self.network)

    @cached_property
    def derivation(self) -> Derivation:
        """The adjoint equations."""
        return simplify(backward(self.graph, self.wrt))

    @cached_property
    def program(self) -> Program:
        """The same as operations on arrays."""
        return lower(self.derivation)

    @cached_property
    def scalars(self) -> Scalars | None:
        """The scalar view; `None` for networks that are too large for it or have symbolic sizes."""
        from symbackprop.errors import UnsupportedError

        try:
            return unroll(self.derivation)
        except (TooLargeError, UnsupportedError):
            return None

    def needed_scalars(self) -> Scalars:
        """The scalar view, or the reason why there is none."""
        return self.scalars or unroll(self.derivation)

    @cached_property
    def reader(self) -> TensorReader:
        """How tensors are printed."""
        tensors = {**self.graph.tensors, **self.derivation.tensors}
        return TensorReader(tensors, self.notation, self.derivation.adjoint_of)

    @cached_property
    def network_hash(self) -> str:
        """SHA-256 of the description."""
        text = json.dumps(self.network.as_table(), sort_keys=True, default=str, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def statement(self, tensor: str) -> Any:
        """The array statement of ∂E/∂tensor, also where no gradient needs it."""
        from symbackprop.program import Assign

        equation = self.derivation.adjoint(tensor)
        return Assign(equation.tensor, equation.indices, lower_expression(equation.rhs), str(equation))

    def matrix_latex(self, tensor: str) -> str | None:
        """The matrix form of ∂E/∂tensor as LaTeX."""
        form = matrix_form(self.statement(tensor), self.reader)
        return None if form is None else latex(form)

    def code(self, tensor: str) -> str:
        """The array code of ∂E/∂tensor."""
        statement = self.statement(tensor)
        return numpy_code(statement.value, statement.axes)


def element_names(derivation: Derivation) -> dict[str, str]:
    """The user's own names of single elements → the tensor each belongs to."""

    def flat(names: Any) -> list[str]:
        if isinstance(names, str):
            return [names]
        return [name for part in names or () for name in flat(part)]

    return {
        name: tensor.name
        for tensor in derivation.graph.tensors.values()
        if tensor.name in derivation.adjoint_of
        for name in flat(tensor.names)
    }


def public_adjoint(derivation: Derivation, tensor: str) -> Eq:
    """An adjoint equation in SymPy's own objects."""
    equation = derivation.adjoint(tensor)
    return public_equation(equation.lhs, equation.rhs)


def scalar_names(stages: Stages, tensor: str) -> list[str]:
    """The names of a tensor's elements in the scalar view, row by row."""
    return [symbol.name for _, symbol in sorted(stages.needed_scalars().elements[tensor].items())]


def chain_of(stages: Stages, name: str) -> Expr:
    """The unevaluated chain rule of one scalar."""
    return chain(stages.needed_scalars(), name)


def closed_form_of(stages: Stages, name: str, budget: int) -> Expr:
    """The closed form of one scalar's gradient."""
    return closed_form(stages.needed_scalars(), name, budget)
