"""Array nodes that a target has no form of → the error, in which they are called what a user writes."""

from __future__ import annotations

from symbackprop.errors import UnsupportedError
from symbackprop.program.matrices import Det, Inverted
from symbackprop.program.nodes import Along, Array, Reduce

MATRICES = "matrices are inverted by --to python, c, javascript, array_api, jax and torch"


def refusal(node: Array, target: str) -> UnsupportedError:
    """The error that a node has no form.

    Args:
        node: The node.
        target: Where it has none.

    Example:
        >>> from symbackprop.expressions import Index
        >>> from symbackprop.program.nodes import Leaf
        >>> i, j = Index("i", 3), Index("j", 3)
        >>> print(refusal(Det(Leaf("X", (i, j)), i, j), "in C").mistakes[0].message)
        np.linalg.det has no form in C
    """
    help = MATRICES if isinstance(node, Inverted | Det) else ""
    return UnsupportedError(f"{written(node)} has no form {target}", help=help)


def written(node: Array) -> str:
    """What a user writes for a node, or else its kind."""
    match node:
        case Inverted():
            return "np.linalg.inv"
        case Det():
            return "np.linalg.slogdet" if node.logarithm else "np.linalg.det"
        case Along():
            return node.function
        case Reduce():
            return node.kind
    return type(node).__name__
