"""Scalar code of a network → one JavaScript text without dependencies: forward pass, loss and gradient, one update."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from symbackprop.emit.certificate import Certificate, certified
from symbackprop.emit.environment import render
from symbackprop.emit.formulas import formula_rows
from symbackprop.emit.layout import count, fitted, plain
from symbackprop.emit.reserved import JAVASCRIPT_WORDS
from symbackprop.emit.scalar import OPERATORS, Language, scalar_code
from symbackprop.emit.variables import escaped, needed_lets
from symbackprop.graph import Derivation, Tensor
from symbackprop.program import Training
from symbackprop.program.scalar import Let, Op, Straight, within
from symbackprop.version import __version__

MOST_NUMBERS = 1000
_OWN = """
    DATA ELEMENTS PARAMETERS SAMPLE SETTINGS START TRAINABLE data erf floorDivide forward gradients lossAndGrad memory
    module moved nested network numbers params place settings state step update
"""
RESERVED = JAVASCRIPT_WORDS | frozenset(_OWN.split())
_MATH = "exp log sin cos tan tanh sinh cosh sqrt pow abs max min expm1 log1p floor"
ARCS = {f"arc{name}": f"Math.a{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")}
JAVASCRIPT = Language(
    functions={name: f"Math.{name}" for name in _MATH.split()} | ARCS | {"erf": "erf", "floor_divide": "floorDivide"},
    choice="{condition} ? {then} : {otherwise}",
    logical={"and": "&&", "or": "||", "not": "!"},
    operators=OPERATORS | {"eq": "===", "ne": "!=="},
)


def emit_javascript(
    derivation: Derivation,
    straight: Straight,
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
        straight: Both passes.
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
    given = [*graph.with_role("input", "constant", "target")]
    parameters = [*graph.parameters]
    passes = _Passes(derivation, straight)
    predicted = [t.name for t in graph.with_role("prediction") if t.name in straight.names]
    outputs = {name for tensor in predicted for name in straight.names[tensor].values()}
    before = needed_lets(straight.forward, outputs)
    body = render(
        "javascript/network.js.j2",
        title=graph.name,
        constants=_constants(graph.parameters, given, straight),
        forward=passes.lines(before, [*graph.with_role("input", "constant"), *parameters]),
        forward_values=passes.values(before),
        predictions=[_property(name, passes.nested(name)) for name in predicted],
        both=passes.lines((*straight.forward, *straight.backward), [*given, *parameters], commented=True),
        loss=passes.name(straight.loss),
        gradients=[_property(p.name, passes.gradient(p.name)) for p in parameters],
        values=passes.values((*straight.forward, *straight.backward)),
        helpers=_helpers([*straight.forward, *straight.backward, *update]),
        **_update(training, update),
    )
    return certified(Certificate(graph.name, network_hash, version, checks), body, "//")


class _Passes:
    def __init__(self, derivation: Derivation, straight: Straight) -> None:
        self.straight = straight
        self.comment = formula_rows(derivation)
        lets = (*straight.forward, *straight.backward)
        used = [name for places in straight.names.values() for name in places.values()]
        self.names = escaped([*used, *(let.name for let in lets)], RESERVED)

    def name(self, name: str) -> str:
        return self.names.get(name, name)

    def lines(self, lets: Iterable[Let], given: Sequence[Tensor], commented: bool = False) -> list[str]:
        """Statements that take what is given, and those of a pass."""
        rows = []
        for tensor in given:
            source = "params" if tensor.role == "parameter" else "data"
            elements = [self.name(name) for name in self.straight.names[tensor.name].values()]
            rows += fitted("const [", elements, f'] = numbers({source}, "{tensor.name}");', 4)
        return rows + list(self._statements(lets, commented))

    def _statements(self, lets: Iterable[Let], commented: bool) -> Iterator[str]:
        last = ""
        for let in lets:
            if commented and let.tensor and let.tensor != last:
                yield from (f"// {row}" for row in self.comment(let.tensor))
                last = let.tensor
            yield f"const {self.name(let.name)} = {scalar_code(let.value, JAVASCRIPT, self.names)};"

    def values(self, lets: Iterable[Let]) -> list[str]:
        """The properties of an object that holds every element that was computed."""
        return [_property(let.name, self.name(let.name)) for let in lets if let.tensor]

    def nested(self, array: str) -> str:
        return _nested(self.straight.shapes[array], [self.name(n) for n in self.straight.names[array].values()])

    def gradient(self, parameter: str) -> str:
        """The gradient by a parameter in its shape; 0 where the loss does not depend on it."""
        adjoint = self.straight.gradients.get(parameter)
        if adjoint is not None:
            return self.nested(adjoint)
        return _nested(self.straight.shapes[parameter], ["0"] * len(self.straight.names[parameter]))


def _nested(shape: Sequence[int], items: Sequence[str]) -> str:
    if not shape:
        return items[0]
    step = len(items) // shape[0]
    inside = [_nested(shape[1:], items[place * step : (place + 1) * step]) for place in range(shape[0])]
    return f"[{', '.join(inside)}]"


def _property(name: str, value: str) -> str:
    key = name if name.isidentifier() and name.isascii() else json.dumps(name)
    return name if key == value else f"{key}: {value}"


def _constants(parameters: Sequence[Tensor], given: Sequence[Tensor], straight: Straight) -> dict[str, Any]:
    """What the script says of the network: shapes, first values, the sample, and where each element is found."""
    elements = {
        name: [tensor.name, *at] for tensor in (*given, *parameters) for at, name in straight.names[tensor.name].items()
    }
    return {
        "PARAMETERS": {tensor.name: list(straight.shapes[tensor.name]) for tensor in parameters},
        "DATA": {tensor.name: list(straight.shapes[tensor.name]) for tensor in given},
        "TRAINABLE": [t.name for t in parameters if t.trainable and t.name in straight.gradients],
        "START": _known(parameters),
        "SAMPLE": _known(given),
        "ELEMENTS": elements,
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


def _helpers(lets: Iterable[Let]) -> set[str]:
    """The functions that JavaScript lacks and some statements call."""
    called = {node.function for let in lets for node in within(let.value) if isinstance(node, Op)}
    return called & {"erf", "floor_divide"}


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
