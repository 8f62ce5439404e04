"""Scalar code of a network → one JavaScript text without dependencies: forward pass, loss and gradient, one update."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from symbackprop.categories import ranges
from symbackprop.emit.brought import brought
from symbackprop.emit.certificate import Certificate, certified
from symbackprop.emit.environment import render
from symbackprop.emit.formulas import formula_rows
from symbackprop.emit.javascript_language import JAVASCRIPT, RESERVED
from symbackprop.emit.javascript_loops import LoopPasses
from symbackprop.emit.layout import count, fitted, plain
from symbackprop.emit.scalar import scalar_code
from symbackprop.emit.variables import escaped, needed_lets
from symbackprop.graph import Derivation, Tensor
from symbackprop.program import Training
from symbackprop.program.nest import Nest
from symbackprop.program.scalar import Let, Op, Straight, within
from symbackprop.version import __version__

MOST_NUMBERS = 1000
__all__ = ["JAVASCRIPT", "emit_javascript"]


def emit_javascript(
    derivation: Derivation,
    code: Straight | Nest,
    *,
    training: Training,
    update: Sequence[Let],
    checks: Sequence[str] = (),
    network_hash: str = "",
    version: str = __version__,
) -> str:
    """Write the script `network.js` of a network.

    Args:
        derivation: Gives the roles of tensors and the formulas of comments.
        code: Both passes: as straight lines, where every element has its name, or as loops over arrays.
        training: Gives the optimizer's settings and what it remembers.
        update: The optimizer's statements for one element.
        checks: For the certificate, one line for each check that was passed, with its threshold.
        network_hash: SHA-256 of the network's canonical description.
        version: Of symbackprop.

    Returns:
        The text. It defines `network`, an object with `forward(params, data)`, `lossAndGrad(params, data)` and
        `update(params, gradients, state, settings)`.
    """
    graph = derivation.graph
    straight = isinstance(code, Straight)
    passes = LinePasses(derivation, code) if isinstance(code, Straight) else LoopPasses(derivation, code)
    called = passes.calls() | {node.function for let in update for node in within(let.value) if isinstance(node, Op)}
    body = render(
        "javascript/network.js.j2",
        title=graph.name,
        straight=straight,
        constants=_constants(graph.parameters, graph.with_role("input", "constant", "target"), passes),
        forward=passes.forward(),
        forward_values=[_property(name, value) for name, value in passes.forward_values()],
        predictions=[_property(name, passes.nested(name)) for name in passes.predicted],
        both=passes.both(),
        loss=passes.loss(),
        gradients=[_property(p.name, passes.gradient(p.name)) for p in graph.parameters],
        values=[_property(name, value) for name, value in passes.values()],
        helpers=called & {"erf", "floor_divide", "place"},
        **_update(training, update),
    )
    return certified(Certificate(graph.name, network_hash, version, checks), body, "//")


class LinePasses:
    """The bodies of the functions of a script, as straight lines.

    Args:
        derivation: Gives the roles of tensors and the formulas of comments.
        straight: Both passes.
    """

    def __init__(self, derivation: Derivation, straight: Straight) -> None:
        self.graph = derivation.graph
        self.straight = straight
        self.comment = formula_rows(derivation)
        self.lets = (*straight.forward, *straight.backward)
        used = [name for places in straight.names.values() for name in places.values()]
        self.names = escaped([*used, *(let.name for let in self.lets)], RESERVED)
        self.predicted = [t.name for t in self.graph.with_role("prediction") if t.name in straight.names]
        outputs = {name for tensor in self.predicted for name in straight.names[tensor].values()}
        self.before = needed_lets(straight.forward, outputs)

    def name(self, name: str) -> str:
        """The variable of an element."""
        return self.names.get(name, name)

    def forward(self) -> list[str]:
        """The lines of the forward pass."""
        given = [*self.graph.with_role("input", "constant"), *self.graph.parameters]
        return [*self._given(given), *self._statements(self.before, commented=False)]

    def forward_values(self) -> list[tuple[str, str]]:
        """What the forward pass computes."""
        return [(let.name, self.name(let.name)) for let in self.before if let.tensor]

    def both(self) -> list[str]:
        """The lines of both passes."""
        given = [*self.graph.with_role("input", "constant", "target"), *self.graph.parameters]
        return [*self._given(given), *self._statements(self.lets, commented=True)]

    def values(self) -> list[tuple[str, str]]:
        """What both passes compute."""
        return [(let.name, self.name(let.name)) for let in self.lets if let.tensor]

    def _given(self, given: Iterable[Tensor]) -> Iterator[str]:
        for tensor in given:
            source = "params" if tensor.role == "parameter" else "data"
            elements = [self.name(name) for name in self.straight.names[tensor.name].values()]
            yield from fitted("const [", elements, f'] = numbers({source}, "{tensor.name}");', 4)

    def _statements(self, lets: Iterable[Let], commented: bool) -> Iterator[str]:
        last = ""
        for let in lets:
            if commented and let.tensor and let.tensor != last:
                yield from (f"// {row}" for row in self.comment(let.tensor))
                last = let.tensor
            yield f"const {self.name(let.name)} = {scalar_code(let.value, JAVASCRIPT, self.names)};"

    def nested(self, array: str) -> str:
        """An array as nested ones; a number by itself."""
        return _nested(self.straight.shapes[array], [self.name(n) for n in self.straight.names[array].values()])

    def loss(self) -> str:
        """The loss."""
        return self.name(self.straight.loss)

    def gradient(self, parameter: str) -> str:
        """The gradient by a parameter in its shape; 0 where the loss does not depend on it."""
        adjoint = self.straight.gradients.get(parameter)
        if adjoint is not None:
            return self.nested(adjoint)
        return _nested(self.straight.shapes[parameter], ["0"] * len(self.straight.names[parameter]))

    def sizes_of(self, array: str) -> list[int | str]:
        """The shape of an array."""
        return list(self.straight.shapes[array])

    def elements(self, arrays: Iterable[str]) -> dict[str, list[int | str]]:
        """Where each element of some arrays is found: its array, and its place in it."""
        return {name: [array, *at] for array in arrays for at, name in self.straight.names[array].items()}

    def calls(self) -> set[str]:
        """The functions that the lines call."""
        return {node.function for let in self.lets for node in within(let.value) if isinstance(node, Op)}


def _nested(shape: Sequence[int], items: Sequence[str]) -> str:
    if not shape:
        return items[0]
    step = len(items) // shape[0]
    inside = [_nested(shape[1:], items[place * step : (place + 1) * step]) for place in range(shape[0])]
    return f"[{', '.join(inside)}]"


def _property(name: str, value: str) -> str:
    key = name if name.isidentifier() and name.isascii() else json.dumps(name)
    return name if key == value else f"{key}: {value}"


def _constants(
    parameters: Sequence[Tensor], given: Sequence[Tensor], passes: LinePasses | LoopPasses
) -> dict[str, Any]:
    """What the script says of the network: shapes, first values, the sample, and where each element is found."""
    constants = brought(passes.graph, [tensor.name for tensor in given if tensor.role == "constant"])
    categories = ranges(passes.graph)
    held = (passes.straight if isinstance(passes, LinePasses) else passes.nest).gradients
    return {
        "PARAMETERS": {tensor.name: passes.sizes_of(tensor.name) for tensor in parameters},
        "DATA": {tensor.name: passes.sizes_of(tensor.name) for tensor in given},
        **({"CATEGORIES": categories} if categories else {}),
        "TRAINABLE": [tensor.name for tensor in parameters if tensor.trainable and tensor.name in held],
        **({"CONSTANTS": {one.name: _floats(plain(one.value)) for one in constants}} if constants else {}),
        "START": _known(parameters),
        "SAMPLE": _known(given),
        "ELEMENTS": passes.elements(tensor.name for tensor in (*given, *parameters)),
    }


def _known(tensors: Sequence[Tensor]) -> Any:
    """The numbers of some tensors; `None` unless all are known and few enough."""
    values = {tensor.name: plain(tensor.value) for tensor in tensors}
    if any(value is None or count(value) > MOST_NUMBERS for value in values.values()):
        return None
    return {name: _floats(value) for name, value in values.items()}


def _floats(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_floats(item) for item in value]
    return float(value) if float(value) != int(float(value)) else int(float(value))


def _update(training: Training, update: Sequence[Let]) -> dict[str, Any]:
    """The optimizer's statements, its settings and what it remembers."""
    names = escaped([let.name for let in update], RESERVED - {"step"} | {"g", "w"}) if update else {}
    names = {old: new for old, new in names.items() if old not in ("w", "g", *training.state)}
    kept = {*training.state, "w"}
    rows = []
    for let in update:
        first = "" if let.name in kept else "const "
        kept.add(let.name)
        rows.append(f"{first}{names.get(let.name, let.name)} = {scalar_code(let.value, JAVASCRIPT, names)};")
    return {
        "optimizer": training.optimizer,
        "settings": [f"{name}: {float(value)!r}" for name, value in training.settings.items()],
        "setting_names": list(training.settings),
        "state": [(name, repr(float(first))) for name, first in training.state.items()],
        "counts": training.counts,
        "equations": [let.tensor for let in update],
        "update_rows": rows,
    }
