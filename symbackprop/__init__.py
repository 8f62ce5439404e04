"""From a neural network's description to the gradient of its loss: documents, code and SymPy expressions, all checked.

Example:
    >>> import symbackprop as sb
    >>> d = sb.derive(sb.load("mazur"))
    >>> d["W2"].indexed
    Eq(dW2[j, i], a1[i]*delta2[j])
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from symbackprop.version import __version__

if TYPE_CHECKING:
    from symbackprop.checking.judge import check
    from symbackprop.chunks import loss_and_grad_in_chunks
    from symbackprop.facade import Derived, derive
    from symbackprop.gradient import Gradient
    from symbackprop.network import Dense, Network, bundled, load

__all__ = [
    "Dense",
    "Derived",
    "Gradient",
    "Network",
    "__version__",
    "bundled",
    "check",
    "derive",
    "load",
    "loss_and_grad_in_chunks",
]

_HOMES = {
    "check": "symbackprop.checking.judge",
    "Derived": "symbackprop.facade",
    "Gradient": "symbackprop.gradient",
    "derive": "symbackprop.facade",
    "loss_and_grad_in_chunks": "symbackprop.chunks",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for when it is asked for: SymPy and pydantic take longer to import than most answers."""
    from importlib import import_module

    if name.startswith("_"):
        raise AttributeError(name)
    module = import_module(_HOMES.get(name, "symbackprop.network"))
    try:
        return getattr(module, name)
    except AttributeError:
        raise AttributeError(f"module 'symbackprop' has no attribute {name!r}") from None


def __dir__() -> list[str]:
    return sorted(__all__)
