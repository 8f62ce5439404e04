"""Which of the two notations a statement is written in: by its syntax alone, before anything is read."""

from __future__ import annotations

import ast
from collections.abc import Container

from symbackprop.language.functions import FUNCTIONS, REDUCTIONS
from symbackprop.language.syntax import check_length, syntax_tree

MODULES = frozenset({"np", "numpy", "math", "scipy", "special", "linalg", "jnp", "xp"})


def index_notation(line: str, known: Container[str]) -> bool:
    """Whether a statement is in index notation: brackets on the left, or an unknown letter in brackets on the right.

    Args:
        line: The statement.
        known: Names of arrays, sizes and numbers.

    Example:
        >>> index_notation("z[j] = b[j]", ()), index_notation("E = sum(r[i]**2, i)", ("r",))
        (True, True)
        >>> index_notation("h = x[1:n]", ("x", "n"))
        False
    """
    check_length(line)
    tree = syntax_tree(line, "exec")
    if any(isinstance(target, ast.Subscript) for node in tree.body for target in getattr(node, "targets", ())):
        return True
    bound = {
        node.target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.comprehension) and isinstance(node.target, ast.Name)
    }
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    letters = {
        child.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript)
        for part in _parts(node.slice)
        for child in ast.walk(part)
        if isinstance(child, ast.Name) and child.id not in called
    }
    return any(letter not in known and letter not in bound and letter not in MODULES for letter in letters)


def _parts(inside: ast.AST) -> list[ast.AST]:
    """What stands in brackets, without slices, which index notation does not have."""
    parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
    return [part for part in parts if not isinstance(part, ast.Slice)]


def array_notation(line: str) -> bool:
    """Whether a statement can only be array notation: it has no index, and something that index notation lacks.

    Example:
        >>> array_notation("y = W @ x + b"), array_notation("E = sum((y - t)**2)"), array_notation("y = exp(x)")
        (True, True, False)
        >>> array_notation("E = sum(y[j], j)")
        False
    """
    if index_notation(line, ()):
        return False
    tree = syntax_tree(line, "exec")
    return any(map(_only_in_arrays, ast.walk(tree)))


def _only_in_arrays(node: ast.AST) -> bool:
    if isinstance(node, ast.MatMult | ast.Attribute | ast.Slice | ast.keyword | ast.List | ast.ListComp | ast.Tuple):
        return True
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return False
    name = node.func.id
    return name in ARRAYS_ONLY or (name in REDUCTIONS and name not in FUNCTIONS and len(node.args) == 1)


ARRAYS_ONLY = frozenset(
    {"avg_pool", "clip", "concat", "concatenate", "conv1d", "conv2d", "cumsum", "det", "diag", "dot", "einsum", "eye"}
    | {"inner", "inv", "log_softmax", "logabsdet", "max_pool", "maximum", "minimum", "outer", "prod", "reshape"}
    | {"slogdet", "softmax", "stack", "std", "take", "tensordot", "trace", "transpose", "tril", "triu", "var"}
)
