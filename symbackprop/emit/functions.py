"""Program → the bodies of an emitted module's functions, as lines of NumPy."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from sympy import Symbol

from symbackprop.emit.brought import brought
from symbackprop.emit.kinks import kinks
from symbackprop.emit.layout import fitted
from symbackprop.emit.nodes import all_read, defined, helpers_used, in_layers, needed, read, sizes_counted, sizes_used
from symbackprop.emit.numpy import HELPERS, PRECISION, UNTYPED
from symbackprop.emit.places import HELPER_CODE
from symbackprop.emit.statements import Writer, untyped
from symbackprop.graph import Derivation
from symbackprop.program import (
    Array,
    Assign,
    Loop,
    Program,
    Reduce,
    Statement,
    Training,
    assignments,
    leaves,
)
from symbackprop.program.masks import beside_truth, numbers_in

RESERVED = frozenset(dir(builtins)) | HELPERS | frozenset(HELPER_CODE) | {
    "Any", "Array", "CATEGORIES", "CONSTANTS", "Callable", "DATA", "HALF", "History", "Iterator", "LOWEST", "ONE",
    "PARAMETERS", "Params", "START", "State", "TRAINABLE", "Workspace", "annotations", "arrays", "batch",
    "batch_size", "callback", "check", "dtype", "epochs", "forward", "given", "gradient_tolerance", "grads",
    "history", "initialize", "loss", "loss_and_grad", "main", "math", "moved", "np", "npt", "pack", "parameters",
    "params", "rng", "seed", "self", "sequential", "sequential_step", "shape", "shapes", "sizes", "slopes", "state",
    "step", "steps", "tolerance", "total", "train", "unpack", "update", "vector", "whole", "work",
}  # fmt: skip


class Functions:
    """The code of the passes, and the names that it uses.

    Args:
        derivation: Gives the roles of tensors.
        program: The statements.
        training: Gives the settings that a sequential step needs.
        comment: The formula of a tensor, as lines for a comment.
    """

    def __init__(
        self, derivation: Derivation, program: Program, training: Training, comment: Callable[[str], Sequence[str]]
    ) -> None:
        self.graph = derivation.graph
        self.program = program
        self.training = training
        self.inputs = [tensor.name for tensor in self.graph.with_role("input", "constant")]
        self.targets = [tensor.name for tensor in self.graph.with_role("target")]
        self.given = [*self.inputs, *self.targets]
        self.statements = program.forward
        numbers = [*program.parameters, *(assign.name for assign in assignments(program.forward))]
        typed = beside_truth(assignments((*program.forward, *program.backward)))
        self.writer = Writer(self._names(), comment, numbers, typed)
        self.data = [self.writer.name(name) for name in self.given]
        self.constants = {self.writer.name(tensor.name): tensor for tensor in brought(self.graph, self.given)}

    def _names(self) -> dict[str, str]:
        """What to write for arrays and sizes whose own name is taken."""
        statements = (*self.program.forward, *self.program.backward)
        assigned = [statement.name for statement in assignments(statements)]
        arrays = [*self.program.data, *self.program.parameters, *assigned]
        taken = {*RESERVED, *self.training.settings}
        names = {name: f"{name}_" for name in arrays if name in taken}
        taken |= {*arrays, *names.values()}
        loops = [statement.index.name for statement in statements if isinstance(statement, Loop)]
        first = next(iter(self.program.parameters), None)
        names |= {} if first is None else {PRECISION: f'params["{first}"].dtype'}
        names[UNTYPED] = untyped(self.graph, statements)
        return names | {f"#{size}": _other(size) for size in (*self.program.sizes, *loops) if size in taken}

    @cached_property
    def trainable(self) -> list[str]:
        """The parameters that an update moves."""
        return [
            tensor.name
            for tensor in self.graph.parameters
            if tensor.trainable and tensor.name in self.program.gradients
        ]

    @property
    def batched(self) -> bool:
        """Whether the samples are an axis, the first, of all inputs and targets."""
        first = {tensor.indices[:1] for tensor in self.graph.with_role("input", "target")}
        return len(first) == 1 and all(axis and isinstance(axis[0].size, Symbol) for axis in first)

    @property
    def prediction(self) -> str:
        """The variable that holds the prediction."""
        return self.writer.name(self._predictions[-1])

    @cached_property
    def _predictions(self) -> list[str]:
        """The predictions; in a graph that names none what is computed last without a target."""
        named = [tensor.name for tensor in self.graph.with_role("prediction")]
        return named or [assignments(self._without_targets)[-1].name]

    @cached_property
    def predicting(self) -> tuple[Statement, ...]:
        """The forward statements up to the predictions."""
        return needed(self._without_targets, self._predictions)

    @cached_property
    def _without_targets(self) -> tuple[Statement, ...]:
        """The forward statements that no target enters."""
        reached = set(self.targets)
        kept = []
        for statement in self.program.forward:
            if read(statement) & reached:
                reached |= defined(statement)
            else:
                kept.append(statement)
        return tuple(kept)

    @cached_property
    def _kinks(self) -> list[tuple[str, Array]]:
        """What decides a branch, where a parameter can reach it: a branch on data alone never changes."""
        reached = set(self.program.parameters)
        for statement in self.statements:
            if read(statement) & reached:
                reached |= defined(statement)
        return [(kind, node) for kind, node in kinks(self.statements) if leaves(node) & reached]

    @property
    def helpers(self) -> list[str]:
        """The functions that the code calls beside NumPy's."""
        checked = [Assign("", node.axes, node) for _, node in self._kinks]
        return helpers_used([*self.predicting, *self._both_passes, *checked])

    @property
    def loss_statements(self) -> tuple[Statement, ...]:
        """The forward statements that the loss alone needs."""
        return needed(self.statements, [self.program.loss])

    def forward(self) -> list[str]:
        """The prediction and everything before it."""
        names = [statement.name for statement in assignments(self.predicting) if statement.name in self.graph.tensors]
        found = [f'"{name}": {self.writer.name(name)}' for name in names]
        rows = fitted(f"return {self.prediction}, {{", found, "}", 4)
        return [*self.opening(self.predicting), *self._lines(self.predicting), *rows]

    def loss(self) -> list[str]:
        """The loss alone."""
        return [*self.opening(self.loss_statements), *self._lines(self.loss_statements)]

    def gradients(self) -> list[str]:
        """The loss and all gradients."""
        return [*self.opening(self._both_passes), *self._lines(self._both_passes, commented=True)]

    @cached_property
    def _both_passes(self) -> tuple[Statement, ...]:
        """The statements of the loss and of all gradients."""
        wanted = {self.program.loss, *all_read(self.program.backward)}
        return (*needed(self.statements, wanted), *self.program.backward)

    @property
    def counted(self) -> list[str]:
        """The sizes that the passes compute with, as in a mean."""
        return sizes_counted(self._both_passes)

    def gradient_items(self) -> list[tuple[str, str]]:
        """For each parameter the expression of its gradient; one that the loss does not depend on has none to name."""
        items = []
        for name in self.program.parameters:
            held = self.program.gradients.get(name)
            code = f'np.zeros_like(params["{name}"])' if held is None else self.writer.name(held)
            if held is not None and not self.program.parameters[name]:
                # A number that no array of numbers goes into has no precision of its own.
                made = [assign for assign in assignments(self.program.backward) if assign.name == held]
                plain = all(numbers_in(assign.value) for assign in made)
                code = f"np.asarray({code})" if plain else f'np.asarray({code}, params["{name}"].dtype)'
            items.append((name, code))
        return items

    def sequential(self) -> list[str]:
        """The loss and a step from the last layer to the first, each layer moving before the next is reached."""
        layers = {tensor.name: tensor.layer for tensor in self.graph.parameters}
        groups = in_layers(self.program, layers, self.trainable)
        backward = [step for steps, _ in groups for step in steps]
        wanted = {self.program.loss, *all_read(backward)}
        statements = needed(self.statements, wanted)
        rows = [*self.opening((*statements, *backward), also=self.trainable), *self._lines(statements)]
        for steps, moving in groups:
            rows += self._lines(steps, commented=True)
            rows += [row for name in moving for row in self._move(name)]
        return rows

    def _move(self, name: str) -> list[str]:
        own = self.writer.name(name)
        memory = [f'state.setdefault("{name}", {{}})'] if self.training.remembers else []
        arguments = [own, self.writer.name(self.program.gradients[name]), *memory, *self.training.settings]
        return fitted(f"{own} = _moved(", arguments, ")", 4)

    def sequential_result(self) -> list[str]:
        """The loss, and the parameters with the new ones among them."""
        items = ["**params", *(f'"{name}": {self.writer.name(name)}' for name in self.trainable)]
        return fitted(f"return float({self.writer.name(self.program.loss)}), {{", items, "}", 4)

    def margins(self) -> tuple[list[str], list[str]]:
        """Code that computes what decides branches, and the expressions of it."""
        found = self._kinks
        used = {leaf for _, node in found for leaf in leaves(node)}
        statements = needed(self.statements, used)
        sizes = sizes_used([Assign("", node.axes, node) for _, node in found])
        codes = []
        for kind, node in found:
            if kind == "gap" and isinstance(node, Reduce):
                inside = node.arg
                axis = inside.axes.index(node.over[0])
                codes.append(f"_gap({self.writer.code(inside)}, {axis})")
            else:
                codes.append(f"np.ravel({self.writer.code(node)})")
        return [*self.opening(statements, also=used, sizes=sizes), *self._lines(statements)], codes

    def _lines(self, statements: Iterable[Statement], commented: bool = False) -> list[str]:
        return [row for statement in statements for row in self.writer.lines(statement, commented)]

    def opening(
        self, statements: Sequence[Statement], also: Iterable[str] = (), sizes: Iterable[str] = ()
    ) -> list[str]:
        """Lines that take the parameters and sizes that some statements use."""
        taken = all_read(statements) | set(also)
        used = sizes_used(statements) | set(sizes)
        rows = [f'{self.writer.name(name)} = params["{name}"]' for name in self.program.parameters if name in taken]
        for size, (array, axis) in self.program.sizes.items():
            if size in used:
                own = self.writer.name(array) if array in self.program.data else f'params["{array}"]'
                rows.append(f"{self.writer.size(size)} = {own}.shape[{axis}]")
        return rows


def _other(name: str) -> str:
    """Another name for an index or a size; time is called tau beside a target t."""
    return "tau" if name == "t" else f"{name}_"
