"""A derivation and the name of a weight → why its gradient is what it is: factors, reasons, numbers and a check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbackprop.aliases import aliases, known_as
from symbackprop.errors import UnknownNameError, did_you_mean
from symbackprop.explain.element import element
from symbackprop.explain.records import Adjoint, Explained, Explanation, Line, Product
from symbackprop.explain.tensor import tensor

if TYPE_CHECKING:
    from symbackprop.facade import Derived

__all__ = ["Adjoint", "Explained", "Explanation", "Line", "Product", "explain", "explained_names"]


def explain(d: Derived, name: str) -> Explanation:
    """Explain one gradient.

    Args:
        d: The derivation.
        name: A scalar such as `"w5"` or `"a1_1"`, or a tensor such as `"W1"`.

    Raises:
        UnknownNameError: There is no such thing, or the loss does not depend on it.

    Example:
        >>> import symbackprop as sb
        >>> found = explain(sb.derive("mazur"), "w5")
        >>> [one.formula for one in found.products[0].factors], found.value
        (['a₁⁽²⁾ - t₁', 'a₁⁽²⁾·(1 - a₁⁽²⁾)', 'a₁⁽¹⁾'], '0.082167041')
    """
    scalars = d.stages.scalars
    if scalars is not None and name in scalars.symbols and scalars.symbol(name) in scalars.adjoint_of:
        return element(d, scalars, name)
    if name in d.stages.derivation.adjoint_of:
        return tensor(d, name)
    elsewhere = known_as(name, aliases(d.stages.graph.tensors, scalars.places)) if scalars is not None else ""
    help = elsewhere or did_you_mean(name, explained_names(d))
    raise UnknownNameError(f"there is no gradient for {name!r}", help=help)


def explained_names(d: Derived) -> list[str]:
    """Everything that can be explained: parameters and their elements first, then what lies between."""
    record, scalars = d.stages.derivation, d.stages.scalars
    parameters = [tensor.name for tensor in record.graph.parameters if tensor.name in record.adjoint_of]
    single = [symbol.name for symbol in scalars.adjoint_of] if scalars is not None else []
    return list(dict.fromkeys([*parameters, *single, *record.adjoint_of]))
