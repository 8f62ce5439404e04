"""The scalar form of a derivation: one equation for each element of each tensor, in ordinary SymPy symbols."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Symbol

from symbackprop.errors import UnknownNameError, did_you_mean

Place = tuple[int, ...]


@dataclass(frozen=True)
class ScalarEquation:
    """One scalar equation, `symbol = rhs`.

    Attributes:
        symbol: The scalar that is defined.
        rhs: Its value, in symbols that were given or defined before.
        tensor: The tensor that the scalar is an element of.
        at: Which element, counted from 0.
    """

    symbol: Symbol
    rhs: Expr
    tensor: str
    at: Place

    def __str__(self) -> str:
        return f"{self.symbol} = {self.rhs}"


@dataclass(frozen=True)
class Scalars:
    """A derivation as scalars under the user's names.

    Attributes:
        loss: The symbol of the loss.
        elements: For every tensor, adjoints included, the symbol of each element, by its place counted from 0.
        given: Numbers that came with the tensors, nested like their shapes, by the tensor's name.
        forward: The forward pass in the order of evaluation; the last equation defines the loss.
        adjoints: The backward pass in the order of evaluation.
        adjoint_of: For every scalar that has one, the symbol of its ∂E/∂.
        partials: The local derivatives that are not identically 0, by (scalar defined, scalar read).
    """

    loss: Symbol
    elements: Mapping[str, Mapping[Place, Symbol]]
    given: Mapping[str, Any]
    forward: tuple[ScalarEquation, ...]
    adjoints: tuple[ScalarEquation, ...]
    adjoint_of: Mapping[Symbol, Symbol]
    partials: Mapping[tuple[Symbol, Symbol], Expr]

    @property
    def symbols(self) -> dict[str, Symbol]:
        """Every scalar by its name."""
        return {symbol.name: symbol for places in self.elements.values() for symbol in places.values()}

    @property
    def places(self) -> dict[str, tuple[str, Place]]:
        """For every scalar by its name its tensor and which element it is."""
        return {symbol.name: (tensor, at) for tensor, places in self.elements.items() for at, symbol in places.items()}

    def symbol(self, name: str) -> Symbol:
        """The scalar of that name; `UnknownNameError` if there is none."""
        known = self.symbols
        if name not in known:
            raise UnknownNameError(f"unknown scalar {name!r}", help=did_you_mean(name, list(known)))
        return known[name]

    def gradient(self, name: str) -> Symbol:
        """The symbol of ∂E/∂name; `UnknownNameError` if there is none, because E does not depend on it."""
        symbol = self.symbol(name)
        if symbol not in self.adjoint_of:
            known = [scalar.name for scalar in self.adjoint_of]
            raise UnknownNameError(f"no derivative by {name!r} was taken", help=did_you_mean(name, known))
        return self.adjoint_of[symbol]
