"""Equations of a derivation → lines of text in the document's own names, for docstrings and comments."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable

from symbackprop.display import TensorReader, build, text
from symbackprop.graph import BY_LOG_SUFFIX, LARGEST_SUFFIX, LOG_SUFFIX, SCALED_SUFFIX, Derivation, Equation

WIDTH = 104
# What is said before and after the formula of a tensor where the code computes something else in its place.
SAID = {
    LARGEST_SUFFIX: ("largest exponent of ", ""),
    BY_LOG_SUFFIX: ("", ", before the division"),
    LOG_SUFFIX: ("logarithm of ", ""),
    SCALED_SUFFIX: ("", ", scaled"),
}


def formula_rows(derivation: Derivation) -> Callable[[str], list[str]]:
    """A function from the name of a tensor to the lines of the formula that defines it; no lines if there is none."""
    graph = derivation.graph
    reader = TensorReader.of(derivation)
    equations = {equation.tensor: equation for equation in (*graph.equations, *derivation.adjoints)}
    found: dict[str, list[str]] = {}

    def rows(name: str) -> list[str]:
        if name not in found:
            whole, before, after = (name, "", "") if name in equations else _described(name)
            found[name] = _wrapped(equations[whole], reader, before, after) if whole in equations else []
        return found[name]

    return rows


def _described(name: str) -> tuple[str, str, str]:
    """The tensor that a name of the code stands for, and what is said before and after its formula."""
    suffix = next((suffix for suffix in SAID if name.endswith(suffix)), "")
    return name.removesuffix(suffix), *SAID.get(suffix, ("", ""))


def _wrapped(equation: Equation, reader: TensorReader, before: str, after: str) -> list[str]:
    line = f"{before}{text(build(equation.lhs, reader))} = {text(build(equation.rhs, reader))}{after}"
    return textwrap.wrap(line, WIDTH, subsequent_indent="    ", break_long_words=False)


def listed(rows: Callable[[str], list[str]], names: Iterable[str]) -> list[str]:
    """The lines of several formulas."""
    return [row for name in names for row in rows(name)]
