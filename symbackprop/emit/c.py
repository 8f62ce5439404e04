"""Scalar code of a network → one C99 file: no allocation, nothing but the standard library's mathematics."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from sympy import Expr, Symbol

from symbackprop.emit.c_language import BRACES, HELPERS, C, c_place
from symbackprop.emit.certificate import Certificate, certified
from symbackprop.emit.environment import render
from symbackprop.emit.formulas import formula_rows
from symbackprop.emit.layout import count, plain
from symbackprop.emit.loops import LoopWriter, needed_steps
from symbackprop.emit.reserved import C_WORDS
from symbackprop.emit.scalar import scalar_code
from symbackprop.emit.variables import drawn_kind, escaped, needed_lets
from symbackprop.graph import Derivation, Tensor
from symbackprop.program import Training
from symbackprop.program.nest import Declare, For, Nest, Step, steps_within, values_within
from symbackprop.program.scalar import Let, Op, Straight, within
from symbackprop.version import __version__

MOST_NUMBERS = 1000
_OWN = """
    count data dot g grads i larger maximum memory minimum moved params place real settings smaller state step w
    whole_quotient work
"""
RESERVED = C_WORDS | frozenset(_OWN.split())


class Passes(Protocol):
    """The bodies of the functions, whichever form they are in."""

    def lines(self, wanted: str) -> list[str]:
        """Lines of `"forward"`, of `"loss"`, or of `"both"`."""

    def work(self) -> list[tuple[str, str]]:
        """The members of the workspace: name and dimensions."""

    def calls(self) -> set[str]:
        """The functions that the lines call."""


class Members(NamedTuple):
    """The names that a file gives to its arrays and sizes."""

    prefix: str
    arrays: Mapping[str, str]
    sizes: Mapping[str, str]

    def dimensions(self, shape: Sequence[Expr]) -> str:
        """The sizes of an array, in brackets."""
        table = {symbol: Symbol(self.sizes[str(symbol)]) for size in shape for symbol in size.free_symbols}
        return "".join(f"[{c_place(size.xreplace(table))[0]}]" for size in shape)

    def member(self, array: str) -> str:
        """The member of a struct that holds an array."""
        return self.arrays.get(array, array)


def emit_c(
    derivation: Derivation,
    code: Straight | Nest,
    *,
    training: Training,
    update: Sequence[Let],
    sizes: Mapping[str, int],
    checks: Sequence[str] = (),
    network_hash: str = "",
    version: str = __version__,
) -> str:
    """Write the file `network.c` of a network.

    Args:
        derivation: Gives the roles of tensors and the formulas of comments.
        code: Both passes, as straight lines or as loops.
        training: Gives the optimizer's settings and what it remembers.
        update: The optimizer's statements for one element.
        sizes: The values of symbolic sizes where the compiler is given no others.
        checks: For the certificate, one line for each check that was passed, with its threshold.
        network_hash: SHA-256 of the network's canonical description.
        version: Of symbackprop.

    Returns:
        The text. Its names begin with the network's, so that several networks go into one program.
    """
    graph = derivation.graph
    given = [*graph.with_role("input", "constant", "target")]
    prefix = c_name(graph.name)
    members = _members(prefix, derivation, code)
    passes: Passes = (
        _Lines(derivation, code, members) if isinstance(code, Straight) else _Nests(derivation, code, members)
    )
    gradients = [p.name for p in graph.parameters if p.name in code.gradients]
    updating = _update(training, update)
    body = render(
        "c/network.c.j2",
        prefix=prefix,
        upper=prefix.upper(),
        title=graph.name,
        sizes=[(members.sizes[size], sizes.get(size, 1), size) for size in _symbols(derivation)],
        params=[(members.member(t.name), members.dimensions(t.shape)) for t in graph.parameters],
        data=[(members.member(t.name), members.dimensions(t.shape)) for t in given],
        work=passes.work(),
        **_functions(passes),
        helpers=(passes.calls() | updating.pop("calls")) & HELPERS | ({"dot"} if "dot" in passes.calls() else set()),
        without=[members.member(p.name) for p in graph.parameters if p.name not in gradients],
        trainable=[members.member(p.name) for p in graph.parameters if p.trainable and p.name in gradients],
        start=_initialiser(graph.parameters),
        sample=_initialiser(given),
        guards=[(members.sizes[size], value) for size, value in sizes.items() if size in members.sizes],
        fills=[(members.member(t.name), *_fill(t)) for t in given],
        **updating,
    )
    return certified(Certificate(graph.name, network_hash, version, checks), body, "//")


def c_name(name: str) -> str:
    """An identifier of C made of a network's name.

    Example:
        >>> c_name("my-net 2"), c_name("784 -> 10")
        ('my_net_2', 'network_784_10')
    """
    text = "_".join(re.findall(r"[A-Za-z0-9]+", name)) or "network"
    return text if text[0].isalpha() and text not in C_WORDS else f"network_{text}"


def _functions(passes: Passes) -> dict[str, Any]:
    """The lines of each function, and the arguments that they do not use, which a compiler would warn of."""
    lines = {wanted: passes.lines(wanted) for wanted in ("forward", "loss", "both")}
    texts = {wanted: " ".join(rows) for wanted, rows in lines.items()}
    arguments = ("params", "data", "work")
    idle = {wanted: [name for name in arguments if f"{name}->" not in text] for wanted, text in texts.items()}
    return {"lines": lines, "idle": idle}


def _symbols(derivation: Derivation) -> list[str]:
    """The symbolic sizes of a network."""
    tensors = derivation.graph.tensors.values()
    return sorted({str(symbol) for tensor in tensors for size in tensor.shape for symbol in size.free_symbols})


def _members(prefix: str, derivation: Derivation, code: Straight | Nest) -> Members:
    arrays = list(code.shapes if isinstance(code, Straight) else code.arrays)
    return Members(
        prefix, escaped(arrays, C_WORDS), {size: f"{prefix.upper()}_{size}" for size in _symbols(derivation)}
    )


class _Lines:
    """Straight lines: what is given is read into variables, and gradients are stored at the end."""

    def __init__(self, derivation: Derivation, code: Straight, members: Members) -> None:
        self.graph = derivation.graph
        self.code = code
        self.members = members
        self.comment = formula_rows(derivation)
        used = [name for places in code.names.values() for name in places.values()]
        self.names = escaped([*used, *(let.name for let in (*code.forward, *code.backward))], RESERVED)
        self.predicted = [t.name for t in self.graph.with_role("prediction") if t.name in code.names]

    def work(self) -> list[tuple[str, str]]:
        """The prediction alone: everything else stays in registers."""
        names = self.predicted or [self.graph.loss.name]
        shapes = self.code.shapes
        return [(self.members.member(n), "".join(f"[{size}]" for size in shapes[n])) for n in names]

    def calls(self) -> set[str]:
        lets = (*self.code.forward, *self.code.backward)
        return {node.function for let in lets for node in within(let.value) if isinstance(node, Op)}

    def lines(self, wanted: str) -> list[str]:
        predicted = [name for array in self.predicted for name in self.code.names[array].values()]
        gradients = [name for array in self.code.gradients.values() for name in self.code.names[array].values()]
        outputs = {"forward": predicted, "loss": [self.code.loss], "both": [self.code.loss, *predicted, *gradients]}
        lets = needed_lets((*self.code.forward, *self.code.backward), outputs[wanted])
        read = {node.name for let in lets for node in within(let.value) if hasattr(node, "name")}
        rows = [*self._given(read | set(outputs[wanted])), *self._statements(lets, wanted == "both")]
        if wanted != "loss":
            rows += [row for array in self.predicted for row in self._stored("work", array, array)]
        if wanted == "both":
            held = self.code.gradients.items()
            rows += [row for name, array in held for row in self._stored("grads", name, array)]
        return rows if wanted == "forward" else [*rows, f"return {self._name(self.code.loss)};"]

    def _name(self, name: str) -> str:
        return self.names.get(name, name)

    def _given(self, read: set[str]) -> Iterable[str]:
        for tensor in (*self.graph.with_role("input", "constant", "target"), *self.graph.parameters):
            source = "params" if tensor.role == "parameter" else "data"
            for at, name in self.code.names[tensor.name].items():
                if name in read:
                    place = "".join(f"[{position}]" for position in at)
                    yield f"const real {self._name(name)} = {source}->{self.members.member(tensor.name)}{place};"

    def _statements(self, lets: Iterable[Let], commented: bool) -> Iterable[str]:
        last = ""
        for let in lets:
            if commented and let.tensor and let.tensor != last:
                yield from (f"// {row}" for row in self.comment(let.tensor))
                last = let.tensor
            yield f"const real {self._name(let.name)} = {scalar_code(let.value, C, self.names)};"

    def _stored(self, struct: str, member: str, array: str) -> Iterable[str]:
        for at, name in self.code.names[array].items():
            place = "".join(f"[{position}]" for position in at)
            yield f"{struct}->{self.members.member(member)}{place} = {self._name(name)};"


class _Nests:
    """Loops over arrays, which the workspace holds."""

    def __init__(self, derivation: Derivation, code: Nest, members: Members) -> None:
        self.graph = derivation.graph
        self.code = code
        self.members = members
        self.predicted = {tensor.name for tensor in self.graph.with_role("prediction")}
        places = {name: "params" for name in code.parameters} | {name: "data" for name in code.data}
        held = {array: f"grads->{members.member(name)}" for name, array in code.gradients.items()}
        names = {name: f"{places.get(name, 'work')}->{members.member(name)}" for name in code.arrays} | held
        steps = list(steps_within((*code.forward, *code.backward)))
        locals_ = {step.name for step in steps if isinstance(step, Declare)}
        loops = {step.index.name for step in steps if isinstance(step, For)}
        indices = escaped(sorted(loops), RESERVED | locals_)
        names |= {f"#{old}": new for old, new in (*indices.items(), *members.sizes.items())}
        self.writer = LoopWriter(BRACES, names, formula_rows(derivation))
        self.plain = LoopWriter(BRACES, names)

    def work(self) -> list[tuple[str, str]]:
        outside = {*self.code.parameters, *self.code.data, *self.code.gradients.values()}
        shapes = {name: self.code.shape(name) for name in self.code.arrays if name not in outside}
        return [(self.members.member(name), self.members.dimensions(shape)) for name, shape in shapes.items()]

    def calls(self) -> set[str]:
        steps = self._needed()
        values = [node for value in values_within(steps) for node in within(value)]
        written = " ".join(self.plain.lines(steps))
        return {node.function for node in values if isinstance(node, Op)} | ({"dot"} if "= dot(" in written else set())

    def lines(self, wanted: str) -> list[str]:
        if wanted == "forward":
            return self.plain.lines(needed_steps(self.code.forward, self.predicted))
        value = f"return work->{self.members.member(self.code.loss)};"
        if wanted == "loss":
            return [*self.plain.lines(needed_steps(self.code.forward, {self.code.loss})), value]
        return [*self.writer.lines(self._needed()), value]

    def _needed(self) -> tuple[Step, ...]:
        """The steps of both passes."""
        steps: tuple[Step, ...] = (*self.code.forward, *self.code.backward)
        return needed_steps(steps, {self.code.loss, *self.predicted, *self.code.gradients.values()})


def _initialiser(tensors: Sequence[Tensor]) -> list[str]:
    """The numbers of some tensors as an initialiser of their struct; nothing unless all are known and few enough."""
    values = [plain(tensor.value) for tensor in tensors]
    if any(value is None or count(value) > MOST_NUMBERS for value in values):
        return []
    return [f"{_braced(value)}," for value in values]


def _braced(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"{{{', '.join(map(_braced, value))}}}"
    return str(value).lower()


def _fill(tensor: Tensor) -> tuple[str, str]:
    """With what the self-test fills an array: whole numbers, distributions along the last axis, or anything."""
    last = c_place(tensor.shape[-1])[0] if tensor.shape and tensor.shape[-1].is_Integer else "1"
    return drawn_kind(tensor), last


def _update(training: Training, update: Sequence[Let]) -> dict[str, Any]:
    """The optimizer's statements, its settings and what it remembers."""
    kept = {"w", *training.state}
    names = {old: new for old, new in escaped([let.name for let in update], RESERVED).items() if old not in kept}
    rows = []
    for let in update:
        first = "" if let.name in kept else "const real "
        kept.add(let.name)
        rows.append(f"{first}{names.get(let.name, let.name)} = {scalar_code(let.value, C, names)};")
    return {
        "optimizer": training.optimizer,
        "settings": [(name, repr(float(value))) for name, value in training.settings.items()],
        "state": [(name, repr(float(first))) for name, first in training.state.items()],
        "counts": training.counts,
        "equations": [let.tensor for let in update],
        "update_rows": rows,
        "calls": {node.function for let in update for node in within(let.value) if isinstance(node, Op)},
    }
