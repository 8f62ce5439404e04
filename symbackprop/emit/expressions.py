"""Derivation → a module of SymPy objects: loss, forward pass and gradients in index form, and closed forms.

The module builds each object with SymPy's constructors. The closed forms are not written out: their scalar equations
are, one a line, and Python puts them into one another when they are first asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from keyword import iskeyword
from typing import Any, Protocol

import sympy as sp
from sympy import Basic, Expr, Symbol

from symbackprop.emit.certificate import Certificate, certified
from symbackprop.emit.constructors import Constructors
from symbackprop.emit.environment import render
from symbackprop.emit.layout import WIDTH, fitted, tuple_code
from symbackprop.graph import Derivation, Equation, Tensor
from symbackprop.public import public, public_equation
from symbackprop.version import __version__

MOST_OPERATIONS = 5000
MOST_FORMS = 200
RESERVED = frozenset(dir(sp)) - {"E", "N"} | {
    "ADJOINTS", "Any", "CLOSED_FORMS", "FORWARD", "GRADIENTS", "I", "LOSS", "O", "SHAPES", "SIZES", "SYMBOLS",
    "annotations", "closed_forms", "dict", "l", "lru_cache", "str", "tuple",
}  # fmt: skip


class ScalarEquation(Protocol):
    """One scalar equation, `symbol = rhs`."""

    @property
    def symbol(self) -> Symbol:
        """What it defines."""

    @property
    def rhs(self) -> Expr:
        """In symbols that are given or defined before."""


class Scalars(Protocol):
    """The scalar form of a derivation, as far as closed forms need it."""

    @property
    def forward(self) -> Sequence[ScalarEquation]:
        """The forward pass in order."""

    @property
    def adjoints(self) -> Sequence[ScalarEquation]:
        """The backward pass in order."""

    @property
    def adjoint_of(self) -> Mapping[Symbol, Symbol]:
        """For every scalar that has one the symbol of its gradient."""

    @property
    def elements(self) -> Mapping[str, Mapping[Any, Symbol]]:
        """The symbols of every tensor."""


def emit_expressions(
    derivation: Derivation,
    scalars: Scalars | None,
    *,
    checks: Sequence[str] = (),
    network_hash: str = "",
    version: str = __version__,
) -> str:
    """Write the module `expressions.py` of a network.

    Args:
        derivation: Forward and adjoint equations.
        scalars: Its scalar form, if the network is small enough to have one.
        checks: For the certificate, one line for each check that was passed, with its threshold.
        network_hash: SHA-256 of the network's canonical description.
        version: Of symbackprop.

    Returns:
        The text: a certificate, then code that imports SymPy alone.
    """
    module = _Module(derivation)
    rows = {
        "loss": module.equation("LOSS = ", derivation.graph.equations[-1], ""),
        "forward": [row for one in derivation.graph.equations[:-1] for row in module.item(one)],
        "adjoints": [row for one in derivation.adjoints for row in module.item(one)],
    }
    closed = _closed_forms(derivation, scalars)
    shapes = [(tensor.name, module.shape(tensor)) for tensor in module.tensors.values()]
    gradients = [
        (p.name, derivation.adjoint_of[p.name]) for p in derivation.graph.parameters if p.name in derivation.adjoint_of
    ]
    imports = sorted({"Eq", "Symbol"} | module.printer.imports | closed["imports"] | module.bases, key=_as_imported)
    body = render(
        "expressions/module.py.j2",
        name=derivation.graph.name,
        imports=fitted("from sympy import ", imports, "")
        if _fits(imports)
        else fitted("from sympy import (", imports, ")"),
        declared=module.declared,
        sizes=[(symbol.name, name) for symbol, name in module.sizes.items()],
        symbols=[(tensor, name) for tensor, name in module.variables.items()],
        shapes=shapes,
        gradients=gradients,
        rows=rows,
        closed=closed,
        long=any(len(row) > 120 for block in (*rows.values(), closed["rows"]) for row in block),
    )
    return certified(Certificate(derivation.graph.name, network_hash, version, checks), body)


def _as_imported(name: str) -> tuple[bool, str]:
    """Classes before functions, as formatters of imports have it."""
    return name[0].islower(), name


def _fits(imports: Sequence[str]) -> bool:
    return len(", ".join(imports)) + 18 <= WIDTH


class _Module:
    """The variables of the module, and the printer that uses them."""

    def __init__(self, derivation: Derivation) -> None:
        adjoints = {one.tensor: derivation.tensors[one.tensor] for one in derivation.adjoints}
        self.tensors: dict[str, Tensor] = {**derivation.graph.tensors, **adjoints}
        taken = set(RESERVED)
        equations = [
            (one, public_equation(one.lhs, one.rhs)) for one in (*derivation.graph.equations, *derivation.adjoints)
        ]
        self.equations = {one.tensor: equation for one, equation in equations}
        self.variables = {name: _free(name, taken) for name in self.tensors}
        found = {symbol for equation in self.equations.values() for symbol in equation.atoms(Symbol)}
        found |= {s for tensor in self.tensors.values() for size in tensor.shape for s in public(size).free_symbols}
        scalars = {Symbol(name): name for name, tensor in self.tensors.items() if not tensor.indices}
        plain = sorted(
            found - set(scalars) - {Symbol(name) for name in self.tensors},
            key=lambda s: (s.name, s.is_positive is None),
        )
        self.sizes = {symbol: _free(symbol.name, taken, "size_") for symbol in plain if symbol.is_positive}
        self.indices = {symbol: _free(symbol.name, taken, "index_") for symbol in plain if not symbol.is_positive}
        names: dict[Basic, str] = {**self.sizes, **self.indices}
        for name, tensor in self.tensors.items():
            names[sp.IndexedBase(name) if tensor.indices else Symbol(name)] = self.variables[name]
        self.printer = Constructors(names)
        self.bases = {"IndexedBase"} if any(tensor.indices for tensor in self.tensors.values()) else set()

    @property
    def declared(self) -> list[tuple[str, list[str]]]:
        """The statements that make sizes, indices and tensors, each group under its heading."""
        integers = [f'{name} = Symbol("{symbol.name}", integer=True)' for symbol, name in self.indices.items()]
        sizes = [
            f'{name} = Symbol("{symbol.name}", integer=True, positive=True)' for symbol, name in self.sizes.items()
        ]
        kinds = {name: "IndexedBase" if tensor.indices else "Symbol" for name, tensor in self.tensors.items()}
        tensors = [f'{self.variables[name]} = {kind}("{name}")' for name, kind in kinds.items()]
        groups = [("Sizes", sizes), ("Indices, counted from 0", integers), ("Tensors", tensors)]
        return [group for group in groups if group[1]]

    def shape(self, tensor: Tensor) -> str:
        """The shape of a tensor as code."""
        return tuple_code([str(n) if n.is_Integer else self.printer.code(public(n)) for n in tensor.shape])

    def item(self, equation: Equation) -> list[str]:
        """An entry of a dict: a name and its equation."""
        return [f"    {row}" for row in self.equation(f'"{equation.tensor}": ', equation, ",")]

    def equation(self, before: str, equation: Equation, after: str) -> list[str]:
        """An equation as code."""
        found = self.equations[equation.tensor]
        sides = [self.printer.code(found.lhs), self.printer.code(found.rhs)]
        return fitted(f"{before}Eq(", [*sides, "evaluate=False"], f"){after}", 4)


def _free(name: str, taken: set[str], prefix: str = "") -> str:
    """The name itself, or one like it that nothing else has."""
    found = f"{prefix}{name}" if name in taken or iskeyword(name) else name
    while found in taken or iskeyword(found):
        found += "_"
    taken.add(found)
    return found


def _closed_forms(derivation: Derivation, scalars: Scalars | None) -> dict[str, Any]:
    """Lines that compute the closed form of each parameter's gradient, or why there are none."""
    empty: dict[str, Any] = {"rows": [], "given": [], "items": [], "imports": set()}
    if scalars is None:
        return {**empty, "left_out": "the network is too large to be written out in scalars"}
    parameters = [
        symbol
        for tensor in derivation.graph.parameters
        for symbol in scalars.elements[tensor.name].values()
        if symbol in scalars.adjoint_of
    ]
    if len(parameters) > MOST_FORMS:
        return {**empty, "left_out": f"there would be {len(parameters):,}, and the limit is {MOST_FORMS}"}
    equations = _needed([*scalars.forward, *scalars.adjoints], [scalars.adjoint_of[symbol] for symbol in parameters])
    counts = _operations(equations)
    longest = max((counts[scalars.adjoint_of[symbol]] for symbol in parameters), default=0)
    if longest > MOST_OPERATIONS:
        words = f"the longest would have about {longest:,} operations, and the limit is {MOST_OPERATIONS:,}"
        return {**empty, "left_out": words}
    defined = {equation.symbol for equation in equations}
    read = {symbol for equation in equations for symbol in equation.rhs.free_symbols} - defined
    given = sorted(read, key=lambda symbol: _natural(symbol.name))
    taken = set(RESERVED) | {"E", "N"}
    names = {symbol: _free(symbol.name, taken) for symbol in (*given, *(one.symbol for one in equations))}
    printer = Constructors(names)
    rows = [f"{names[one.symbol]} = {printer.code(one.rhs)}" for one in equations]
    return {
        "left_out": "",
        "rows": rows,
        "given": [f'{names[symbol]} = Symbol("{symbol.name}")' for symbol in given],
        "items": [(symbol.name, names[scalars.adjoint_of[symbol]]) for symbol in parameters],
        "imports": printer.imports | {"Expr"},
    }


def _natural(name: str) -> tuple[str, int, str]:
    """Names in the order in which people count: w2 before w10."""
    letters = name.rstrip("0123456789")
    return letters, int(name[len(letters) :] or 0), name


def _needed(equations: Sequence[ScalarEquation], wanted: Iterable[Symbol]) -> list[ScalarEquation]:
    names = set(wanted)
    kept: list[ScalarEquation] = []
    for equation in reversed(equations):
        if equation.symbol in names:
            kept.append(equation)
            names |= equation.rhs.free_symbols
    return kept[::-1]


def _operations(equations: Sequence[ScalarEquation]) -> dict[Symbol, int]:
    """How many operations each formula has once all others are put into it."""
    counts: dict[Basic, int] = {}

    def operations(expr: Basic) -> int:
        if not expr.args:
            return counts.get(expr, 0)
        return max(len(expr.args) - 1, 1) + sum(map(operations, expr.args))

    for equation in equations:
        counts[equation.symbol] = operations(equation.rhs)
    return counts
