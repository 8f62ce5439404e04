"""Σ_k ∂E/∂h_k, where ∂E/∂h_k = c [t = k] → c, where every label t is one of the classes that the sum runs over.

Cross-entropy of labels gives p_k - [t = k] this way, as targets that sum to 1 give p_k - t_k.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp
from sympy import Expr

from symbackprop.categories import Places, within_classes
from symbackprop.contraction import collect
from symbackprop.expressions import Delta, Index, Read, Total, parts_of, reads
from symbackprop.graph import Equation
from symbackprop.simplify.cost import cost
from symbackprop.simplify.fusion import put_in


def sums_over_classes(rhs: Expr, one_hot: Mapping[str, Equation], classes: Mapping[str, Places]) -> Expr:
    """Write sums over classes without the adjoints that hold a label's [t = k], where that is cheaper.

    Args:
        rhs: A right-hand side.
        one_hot: The equations of such adjoints.
        classes: For each tensor of labels the numbers that it may hold.

    Example:
        >>> i, k, t = Index("i", 2), Index("k", 3), Read("t", Index("i", 2))
        >>> known = {"dh": Equation("dh", (i, k), -Delta(t, k))}
        >>> total = Total(Read("dh", i, k), k)
        >>> sums_over_classes(total, known, {"t": Places(0, (sp.Integer(3),))})
        -1
    """
    table = {}
    for total in (node for node in parts_of(rhs) if isinstance(node, Total)):
        body = total.body
        for name in {read.tensor for read in reads(body) if set(read.indices) & set(total.bound)} & one_hot.keys():
            body = put_in(body, one_hot[name].lhs, one_hot[name].rhs)
        if body != total.body:
            written = collect(Total(body, *total.bound), [one for one in total.free_symbols if isinstance(one, Index)])
            written = within_classes(written, classes)
            if cost(written) < cost(total):
                table[total] = written
    return within_classes(rhs.xreplace(table), classes)


def has_label(rhs: Expr) -> bool:
    """Whether a right-hand side is a product with a label's [t = k]."""
    return any(isinstance(one, Delta) and one.atoms(Read) for one in sp.Mul.make_args(rhs))
