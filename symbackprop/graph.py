"""The central records: frozen, without algorithms, and knowing nothing of the stages that make and use them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from sympy import Expr, Symbol

from symbackprop.expressions import Index, Name, Read, indices_of, tensors_read

# The letter of the index that counts samples.
SAMPLE = "s"
# The row of an equation that a user wrote and no row of the catalogue made.
WRITTEN = "written"
# The largest exponent of an exponential, and what is smaller by a power of the exponential of that; the logarithm of a
# sum of exponentials, and a gradient by such a sum before it is divided by it, which is that by its logarithm.
LARGEST_SUFFIX, LOG_SUFFIX, BY_LOG_SUFFIX, SCALED_SUFFIX = "_largest", "_log", "_by_log", "_scaled"
Role = Literal["input", "target", "parameter", "hidden", "prediction", "constant", "loss", "adjoint"]


@dataclass(frozen=True)
class Fact:
    """Something that may be assumed of a tensor, such as "sums to 1 over its last axis".

    Attributes:
        kind: `"sums_to_one"`, `"one_hot"` or `"integer"`.
        axis: The axis it speaks of, counted from the end (-1 is the last).
        below: What whole numbers are positions below, if they are: they are at least 0 then.
    """

    kind: Literal["sums_to_one", "one_hot", "integer"]
    axis: int = -1
    below: Expr | None = None


@dataclass(frozen=True)
class Tensor:
    """A named array of the network.

    Attributes:
        name: A Python identifier, such as `"W1"`.
        role: What it is in the network; see `Role`.
        indices: One index per axis, the letters in which the tensor is defined; a scalar has none.
        value: Its numbers as nested tuples of decimal text or floats, if they are known.
        trainable: Whether an update moves it (parameters only).
        facts: What may be assumed of it.
        label: What a reader calls it; the TeX of it is `notation`'s business.
        layer: The number of the layer it belongs to, counted from 1; 0 for inputs, targets and the loss.
        names: What the user calls its elements, nested like its shape, if they have names of their own.
        initializer: Keras' name of the rule by which training draws its first values.
        from_one: Whether print counts its numbers, which are places in others, from 1, as it counts indices.
    """

    name: str
    role: Role
    indices: tuple[Index, ...] = ()
    value: Any = None
    trainable: bool = True
    facts: tuple[Fact, ...] = ()
    label: str = ""
    layer: int = 0
    names: Any = None
    initializer: str = ""
    from_one: bool = False

    @property
    def own_names(self) -> list[str]:
        """The user's own names of its elements."""

        def flat(names: Any) -> list[str]:
            return [names] if isinstance(names, str) else [name for part in names or () for name in flat(part)]

        return flat(self.names)

    @property
    def is_whole(self) -> bool:
        """Whether it holds whole numbers: positions or categories, by which nothing is derived."""
        return any(fact.kind == "integer" for fact in self.facts)

    @property
    def shape(self) -> tuple[Expr, ...]:
        """The size of each axis."""
        return tuple(index.size for index in self.indices)

    @property
    def read(self) -> Read:
        """The tensor at its own indices, `W1[j, i]`."""
        return Read(self.name, *self.indices)


@dataclass(frozen=True)
class Equation:
    """One indexed equation, `tensor[indices] = rhs`; the loss has no indices."""

    tensor: str
    indices: tuple[Index, ...]
    rhs: Expr

    @property
    def shape(self) -> tuple[Expr, ...]:
        """The sizes of the tensor."""
        return tuple(index.size for index in self.indices)

    @property
    def lhs(self) -> Read:
        """The left-hand side as a read."""
        return Read(self.tensor, *self.indices)

    def __str__(self) -> str:
        return self._text

    @cached_property
    def _text(self) -> str:
        return f"{self.lhs} = {self.rhs}"


@dataclass(frozen=True)
class Graph:
    """The forward pass: tensors, and the equations that define all of them but the given ones.

    Attributes:
        name: The name of the network.
        tensors: Every tensor by its name.
        equations: In topological order; the last defines the scalar loss.
        sizes: Values of symbolic sizes where they are known, such as N = 4 samples.
        rows: For each equation the catalogue row it came from, such as `"dense"` or `"sigmoid"`, or `WRITTEN`.
    """

    name: str
    tensors: Mapping[str, Tensor]
    equations: tuple[Equation, ...]
    sizes: Mapping[Symbol, int] = field(default_factory=dict)
    rows: tuple[str, ...] = ()

    @property
    def loss(self) -> Tensor:
        """The scalar that is differentiated."""
        return self.tensors[self.equations[-1].tensor]

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """The parameters, in the order in which the layers use them."""
        return self.with_role("parameter")

    def with_role(self, *roles: Role) -> tuple[Tensor, ...]:
        """The tensors that have one of these roles, in order of definition."""
        return tuple(tensor for tensor in self.tensors.values() if tensor.role in roles)

    def derived_by(self, names: Collection[str]) -> Graph:
        """The same with these as its parameters: what else is given, weights among it, is data."""
        roles: dict[str, Role] = {t.name: "constant" for t in self.parameters if t.name not in names}
        given = self.with_role("input", "target", "constant")
        roles |= {tensor.name: "parameter" for tensor in given if tensor.name in names}
        tensors = {name: replace(self.tensors[name], role=role) for name, role in roles.items()}
        return replace(self, tensors={**self.tensors, **tensors})

    def equation(self, name: str) -> Equation:
        """The equation that defines a tensor; `KeyError` if it is given, not computed."""
        return self._defining[name]

    @cached_property
    def _defining(self) -> Mapping[str, Equation]:
        return {equation.tensor: equation for equation in reversed(self.equations)}

    def readers(self, name: str) -> tuple[Equation, ...]:
        """The equations that read a tensor."""
        return tuple(equation for equation in self.equations if name in tensors_read(equation.rhs))


@dataclass(frozen=True)
class Step:
    """One line of a derivation: `before` = `after` wherever `given` holds.

    Attributes:
        before: An expression over the graph's tensors and the adjoints.
        after: What it was turned into.
        rule: The name of the rewrite, such as `"chain rule"`.
        because: The reason in words, for the reader.
        given: Conditions under which the two are equal, in words, such as `"sum of t over j is 1"`.
        uses: Names of the tensors whose equations the step made use of.
    """

    before: Expr
    after: Expr
    rule: str
    because: str = ""
    given: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Partial:
    """A local derivative: ∂tensor[indices]/∂wrt[at] of one equation.

    Attributes:
        tensor: The tensor that the equation defines.
        indices: Its indices.
        wrt: The tensor that the equation reads.
        at: Where; fresh indices that occur nowhere else.
        value: The derivative, with a `Delta` for each coincidence of indices that it needs.
        slope: For an elementwise equation the derivative without its deltas, else `None`.
        steps: How the value was found.
    """

    tensor: str
    indices: tuple[Index, ...]
    wrt: str
    at: tuple[Index, ...]
    value: Expr
    slope: Expr | None = None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Derivation:
    """Every ∂E/∂v of a graph, and how each was found.

    Attributes:
        graph: The forward pass.
        tensors: The adjoint tensors by name; `adjoint_of` gives the name for a forward tensor.
        adjoint_of: Name of the forward tensor → name of its adjoint (`"z1"` → `"delta1"`, `"W1"` → `"dW1"`).
        adjoints: One equation for each adjoint, in the order in which a backward pass computes them.
        partials: The local derivatives of every equation, by (defined tensor, tensor read).
        steps: For each adjoint the steps that led from the chain rule to its equation.
    """

    graph: Graph
    tensors: Mapping[str, Tensor]
    adjoint_of: Mapping[str, str]
    adjoints: tuple[Equation, ...]
    partials: Mapping[tuple[str, str], Partial]
    steps: Mapping[str, tuple[Step, ...]]

    def adjoint(self, name: str) -> Equation:
        """The adjoint equation of a forward tensor; `KeyError` if the loss does not depend on it."""
        return next(equation for equation in self.adjoints if equation.tensor == self.adjoint_of[name])

    @cached_property
    def shapes(self) -> Mapping[str, tuple[Expr, ...]]:
        """The shape of every tensor of both passes."""
        return {name: tensor.shape for name, tensor in {**self.graph.tensors, **self.tensors}.items()}

    @cached_property
    def letters(self) -> frozenset[str]:
        """The letters of all indices."""
        steps = [side for steps in self.steps.values() for step in steps for side in (step.before, step.after)]
        exprs = [*steps, *(equation.rhs for equation in (*self.graph.equations, *self.adjoints))]
        return frozenset(index.name for expr in exprs for index in indices_of(expr))

    def with_adjoints(self, adjoints: tuple[Equation, ...], steps: Mapping[str, tuple[Step, ...]]) -> Derivation:
        """The same derivation after a rewrite of its adjoint equations."""
        return replace(self, adjoints=adjoints, steps=steps)


def layer_name(tensors: Sequence[str], number: int) -> str:
    """The name with which all tensors of a layer begin, or an empty string where they end with its number.

    Example:
        >>> layer_name(["lstm_zi", "lstm_Wf"], 1), layer_name(["mu_a3", "mu_b3"], 3), layer_name(["my_code_z"], 2)
        ('lstm', '', 'my_code')
    """
    if all(name.endswith(str(number)) for name in tensors):
        return ""
    parts = tensors[0].split("_")[:-1]
    while parts and not all(name.startswith("_".join(parts) + "_") for name in tensors):
        parts.pop()
    return "_".join(parts)


def renaming(names: Mapping[str, str]) -> dict[Expr, Expr]:
    """The `xreplace` table that renames tensors."""
    return {Name(old): Name(new) for old, new in names.items() if old != new}


def needed(equations: Mapping[str, Equation], wanted: Iterable[str]) -> set[str]:
    """The tensors without which some cannot be computed: these, what they read, what that reads, and so on.

    Args:
        equations: Those that there are, by the tensor that they define; what is given has none.
        wanted: The tensors to be computed.
    """
    found: set[str] = set()
    pending = list(wanted)
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += tensors_read(equations[name].rhs) if name in equations else ()
    return found
