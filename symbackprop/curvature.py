"""What a user holds of second derivatives: their equations in SymPy's own objects, and code that computes them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from symbackprop.categories import limits
from symbackprop.emit.brought import brought
from symbackprop.emit.second import Second, emit_second
from symbackprop.lower import given_sizes, placed, statements, without_overflow
from symbackprop.pipeline import loaded
from symbackprop.program import at_once, numbered
from symbackprop.public import public_equation

if TYPE_CHECKING:
    from sympy import Eq

    from symbackprop.graph import Graph
    from symbackprop.second_order import SecondOrder


class Curvature:
    """Second derivatives of a loss: a Hessian, or the product of a Hessian or Gauss-Newton matrix with a vector.

    Attributes:
        title: What it is.
        record: Its equations.
    """

    def __init__(self, title: str, graph: Graph, record: SecondOrder) -> None:
        self.title = title
        self.graph = graph
        self.record = record

    def __repr__(self) -> str:
        return f"<Curvature {self.title}>"

    def __getitem__(self, parameter: str) -> Eq:
        """The equation of the result for a parameter, in index form; `KeyError` if there is none."""
        return self.equations[self.record.results[parameter]]

    @cached_property
    def equations(self) -> Mapping[str, Eq]:
        """Every equation by the tensor it defines, in index form: vectors are called v_W1, results Hv_W1."""
        return {e.tensor: public_equation(e.lhs, e.rhs) for e in self.record.equations}

    @cached_property
    def code(self) -> str:
        """A NumPy module with `second(params, [vectors,] x, t)`, which returns the results by parameter."""
        shapes = {name: tensor.shape for name, tensor in self.record.tensors.items()}
        given = (*self.graph.with_role("input", "constant"), *self.graph.with_role("target"))
        results = self.record.results.values()
        first, then = without_overflow(self.record.forward, self.record.equations, results)
        shapes |= {equation.tensor: equation.shape for equation in (*first, *then)}
        return emit_second(
            Second(
                self.title,
                numbered(
                    at_once(statements((*first, *then), shapes)), limits(self.graph), self.record.results.values()
                ),
                self.graph,
                [tensor.name for tensor in given],
                self.record.vectors,
                self.record.results,
                placed(self.graph),
                given_sizes((*given, *self.graph.parameters)),
                brought(self.graph, [tensor.name for tensor in given]),
                self._formula,
            )
        )

    def _formula(self, name: str) -> list[str]:
        return [str(e) for e in (*self.record.forward, *self.record.equations) if e.tensor == name]

    @cached_property
    def compiled(self) -> Any:
        """The function of `code`, loaded."""
        return loaded(self.code, self.title).second

    def __call__(self, *arguments: Any, **data: Any) -> dict[str, Any]:
        """Compute: `(params, x, t)` for a Hessian, `(params, vectors, x, t)` for a product; data may be named."""
        result: dict[str, Any] = self.compiled(*arguments, **data)
        return result
