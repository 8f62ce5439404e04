"""What a user of the Python interface holds: the derivation of one network, and all that can be had from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from symbackprop import pipeline
from symbackprop.errors import UnknownNameError, did_you_mean
from symbackprop.network import Network, load

if TYPE_CHECKING:
    from sympy import Eq, Expr, Symbol

    from symbackprop.verify import Report


def derive(network: Network | str | Mapping[str, Any], *, wrt: Sequence[str] | None = None) -> Derived:
    """Derive the gradient of a network's loss with respect to every parameter.

    Args:
        network: A `Network`, or anything that `load` takes: a bundled name, a file, a line such as `"2 -> 2 sigmoid"`.
        wrt: Names of the tensors to derive for, such as `["W1", "x"]`; every parameter if left out.

    Returns:
        The derivation: `d["w5"]`, `d.compile()`, `d.verify()`, `d.write(folder)`.

    Raises:
        InputError: The description is wrong; the error lists every mistake.

    Example:
        >>> d = derive("mazur")
        >>> d["delta1"].indexed
        Eq(delta1[j], (1 - a1[j])*a1[j]*Sum(W2[k, j]*delta2[k], (k, 0, 1)))
    """
    return Derived(load(network), wrt)


class Derived:
    """The gradient of one network's loss, with everything that is made from it, each part when it is asked for.

    Attributes:
        network: The description it was derived from.
    """

    def __init__(self, network: Network, wrt: Sequence[str] | None = None) -> None:
        self.network = network
        self.stages = pipeline.Stages(network, tuple(wrt) if wrt is not None else None)

    def __getitem__(self, name: str) -> Gradient:
        """∂E/∂ of a tensor (`"W1"`, `"a1"`, `"delta2"`) or of one element by its name (`"w5"`).

        Raises:
            UnknownNameError: There is no tensor or element of that name, or E does not depend on it.
        """
        record = self.stages.derivation
        for forward, adjoint in record.adjoint_of.items():
            if name in (forward, adjoint):
                return Gradient(self.stages, forward)
        names = pipeline.element_names(record)
        if name in names:
            return Gradient(self.stages, names[name], name)
        known = [*record.adjoint_of, *record.adjoint_of.values(), *names]
        raise UnknownNameError(f"there is no gradient for {name!r}", help=did_you_mean(name, known))

    def __iter__(self) -> Any:
        return iter(self.stages.program.gradients)

    def __repr__(self) -> str:
        return f"<Derived {self.network.name}: gradients of {', '.join(self)}>"

    @cached_property
    def module(self) -> ModuleType:
        """The emitted module, imported: `loss`, `loss_and_grad`, `update`, `train`, `initialize`, …"""
        return pipeline.load_module(self.stages.module_text, f"symbackprop_{self.network.name.replace('-', '_')}")

    def compile(self) -> ModuleType:
        """Return the emitted module, ready to call.

        Returns:
            A module with `loss_and_grad(params, x, t) -> (loss, gradients)`, where params and gradients are dicts of
            name → array, and with all else that `gradients.py` has.
        """
        return self.module

    def verify(self, seed: int = 0) -> Report:
        """Check every gradient and every step.

        Args:
            seed: Of the random points.

        Returns:
            The report; it prints as a table, and `report.passed` tells the outcome.
        """
        return pipeline.verification(self.stages, self.module, seed)

    def write(self, folder: str | Path, formats: Sequence[str] = pipeline.FORMATS, *, seed: int = 0) -> Report:
        """Write documents, code and expressions, each file atomically.

        Args:
            folder: Where to; it is made if it does not exist.
            formats: Some of `"latex"`, `"python"`, `"expressions"`.
            seed: Of the verification, which is always made and written to `verification.json`.

        Returns:
            The report of the verification.
        """
        return pipeline.write(self.stages, self.module, Path(folder), formats, seed)


class Gradient:
    """∂E/∂v of one tensor, or of one element of it.

    Attributes:
        tensor: The forward tensor's name.
        element: The element's name, or an empty string for the whole tensor.
    """

    def __init__(self, stages: pipeline.Stages, tensor: str, element: str = "") -> None:
        self._stages = stages
        self.tensor = tensor
        self.element = element

    def __repr__(self) -> str:
        return f"<Gradient dE/d{self.element or self.tensor}>"

    @property
    def indexed(self) -> Eq:
        """The adjoint equation in index form, in ordinary SymPy objects."""
        return pipeline.public_adjoint(self._stages.derivation, self.tensor)

    @property
    def matrix(self) -> str | None:
        """The matrix form as LaTeX, a vector being a column; `None` where there is none."""
        return self._stages.matrix_latex(self.tensor)

    @property
    def code(self) -> str:
        """Array code that computes it, in the emitted module's names."""
        return self._stages.code(self.tensor)

    @property
    def chain(self) -> Expr:
        """The unevaluated product of the chain rule, summed over paths.

        Raises:
            UnknownNameError: This is a whole tensor; the chain rule is written for one element.
        """
        return pipeline.chain_of(self._stages, self._symbol())

    def closed_form(self, budget: int = 5000) -> Expr:
        """∂E/∂v in weights, inputs and targets alone.

        Args:
            budget: The largest number of operations that is not refused.

        Raises:
            TooLargeError: It would be longer than that.
            UnknownNameError: This is a whole tensor of several elements.
        """
        return pipeline.closed_form_of(self._stages, self._symbol(), budget)

    def _symbol(self) -> Symbol:
        return pipeline.symbol_of(self._stages, self.tensor, self.element)
