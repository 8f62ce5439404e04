"""Straight-line scalar code of a small network → a Python module that computes with floats and imports `math` alone."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from symbackprop.categories import ranges
from symbackprop.emit.brought import brought, constant_rows, typed
from symbackprop.emit.certificate import Certificate, certified
from symbackprop.emit.environment import render
from symbackprop.emit.float_steps import training_lines
from symbackprop.emit.formulas import formula_rows
from symbackprop.emit.layout import count, fitted, numbers_fitted, plain
from symbackprop.emit.python_floats import FUNCTIONS, OVERFLOWING, PYTHON, RESERVED
from symbackprop.emit.scalar import Language, scalar_code
from symbackprop.emit.variables import drawn_kind, escaped, inlined, needed_lets
from symbackprop.graph import Derivation, Tensor
from symbackprop.program import Training
from symbackprop.program.counting import operations
from symbackprop.program.scalar import Let, Name, Op, Straight, within
from symbackprop.version import __version__

MOST_NUMBERS = 1000
WIDTH = 104


def emit_floats(
    derivation: Derivation,
    straight: Straight,
    *,
    training: Training,
    update: Sequence[Let],
    checks: Sequence[str] = (),
    network_hash: str = "",
    version: str = __version__,
) -> str:
    """Write the module `gradients_floats.py` of a network.

    Args:
        derivation: Gives the roles of tensors and the formulas of comments.
        straight: Both passes.
        training: Gives the optimizer's settings and what it remembers.
        update: The optimizer's statements for one element.
        checks: For the certificate, one line for each check that was passed, with its threshold.
        network_hash: SHA-256 of the network's canonical description.
        version: Of symbackprop.

    Returns:
        The text. Its head says how many operations loss and gradient take.
    """
    writer = Writer(derivation, straight, {*training.settings, *(let.name for let in update)})
    both = writer.needed("both")
    counted = operations(both)
    body = render(
        "floats/module.py.j2",
        title=derivation.graph.name,
        counted=textwrap.wrap(
            f"For a network of this size this is faster than arrays. Loss and gradient take {sum(counted.values())} "
            f"operations: {', '.join(f'{number} {name}' for name, number in sorted(counted.items()))}.",
            112,
        ),
        arguments=writer.arguments,
        data_names=writer.data,
        **writer.bodies(both),
        **writer.tables(),
        **training_lines(writer, training, update),
        **_functions(both, update),
    )
    name = derivation.graph.name
    return certified(Certificate(name, network_hash, version, checks, sum(counted.values())), body)


class Writer:
    """The variables, statements and results of a module of floats.

    Args:
        derivation: Gives the roles of tensors and the formulas of comments.
        straight: Both passes.
        taken: What no variable may be called, beside the words of the language.
        language: How values are written.
    """

    def __init__(
        self, derivation: Derivation, straight: Straight, taken: Iterable[str] = (), language: Language = PYTHON
    ) -> None:
        self.language = language
        self.graph = derivation.graph
        self.straight = straight
        self.comment = formula_rows(derivation)
        self.given = [*self.graph.with_role("input", "constant"), *self.graph.with_role("target")]
        self.parameters = list(self.graph.parameters)
        lets = (*straight.forward, *straight.backward)
        used = [name for places in straight.names.values() for name in places.values()]
        self.names = escaped([*used, *(let.name for let in lets)], RESERVED | set(taken))
        self.data = [escaped([t.name], RESERVED).get(t.name, t.name) for t in self.given]
        self.ranges = ranges(self.graph)
        self.arguments = [n for tensor in (*self.parameters, *self.given) for n in self.elements(tensor.name)]

    def name(self, name: str) -> str:
        return self.names.get(name, name)

    def elements(self, array: str) -> list[str]:
        """The variables of the elements of an array."""
        return [self.name(name) for name in self.straight.names[array].values()]

    @property
    def numbers(self) -> list[str]:
        """The numbers of each array of data, one after the other, after a look at it."""
        looks = ["_categories" if tensor.name in self.ranges else "_numbers" for tensor in self.given]
        named = zip(looks, self.given, self.data, strict=True)
        return [f'*{look}("{tensor.name}", {variable})' for look, tensor, variable in named]

    def needed(self, wanted: str) -> tuple[Let, ...]:
        outputs = {self.straight.loss}
        if wanted == "both":
            outputs |= {n for array in self.straight.gradients.values() for n in self.straight.names[array].values()}
        return needed_lets((*self.straight.forward, *self.straight.backward), outputs)

    @property
    def trainable(self) -> list[Tensor]:
        """The parameters that an update moves."""
        return [t for t in self.parameters if t.trainable and t.name in self.straight.gradients]

    def slopes(self) -> list[str]:
        """The element of the gradient for each parameter; an empty name where the loss does not depend on it."""
        held = self.straight.gradients
        return [
            name
            for t in self.parameters
            for name in (
                self.straight.names[held[t.name]].values()
                if t.name in held
                else [""] * len(self.straight.names[t.name])
            )
        ]

    def kept(self) -> set[str]:
        """What a step of training needs."""
        arrays = [self.straight.gradients[tensor.name] for tensor in self.trainable]
        return {self.straight.loss, *(name for array in arrays for name in self.straight.names[array].values())}

    def moving(self, both: Sequence[Let]) -> tuple[Let, ...]:
        """The statements that a step of training needs."""
        return needed_lets(both, self.kept())

    def lines(self, lets: Iterable[Let]) -> list[str]:
        return [
            row
            for let in lets
            for row in wrapped(f"{self.name(let.name)} = ", scalar_code(let.value, self.language, self.names), "")
        ]

    def commented(self, lets: Sequence[Let], every: Sequence[Let], outside: set[str]) -> Iterator[str]:
        """Statements, each behind the formulas of what it computes, what was put into it included."""
        kept = {let.name: let for let in lets}
        pending: dict[str, None] = {}
        told: set[str] = set(outside)
        for let in every:
            if let.tensor and let.tensor not in told:
                pending[let.tensor] = None
            if let.name in kept:
                yield from (f"# {row}" for tensor in pending for row in self.comment(tensor))
                told |= pending.keys()
                pending.clear()
                yield from self.lines([kept[let.name]])

    def results(self, lets: Sequence[Let]) -> tuple[list[str], set[str]]:
        """What is returned, each group behind its formula, and the variables that nothing else reads."""
        values = {let.name: let.value for let in lets}
        read = {node.name for let in lets for node in within(let.value) if isinstance(node, Name)}
        rows: list[str] = []
        gone: set[str] = set()
        held = self.straight.gradients
        groups = [(self.graph.loss.name, [self.straight.loss])]
        groups += [
            (held[t.name], list(self.straight.names[held[t.name]].values())) for t in self.parameters if t.name in held
        ]
        without = {t.name: len(self.straight.names[t.name]) for t in self.parameters if t.name not in held}
        order = [self.graph.loss.name, *(held.get(t.name, t.name) for t in self.parameters)]
        named = dict(groups)
        for array in order:
            if array in without:
                rows += ["0.0,"] * without[array]
                continue
            rows += [f"# {row}" for row in self.comment(array)]
            for name in named[array]:
                inside = name not in read and name in values
                gone |= {name} if inside else set()
                value = scalar_code(values[name], self.language, self.names) if inside else self.name(name)
                rows += wrapped("", value, ",")
        return rows, gone

    def gradient(self, parameter: str) -> list[str]:
        """The variables of a gradient; 0 where the loss does not depend on the parameter."""
        adjoint = self.straight.gradients.get(parameter)
        return self.elements(adjoint) if adjoint is not None else ["0.0"] * len(self.straight.names[parameter])

    def bodies(self, both: Sequence[Let]) -> dict[str, Any]:
        loss = self.name(self.straight.loss)
        overflowing = [f for f in OVERFLOWING if f in called(both)]
        numbers = [f"{name}: float" for name in self.arguments]
        outputs = [
            self.straight.loss,
            *(n for a in self.straight.gradients.values() for n in self.straight.names[a].values()),
        ]
        lets = inlined(both, outputs)
        results, gone = self.results(lets)
        received = [loss, *(self.name(n) if n in self.kept() else "_" for n in self.slopes())]
        told = {self.graph.loss.name, *self.straight.gradients.values()}
        return {
            "head": fitted("def loss_and_grad_floats(", numbers, ") -> Floats:"),
            "overflowing": overflowing,
            "overflowing_code": ", ".join(f'"{name}": _{name}' for name in overflowing),
            "lines": list(self.commented([let for let in lets if let.name not in gone], both, told)),
            "results": results,
            "plain_lines": self.lines(inlined(self.moving(both), self.kept())),
            "loss": loss,
            "again": fitted("return _unbounded(loss_and_grad_floats)(", self.arguments, ")", 8),
            "loss_head": fitted("def loss_floats(", numbers, ") -> float:"),
            "loss_lines": self.lines(inlined(self.needed("loss"), [self.straight.loss])),
            "loss_again": fitted("return _unbounded(loss_floats)(", self.arguments, ")", 8),
            "recovered": fitted(f"{', '.join(received)} = loss_and_grad_floats(", self.arguments, ")", 12),
        }

    def tables(self) -> dict[str, Any]:
        shapes = self.straight.shapes
        known = brought(self.graph, [tensor.name for tensor in self.given])
        constants = {name: tensor for name, tensor in zip(self.data, self.given, strict=True) if tensor in known}
        return {
            "shapes": [(tensor.name, repr(shapes[tensor.name])) for tensor in self.parameters],
            "data_shapes": [(tensor.name, repr(shapes[tensor.name])) for tensor in self.given],
            "start": _known(self.parameters),
            "sample": _known(self.given),
            "draws_code": ", ".join(f'"{tensor.name}": "{drawn_kind(tensor)}"' for tensor in self.given),
            "constants": constant_rows(constants, "Any", ""),
            "categories": self.ranges,
            "data_numbers": self.numbers,
            "data_types": typed(self.data, constants, "Any"),
        }


def _known(tensors: Sequence[Tensor]) -> list[str]:
    """The numbers of some tensors as items of a dict; none unless all are known and few enough."""
    values = {tensor.name: plain(tensor.value) for tensor in tensors}
    if any(value is None or count(value) > MOST_NUMBERS for value in values.values()):
        return []
    return [row for name, value in values.items() for row in numbers_fitted(f'"{name}": ', value, ",", 4)]


def called(lets: Iterable[Let]) -> set[str]:
    """The functions that some statements call."""
    return {node.function for let in lets for node in within(let.value) if isinstance(node, Op)}


def _functions(both: Sequence[Let], update: Sequence[Let]) -> dict[str, Any]:
    names = called([*both, *update]) & FUNCTIONS.keys() - {"abs"}
    # One that is too large for a float is infinite; a loss that was never computed is not a number.
    more = {"nan"} | ({"inf"} if names & set(OVERFLOWING) else set())
    return {"imports": sorted({FUNCTIONS[name] for name in names} | more)}


def wrapped(before: str, code: str, after: str) -> list[str]:
    """An expression as lines, in brackets where it is too long for one."""
    if len(before) + len(code) + len(after) <= WIDTH:
        return [f"{before}{code}{after}"]
    inside = textwrap.wrap(code, WIDTH - 4, break_long_words=False, break_on_hyphens=False)
    return [f"{before}(", *(f"    {row}" for row in inside), f"){after}"]
