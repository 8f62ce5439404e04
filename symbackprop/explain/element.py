"""One scalar of a small network → the products of the chain rule, with reasons, numbers and a check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Any

import mpmath
import numpy as np
from sympy import Symbol

from symbackprop.display import PartialDerivative, build, shown, text
from symbackprop.display.numbers import rational
from symbackprop.emit.page import Factor
from symbackprop.errors import ShapeError
from symbackprop.explain.records import Explained, Explanation, Product
from symbackprop.explorable import factors, scalar_signs
from symbackprop.summary import element_text
from symbackprop.unroll import Scalars, numbers
from symbackprop.unroll.values import evaluated
from symbackprop.unroll.ways import Way, ways
from symbackprop.verify.witness import METHOD, witness

if TYPE_CHECKING:
    from symbackprop.facade import Derived

# More products than these are not written out for one sample; the chain rule then takes one step at a time.
MOST_WAYS = 6


def element(d: Derived, scalars: Scalars, name: str) -> Explanation:
    """Explain the gradient by one scalar, such as `"w5"`."""
    return _Element(d, scalars, name).explanation()


class _Element:
    """The explanation of one scalar of a small network."""

    def __init__(self, d: Derived, scalars: Scalars, name: str) -> None:
        self.d, self.scalars, self.name = d, scalars, name
        self.signs = scalar_signs(d.stages.derivation, scalars, d.stages.notation)
        self.factors = {(one.of, one.wrt): one for one in factors(d.stages.derivation, scalars, d.stages.notation)}
        try:
            self.numbers: Mapping[str, Any] = numbers(scalars)
        except ShapeError:
            self.numbers = {}
        self.samples = next(iter(d.stages.graph.sizes.values()), 1)

    def explanation(self) -> Explanation:
        adjoint = self.scalars.gradient(self.name)
        value = shown(self.numbers[adjoint.name]) if self.numbers else None
        check = self.difference()
        return Explanation(
            network=self.d.network.name,
            name=self.name,
            lhs=self.derivative(Symbol(self.name)),
            products=tuple(self.products()),
            short=element_text(self.d, self.scalars, self.signs, self.name),
            value=text(value) if value else "",
            exact=bool(value and value.exact),
            check=check,
            method=METHOD if check else "",
        )

    def derivative(self, symbol: Symbol) -> str:
        """∂E/∂ of a scalar as it is written."""
        return text(PartialDerivative(self.signs[self.scalars.loss], self.signs[symbol]))

    def formula(self, adjoint: Symbol) -> str:
        """The equation of an adjoint in scalars."""
        equation = next(one for one in self.scalars.adjoints if one.symbol == adjoint)
        return text(build(equation.rhs, symbols=self.signs))

    def products(self) -> Iterator[Product]:
        found = ways(self.scalars, self.name, MOST_WAYS * self.samples)
        if found is None:
            yield from self.one_step()
            return
        for way in found:
            parts = tuple(self.explained(self.factors[of.name, wrt.name], (of, wrt)) for of, wrt in way)
            value = self.printed(*map(self.value, way)) if self.numbers else ""
            yield Product(parts, value, self.sample(way) if self.samples > 1 else 0)

    def one_step(self) -> Iterator[Product]:
        """The chain rule through everything that reads the scalar, what lies behind that being known."""
        for (of, wrt), _ in self.scalars.partials.items():
            if wrt.name != self.name or of not in self.scalars.adjoint_of:
                continue
            adjoint = self.scalars.adjoint_of[of]
            lead = Explained(
                self.derivative(of),
                self.formula(adjoint),
                f"explain {self.d.network.name} {of.name}",
                "delta",
                self.printed(self.numbers[adjoint.name]) if self.numbers else "",
            )
            value = self.printed(self.numbers[adjoint.name], self.value((of, wrt))) if self.numbers else ""
            yield Product((lead, self.explained(self.factors[of.name, wrt.name], (of, wrt))), value)

    def explained(self, factor: Factor, key: tuple[Symbol, Symbol]) -> Explained:
        value = self.printed(self.value(key)) if self.numbers else ""
        return Explained(text(factor.ratio), text(factor.formula), text(factor.reason), factor.role, value)

    def printed(self, *values: Any) -> str:
        """A product as it is printed."""
        product = prod(map(rational, values), start=Fraction(1))
        exact = product == 0 or all(isinstance(value, int | Fraction) for value in values)
        return text(shown(product if exact else mpmath.mpf(product.numerator) / product.denominator))

    def value(self, key: tuple[Symbol, Symbol]) -> Any:
        point = {Symbol(name): number for name, number in self.numbers.items()}
        return evaluated(self.scalars.partials[key], point)

    def sample(self, way: Way) -> int:
        """The sample that a way goes through, from 1."""
        places = {
            symbol: (self.d.stages.graph.tensors[tensor], at)
            for tensor, found in self.scalars.elements.items()
            if tensor in self.d.stages.graph.tensors
            for at, symbol in found.items()
        }
        for of, _ in reversed(way):
            tensor, at = places[of]
            if tensor.indices and tensor.indices[0].name == "s" and not tensor.shape[0].is_Integer:
                return at[0] + 1
        return 0

    def difference(self) -> str:
        """The gradient found by a central difference, for parameters."""
        found = witness(self.d.stages.graph) if self.numbers else None
        for tensor, array in (found or {}).items():
            for place, symbol in self.scalars.elements[tensor].items():
                if symbol.name == self.name:
                    return text(shown(float(np.asarray(array)[place])))
        return ""
