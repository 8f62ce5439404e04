"""One gradient of a derivation, in every form it has: index form, matrix form, array code, chain rule, closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sympy import ImmutableDenseNDimArray

from symbackprop.errors import InputError
from symbackprop.pipeline import Stages
from symbackprop.public import public_equation
from symbackprop.unroll import chain, closed_form

if TYPE_CHECKING:
    from sympy import Eq, Expr


class Gradient:
    """∂E/∂v of one tensor, or of one element of it.

    Attributes:
        tensor: The forward tensor's name.
        element: The element's name, or an empty string for the whole tensor.
    """

    def __init__(self, stages: Stages, tensor: str, element: str = "") -> None:
        self._stages = stages
        self.tensor = tensor
        self.element = element

    def __repr__(self) -> str:
        return f"<Gradient dE/d{self.element or self.tensor}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What a notebook shows: the formula."""
        from symbackprop.notebook import gradient_bundle

        return gradient_bundle(self._stages, self.tensor, self.element, repr(self))

    @property
    def indexed(self) -> Eq:
        """The adjoint equation in index form, in ordinary SymPy objects."""
        return self._public()

    def _public(self) -> Eq:
        equation = self._stages.derivation.adjoint(self.tensor)
        return public_equation(equation.lhs, equation.rhs)

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
        """The product of the chain rule, its derivatives not carried out, summed over paths.

        Raises:
            InputError: This is a tensor of several elements; the chain rule is written for one.
        """
        return chain(self._stages.needed_scalars(), self._element())

    def closed_form(self, budget: int = 5000) -> Expr:
        """∂E/∂v in weights, inputs and targets alone; for a tensor an array of them, of its shape.

        Args:
            budget: The largest number of operations of one element that is not refused.

        Raises:
            TooLargeError: It would be longer than that.
        """
        scalars = self._stages.needed_scalars()
        names = [self.element] if self.element else [s.name for _, s in sorted(scalars.elements[self.tensor].items())]
        forms = [closed_form(scalars, name, budget) for name in names]
        if len(forms) == 1:
            return forms[0]
        shape = [1 + max(place[axis] for place in scalars.elements[self.tensor]) for axis in range(self._rank())]
        return ImmutableDenseNDimArray(forms, tuple(shape))

    def _rank(self) -> int:
        return len(self._stages.graph.tensors[self.tensor].indices)

    def _element(self) -> str:
        names = [symbol.name for symbol in self._stages.needed_scalars().elements[self.tensor].values()]
        if not self.element and len(names) > 1:
            help = f"take one of them, such as {names[0]!r}"
            raise InputError(f"{self.tensor} has {len(names)} elements", code="SB022", help=help)
        return self.element or names[0]
